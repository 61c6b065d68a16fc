//! A register that is imported while the instance serves.

use std::path::{Path, PathBuf};
use std::time::Duration;

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{OrganizationKey, follow_import, refresh_organization};
use moncomptepro::config::{Config, DevOptions, DirectorySettings, DirectorySource};
use moncomptepro::directory::{DirectoryError, Filter, Import, import};
use moncomptepro::domain::{
    Actor, AuditEvent, Diffusion, Establishment, EstablishmentSource, OrganizationId, UNKNOWN_NAME,
};
use moncomptepro::protocol::Timestamp;
use moncomptepro::store::organizations;
use serde_json::json;

use super::files::{ENTITIES, ENTITY, ESTABLISHMENT, ESTABLISHMENTS, both, csv, imported, write};
use crate::accounts::organizations::{arrive, join};
use crate::admin::{ADMINISTRATOR, at_work};
use crate::durability::wrong_date::{HURRIED, until, work_during};
use crate::support::{Instance, Operator};

/// When [`imported`] imports, and five days later.
const FIRST_IMPORT: Timestamp = Timestamp(1_795_000_000);
const SECOND_IMPORT: Timestamp = Timestamp(1_795_432_000);
const CLAMART: OrganizationId = OrganizationId(1);

/// A development instance that asks this register alone.
pub(super) async fn on_register(data: &Path) -> Instance {
    let options = DevOptions {
        data_dir: Some(data.to_owned()),
        issuer: Some("http://localhost:3000".parse().unwrap()),
        ..DevOptions::default()
    };
    Instance::start(|own| {
        let config = Config::dev(options.clone(), own);
        let sources = vec![DirectorySource::Register];
        Config { directory: DirectorySettings { sources, ..config.directory }, ..config }
    })
    .await
}

/// Such an instance that has read both files, of this directory, and its data beside them.
pub(super) async fn on_both_files(directory: &Path) -> (Instance, PathBuf) {
    let data = directory.join("data");
    let instance = on_register(&data).await;
    imported(&data, both(directory), Filter::default()).unwrap();
    read_again(&instance).await;
    (instance, data)
}

pub(super) async fn read_again(instance: &Instance) {
    let by = By::local(Actor::System);
    refresh_organization(&instance.app, &by, OrganizationKey::Id(CLAMART)).await.unwrap().unwrap();
}

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

#[tokio::test]
async fn sec_114_the_card_says_when_the_files_were_imported_however_late_they_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let instance = on_register(&data).await;
    imported(&data, both(directory.path()), Filter::default()).unwrap();
    instance.clock.advance(Duration::from_secs(40 * 24 * 3600)).unwrap();
    read_again(&instance).await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let card = person.visit("/admin/organizations/1").await.text("main").replace('\u{a0}', " ");
    assert!(card.contains("répertoire importé le 18 novembre") && card.contains("plus d’un mois"), "{card}");
    import(
        &data,
        &Import { files: both(directory.path()), filter: Filter::default() },
        instance.clock.now(),
        &mut |_| {},
    )
    .unwrap();
    read_again(&instance).await;
    let card = person.visit("/admin/organizations/1").await.text("main").replace('\u{a0}', " ");
    assert!(card.contains("répertoire importé le 2 janvier") && !card.contains("plus d’un mois"), "{card}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_114_the_command_line_says_which_source_told_and_when() {
    let directory = tempfile::tempdir().unwrap();
    let _instance = Instance::production(directory.path()).await;
    imported(&directory.path().join("data"), both(directory.path()), Filter::default()).unwrap();
    let operator = Operator::of(directory.path());
    operator.asks(&["org", "add", "21920023500014"]).await;
    let shown = operator.asks(&["org", "show", "21920023500014"]).await;
    assert_eq!(
        (&shown["told_by"], &shown["told_at"]),
        (&json!("register"), &json!(FIRST_IMPORT.to_iso8601())),
        "{shown}"
    );
    assert_ne!(shown["updated_at"], shown["told_at"], "it was read later");
}

