//! An organization, the register's facts about it, and who belongs to it.

mod deed;
mod facts;
mod forms;
mod joining;
mod membership;
mod public_body;
mod register;
mod siret;
mod standing;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use super::OrganizationId;
use crate::protocol::Timestamp;

pub use deed::Deed;
pub use facts::{OrganizationFacts, OrganizationFault};
pub use joining::{
    AcceptanceEffect, ApplicantFacts, ContactCode, ContactProof, ContactProofRefusal, Day, EmailDomain,
    EmailDomainStatus, FactMoved, FormerDomain, FormerLink, Joining, JoiningFacts, JoiningPolicy, JoiningRefusal,
    KnownContact, Likeness, LinkStanding, LookAlike, MODERATION_LINK_LIFETIME, MailProviders, MailboxKind,
    MalformedEmailDomain, MalformedRejectionReason, Moderation, ModerationFault, ModerationId, ModerationKind,
    ModerationLink, ModerationMove, ModerationNote, ModerationQuery, ModerationQueryFault, ModerationStanding,
    ModerationState, OrganizationDomain, RejectionReason, RequestStanding, UnweighedDomain, decide_joining,
    look_alikes, normalized_words, words_of,
};
pub use membership::{Greeting, Membership, Verification};
pub use public_body::PublicBody;
pub use register::{
    Activity, AddressParts, CommuneCode, CountryCode, DepartmentCode, Diffusion, Establishment, EstablishmentName,
    EstablishmentQuery, EstablishmentSource, HeadcountBand, HeadcountYear, LegalCategory, MalformedCode, NameParts,
    OfficialContact, OfficialContactKind, QueryFault, UNKNOWN_NAME, capitalized, department_of, folded, street_type,
    town_name, visible,
};
pub use siret::{MalformedSiren, MalformedSiret, Siren, Siret};
pub use standing::OrganizationStanding;

/// Where the facts about an organization come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationSource {
    /// The national register.
    Register,
    /// An operator.
    Operator,
    /// Made up for a SIRET that no source knows, to try a service with.
    Invented,
    /// Nobody yet: a person typed its SIRET while no source of the register answered.
    Unconfirmed,
}

/// One establishment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Our identifier.
    pub id: OrganizationId,
    /// The register's identifier, unique among organizations.
    pub siret: Siret,
    /// Its name and sign as people know it.
    pub label: String,
    /// INSEE's legal category, level III.
    #[serde(default, deserialize_with = "known_code")]
    pub legal_category: Option<LegalCategory>,
    /// Activity of the establishment, NAF rev. 2.
    #[serde(default, deserialize_with = "known_code")]
    pub activity: Option<Activity>,
    /// Head-count band of the establishment.
    #[serde(default, deserialize_with = "known_code")]
    pub headcount: Option<HeadcountBand>,
    /// Head-count band of the legal entity.
    #[serde(default, deserialize_with = "known_code")]
    pub entity_headcount: Option<HeadcountBand>,
    /// Whether it is the head office of its legal entity.
    pub is_head_office: bool,
    /// Whether the register says it is active.
    pub is_active: bool,
    /// Whether the register says that its legal entity is; `None` where it did not say that apart.
    #[serde(default)]
    pub is_entity_active: Option<bool>,
    /// Postal code and commune in one line.
    pub address: Option<String>,
    /// Where these facts come from.
    pub source: OrganizationSource,
    /// Which source of the register told them, and when; `None` where none did, and of what was written before this was
    /// kept.
    #[serde(default)]
    pub told: Option<Told>,
    /// When the register was last asked about it and did not know it any more; `None` where it does, as far as is known.
    #[serde(default)]
    pub not_found_at: Option<Timestamp>,
    /// When the organization was first known here.
    pub created_at: Timestamp,
    /// When its facts were last refreshed.
    pub updated_at: Timestamp,
}

/// A code that was written before codes were types may be of no nomenclature: it says nothing, and is none.
fn known_code<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Option<T>, D::Error> {
    let written = Option::<String>::deserialize(deserializer)?;
    Ok(written.and_then(|code| code.parse().ok()))
}

/// That a source of the register told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The source.
    pub by: EstablishmentSource,
    /// When it did; of imported files, when they were imported, however long after they are read.
    pub at: Timestamp,
}

impl Organization {
    /// An establishment of which its number alone is known, since no source of the register answers. Nobody joins it before
    /// one has (SEC-199).
    pub fn unconfirmed(id: OrganizationId, siret: Siret, now: Timestamp) -> Self {
        Self {
            id,
            label: format!("SIRET {siret}"),
            siret,
            legal_category: None,
            activity: None,
            headcount: None,
            entity_headcount: None,
            is_head_office: false,
            is_active: true,
            is_entity_active: None,
            address: None,
            source: OrganizationSource::Unconfirmed,
            told: None,
            not_found_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// As of when its facts are.
    pub fn as_of(&self) -> Timestamp {
        self.told.map_or(self.updated_at, |told| told.at)
    }

    /// Whether the register, or an operator, has said what it is.
    pub fn is_confirmed(&self) -> bool {
        self.source != OrganizationSource::Unconfirmed
    }
}
