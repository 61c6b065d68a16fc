//! Public directories, and what people have written in them.

use moncomptepro::config::{Config, ContactSource, DevOptions, DirectorySettings, DirectorySource};
use moncomptepro::directory::{Directory, DirectoryError, Seeded, Seeds};
use moncomptepro::domain::{Establishment, OfficialContact, OfficialContactKind};
use serde_json::{Value, json};

use super::remote::ok;
use crate::support::Instance;
use crate::support::service::{Service, with_status};

/// An instance of which both directories are the same server.
pub(super) async fn instance(port: u16) -> Instance {
    let base = || format!("http://127.0.0.1:{port}").parse().unwrap();
    Instance::start(|own| {
        let config = Config::dev(DevOptions::default(), own);
        let (annuaire_service_public, annuaire_education) = (base(), base());
        let directory = DirectorySettings {
            contacts: vec![ContactSource::Apis],
            annuaire_service_public,
            annuaire_education,
            ..config.directory
        };
        Config { directory, ..config }
    })
    .await
}

/// The directories alone, and an establishment: what the seeds know of its contacts is set aside.
pub(super) async fn asked_about(instance: &Instance, siret: &str) -> (Directory, Establishment) {
    let known = instance.app.directory.find_establishment(&siret.parse().unwrap()).await.unwrap().unwrap();
    let config = Config {
        directory: DirectorySettings { sources: vec![DirectorySource::Seeds], ..instance.app.config.directory.clone() },
        ..(*instance.app.config).clone()
    };
    let seeds = Seeds::new(vec![Seeded { establishment: known.clone(), contacts: Vec::new() }], None);
    (Directory::new(&config, instance.clock.clone(), seeds), known)
}

pub(super) async fn contacts(instance: &Instance, siret: &str) -> Result<Vec<OfficialContact>, DirectoryError> {
    let (directories, establishment) = asked_about(instance, siret).await;
    directories.find_official_contacts(&establishment).await
}

pub(super) fn addresses(contacts: &[OfficialContact]) -> Vec<&str> {
    contacts.iter().map(|contact| contact.email.as_str()).collect()
}

pub(super) fn town_hall(changes: Value) -> Value {
    let mut record = json!({
        "nom": "Mairie - La Hague", "code_insee_commune": "50041", "siret": "20006541500016",
        "adresse_courriel": "mairie@lahague.example", "pivot": "[{\"type_service_local\": \"mairie\"}]",
        "adresse": "[{\"code_postal\": \"50440\"}]"
    });
    record.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    record
}

#[tokio::test]
async fn a_commune_has_every_address_of_its_town_halls_once() {
    let records = json!({ "total_count": 3, "results": [
        town_hall(json!({ "adresse_courriel": "MAIRIE@LaHague.example; annexe@lahague.example" })),
        town_hall(json!({ "nom": "Mairie déléguée", "adresse_courriel": "annexe@lahague.example" })),
        town_hall(json!({ "code_insee_commune": "50042", "adresse_courriel": "voisine@ailleurs.example" })),
    ] });
    let service = Service::start(ok(&records)).await;
    let instance = instance(service.port).await;
    let found = contacts(&instance, "20006541500016").await.unwrap();
    assert_eq!(addresses(&found), ["mairie@lahague.example", "annexe@lahague.example"]);
    assert_eq!((found[0].kind, found[0].name.as_str()), (OfficialContactKind::TownHall, "Mairie - La Hague"));
    let asked = service.asked().concat();
    assert!(asked.starts_with("GET /api/explore/v2.1/catalog/datasets/api-lannuaire-administration/records?where="));
    assert!(asked.contains("code_insee_commune+LIKE+%2250041%22+and+pivot+LIKE+%22mairie%22"), "{asked}");
}

#[tokio::test]
async fn a_school_is_in_the_directory_of_schools_and_another_service_has_its_number() {
    let records = json!({ "results": [{
        "siren_siret": "19750663700010", "nom_etablissement": "Lycée Chaptal", "mail": "ce.0750663z@ac-paris.example"
    }] });
    let service = Service::start(ok(&records)).await;
    let found = contacts(&instance(service.port).await, "19750663700010").await.unwrap();
    assert_eq!((addresses(&found), found[0].kind), (vec!["ce.0750663z@ac-paris.example"], OfficialContactKind::School));
    assert!(
        service
            .asked()
            .concat()
            .contains("fr-en-annuaire-education/records?where=siren_siret+%3D+%2219750663700010%22")
    );
    let ministry =
        json!({ "results": [{ "siret": "11006801200050", "nom": "Ministère", "adresse_courriel": "a@b.example" }] });
    service.does(ok(&ministry));
    let found = contacts(&instance(service.port).await, "11006801200050").await.unwrap();
    assert_eq!((addresses(&found), found[0].kind), (vec!["a@b.example"], OfficialContactKind::PublicService));
}

#[tokio::test]
async fn sec_61_what_is_no_address_is_not_there_and_nothing_breaks() {
    for written in [
        json!("https://www.lahague.example/contact"),
        json!("voir le site"),
        json!("mairie@"),
        json!("mairie@localhost"),
        json!("\"<script>\"@lahague.example"),
        json!("mairie@lahague.example\u{202e}"),
        json!(["mairie@lahague.example"]),
        json!(null),
        json!(7),
        json!("x".repeat(100_000)),
    ] {
        let records = json!({ "results": [town_hall(json!({ "adresse_courriel": written })), 7, null, "x"] });
        let service = Service::start(ok(&records)).await;
        assert_eq!(contacts(&instance(service.port).await, "20006541500016").await, Ok(Vec::new()), "{written}");
    }
    let many: Vec<String> = (0..100).map(|number| format!("a{number}@lahague.example")).collect();
    let records =
        json!({ "results": [town_hall(json!({ "adresse_courriel": many.join(";"), "nom": "<b>\n\u{0}x" }))] });
    let service = Service::start(ok(&records)).await;
    let found = contacts(&instance(service.port).await, "20006541500016").await.unwrap();
    assert_eq!((found.len(), found[0].name.as_str()), (10, "<b>x"));
}

#[tokio::test]
async fn sec_199_no_more_is_asked_of_each_directory_of_contacts_in_a_second_than_it_allows() {
    let service = Service::start(with_status("404 Not Found", "", "{}")).await;
    let instance = instance(service.port).await;
    let (of_town_halls, hall) = asked_about(&instance, "20006541500016").await;
    let (of_schools, school) = asked_about(&instance, "19750663700010").await;
    let places =
        [(&of_town_halls, &hall, "api-lannuaire-administration"), (&of_schools, &school, "annuaire-education")];
    for second in 1..=2 {
        for (directories, establishment, dataset) in places {
            for number in 0..8 {
                let found = directories.find_official_contacts(establishment).await;
                let expected = if number < 5 { Ok(Vec::new()) } else { Err(DirectoryError::Unavailable) };
                assert_eq!(found, expected, "{dataset} {number}");
            }
            let asked = service.asked().iter().filter(|asked| asked.contains(dataset)).count();
            assert_eq!(asked, 5 * second, "{dataset}");
        }
        instance.clock.advance(std::time::Duration::from_secs(1)).unwrap();
    }
}