#[tokio::test]
async fn sec_114_claims_and_sign_ins_follow_an_import_that_says_something_else() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, data) = on_both_files(directory.path()).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = person.visit(&client.authorization("openid organization", &[])).await;
    let back = person.sign_in(asks, "user@yopmail.com", "user@yopmail.com").await;
    let token = client.redeem(&client.code(&back)).await.access_token;
    assert_eq!(client.userinfo(&token).await.json()["label"], "Commune de clamart - Mairie");
    let followed = follow_import(&instance.app, None).await.unwrap();
    assert_eq!(followed, Some(FIRST_IMPORT));

    let renamed = csv(ENTITY, &ENTITIES).replace("COMMUNE DE CLAMART", "VILLE DE CLAMART");
    let closed = csv(ESTABLISHMENT, &ESTABLISHMENTS).replace("21920023500014,A", "21920023500014,F");
    let files = vec![
        write(directory.path(), "units.csv", renamed.as_bytes()),
        write(directory.path(), "places.csv", closed.as_bytes()),
    ];
    import(&data, &Import { files, filter: Filter::default() }, SECOND_IMPORT, &mut |_| {}).unwrap();
    let followed = follow_import(&instance.app, followed).await.unwrap();
    assert_eq!(followed, Some(SECOND_IMPORT));
    assert_eq!(client.userinfo(&token).await.json()["label"], "Ville de clamart - Mairie");
    let known = || instance.app.store.read(|tx| organizations::find(tx, CLAMART)).unwrap().unwrap();
    assert_eq!((known().is_active, known().as_of()), (false, SECOND_IMPORT));
    let event = AuditEvent::OrganizationRefreshed { organization_id: CLAMART };
    let recorded = || instance.audit().iter().filter(|record| record.event == event).count();
    assert_eq!(recorded(), 2, "by hand, and after the import");
    let before = known();
    assert_eq!(follow_import(&instance.app, followed).await.unwrap(), followed);
    follow_import(&instance.app, None).await.unwrap();
    assert_eq!((known(), recorded()), (before, 2), "what the files say already is not read again");

    let another = instance.person();
    let asks = another.visit(&client.authorization("openid organization", &[])).await;
    let told = another.sign_in(asks, "user@yopmail.com", "user@yopmail.com").await;
    assert!(told.text("main").to_lowercase().contains("fermé"), "{}: {}", told.url, told.text("main"));
}

#[tokio::test]
async fn what_the_import_left_out_is_told_as_that_and_not_as_a_mistake() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let instance = on_register(&data).await;
    let les_houches = "21740115700011";
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "elodie@inconnu.example", &[]).await;
    let about = format!("/api/organization-info?siret={les_houches}");
    let departments: std::collections::BTreeSet<_> = ["92".parse().unwrap()].into();
    let part = Filter { departments, ..Filter::default() };
    for (filter, said, is_known) in [(part, "dans la partie du répertoire", false), (Filter::default(), "", true)] {
        imported(&data, both(directory.path()), filter).unwrap();
        let page = join(&person, &asks, les_houches).await;
        assert_eq!(page.has("#siret-problem"), !is_known, "{}: {}", page.url, page.text("main"));
        if !is_known {
            assert!(page.text("#siret-problem").contains(said), "{}", page.text("main"));
            let preview = page.attribute("#siret-preview", "data-unknown").unwrap();
            assert!(preview.contains(said), "{preview}");
            let told = person.get(&about).await;
            assert_eq!(told.status, 404);
            assert!(told.body.contains("part of the register"), "{}", told.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_114_the_work_beside_the_instance_follows_one_import_after_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, data) = on_both_files(directory.path()).await;
    let label = || instance.app.store.read(|tx| organizations::find(tx, CLAMART)).unwrap().unwrap().label;
    let story = async {
        let mut at = FIRST_IMPORT;
        for town in ["VILLE DE CLAMART", "CLAMART LA JOLIE"] {
            let renamed = csv(ENTITY, &ENTITIES).replace("COMMUNE DE CLAMART", town);
            let units = write(directory.path(), "units.csv", renamed.as_bytes());
            let places = write(directory.path(), "places.csv", csv(ESTABLISHMENT, &ESTABLISHMENTS).as_bytes());
            at = at.plus(Duration::from_secs(24 * 3600));
            let files = Import { files: vec![units, places], filter: Filter::default() };
            import(&data, &files, at, &mut |_| {}).unwrap();
            let expected = format!("{} - mairie", town.to_lowercase());
            until(|| label().to_lowercase() == expected).await;
        }
    };
    work_during(&instance.app, HURRIED, story).await;
}
