//! What a source of the register knows of one establishment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::codes::{Activity, CommuneCode, HeadcountBand, HeadcountYear, LegalCategory};
use super::naming::{EstablishmentName, capitalized, town_name};
use crate::domain::organization::public_body::PublicBody;
use crate::domain::{Organization, OrganizationId, OrganizationSource, Siret, Told};
use crate::protocol::Timestamp;

/// For how long what a source said is current.
const CURRENT_FOR: Duration = Duration::from_secs(24 * 3600);
/// The same of the register's files, which are published once a month.
const REGISTER_CURRENT_FOR: Duration = Duration::from_secs(31 * 24 * 3600);

/// How much of an establishment everybody may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Diffusion {
    /// All of it.
    Full,
    /// Neither names nor street. An establishment of which nothing may be read is not known at all.
    Partial,
}

/// Who told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EstablishmentSource {
    /// The register's files, imported here.
    Register,
    /// The open interface Recherche d'entreprises.
    RechercheEntreprises,
    /// INSEE's interface to Sirene.
    Sirene,
    /// The State's interface API Entreprise.
    ApiEntreprise,
    /// The establishments that an instance to try things with begins with.
    Seeds,
    /// Nobody: made up for a number that nobody knows.
    Invented,
}

/// One establishment, in the register's codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Establishment {
    /// The register's number.
    pub siret: Siret,
    /// How it is called.
    pub name: EstablishmentName,
    /// Legal category of the legal entity.
    pub legal_category: Option<LegalCategory>,
    /// Activity of the establishment.
    pub activity: Option<Activity>,
    /// Band of employees of the establishment.
    pub headcount: Option<HeadcountBand>,
    /// Of which year that band is.
    pub headcount_year: Option<HeadcountYear>,
    /// Band of employees of the legal entity.
    pub entity_headcount: Option<HeadcountBand>,
    /// Whether it is the head office of its legal entity.
    pub is_head_office: bool,
    /// Whether it is in activity.
    pub is_active: bool,
    /// Whether its legal entity has not ceased.
    pub is_entity_active: bool,
    /// How much of it everybody may read.
    pub diffusion: Diffusion,
    /// Postal code; the code of the commune where the street is hidden.
    pub postal_code: Option<String>,
    /// Commune, in the official geographic code.
    pub commune_code: Option<CommuneCode>,
    /// Name of the commune, or of the town abroad.
    pub commune: Option<String>,
    /// The whole address in one line.
    pub address: Option<String>,
    /// Who told it.
    pub source: EstablishmentSource,
    /// When they told it; of an imported file, the date of its content.
    pub fetched_at: Timestamp,
}

impl Told {
    /// Whether that is so long ago that a source has to be asked again; what is told meanwhile is marked by this.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        let current_for = match self.by {
            EstablishmentSource::Register => REGISTER_CURRENT_FOR,
            EstablishmentSource::RechercheEntreprises
            | EstablishmentSource::Sirene
            | EstablishmentSource::ApiEntreprise
            | EstablishmentSource::Seeds
            | EstablishmentSource::Invented => CURRENT_FOR,
        };
        now.0.saturating_sub(self.at.0) > current_for.as_secs()
    }
}

impl Establishment {
    /// Without what may not be read of a partially diffusible establishment: names, signs, street and bands, and the
    /// code of the commune in the place of the postal code.
    #[must_use]
    pub fn masked(self) -> Self {
        if self.diffusion == Diffusion::Full {
            return self;
        }
        let commune = self.commune_label().map(capitalized);
        let postal_code = self.commune_code.as_ref().map(|code| code.as_str().to_owned());
        Self {
            name: EstablishmentName::unknown(),
            headcount: None,
            headcount_year: None,
            entity_headcount: None,
            address: match (&postal_code, commune) {
                (Some(code), Some(commune)) => Some(format!("{code} {commune}")),
                (None, Some(commune)) => Some(commune),
                (code, None) => code.clone(),
            },
            postal_code,
            ..self
        }
    }

