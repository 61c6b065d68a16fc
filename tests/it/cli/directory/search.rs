//! Names, as people type them.

use moncomptepro::directory::Filter;
use moncomptepro::domain::{EstablishmentQuery, UNKNOWN_NAME};

use super::files::{ENTITIES, ENTITY, ESTABLISHMENT, ESTABLISHMENTS, both, csv, imported, write};
use crate::support::Instance;

#[tokio::test]
async fn names_are_found_whatever_the_accents_the_order_and_the_mistakes() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    imported(&directory.path().join("data"), both(directory.path()), Filter::default()).unwrap();
    let search = async |name: &str, place: &str| {
        let query = EstablishmentQuery::by_name(name).unwrap().at(place).unwrap();
        let found = instance.app.directory.search(&query).await.unwrap();
        found.into_iter().map(|establishment| establishment.name.label()).collect::<Vec<_>>()
    };
    let (town_hall, dinum) = ("Commune de clamart - Mairie", "Direction interministerielle du numerique (DINUM)");
    for (name, place, best) in [
        ("mairie de Clamart", "", town_hall),
        ("Clamart", "", town_hall),
        ("clamrat", "", town_hall),
        ("commune", "92140", town_hall),
        ("mairie", "Les Houches", "Commune de les houches - Mairie"),
        ("mairie", "74", "Commune de les houches - Mairie"),
        ("mairie", "Klamart", town_hall),
        ("mairie", "Les Houchse", "Commune de les houches - Mairie"),
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

#[tokio::test]
async fn a_siren_finds_the_establishments_of_its_entity_the_head_office_first_and_what_is_hidden_stays_so() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let data = directory.path().join("data");
    // Before the head office in the order of numbers: one that closed, one that is open.
    let more = [
        "21920023500006,F,O,false,,85.20Z,92140,92023,CLAMART,,,,,,",
        "21920023500048,A,N,false,,,92140,92023,CLAMART,,,,,,",
    ];
    let units = write(directory.path(), "units.csv", csv(ENTITY, &ENTITIES).as_bytes());
    let places = write(
        directory.path(),
        "places.csv",
        csv(ESTABLISHMENT, &[&ESTABLISHMENTS[..], &more[..]].concat()).as_bytes(),
    );
    imported(&data, vec![units, places], Filter::default()).unwrap();
    let search = async |siren: &str, place: &str, limit: usize| {
        let query = EstablishmentQuery::by_name(siren).unwrap().at(place).unwrap().limited(limit);
        let found = instance.app.directory.search(&query).await.unwrap();
        found.into_iter().map(|establishment| establishment.siret.to_string()).collect::<Vec<_>>()
    };
    let (hall, school, closed) = ("21920023500014", "21920023500063", more[0].get(..14).unwrap());
    assert_eq!(search("219 200 235", "", 10).await, [hall, school, closed], "the fourth may not be told");
    assert_eq!(search("219200235", "", 1).await, [hall]);
    assert_eq!(search("219200235", "92 clam", 10).await.len(), 3);
    for (siren, place) in [("219200235", "Paris"), ("219200235", "75"), ("356000000", ""), ("949573257", "75011")] {
        assert!(search(siren, place, 10).await.is_empty(), "{siren} {place}");
    }
    let query = EstablishmentQuery::by_name("949573257").unwrap();
    let hidden = instance.app.directory.search(&query).await.unwrap();
    assert_eq!(
        (hidden.len(), hidden[0].name.label().as_str()),
        (1, UNKNOWN_NAME),
        "found by its number, without its name"
    );

    let lines = ENTITIES.map(|line| line.replace("219200235,O", "219200235,N"));
    let units = write(directory.path(), "units.csv", csv(ENTITY, &lines.each_ref().map(String::as_str)).as_bytes());
    let places = write(directory.path(), "places.csv", csv(ESTABLISHMENT, &ESTABLISHMENTS).as_bytes());
    imported(&data, vec![units, places], Filter::default()).unwrap();
    assert!(search("219200235", "", 10).await.is_empty(), "of an entity that may not be told, nothing is");
}

#[tokio::test]
async fn a_name_among_tens_of_thousands_that_begin_alike_is_found_and_the_town_hall_comes_first() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    // 30,000 cafés, each at the town hall; the last alone is called Zénith.
    let (mut units, mut places) = (csv(ENTITY, &ENTITIES), csv(ESTABLISHMENT, &ESTABLISHMENTS));
    for number in 0..30_000_u64 {
        let siren = with_check_digit(50_000_000 + number);
        let siret = with_check_digit(siren * 10_000 + 1);
        let name = if number == 29_999 { "CAFE ZENITH DE LA MAIRIE" } else { "CAFE DE LA MAIRIE" };
        units += &format!(",{siren},O,,,NN,A,,{name},5710,x\n");
        places += &format!("{siret},A,O,true,NN,56.30Z,13001,13201,MARSEILLE,1,RUE,X,,,\n");
    }
    let files = vec![
        write(directory.path(), "units.csv", units.as_bytes()),
        write(directory.path(), "places.csv", places.as_bytes()),
    ];
    imported(&directory.path().join("data"), files, Filter::default()).unwrap();
    let search = async |name: &str, place: &str| {
        let query = EstablishmentQuery::by_name(name).unwrap().at(place).unwrap();
        let found = instance.app.directory.search(&query).await.unwrap();
        found.into_iter().map(|establishment| establishment.name.label()).collect::<Vec<_>>()
    };
    for name in ["zen", "zeni", "zenit", "zenith", "café zenith", "mairie zénith", "zenyth"] {
        assert_eq!(search(name, "").await, ["Cafe zenith de la mairie"], "{name}");
    }
    for (name, place) in [("zenith", "13"), ("zenith", "130"), ("zenith", "1300"), ("zenith", "13001"), ("zen", "mars")]
    {
        assert_eq!(search(name, place).await.len(), 1, "{name} {place}");
    }
    assert!(search("zenith", "75").await.is_empty());
    assert_eq!(search("mairie", "").await[..2], ["Commune de clamart - Mairie", "Commune de les houches - Mairie"]);
    assert_eq!(search("cafe", "").await.len(), 10);
}

fn with_check_digit(number: u64) -> u64 {
    let digits = number.to_string();
    let doubled =
        digits.bytes().rev().map(|digit| u64::from(digit - b'0')).enumerate().map(|(at, digit)| match at % 2 {
            0 => digit * 2 / 10 + digit * 2 % 10,
            _ => digit,
        });
    number * 10 + (10 - doubled.sum::<u64>() % 10) % 10
}
