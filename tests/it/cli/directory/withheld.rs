//! Establishments that the register told of, and may tell nobody of any more: nothing that was told before outlives that
//! (SEC-113).

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{
    OrganizationKey, OrganizationRefusal, RefreshRound, follow_import, refresh_organization,
    refresh_stale_organizations,
};
use moncomptepro::config::{ApiSirene, Config, DevOptions, DirectorySettings, DirectorySource};
use moncomptepro::directory::{DirectoryError, Filter, Import, import};
use moncomptepro::domain::{
    Actor, AuditEvent, EstablishmentSource, Organization, OrganizationId, OrganizationStanding, UNKNOWN_NAME,
};
use moncomptepro::protocol::{Secret, Timestamp};
use moncomptepro::store::organizations;
use serde_json::{Value, json};

use super::files::{ENTITIES, ENTITY, ESTABLISHMENT, ESTABLISHMENTS, csv, write};
use super::keyed;
use super::remote::{found, ok};
use super::swap::{on_both_files, on_register, read_again};
use crate::accounts::organizations::{arrive, join};
use crate::admin::{ADMINISTRATOR, at_work};
use crate::support::service::{Does, Service, with_status};
use crate::support::{Instance, Operator};

const CLAMART: &str = "21920023500014";
const ID: OrganizationId = OrganizationId(1);
const DAY: u64 = 24 * 3600;

fn known(instance: &Instance) -> Organization {
    instance.app.store.read(|tx| organizations::find(tx, ID)).unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_113_what_the_files_may_tell_no_more_loses_its_name_in_claims_pages_and_searches() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, data) = on_both_files(directory.path()).await;
    let operator = Operator::at(&data);
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = person.visit(&client.authorization("openid organization", &[])).await;
    let back = person.sign_in(asks, "user@yopmail.com", "user@yopmail.com").await;
    let token = client.redeem(&client.code(&back)).await.access_token;
    let (officer, _) = at_work(&instance, ADMINISTRATOR).await;
    let mut followed = follow_import(&instance.app, None).await.unwrap();

    let open = csv(ESTABLISHMENT, &ESTABLISHMENTS);
    let withheld = open.replace("21920023500014,A,O", "21920023500014,A,N");
    // What may be told is a matter of the whole register, whatever part of it is kept.
    let elsewhere = Filter { departments: BTreeSet::from(["74".parse().unwrap()]), ..Filter::default() };
    let imports = [
        (&open, Filter::default(), true),
        (&withheld, elsewhere, false),
        (&open, Filter::default(), true),
        (&withheld, Filter::default(), false),
    ];
    for (number, (places, filter, may_be_told)) in (1..).zip(imports) {
        let files = vec![
            write(directory.path(), "units.csv", csv(ENTITY, &ENTITIES).as_bytes()),
            write(directory.path(), "places.csv", places.as_bytes()),
        ];
        let at = Timestamp(1_795_000_000 + number * DAY);
        import(&data, &Import { files, filter }, at, &mut |_| {}).unwrap();
        followed = follow_import(&instance.app, followed).await.unwrap();
        let claims = client.userinfo(&token).await.json();
        let label = if may_be_told { "Commune de clamart - Mairie" } else { UNKNOWN_NAME };
        assert_eq!((&claims["label"], &claims["siret"]), (&json!(label), &json!(CLAMART)), "import {number}");
        assert_eq!(claims["is_commune"], true, "what it is stays");
        for path in ["/manage-organizations", "/users/select-organization"] {
            let own = person.visit(path).await.text("main").to_lowercase();
            assert_eq!(own.contains("clamart"), may_be_told, "import {number}: {path}: {own}");
        }
        let by_name = officer.visit("/admin/organizations?q=commune%20clamart").await;
        assert_eq!(by_name.has(&format!("[data-siret='{CLAMART}']")), may_be_told, "{}", by_name.text("main"));
        let card = officer.visit("/admin/organizations/1").await.text("main").to_lowercase();
        assert_eq!(card.contains("clamart"), may_be_told, "import {number}: {card}");
        let shown = operator.asks(&["org", "show", CLAMART]).await;
        assert_eq!((&shown["label"], shown["address"] == Value::Null), (&json!(label), !may_be_told), "{shown}");
        let standing = (!may_be_told).then_some(OrganizationStanding::Unknown);
        assert_eq!(known(&instance).standing(), standing, "import {number}: administrators are listed it");
    }
    let event = AuditEvent::OrganizationRefreshed { organization_id: ID };
    let recorded = || instance.audit().into_iter().filter(|record| record.event == event).count();
    assert_eq!(recorded(), 4, "by hand, hidden, told again, hidden");
    follow_import(&instance.app, None).await.unwrap();
    assert_eq!(recorded(), 4, "once each");
}