    /// Whether it was told so long ago that a source has to be asked again; what is told meanwhile is marked by this.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        Told { by: self.source, at: self.fetched_at }.is_stale(now)
    }

    /// What its legal entity is as a public body, as long as that goes on; `None` where it is none.
    pub fn public_body(&self) -> Option<PublicBody> {
        self.legal_category.as_ref().filter(|_| self.is_entity_active)?.public_body(self.siret.siren())
    }

    /// The commune's name; the country's where the source told only its code.
    fn commune_label(&self) -> Option<&str> {
        let country = || self.commune_code.as_ref()?.country()?.label();
        self.commune.as_deref().or_else(country)
    }

    /// Postal code and commune in one line.
    pub fn town(&self) -> Option<String> {
        let commune = self.commune_label().map(town_name);
        match (&self.postal_code, commune) {
            (Some(code), Some(commune)) => Some(format!("{code} {commune}")),
            (code, None) => code.clone(),
            (None, commune) => commune,
        }
    }

    /// The organization that is entered for it.
    pub fn to_organization(&self, id: OrganizationId, now: Timestamp) -> Organization {
        Organization {
            id,
            siret: self.siret.clone(),
            label: self.name.label(),
            legal_category: self.legal_category.clone(),
            activity: self.activity.clone(),
            headcount: self.headcount,
            entity_headcount: self.entity_headcount,
            is_head_office: self.is_head_office,
            is_active: self.is_active,
            is_entity_active: Some(self.is_entity_active),
            address: self.town(),
            source: match self.source {
                EstablishmentSource::Invented => OrganizationSource::Invented,
                EstablishmentSource::Register
                | EstablishmentSource::RechercheEntreprises
                | EstablishmentSource::Sirene
                | EstablishmentSource::ApiEntreprise
                | EstablishmentSource::Seeds => OrganizationSource::Register,
            },
            told: match self.source {
                EstablishmentSource::Invented => None,
                EstablishmentSource::Register
                | EstablishmentSource::RechercheEntreprises
                | EstablishmentSource::Sirene
                | EstablishmentSource::ApiEntreprise => Some(Told { by: self.source, at: self.fetched_at }),
                // They are told whenever they are asked for.
                EstablishmentSource::Seeds => Some(Told { by: self.source, at: now }),
            },
            not_found_at: None,
            created_at: now,
            // What a service said before stands in for one that does not answer, and becomes no younger by that.
            updated_at: match self.source {
                EstablishmentSource::Register | EstablishmentSource::Seeds | EstablishmentSource::Invented => now,
                EstablishmentSource::RechercheEntreprises
                | EstablishmentSource::Sirene
                | EstablishmentSource::ApiEntreprise => self.fetched_at,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::naming::UNKNOWN_NAME;
    use super::*;

    fn partly_hidden() -> Establishment {
        Establishment {
            siret: "94957325700019".parse().unwrap(),
            name: "Camille exemple - Chez camille exemple".into(),
            legal_category: "1000".parse().ok(),
            activity: "62.02A".parse().ok(),
            headcount: "01".parse().ok(),
            headcount_year: "2023".parse().ok(),
            entity_headcount: "01".parse().ok(),
            is_head_office: true,
            is_active: true,
            is_entity_active: true,
            diffusion: Diffusion::Partial,
            postal_code: Some(String::from("75011")),
            commune_code: "75111".parse().ok(),
            commune: Some(String::from("PARIS")),
            address: Some(String::from("12 rue des Lilas, 75011 Paris")),
            source: EstablishmentSource::Sirene,
            fetched_at: Timestamp(1_000_000),
        }
    }

    #[test]
    fn of_a_partially_diffusible_establishment_neither_name_nor_street_nor_bands_are_kept() {
        let masked = partly_hidden().masked();
        assert_eq!((masked.name.label().as_str(), masked.headcount_year.is_none()), (UNKNOWN_NAME, true));
        assert_eq!(masked.address.as_deref(), Some("75111 Paris"));
        assert_eq!(masked.postal_code.as_deref(), Some("75111"));
        assert_eq!((masked.headcount, masked.entity_headcount), (None, None));
        assert!(!format!("{masked:?}").contains("exemple") && !format!("{masked:?}").contains("Lilas"));
        let open = Establishment { diffusion: Diffusion::Full, ..partly_hidden() };
        assert_eq!(open.clone().masked(), open);
    }

    #[test]
    fn abroad_the_country_stands_for_a_town_that_no_source_told() {
        let nowhere = Establishment {
            diffusion: Diffusion::Full,
            postal_code: None,
            commune_code: "99131".parse().ok(),
            commune: None,
            ..partly_hidden()
        };
        assert_eq!(nowhere.town().as_deref(), Some("Belgique"));
        let at_home = Establishment { commune_code: "92023".parse().ok(), ..nowhere };
        assert_eq!(at_home.town(), None);
    }

    #[test]
    fn sec_114_what_was_told_too_long_ago_is_stale() {
        let told = partly_hidden();
        assert!(!told.is_stale(Timestamp(1_000_000 + 24 * 3600)));
        assert!(told.is_stale(Timestamp(1_000_001 + 24 * 3600)));
        assert!(!told.is_stale(Timestamp(0)));
        let imported = Establishment { source: EstablishmentSource::Register, ..partly_hidden() };
        assert!(!imported.is_stale(Timestamp(1_000_000 + 31 * 24 * 3600)));
        assert!(imported.is_stale(Timestamp(1_000_001 + 31 * 24 * 3600)));
    }
}
