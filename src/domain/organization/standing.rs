//! Organizations that administrators have to see to: those that the register closed, and those that it knows no more.

use serde::{Deserialize, Serialize};

use super::{Organization, OrganizationSource, UNKNOWN_NAME};
use crate::protocol::Timestamp;

/// What is the matter with an organization (SEC-114).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationStanding {
    /// It is closed, or its legal entity is.
    Closed,
    /// The register knows it no more, or may not tell.
    Unknown,
}

impl OrganizationStanding {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Closed, Self::Unknown];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Unknown => "unknown",
        }
    }

    /// The standing of this word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == word)
    }
}

impl Organization {
    /// What is the matter with it; `None` where nothing is.
    pub fn standing(&self) -> Option<OrganizationStanding> {
        if self.not_found_at.is_some() {
            return Some(OrganizationStanding::Unknown);
        }
        self.is_closed().then_some(OrganizationStanding::Closed)
    }

    /// Whether it is closed, or its legal entity is: whoever belongs to it is told (SEC-107).
    pub fn is_closed(&self) -> bool {
        !self.is_active || self.is_entity_active == Some(false)
    }

    /// The same organization, once the register was asked about it and did not know it; `None` where that says nothing, since
    /// what is known of it is not from there. What it said stays.
    pub fn not_found(self, now: Timestamp) -> Option<Self> {
        match self.source {
            OrganizationSource::Register | OrganizationSource::Unconfirmed => {
                Some(Self { not_found_at: Some(now), ..self })
            }
            OrganizationSource::Operator | OrganizationSource::Invented => None,
        }
    }

    /// The same organization, once the register may tell nobody of it any more: its number and its legal form are left of what
    /// was told before (SEC-113). `None` as for [`Self::not_found`].
    pub fn withheld(self, now: Timestamp) -> Option<Self> {
        let known = self.not_found(now)?;
        let label = if known.is_confirmed() { UNKNOWN_NAME.to_owned() } else { known.label };
        Some(Self { label, activity: None, headcount: None, entity_headcount: None, address: None, ..known })
    }
}
