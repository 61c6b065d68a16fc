//! A register that is imported while the instance serves.

use moncomptepro::config::{Config, DevOptions, DirectorySettings, DirectorySource};
use moncomptepro::directory::{DirectoryError, Filter};
use moncomptepro::domain::{Diffusion, Establishment, EstablishmentSource, UNKNOWN_NAME};

use super::files::{ENTITIES, ENTITY, ESTABLISHMENT, ESTABLISHMENTS, both, csv, imported, write};
use crate::support::Instance;

async fn find(instance: &Instance, siret: &str) -> Result<Option<Establishment>, DirectoryError> {
    instance.app.directory.find_establishment(&siret.parse().unwrap()).await
}

#[tokio::test]
async fn an_import_is_noticed_at_the_next_question() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    assert!(instance.app.directory.lacks_register());
    assert_eq!(find(&instance, "21920023500014").await, Err(DirectoryError::NoSource));

    let data = directory.path().join("data");
    imported(&data, both(directory.path()), Filter::default()).unwrap();
    let clamart = find(&instance, "21920023500014").await.unwrap().unwrap();
    assert_eq!(clamart.name.label(), "Commune de clamart - Mairie");
    assert_eq!(clamart.address.as_deref(), Some("1 place maurice gunsbourg, 92140 Clamart"));
    assert_eq!((clamart.source, clamart.is_head_office), (EstablishmentSource::Register, true));
    assert_eq!(clamart.entity_headcount.unwrap().as_str(), "42");
    assert_eq!(clamart.commune_code.unwrap().as_str(), "92023");
    assert_eq!(
        find(&instance, "13002526500013").await.unwrap().unwrap().name.label(),
        "Direction interministerielle du numerique (DINUM)"
    );
    assert_eq!(find(&instance, "82869625200018").await.unwrap().unwrap().name.label(), "Camille Exemple");
    assert!(!find(&instance, "99999996400011").await.unwrap().unwrap().is_active);
    assert_eq!(find(&instance, "44137965800012").await, Ok(None));

    let renamed = csv(ENTITY, &ENTITIES).replace("COMMUNE DE CLAMART", "VILLE DE CLAMART");
    let units = write(directory.path(), "units.csv", renamed.as_bytes());
    let places = write(directory.path(), "places.csv", csv(ESTABLISHMENT, &ESTABLISHMENTS).as_bytes());
    imported(&data, vec![units, places], Filter::default()).unwrap();
    assert_eq!(find(&instance, "21920023500014").await.unwrap().unwrap().name.label(), "Ville de clamart - Mairie");
}

#[tokio::test]
async fn of_a_partially_diffusible_establishment_the_register_tells_the_town_alone() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    imported(&directory.path().join("data"), both(directory.path()), Filter::default()).unwrap();
    let hidden = find(&instance, "94957325700019").await.unwrap().unwrap();
    assert_eq!((hidden.name.label().as_str(), hidden.diffusion), (UNKNOWN_NAME, Diffusion::Partial));
    assert_eq!(hidden.address.as_deref(), Some("75111 Paris"));
    assert!(!format!("{hidden:?}").to_lowercase().contains("cachee"));
}

#[tokio::test]
async fn sec_113_what_the_register_hides_is_hidden_whoever_else_knows_it() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let lines = ENTITIES.map(|line| line.replace("219200235,O", "219200235,N"));
    let lines: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.contains("217401157")).collect();
    let units = write(directory.path(), "units.csv", csv(ENTITY, &lines).as_bytes());
    let lines = ESTABLISHMENTS.map(|line| line.replace("13002526500013,A,O", "13002526500013,A,N"));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let places = write(directory.path(), "places.csv", csv(ESTABLISHMENT, &lines).as_bytes());
    let report = imported(&data, vec![units, places], Filter::default()).unwrap();
    assert_eq!((report.establishments, report.entities), (7, 5), "what is hidden is counted apart");
    let options = DevOptions {
        data_dir: Some(data.clone()),
        issuer: Some("http://localhost:3000".parse().unwrap()),
        ..DevOptions::default()
    };
    let instance = Instance::start(|own| {
        let config = Config::dev(options.clone(), own);
        let sources = vec![DirectorySource::Register, DirectorySource::Seeds];
        Config { directory: DirectorySettings { sources, ..config.directory }, ..config }
    })
    .await;
    for siret in ["13002526500013", "21920023500014"] {
        assert_eq!(find(&instance, siret).await, Ok(None), "{siret}: the seeds know it, and do not tell");
    }
    let orphan = find(&instance, "21740115700011").await.unwrap().unwrap();
    assert_eq!(
        (orphan.name.label().as_str(), orphan.diffusion),
        (UNKNOWN_NAME, Diffusion::Partial),
        "nothing says that it may"
    );
    let query = moncomptepro::domain::EstablishmentQuery::by_name("mairie").unwrap();
    let hits = instance.app.directory.search(&query).await.unwrap();
    assert!(hits.iter().all(|hit| hit.source != EstablishmentSource::Register), "{hits:?}");
}

#[tokio::test]
async fn a_register_that_was_damaged_is_an_outage_and_not_an_unknown_number() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    imported(&data, both(directory.path()), Filter::default()).unwrap();
    let current = std::fs::read_to_string(data.join("register/current")).unwrap();
    std::fs::write(data.join("register").join(current.trim()).join("rows.redb"), b"something else").unwrap();
    let instance = Instance::production(directory.path()).await;
    assert_eq!(find(&instance, "21920023500014").await, Err(DirectoryError::Unavailable));
    imported(&data, both(directory.path()), Filter::default()).unwrap();
    assert!(find(&instance, "21920023500014").await.unwrap().is_some(), "an import mends it");
}
