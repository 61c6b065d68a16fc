//! What the pages about organizations show.

use serde::Serialize;

use crate::render::{Page, PageCheck};
use crate::web::pages::ClientLabel;

/// Every page of this room.
pub fn templates() -> Vec<PageCheck> {
    vec![PageCheck::of::<SelectOrganization>()]
}

/// The choice of the organization to act for, `/users/select-organization`: posts `organization_id`.
#[derive(Debug, Clone, Serialize)]
pub struct SelectOrganization {
    /// The sign-in under way.
    pub interaction: Option<String>,
    /// For whom one chooses.
    pub client: Option<ClientLabel>,
    /// The organizations to choose from.
    pub organizations: Vec<OrganizationTile>,
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
        };
        let external = OrganizationTile {
            address: Some(String::from("63720 LES MARTRES-SUR-MORGE")),
            is_external: true,
            ..tile("16", "Commune de les martres sur morge - Mairie", "21630215800011")
        };
        let chosen = OrganizationTile { is_chosen: true, ..tile("17", "Red needles SARL", "83951732300011") };
        let long = tile("18", &"Syndicat intercommunal à vocation multiple ".repeat(6), "13002526500013");
        let interaction = Some("aUJ3gA".repeat(8));
        vec![
            Self {
                interaction: interaction.clone(),
                client: Some(ClientLabel::sample()),
                organizations: vec![external, chosen.clone(), long],
            },
            Self { interaction: None, client: None, organizations: vec![chosen] },
            Self { interaction, client: Some(ClientLabel::sample_long()), organizations: Vec::new() },
        ]
    }
}
