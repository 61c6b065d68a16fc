//! What the directory of development mode knows: one establishment at least of every kind that joining tells apart.

use moncomptepro::config::{Config, DevOptions, DirectorySettings};
use moncomptepro::directory::DirectoryError;
use moncomptepro::domain::{
    Diffusion, Establishment, EstablishmentQuery, EstablishmentSource, HeadcountBand, OfficialContactKind, UNKNOWN_NAME,
};

use crate::support::Instance;

async fn find(instance: &Instance, siret: &str) -> Establishment {
    instance.app.directory.find_establishment(&siret.parse().unwrap()).await.unwrap().unwrap()
}

async fn search(instance: &Instance, name: &str, place: &str) -> Vec<String> {
    let query = EstablishmentQuery::by_name(name).unwrap().at(place).unwrap();
    let found = instance.app.directory.search(&query).await.unwrap();
    found.into_iter().map(|establishment| establishment.name.label()).collect()
}

#[tokio::test]
async fn every_kind_of_establishment_is_known() {
    let instance = Instance::dev().await;
    let least = |band: Option<HeadcountBand>| band.map(HeadcountBand::least_employees);
    for (siret, category, employees, is_active) in [
        // Commune over and under fifty agents, community of communes, ministry, school, sole trader, association.
        ("21920023500014", "7210", Some(1000), true),
        ("21999993500014", "7210", Some(6), true),
        ("29999991200015", "7346", Some(50), true),
        ("11006801200050", "7113", Some(250), true),
        ("19750663700010", "7331", Some(100), true),
        ("82869625200018", "1000", None, true),
        ("44137965800012", "9220", None, true),
        // Closed, abroad, La Poste.
        ("21850292000018", "7210", Some(10), false),
        ("99999995600017", "3120", Some(3), true),
        ("35600000049837", "5510", Some(10_000), true),
    ] {
        let found = find(&instance, siret).await;
        assert_eq!(found.source, EstablishmentSource::Seeds, "{siret}");
        assert_eq!(found.legal_category.as_ref().unwrap().as_str(), category, "{siret}");
        assert_eq!((least(found.entity_headcount), found.is_active), (employees, is_active), "{siret}");
        assert_eq!(found.fetched_at, instance.clock.now());
    }
    let abroad = find(&instance, "99999995600017").await;
    assert_eq!(abroad.address.as_deref(), Some("Londres, Royaume-uni"));
    let hidden = find(&instance, "94957325700019").await;
    assert_eq!((hidden.diffusion, hidden.name.label().as_str()), (Diffusion::Partial, UNKNOWN_NAME));
    assert_eq!(hidden.address.as_deref(), Some("75111 Paris"));
}

#[tokio::test]
async fn r_13_any_other_number_answers_with_an_invented_establishment() {
    let instance = Instance::dev().await;
    let invented = find(&instance, "21130001700012").await;
    assert_eq!(invented.source, EstablishmentSource::Invented);
    let contacts = instance.app.directory.find_official_contacts(&invented).await.unwrap();
    assert_eq!(contacts[0].email.as_str(), "mairie@commune-211300017.example");
}

#[tokio::test]
async fn contacts_are_those_that_a_public_directory_would_give() {
    let instance = Instance::dev().await;
    for (siret, kind, emails) in [
        ("20006541500016", OfficialContactKind::TownHall, 2),
        ("19750663700010", OfficialContactKind::School, 1),
        ("83832482000011", OfficialContactKind::PublicService, 0),
    ] {
        let contacts = instance.app.directory.find_official_contacts(&find(&instance, siret).await).await.unwrap();
        assert_eq!(contacts.len(), emails, "{siret}");
        assert!(contacts.iter().all(|contact| contact.kind == kind), "{siret}");
    }
}

#[tokio::test]
async fn a_name_is_found_with_accents_and_typing_mistakes_forgiven() {
    let instance = Instance::dev().await;
    assert_eq!(search(&instance, "mairie clamart", "").await[0], "Commune de clamart - Mairie");
    assert_eq!(search(&instance, "Interministérielle numérqiue", "").await.len(), 1);
    assert_eq!(search(&instance, "mairie", "74000").await, ["Commune d'annecy - Mairie"]);
    assert_eq!(search(&instance, "commune", "Le Mans").await, ["Commune du mans - Mairie"]);
    assert!(search(&instance, "sacha exemple", "").await.is_empty(), "what is hidden is not found by its name");
    assert!(search(&instance, "xyzzy", "").await.is_empty());
}

#[tokio::test]
async fn fixtures_declare_establishments_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fixtures.toml");
    let text = "[[establishments]]\nsiret = \"83951732300011\"\nlabel = \"Autre\"\nlegal_category = \"5710\"\n\
                [[establishments]]\nsiret = \"21130001700012\"\nlabel = \"Mairie d'ailleurs\"\n\
                contacts = { kind = \"town_hall\", emails = [\"mairie@ailleurs.example\"] }\n";
    std::fs::write(&path, text).unwrap();
    let instance = Instance::dev_with(DevOptions { fixtures: Some(path), ..DevOptions::default() }).await;
    let mine = find(&instance, "21130001700012").await;
    assert_eq!(mine.name.label(), "Mairie d'ailleurs");
    assert_eq!(instance.app.directory.find_official_contacts(&mine).await.unwrap().len(), 1);
    assert_eq!(find(&instance, "83951732300011").await.name.label(), "Autre", "the fixture wins over an organization");
}

#[tokio::test]
async fn where_the_open_directory_is_asked_nothing_is_made_up() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let instance = Instance::start(|port| {
        let options = DevOptions { asks_open_directory: true, ..DevOptions::default() };
        let config = Config::dev(options, port);
        let recherche_entreprises = format!("http://127.0.0.1:{nobody}").parse().unwrap();
        Config { directory: DirectorySettings { recherche_entreprises, ..config.directory }, ..config }
    })
    .await;
    assert_eq!(find(&instance, "21920023500014").await.source, EstablishmentSource::Seeds);
    let other = instance.app.directory.find_establishment(&"21130001700012".parse().unwrap()).await;
    assert_eq!(other, Err(DirectoryError::Unavailable));
}

#[tokio::test]
async fn an_instance_without_a_source_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let query = EstablishmentQuery::by_name("mairie").unwrap();
    let siret = "21920023500014".parse().unwrap();
    assert!(instance.app.directory.lacks_register());
    assert_eq!(instance.app.directory.find_establishment(&siret).await, Err(DirectoryError::NoSource));
    assert_eq!(instance.app.directory.search(&query).await, Err(DirectoryError::NoSource));
}
