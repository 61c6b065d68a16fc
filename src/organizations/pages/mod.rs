//! What the pages about organizations show.

mod belonging;
mod joining;
mod official_contact;
mod requests;

use serde::Serialize;

use crate::render::PageCheck;

pub use belonging::{ManageOrganizations, OrganizationTile, OwnOrganization, OwnRequest, SelectOrganization};
pub use joining::{JoinOrganization, JoinOrganizationConfirm, JoiningRefused, RefusalReason, Search};
pub use official_contact::{ContactOption, OfficialContact, OfficialContactState};
pub use requests::{ModerationRejected, UnableToAutoJoin, Welcome};

/// Every page of this room.
pub fn templates() -> Vec<PageCheck> {
    vec![
        PageCheck::of::<SelectOrganization>(),
        PageCheck::of::<JoinOrganization>(),
        PageCheck::of::<JoinOrganizationConfirm>(),
        PageCheck::of::<JoiningRefused>(),
        PageCheck::of::<OfficialContact>(),
        PageCheck::of::<UnableToAutoJoin>(),
        PageCheck::of::<ModerationRejected>(),
        PageCheck::of::<Welcome>(),
        PageCheck::of::<ManageOrganizations>(),
    ]
}

/// An establishment on a page.
#[derive(Debug, Clone, Serialize)]
pub struct EstablishmentTile {
    /// Its SIRET, digits only.
    pub siret: String,
    /// Its name.
    pub label: String,
    /// Postal code and commune.
    pub address: Option<String>,
    /// Whether it is the head office of its legal entity.
    pub is_head_office: bool,
    /// Whether it is in activity.
    pub is_active: bool,
    /// Whether the register knows it no more.
    pub is_unknown: bool,
    /// As of when it is, in seconds, where the register does not answer and something older stands in.
    pub as_of: Option<u64>,
}

impl EstablishmentTile {
    fn sample() -> Self {
        Self {
            siret: String::from("21920023500014"),
            label: String::from("Commune de clamart - Mairie"),
            address: Some(String::from("92140 Clamart")),
            is_head_office: true,
            is_active: true,
            is_unknown: false,
            as_of: None,
        }
    }

    fn sample_long() -> Self {
        Self {
            label: "Syndicat <b>intercommunal</b> à vocation multiple ".repeat(5),
            address: None,
            is_head_office: false,
            is_active: false,
            is_unknown: true,
            as_of: Some(1_795_424_400),
            ..Self::sample()
        }
    }
}

fn sample_interaction() -> Option<String> {
    Some("aUJ3gA".repeat(8))
}
