//! Establishments made up for a SIRET that nobody declared.

use crate::directory::Seeded;
use crate::domain::{
    Activity, Diffusion, Email, Establishment, EstablishmentSource, HeadcountBand, LegalCategory, OfficialContact,
    OfficialContactKind, Siret,
};
use crate::protocol::Timestamp;

/// A plausible establishment, marked as invented. A SIREN that begins with 1 or 2 is that of a public body, as in the
/// register; a commune can be written to.
pub(super) fn invent(siret: &Siret) -> Seeded {
    let siren = siret.siren();
    let (legal_category, activity, label) = match siren {
        siren if siren.starts_with("21") => ("7210", "84.11Z", format!("Commune imaginaire {siren} - Mairie")),
        siren if siren.starts_with('2') => ("7220", "84.11Z", format!("Collectivité imaginaire {siren}")),
        siren if siren.starts_with('1') => ("7120", "84.11Z", format!("Administration imaginaire {siren}")),
        siren => ("5710", "62.01Z", format!("Entreprise imaginaire {siren}")),
    };
    let contacts = match (legal_category, format!("mairie@commune-{siren}.example").parse::<Email>()) {
        ("7210", Ok(email)) => {
            vec![OfficialContact { email, name: label.clone(), kind: OfficialContactKind::TownHall }]
        }
        (_, _) => Vec::new(),
    };
    let establishment = Establishment {
        siret: siret.clone(),
        name: label.as_str().into(),
        legal_category: legal_category.parse::<LegalCategory>().ok(),
        activity: activity.parse::<Activity>().ok(),
        headcount: Some(HeadcountBand::From20),
        headcount_year: None,
        entity_headcount: Some(HeadcountBand::From20),
        is_head_office: true,
        is_active: true,
        is_entity_active: true,
        diffusion: Diffusion::Full,
        postal_code: Some(String::from("75001")),
        commune_code: "75101".parse().ok(),
        commune: Some(String::from("PARIS")),
        address: Some(String::from("75001 Paris")),
        source: EstablishmentSource::Invented,
        fetched_at: Timestamp(0),
    };
    Seeded { establishment, contacts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrganizationId, OrganizationSource};

    #[test]
    fn r_13_an_invented_organization_is_marked_and_public_as_its_siren_says() {
        for (siret, is_public, is_commune) in [
            ("21630215800011", true, true),
            ("13002526500013", true, false),
            ("22920050600017", true, false),
            ("83951732300011", false, false),
        ] {
            let Seeded { establishment, contacts } = invent(&siret.parse().unwrap());
            let organization = establishment.to_organization(OrganizationId(0), Timestamp(1));
            assert_eq!(organization.source, OrganizationSource::Invented);
            assert_eq!(
                (organization.is_public_service(), organization.is_commune()),
                (is_public, is_commune),
                "{siret}"
            );
            assert_eq!(organization.address.as_deref(), Some("75001 Paris"));
            assert!(organization.label.contains("imaginaire"));
            assert_eq!(contacts.len(), usize::from(is_commune), "{siret}");
        }
    }
}
