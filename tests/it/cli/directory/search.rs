//! Names, as people type them.

use moncomptepro::directory::Filter;
use moncomptepro::domain::EstablishmentQuery;

use super::files::{both, imported};
use crate::support::Instance;

#[tokio::test]
async fn names_are_found_whatever_the_accents_the_order_and_the_mistakes() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    imported(&directory.path().join("data"), both(directory.path()), Filter::default()).unwrap();
    let search = async |name: &str, place: &str| {
        let query = EstablishmentQuery::by_name(name).unwrap().at(place).unwrap();
        let found = instance.app.directory.search(&query).await.unwrap();
        found.into_iter().map(|establishment| establishment.label).collect::<Vec<_>>()
    };
    let (town_hall, dinum) = ("Commune de clamart - Mairie", "Direction interministerielle du numerique (DINUM)");
    for (name, place, best) in [
        ("mairie de Clamart", "", town_hall),
        ("Clamart", "", town_hall),
        ("clamrat", "", town_hall),
        ("commune", "92140", town_hall),
        ("mairie", "Les Houches", "Commune de les houches - Mairie"),
        ("mairie", "74", "Commune de les houches - Mairie"),
        ("Interministérielle du Numérique", "", dinum),
        ("numerique direction", "Paris", dinum),
        ("intreministerielle", "75007 Paris", dinum),
        ("dinum", "", dinum),
        ("école senghor", "", "Commune de clamart - Ecole senghor"),
        ("exemple camille", "", "Camille Exemple"),
    ] {
        assert_eq!(search(name, place).await.first().map(String::as_str), Some(best), "{name} {place}");
    }
    for (name, place) in [("cachee", ""), ("sacha", ""), ("fermee", ""), ("mairie", "13"), ("xyzzy", "")] {
        assert!(search(name, place).await.is_empty(), "{name} {place}");
    }
    assert_eq!(search("clamart", "").await.len(), 3, "town hall, school and company");
}
