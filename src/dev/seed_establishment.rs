//! The form in which establishments are written, in the embedded seeds and in fixtures.

use serde::Deserialize;

use crate::directory::Seeded;
use crate::domain::{
    Activity, AddressParts, CommuneCode, Diffusion, Email, Establishment, EstablishmentSource, HeadcountBand,
    LegalCategory, OfficialContact, OfficialContactKind, Siret,
};
use crate::protocol::Timestamp;

/// The register's word for an establishment in activity, or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) enum RegisterState {
    #[default]
    #[serde(rename = "A")]
    Active,
    #[serde(rename = "F", alias = "C")]
    Closed,
}

/// The register's word for what everybody may read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) enum RegisterDiffusion {
    #[default]
    #[serde(rename = "O")]
    Full,
    #[serde(rename = "P")]
    Partial,
}

/// An establishment that is no organization yet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedEstablishment {
    pub(super) siret: Siret,
    pub(super) label: String,
    pub(super) legal_category: Option<LegalCategory>,
    pub(super) naf: Option<Activity>,
    pub(super) headcount: Option<HeadcountBand>,
    pub(super) entity_headcount: Option<HeadcountBand>,
    #[serde(default = "yes")]
    pub(super) head_office: bool,
    #[serde(default)]
    pub(super) state: RegisterState,
    #[serde(default)]
    pub(super) entity_state: RegisterState,
    #[serde(default)]
    pub(super) diffusion: RegisterDiffusion,
    pub(super) postal_code: Option<String>,
    pub(super) commune: Option<String>,
    pub(super) commune_code: Option<CommuneCode>,
    pub(super) country: Option<String>,
    pub(super) contacts: Option<SeedContacts>,
}

/// What a public directory would say of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedContacts {
    kind: OfficialContactKind,
    emails: Vec<Email>,
}

fn yes() -> bool {
    true
}

impl SeedEstablishment {
    pub(super) fn to_seeded(&self) -> Seeded {
        let address = AddressParts {
            postal_code: self.postal_code.as_deref(),
            town: self.commune.as_deref(),
            country: self.country.as_deref(),
            ..AddressParts::default()
        };
        let contact =
            |kind| move |email: &Email| OfficialContact { email: email.clone(), name: self.label.clone(), kind };
        let contacts = self.contacts.as_ref().map(|declared| declared.emails.iter().map(contact(declared.kind)));
        Seeded {
            contacts: contacts.into_iter().flatten().collect(),
            establishment: Establishment {
                siret: self.siret.clone(),
                name: self.label.as_str().into(),
                legal_category: self.legal_category.clone(),
                activity: self.naf.clone(),
                headcount: self.headcount,
                headcount_year: None,
                entity_headcount: self.entity_headcount,
                is_head_office: self.head_office,
                is_active: self.state == RegisterState::Active,
                is_entity_active: self.entity_state == RegisterState::Active,
                diffusion: match self.diffusion {
                    RegisterDiffusion::Full => Diffusion::Full,
                    RegisterDiffusion::Partial => Diffusion::Partial,
                },
                postal_code: self.postal_code.clone(),
                commune_code: self.commune_code.clone(),
                commune: self.commune.clone(),
                address: address.line(),
                source: EstablishmentSource::Seeds,
                fetched_at: Timestamp(0),
            },
        }
    }
}
