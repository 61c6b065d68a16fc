//! Whatever a service answers: nothing panics, and nothing is told that was not asked for (SEC-61, SEC-152).

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::guard::Call;
use super::{entreprise, recherche, sirene};
use crate::directory::Answer;
use crate::directory::contacts::addresses_in;
use crate::domain::{Diffusion, Establishment, EstablishmentQuery, Siret};
use crate::protocol::Timestamp;

const ASKED: &str = "21920023500014";
/// Members that are looked at, of all three services.
const NAMES: [&str; 38] = [
    "siret",
    "siege",
    "etat_administratif",
    "etatAdministratifEtablissement",
    "statut_diffusion",
    "statut_diffusion_etablissement",
    "statutDiffusionEtablissement",
    "status_diffusion",
    "statutDiffusionUniteLegale",
    "nom_complet",
    "nom_raison_sociale",
    "sigle",
    "liste_enseignes",
    "enseigne",
    "enseigne1Etablissement",
    "denominationUniteLegale",
    "nomUniteLegale",
    "prenomUsuelUniteLegale",
    "raison_sociale",
    "nature_juridique",
    "categorieJuridiqueUniteLegale",
    "forme_juridique",
    "activite_principale",
    "activitePrincipaleEtablissement",
    "tranche_effectif_salarie",
    "trancheEffectifsEtablissement",
    "annee_tranche_effectif_salarie",
    "commune",
    "codeCommuneEtablissement",
    "code_commune",
    "code_postal",
    "libelle_commune",
    "libelleCommuneEtablissement",
    "libelle_voie",
    "libelleVoieEtablissement",
    "dateFin",
    "est_siege",
    "code",
];
/// Values that mean something, beside those that do not.
const VALUES: [&str; 14] = [
    ASKED,
    "21920023500015",
    "A",
    "N",
    "P",
    "non_diffusible",
    "partiellement_diffusible",
    "[ND]",
    "92023",
    "99131",
    "84.11Z",
    "7210",
    "12",
    "\u{202e}\u{0}\u{1b}[31m",
];

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        proptest::sample::select(&VALUES[..]).prop_map(Value::from),
        Just(Value::from("X \u{202e}GNP\u{0} \u{1b}[31m")),
        any::<String>().prop_map(Value::from),
        "[A-Zé\u{0}-\u{1f}]{250,600}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 48, 6, |inner| {
        let members = proptest::collection::vec((proptest::sample::select(&NAMES[..]), inner.clone()), 0..12);
        prop_oneof![proptest::collection::vec(inner, 0..5).prop_map(Value::from), members.prop_map(object)]
    })
}

fn object(members: Vec<(&'static str, Value)>) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

/// Of the form of each service as far as it goes, so that what lies within it is reached.
fn document() -> impl Strategy<Value = Value> {
    let members = || {
        let filled = proptest::collection::vec((proptest::sample::select(&NAMES[..]), anything()), 0..80);
        (filled, proptest::bool::weighted(0.8)).prop_map(|(mut members, is_asked)| {
            members.push(("siret", Value::from(if is_asked { ASKED } else { "13002526500013" })));
            object(members)
        })
    };
    let whole = (members(), members(), members(), anything()).prop_map(|(place, entity, address, other)| {
        let mut shaped = place.clone();
        shaped["uniteLegale"] = entity.clone();
        shaped["unite_legale"] = entity.clone();
        shaped["adresseEtablissement"] = address.clone();
        shaped["adresse"] = address;
        shaped["periodesEtablissement"] = json!([other, place]);
        let mut found = entity;
        found["siege"] = other;
        found["matching_etablissements"] = json!([shaped]);
        json!({ "results": [found], "etablissement": shaped, "etablissements": [shaped], "data": shaped })
    });
    prop_oneof![1 => anything(), 4 => whole]
}

fn check(found: &Establishment, siret: &Siret) {
    assert_eq!(found.siret, *siret, "another one than was asked for");
    let told = [Some(found.name.label()), found.address.clone(), found.town()];
    for told in told.into_iter().flatten() {
        assert!(told.chars().all(|character| !character.is_control() && character != '\u{202e}'), "{told:?}");
        assert!(told.chars().count() < 4_000);
    }
}

proptest! {
    #[test]
    fn sec_152_no_document_panics_and_none_tells_of_another_establishment(document in document()) {
        let siret: Siret = ASKED.parse().unwrap();
        let (call, now) = (Call { document }, Timestamp(1_000));
        let query = EstablishmentQuery::by_name("mairie").unwrap();
        let found = [
            recherche::read_found(&call, &siret, now),
            sirene::read_found(&call, &siret, now),
            entreprise::read_found(&call, &siret, now),
        ];
        for answer in found {
            if let Answer::Known(found) = answer {
                check(&found.masked(), &siret);
            }
        }
        for answer in [recherche::read_searched(&call, &query, now), sirene::read_searched(&call, now)] {
            if let Answer::Known(found) = answer {
                prop_assert!(found.len() <= 50);
                prop_assert!(found.iter().all(|found| found.is_active && found.diffusion == Diffusion::Full));
            }
        }
    }

    #[test]
    fn sec_152_no_field_of_addresses_panics(field in any::<String>(), more in "[a-z@.;, <>\"\u{0}éÀ]{0,300}") {
        for address in addresses_in(&field).chain(addresses_in(&more)) {
            prop_assert!(address.as_str().is_ascii() && address.as_str().contains('@'));
        }
    }
}
