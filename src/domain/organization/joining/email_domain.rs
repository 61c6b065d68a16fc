//! E-mail domains, and what they prove for an organization.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::{Actor, Email, OrganizationId, UserId};
use crate::protocol::Timestamp;

/// The text is not the host of e-mail addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not the host of e-mail addresses: a name such as mairie-exemple.fr is expected")]
pub struct MalformedEmailDomain;

/// The whole host name after the `@`, lower case. Two of them are the same or they are not: neither a part of one nor what
/// it ends with says anything (SEC-108).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailDomain(String);

impl EmailDomain {
    /// The host of an address.
    pub fn of(email: &Email) -> Self {
        Self(email.domain().to_owned())
    }

    /// The host.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is one of the State: `gouv.fr`, or a name under it.
    pub fn is_of_the_state(&self) -> bool {
        self.0 == "gouv.fr" || self.0.ends_with(".gouv.fr")
    }

    /// Whether it is that of an académie, where nobody's organization can be told from the address.
    pub fn is_of_an_academy(&self) -> bool {
        let region = self.0.strip_prefix("ac-").and_then(|rest| rest.strip_suffix(".fr"));
        region.is_some_and(|region| region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    }

    /// Whether it is that of the gendarmerie, whose people look for their own unit by its name.
    pub fn is_of_the_gendarmerie(&self) -> bool {
        self.0 == "gendarmerie.interieur.gouv.fr"
    }

    /// Whether it is that of the armed forces, which are one organization.
    pub fn is_of_the_armed_forces(&self) -> bool {
        matches!(self.0.as_str(), "intradef.gouv.fr" | "def.gouv.fr")
    }
}

impl FromStr for EmailDomain {
    type Err = MalformedEmailDomain;

    fn from_str(text: &str) -> Result<Self, MalformedEmailDomain> {
        let email: Email = format!("a@{}", text.trim()).parse().map_err(|_| MalformedEmailDomain)?;
        Ok(Self::of(&email))
    }
}

impl TryFrom<String> for EmailDomain {
    type Error = MalformedEmailDomain;

    fn try_from(text: String) -> Result<Self, MalformedEmailDomain> {
        // Of a record: what addresses have is kept as it is, a host without a dot too.
        Email::try_from(format!("a@{text}")).map(|email| Self::of(&email)).map_err(|_| MalformedEmailDomain)
    }
}

impl From<EmailDomain> for String {
    fn from(domain: EmailDomain) -> Self {
        domain.0
    }
}

impl fmt::Display for EmailDomain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a domain is for one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailDomainStatus {
    /// An operator, a moderator or an import approved it: whoever has an address there belongs to the organization.
    Verified,
    /// It is that of the organization's own address in a public directory.
    OfficialContact,
    /// Proven by a letter, at a service of the State that tracks waste.
    TrackdechetsPostalMail,
    /// That of people who work for the organization without belonging to it.
    External,
    /// Known, and not reviewed yet.
    NotVerifiedYet,
    /// Nobody joins with it.
    Refused,
}

impl EmailDomainStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Verified,
        Self::OfficialContact,
        Self::TrackdechetsPostalMail,
        Self::External,
        Self::NotVerifiedYet,
        Self::Refused,
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::OfficialContact => "official_contact",
            Self::TrackdechetsPostalMail => "trackdechets_postal_mail",
            Self::External => "external",
            Self::NotVerifiedYet => "not_verified_yet",
            Self::Refused => "refused",
        }
    }

    /// Whether an address there proves a link.
    pub fn is_approved(self) -> bool {
        match self {
            Self::Verified | Self::OfficialContact | Self::TrackdechetsPostalMail | Self::External => true,
            Self::NotVerifiedYet | Self::Refused => false,
        }
    }
}

impl EmailDomainStatus {
    /// Who gives it: the program, where it reads in the directory what somebody's joining led it to.
    pub fn decider(self, by: Actor) -> Actor {
        if self == Self::OfficialContact && by.is_for_themselves() { Actor::System } else { by }
    }
}

/// One domain of one organization; at most one for each pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationDomain {
    /// Of which organization.
    pub organization_id: OrganizationId,
    /// The domain.
    pub domain: EmailDomain,
    /// What it is for it.
    pub status: EmailDomainStatus,
    /// When it was first known.
    pub created_at: Timestamp,
    /// When it got its status.
    pub updated_at: Timestamp,
    /// Who gave it its status: the program, where the directory says so. `None` where that was before it was kept, and the
    /// audit does not tell (SEC-108).
    #[serde(default)]
    pub decided_by: Option<Actor>,
}

/// A domain that was approved while somebody joined: the links of members beyond the first few are weighed afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnweighedDomain {
    /// Of which organization.
    pub organization_id: OrganizationId,
    /// The domain.
    pub domain: EmailDomain,
    /// The last member whose link was weighed; `None` where none was.
    pub after: Option<UserId>,
}

impl OrganizationDomain {
    /// When it was approved, if it is.
    pub fn verified_at(&self) -> Option<Timestamp> {
        self.status.is_approved().then_some(self.updated_at)
    }
}
