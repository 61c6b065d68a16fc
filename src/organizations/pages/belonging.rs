//! What a person belongs to: the choice of one, and all of them.

use serde::Serialize;

use super::EstablishmentTile;
use crate::render::Page;
use crate::web::pages::ClientLabel;

/// The choice of the organization to act for, `/users/select-organization`: posts `organization_id`.
#[derive(Debug, Clone, Serialize)]
pub struct SelectOrganization {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// For whom one chooses.
    pub client: Option<ClientLabel>,
    /// The organizations to choose from.
    pub organizations: Vec<OrganizationTile>,
    /// Those that the service does not hear of, because nothing proves the link.
    pub unproven: Vec<EstablishmentTile>,
}

/// One organization to choose.
#[derive(Debug, Clone, Serialize)]
pub struct OrganizationTile {
    /// The value of `organization_id`.
    pub id: String,
    /// Its name.
    pub label: String,
    /// Its SIRET, digits only.
    pub siret: String,
    /// Postal code and commune.
    pub address: Option<String>,
    /// Whether the person works for it without belonging to it.
    pub is_external: bool,
    /// Whether it was chosen before.
    pub is_chosen: bool,
    /// Whether it is closed, according to the register.
    pub is_closed: bool,
    /// Whether the register knows it no more.
    pub is_unknown: bool,
    /// What it does, in INSEE's words, which are French.
    pub activity: Option<String>,
    /// Whether it is the head office of its legal entity.
    pub is_head_office: bool,
}

impl Page for SelectOrganization {
    const TEMPLATE: &'static str = "organizations/select-organization.html";

    fn samples() -> Vec<Self> {
        let tile = |id: &str, label: &str, siret: &str| OrganizationTile {
            id: id.to_owned(),
            label: label.to_owned(),
            siret: siret.to_owned(),
            address: None,
            is_external: false,
            is_chosen: false,
            is_closed: false,
            is_unknown: false,
            activity: None,
            is_head_office: false,
        };
        let external = OrganizationTile {
            address: Some(String::from("63720 LES MARTRES-SUR-MORGE")),
            is_external: true,
            activity: Some(String::from("Administration publique générale")),
            is_head_office: true,
            ..tile("16", "Commune de les martres sur morge - Mairie", "21630215800011")
        };
        let chosen = OrganizationTile { is_chosen: true, ..tile("17", "Red needles SARL", "83951732300011") };
        let long = tile("18", &"Syndicat intercommunal à vocation multiple ".repeat(6), "13002526500013");
        let long = OrganizationTile { is_closed: true, is_unknown: true, ..long };
        let interaction = Some("aUJ3gA".repeat(8));
        vec![
            Self {
                interaction: interaction.clone(),
                client: Some(ClientLabel::sample()),
                organizations: vec![external, chosen.clone(), long],
                unproven: vec![EstablishmentTile::sample(), EstablishmentTile::sample_long()],
            },
            Self { interaction: None, client: None, organizations: vec![chosen], unproven: Vec::new() },
            Self {
                interaction: interaction.clone(),
                client: Some(ClientLabel::sample_long()),
                organizations: Vec::new(),
                unproven: vec![EstablishmentTile::sample()],
            },
            Self {
                interaction,
                client: Some(ClientLabel::sample_long()),
                organizations: Vec::new(),
                unproven: Vec::new(),
            },
        ]
    }
}

/// The organizations of the person, `/manage-organizations`.
#[derive(Debug, Clone, Serialize)]
pub struct ManageOrganizations {
    /// What was just done.
    pub notification: Option<String>,
    /// What the person belongs to.
    pub organizations: Vec<OwnOrganization>,
    /// What the person asked for.
    pub requests: Vec<OwnRequest>,
}

/// An organization of the person.
#[derive(Debug, Clone, Serialize)]
pub struct OwnOrganization {
    /// The number in the path that leaves it.
    pub id: String,
    /// The organization.
    pub organization: EstablishmentTile,
    /// Whether the person works for it without belonging to it.
    pub is_external: bool,
    /// Whether something proves the link.
    pub is_proven: bool,
    /// What does, or why nothing does.
    pub verification: &'static str,
    /// The number of the request that waits for a moderator who says so.
    pub request: Option<String>,
    /// When it began, in seconds.
    pub joined_at: u64,
}

/// A request of the person.
#[derive(Debug, Clone, Serialize)]
pub struct OwnRequest {
    /// Its number.
    pub id: String,
    /// The organization.
    pub organization: EstablishmentTile,
    /// Whether it waits; else it was refused.
    pub is_pending: bool,
    /// When it was made, in seconds.
    pub requested_at: u64,
}

impl Page for ManageOrganizations {
    const TEMPLATE: &'static str = "organizations/manage-organizations.html";

    fn samples() -> Vec<Self> {
        let own = |is_external, is_proven, organization| OwnOrganization {
            id: String::from("1"),
            organization,
            is_external,
            is_proven,
            verification: if is_proven { "domain" } else { "no_verification_means_for_entreprise_unipersonnelle" },
            request: None,
            joined_at: 1_795_424_400,
        };
        let request = |is_pending| OwnRequest {
            id: String::from("7"),
            organization: EstablishmentTile::sample(),
            is_pending,
            requested_at: 1_795_424_400,
        };
        let empty = Self { notification: None, organizations: Vec::new(), requests: Vec::new() };
        vec![
            Self { notification: Some(String::from("quit_organization_success")), ..empty.clone() },
            Self { notification: Some(String::from("cancel_moderation_success")), ..empty.clone() },
            Self {
                organizations: vec![
                    own(false, true, EstablishmentTile::sample()),
                    own(true, false, EstablishmentTile::sample_long()),
                    OwnOrganization {
                        request: Some(String::from("7")),
                        ..own(false, false, EstablishmentTile::sample_long())
                    },
                ],
                requests: vec![request(true), request(false)],
                ..empty.clone()
            },
            empty,
        ]
    }
}