#[tokio::test]
async fn sec_113_what_a_service_may_tell_no_more_loses_its_name_at_the_next_look_whoever_looks() {
    let by = By::local(Actor::System);
    for way in ["an administrator", "the round", "whoever wants to join"] {
        let service = Service::start(ok(&keyed::of_sirene())).await;
        let instance = keyed::instance(DirectorySource::ApiSirene, &service).await;
        let key = || OrganizationKey::Id(ID);
        refresh_organization(&instance.app, &by, key()).await.unwrap().unwrap();
        assert_eq!(known(&instance).label, "Commune de clamart - Mairie");
        service.does(keyed::withholding());
        instance.clock.advance(Duration::from_secs(31 * DAY)).unwrap();
        match way {
            "an administrator" => {
                let read = refresh_organization(&instance.app, &by, key()).await.unwrap();
                assert_eq!(read, Err(OrganizationRefusal::NotInRegister));
            }
            "the round" => {
                refresh_stale_organizations(&instance.app, RefreshRound::default()).await.unwrap();
            }
            _ => {
                let (someone, client) = (instance.person(), instance.standard_client());
                let asks = arrive(&someone, &client, "jean@inconnu.example", &[]).await;
                assert_eq!(join(&someone, &asks, CLAMART).await.status, 400);
            }
        }
        let Organization { label, address, activity, headcount, entity_headcount, .. } = known(&instance);
        assert_eq!((label.as_str(), address, activity), (UNKNOWN_NAME, None, None), "{way}");
        assert_eq!((headcount, entity_headcount), (None, None), "{way}");
        service.does(ok(&keyed::of_sirene()));
        // The round may have asked as often as one may in a minute.
        instance.clock.advance(Duration::from_secs(60)).unwrap();
        let read = refresh_organization(&instance.app, &by, key()).await.unwrap();
        assert_eq!(read.map(|read| read.label), Ok(String::from("Commune de clamart - Mairie")), "{way}: told again");
    }
}

/// An instance that asks these sources, where the services are.
async fn asking(sources: Vec<DirectorySource>, sirene: &Service, recherche: &Service, data: Option<&Path>) -> Instance {
    let base = |service: &Service| format!("http://127.0.0.1:{}/", service.port).parse().unwrap();
    let options = || DevOptions {
        data_dir: data.map(Path::to_owned),
        issuer: Some("http://localhost:3000".parse().unwrap()),
        ..DevOptions::default()
    };
    Instance::start(|own| {
        let config = Config::dev(options(), own);
        let directory = DirectorySettings {
            sources: sources.clone(),
            sirene: Some(ApiSirene { base: base(sirene), key: Secret::new("la-cle") }),
            recherche_entreprises: base(recherche),
            ..config.directory
        };
        Config { directory, ..config }
    })
    .await
}

fn silence() -> Does {
    with_status("503 Service Unavailable", "", "")
}

#[tokio::test]
async fn sec_113_a_refusal_of_somebody_on_the_way_to_api_sirene_erases_nothing_and_is_a_failure() {
    let by = By::local(Actor::System);
    for (body, case) in [("<html>Accès refusé</html>", "a proxy"), ("{\"http_status_code\":403}", "a gateway")] {
        let service = Service::start(ok(&keyed::of_sirene())).await;
        let instance = keyed::instance(DirectorySource::ApiSirene, &service).await;
        let read = async || refresh_organization(&instance.app, &by, OrganizationKey::Id(ID)).await.unwrap();
        read().await.unwrap();
        let before = known(&instance);
        service.does(with_status("403 Forbidden", "", body));
        instance.clock.advance(Duration::from_secs(31 * DAY)).unwrap();
        let unavailable = OrganizationRefusal::RegisterUnavailable(DirectoryError::Unavailable);
        assert_eq!(read().await, Err(unavailable), "{case}");
        assert_eq!(known(&instance), before, "{case}");
        let (_, standing) = instance.app.directory.standings()[0];
        assert_eq!(standing.failures, 1, "{case}");
        service.does(keyed::withholding());
        assert_eq!(read().await, Err(OrganizationRefusal::NotInRegister), "its own document says so");
        assert_eq!(known(&instance).label, UNKNOWN_NAME);
    }
}

