//! A request that waits, one that was refused, and the end of joining.

use serde::Serialize;

use super::{EstablishmentTile, sample_interaction};
use crate::render::Page;
use crate::web::pages::ClientLabel;

/// A request that waits, `/users/unable-to-auto-join-organization`.
#[derive(Debug, Clone, Serialize)]
pub struct UnableToAutoJoin {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// For whom one joins.
    pub client: Option<ClientLabel>,
    /// Its number.
    pub moderation_id: String,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// The organization.
    pub organization: EstablishmentTile,
    /// Whether the register did not answer, and has not said yet what the organization is.
    pub is_unconfirmed: bool,
    /// Whether the person belongs to others.
    pub has_organizations: bool,
    /// Whether the person may take it back: what waits for a moderator is not only the review of a link that there is.
    pub may_be_cancelled: bool,
    /// Whether the person belongs to the organization already, and nothing proves it.
    pub is_linked: bool,
}

impl Page for UnableToAutoJoin {
    const TEMPLATE: &'static str = "organizations/unable-to-auto-join-organization.html";

    fn samples() -> Vec<Self> {
        let sample = Self {
            interaction: None,
            client: None,
            moderation_id: String::from("7"),
            name: String::from("Jean <b>Martin</b>"),
            email: String::from("jean@clamart.fr"),
            organization: EstablishmentTile::sample(),
            is_unconfirmed: false,
            has_organizations: false,
            may_be_cancelled: true,
            is_linked: false,
        };
        let interaction = sample_interaction();
        vec![
            Self { interaction, client: Some(ClientLabel::sample()), has_organizations: true, ..sample.clone() },
            Self { is_unconfirmed: true, is_linked: true, ..sample.clone() },
            Self { may_be_cancelled: false, is_linked: true, ..sample.clone() },
            sample,
        ]
    }
}

/// A request that was refused, `/users/moderation-rejected`.
#[derive(Debug, Clone, Serialize)]
pub struct ModerationRejected {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// For whom one wanted to join.
    pub client: Option<ClientLabel>,
    /// Its number.
    pub moderation_id: String,
    /// The organization.
    pub organization: EstablishmentTile,
    /// Why, in the words of the moderator.
    pub reason: Option<String>,
    /// Whether the person may correct it.
    pub may_be_corrected: bool,
}

impl Page for ModerationRejected {
    const TEMPLATE: &'static str = "organizations/moderation-rejected.html";

    fn samples() -> Vec<Self> {
        let sample = Self {
            interaction: None,
            client: None,
            moderation_id: String::from("7"),
            organization: EstablishmentTile::sample(),
            reason: None,
            may_be_corrected: false,
        };
        let reason = Some(String::from("Le nom <b>indiqué</b> n’est pas celui de l’annuaire."));
        let (interaction, client) = (sample_interaction(), Some(ClientLabel::sample()));
        vec![Self { interaction, client, reason, may_be_corrected: true, ..sample.clone() }, sample]
    }
}

/// The end of joining, `/users/welcome`.
#[derive(Debug, Clone, Serialize)]
pub struct Welcome {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// Where one goes on to.
    pub client: Option<ClientLabel>,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// The organization.
    pub organization: EstablishmentTile,
    /// Whether the person works for it without belonging to it.
    pub is_external: bool,
    /// Whether something proves the link.
    pub is_proven: bool,
    /// What does, or why nothing does.
    pub verification: &'static str,
}

impl Page for Welcome {
    const TEMPLATE: &'static str = "organizations/welcome.html";

    fn samples() -> Vec<Self> {
        let sample = Self {
            interaction: None,
            client: None,
            name: String::from("Jean <b>Martin</b>"),
            email: String::from("jean@clamart.fr"),
            organization: EstablishmentTile::sample(),
            is_external: false,
            is_proven: true,
            verification: "domain",
        };
        let (interaction, client) = (sample_interaction(), Some(ClientLabel::sample()));
        vec![
            Self {
                interaction,
                client,
                is_external: true,
                is_proven: false,
                verification: "bypassed",
                ..sample.clone()
            },
            sample,
        ]
    }
}
