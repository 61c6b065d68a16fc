//! What an operator tells about an organization that no register is asked about.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Activity, HeadcountBand, LegalCategory, Organization, OrganizationSource, Siret};
use crate::domain::OrganizationId;
use crate::domain::person::is_invisible;
use crate::protocol::Timestamp;

/// The most characters of a label and of an address.
const MAX_TEXT: usize = 255;

/// Facts about an establishment, in the register's codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationFacts {
    /// The register's number.
    pub siret: Siret,
    /// Its name and sign as people know it.
    pub label: String,
    /// INSEE's legal category, level III: 4 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_category: Option<String>,
    /// Activity of the establishment, NAF rev. 2: `84.11Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    /// Head-count band of the establishment: two characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headcount: Option<String>,
    /// Head-count band of the legal entity: two characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_headcount: Option<String>,
    /// Whether it is the head office of its legal entity.
    #[serde(default = "yes")]
    pub is_head_office: bool,
    /// Whether it is active.
    #[serde(default = "yes")]
    pub is_active: bool,
    /// Postal code and commune in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

fn yes() -> bool {
    true
}

/// A fact that cannot stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{expected}")]
pub struct OrganizationFault {
    /// The fact, by its name in [`OrganizationFacts`].
    pub field: &'static str,
    /// What is expected.
    pub expected: &'static str,
}

impl OrganizationFacts {
    /// Every fact that cannot stand.
    ///
    /// # Errors
    /// Those facts, in the order of the fields.
    pub fn check(&self) -> Result<(), Vec<OrganizationFault>> {
        let mut faults = Vec::new();
        let mut expect = |is_good: bool, field, expected| {
            if !is_good {
                faults.push(OrganizationFault { field, expected });
            }
        };
        let is_visible = |text: &str| {
            text.chars().count() <= MAX_TEXT
                && text.chars().all(|character| !character.is_control() && !is_invisible(character))
        };
        let label = self.label.trim();
        expect(!label.is_empty() && is_visible(label), "label", "a name of at most 255 visible characters is expected");
        let is_none_or = |text: &Option<String>, is_good: fn(&str) -> bool| text.as_deref().is_none_or(is_good);
        // Who may join rests on it: what nobody knows the meaning of is a slip.
        let is_category = |text: &str| text.parse::<LegalCategory>().is_ok_and(|code| code.label().is_some());
        expect(
            is_none_or(&self.legal_category, is_category),
            "legal_category",
            "a legal category of INSEE's table, level III, is expected: 4 digits, such as 7210",
        );
        // By its form alone: the nomenclature changes, and what is not in the table yet decides nothing.
        let is_activity = |text: &str| text.parse::<Activity>().is_ok();
        expect(is_none_or(&self.activity, is_activity), "activity", "a code of NAF rev. 2 is expected, such as 84.11Z");
        let is_band = |text: &str| text.parse::<HeadcountBand>().is_ok();
        let band = "a head-count band of INSEE's table is expected: NN or 2 digits, such as 12";
        expect(is_none_or(&self.headcount, is_band), "headcount", band);
        expect(is_none_or(&self.entity_headcount, is_band), "entity_headcount", band);
        let address = self.address.as_deref().unwrap_or("-");
        expect(
            !address.trim().is_empty() && is_visible(address),
            "address",
            "at most 255 visible characters are expected",
        );
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// The organization that they describe.
    pub fn into_organization(self, id: OrganizationId, now: Timestamp) -> Organization {
        let band = |code: Option<String>| code.and_then(|code| code.parse::<HeadcountBand>().ok());
        Organization {
            id,
            siret: self.siret,
            label: self.label.trim().to_owned(),
            legal_category: self.legal_category.and_then(|code| code.parse().ok()),
            activity: self.activity.and_then(|code| code.parse().ok()),
            headcount: band(self.headcount),
            entity_headcount: band(self.entity_headcount),
            is_head_office: self.is_head_office,
            is_active: self.is_active,
            is_entity_active: None,
            address: self.address,
            source: OrganizationSource::Operator,
            told: None,
            not_found_at: None,
            created_at: now,
            updated_at: now,
        }
    }
}