#[tokio::test]
async fn sec_113_what_one_service_may_tell_no_more_no_other_one_remembers_while_both_are_silent() {
    let (sirene, recherche) = (Service::start(silence()).await, Service::start(ok(&found(json!({})))).await);
    let sources = vec![DirectorySource::ApiSirene, DirectorySource::RechercheEntreprises];
    let instance = asking(sources, &sirene, &recherche, None).await;
    let label = async || {
        let said = instance.app.directory.find_establishment(&CLAMART.parse().unwrap()).await;
        said.map(|found| found.map(|found| found.name.label()))
    };
    let name = || Ok(Some(String::from("Commune de clamart - Mairie")));
    assert_eq!(label().await, name(), "the second one tells it");
    recherche.does(silence());
    assert_eq!(label().await, name(), "and it is remembered");
    sirene.does(keyed::withholding());
    assert_eq!(label().await, Ok(None));
    sirene.does(silence());
    assert_eq!(label().await, Err(DirectoryError::Unavailable));
}

#[tokio::test]
async fn sec_113_what_an_import_says_nobody_may_be_told_is_told_no_more_whichever_source_told_it_and_comes_first() {
    let (sirene, recherche) = (Service::of_nobody(), Service::start(ok(&found(json!({})))).await);
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let sources = vec![DirectorySource::RechercheEntreprises, DirectorySource::Register];
    let instance = asking(sources, &sirene, &recherche, Some(&data)).await;
    read_again(&instance).await;
    let told = known(&instance);
    assert_eq!(told.told.map(|told| told.by), Some(EstablishmentSource::RechercheEntreprises));

    let open = csv(ESTABLISHMENT, &ESTABLISHMENTS).replace("MAIRIE", "HOTEL DE VILLE");
    let withheld = open.replace("21920023500014,A,O", "21920023500014,A,N");
    let mut followed = None;
    for (number, places, label) in [(1, &open, told.label.as_str()), (2, &withheld, UNKNOWN_NAME)] {
        let files = vec![
            write(directory.path(), "units.csv", csv(ENTITY, &ENTITIES).as_bytes()),
            write(directory.path(), "places.csv", places.as_bytes()),
        ];
        let at = instance.clock.now();
        import(&data, &Import { files, filter: Filter::default() }, Timestamp(at.0 + number), &mut |_| {}).unwrap();
        followed = follow_import(&instance.app, followed).await.unwrap();
        assert_eq!(known(&instance).label, label, "import {number}");
    }
    let by = By::local(Actor::System);
    let read = refresh_organization(&instance.app, &by, OrganizationKey::Id(ID)).await.unwrap();
    assert_eq!(read, Err(OrganizationRefusal::NotInRegister), "the service that comes first still knows it");
    assert_eq!(known(&instance).label, UNKNOWN_NAME);
}

#[tokio::test]
async fn sec_113_a_town_goes_too_where_the_name_was_hidden_already_and_the_register_was_asked_today() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let instance = on_register(&data).await;
    let whole = csv(ESTABLISHMENT, &ESTABLISHMENTS);
    let partial = whole.replace("21920023500014,A,O", "21920023500014,A,P");
    let kept: Vec<&str> = ESTABLISHMENTS.into_iter().filter(|line| !line.starts_with(CLAMART)).collect();
    let gone = csv(ESTABLISHMENT, &kept);
    let withheld = whole.replace("21920023500014,A,O", "21920023500014,A,N");
    let town = Some("92023 Clamart");
    let mut followed = None;
    for (number, places, address) in [(1, partial, town), (2, gone, town), (3, withheld, None)] {
        let files = vec![
            write(directory.path(), "units.csv", csv(ENTITY, &ENTITIES).as_bytes()),
            write(directory.path(), "places.csv", places.as_bytes()),
        ];
        let at = Timestamp(instance.clock.now().0 + number);
        import(&data, &Import { files, filter: Filter::default() }, at, &mut |_| {}).unwrap();
        if number == 1 {
            read_again(&instance).await;
        }
        followed = follow_import(&instance.app, followed).await.unwrap();
        let now = known(&instance);
        assert_eq!((now.label.as_str(), now.address.as_deref()), (UNKNOWN_NAME, address), "import {number}");
    }
}

#[tokio::test]
async fn sec_113_the_answer_to_an_administrator_who_reads_it_anew_has_no_name_any_more() {
    let service = Service::start(ok(&keyed::of_sirene())).await;
    let instance = keyed::instance(DirectorySource::ApiSirene, &service).await;
    read_again(&instance).await;
    instance.clock.advance(Duration::from_secs(31 * DAY)).unwrap();
    let (officer, _) = at_work(&instance, ADMINISTRATOR).await;
    let card = officer.visit("/admin/organizations/1").await;
    assert_eq!(card.text("h1"), "Commune de clamart - Mairie");
    service.does(keyed::withholding());
    let answer = officer.submit(card.form_to("organizations/1/refresh")).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.has("#not-found") && !answer.text("main").to_lowercase().contains("clamart"),
        "{}",
        answer.text("main")
    );
}
