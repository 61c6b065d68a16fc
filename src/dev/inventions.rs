//! Organizations made up for a SIRET that nobody declared.

use crate::domain::{Organization, OrganizationId, OrganizationSource, Siret};
use crate::protocol::Timestamp;

/// A plausible organization, marked as invented. A SIREN that begins with 1 or 2 is that of a public body, as in the
/// register; its identifier is given when it is entered.
pub(super) fn invent(siret: Siret, now: Timestamp) -> Organization {
    let (legal_category, activity, label) = match siret.siren() {
        siren if siren.starts_with("21") => ("7210", "84.11Z", format!("Commune imaginaire {siren} - Mairie")),
        siren if siren.starts_with('2') => ("7220", "84.11Z", format!("Collectivité imaginaire {siren}")),
        siren if siren.starts_with('1') => ("7120", "84.11Z", format!("Administration imaginaire {siren}")),
        siren => ("5710", "62.01Z", format!("Entreprise imaginaire {siren}")),
    };
    Organization {
        id: OrganizationId(0),
        siret,
        label,
        legal_category: Some(legal_category.to_owned()),
        activity: Some(activity.to_owned()),
        headcount: Some(String::from("12")),
        entity_headcount: Some(String::from("12")),
        is_head_office: true,
        is_active: true,
        address: Some(String::from("75001 Paris")),
        source: OrganizationSource::Invented,
        created_at: now,
        updated_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_13_an_invented_organization_is_marked_and_public_as_its_siren_says() {
        for (siret, is_public, is_commune) in [
            ("21630215800011", true, true),
            ("13002526500013", true, false),
            ("22920050600017", true, false),
            ("83951732300011", false, false),
        ] {
            let organization = invent(siret.parse().unwrap(), Timestamp(1));
            assert_eq!(organization.source, OrganizationSource::Invented);
            assert_eq!(
                (organization.is_public_service(), organization.is_commune()),
                (is_public, is_commune),
                "{siret}"
            );
            assert!(organization.label.contains("imaginaire"));
        }
    }
}
