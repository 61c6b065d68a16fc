//! Organizations that the register closed, or knows no more: administrators find them listed (SEC-114).

use std::collections::BTreeSet;
use std::time::Duration;

use moncomptepro::acts::By;
use moncomptepro::acts::administration::{
    OrganizationKey, OrganizationRefusal, RefreshRound, follow_import, refresh_organization,
    refresh_stale_organizations,
};
use moncomptepro::directory::{Filter, Import, import};
use moncomptepro::domain::{Actor, AuditEvent, OrganizationId, OrganizationStanding};
use moncomptepro::protocol::Timestamp;
use moncomptepro::store::organizations;
use serde_json::{Value, json};

use super::files::{ENTITIES, ENTITY, ESTABLISHMENT, ESTABLISHMENTS, csv, imported, write};
use super::remote::{found, instance as on_service, ok};
use super::swap::on_both_files;
use crate::accounts::organizations::{arrive, join};
use crate::admin::{ADMINISTRATOR, at_work};
use crate::support::service::Service;
use crate::support::{Instance, Operator, Person};

const CLAMART: &str = "21920023500014";
const DAY: u64 = 24 * 3600;

/// Which of both lists of the console Clamart is on.
async fn lists(person: &Person) -> Vec<&'static str> {
    let mut found = Vec::new();
    for standing in ["closed", "unknown"] {
        let page = person.visit(&format!("/admin/organizations?standing={standing}")).await;
        assert!(page.has(&format!("[aria-current=page][href$='standing={standing}']")), "{}", page.text("main"));
        if page.has(&format!("[data-siret='{CLAMART}']")) {
            found.push(standing);
        }
    }
    found
}

/// The same on the command line.
async fn listed(operator: &Operator, standing: &str) -> bool {
    let told = operator.asks(&["org", "list", "--standing", standing]).await;
    let items = told["items"].as_array().unwrap().clone();
    assert!(items.iter().all(|item| item["standing"] == standing), "{told}");
    items.iter().any(|item| item["siret"] == CLAMART)
}

fn standing(instance: &Instance) -> Option<OrganizationStanding> {
    instance.app.store.read(|tx| organizations::find(tx, OrganizationId(1))).unwrap().unwrap().standing()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_114_administrators_are_listed_what_the_register_closed_or_knows_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, data) = on_both_files(directory.path()).await;
    let operator = Operator::at(&data);
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    assert_eq!(lists(&person).await, Vec::<&str>::new());

    let mut followed = follow_import(&instance.app, None).await.unwrap();
    let active = csv(ESTABLISHMENT, &ESTABLISHMENTS);
    let closed = active.replace("21920023500014,A", "21920023500014,F");
    let kept: Vec<&str> = ESTABLISHMENTS.into_iter().filter(|line| !line.starts_with(CLAMART)).collect();
    let gone = csv(ESTABLISHMENT, &kept);
    let elsewhere = Filter { departments: BTreeSet::from(["74".parse().unwrap()]), ..Filter::default() };
    let imports = [
        (&closed, Filter::default(), vec!["closed"], Some(OrganizationStanding::Closed)),
        (&active, Filter::default(), vec![], None),
        (&active, elsewhere, vec![], None),
        (&gone, Filter::default(), vec!["unknown"], Some(OrganizationStanding::Unknown)),
        (&active, Filter::default(), vec![], None),
    ];
    for (number, (places, filter, expected, stands)) in (1..).zip(imports) {
        let files = vec![
            write(directory.path(), "units.csv", csv(ENTITY, &ENTITIES).as_bytes()),
            write(directory.path(), "places.csv", places.as_bytes()),
        ];
        let at = Timestamp(1_795_000_000 + number * DAY);
        import(&data, &Import { files, filter }, at, &mut |_| {}).unwrap();
        followed = follow_import(&instance.app, followed).await.unwrap();
        assert_eq!(followed, Some(at));
        assert_eq!((lists(&person).await, standing(&instance)), (expected.clone(), stands), "import {number}");
        for word in ["closed", "unknown"] {
            assert_eq!(listed(&operator, word).await, expected.contains(&word), "import {number}");
        }
        let card = person.visit("/admin/organizations/1").await;
        assert_eq!(card.has("#not-found"), expected.contains(&"unknown"), "{}", card.text("main"));
        let shown = operator.asks(&["org", "show", CLAMART]).await;
        assert_eq!(shown["standing"], json!(stands.map(OrganizationStanding::as_str)), "{shown}");
        assert_eq!(shown["not_found_at"] == Value::Null, !expected.contains(&"unknown"), "{shown}");
    }
    assert_eq!(person.get("/admin/organizations?standing=odd").await.status, 400);
    let event = AuditEvent::OrganizationRefreshed { organization_id: OrganizationId(1) };
    let recorded = instance.audit().into_iter().filter(|record| record.event == event).count();
    assert_eq!(
        recorded, 5,
        "by hand, closed, active again, gone, known again; what another part says nothing of is nothing"
    );
}

#[tokio::test]
async fn sec_114_what_an_import_left_out_is_not_taken_for_gone() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, data) = on_both_files(directory.path()).await;
    let (by, key) = (By::local(Actor::System), || OrganizationKey::Siret(CLAMART.parse().unwrap()));
    let elsewhere = Filter { departments: BTreeSet::from(["74".parse().unwrap()]), ..Filter::default() };
    for (filter, standing_then) in [(elsewhere, None), (Filter::default(), Some(OrganizationStanding::Unknown))] {
        let kept: Vec<&str> = ESTABLISHMENTS.into_iter().filter(|line| !line.starts_with(CLAMART)).collect();
        let files = vec![
            write(directory.path(), "units.csv", csv(ENTITY, &ENTITIES).as_bytes()),
            write(directory.path(), "places.csv", csv(ESTABLISHMENT, &kept).as_bytes()),
        ];
        imported(&data, files, filter).unwrap();
        let read = refresh_organization(&instance.app, &by, key()).await.unwrap();
        assert_eq!(read, Err(OrganizationRefusal::NotInRegister));
        assert_eq!(standing(&instance), standing_then);
    }
}

#[tokio::test]
async fn sec_114_what_a_service_knows_no_more_is_listed_from_the_next_look_until_it_is_known_again() {
    let service = Service::start(ok(&json!({ "results": [], "total_results": 0 }))).await;
    let instance = on_service(service.port).await;
    let (someone, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&someone, &client, "jean@inconnu.example", &[]).await;
    assert_eq!(join(&someone, &asks, CLAMART).await.status, 400);
    assert_eq!(standing(&instance), Some(OrganizationStanding::Unknown), "a look-up says so");
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    assert_eq!(lists(&person).await, ["unknown"]);

    let round = async || refresh_stale_organizations(&instance.app, RefreshRound::default()).await.unwrap().read;
    service.does(ok(&found(json!({}))));
    instance.clock.advance(Duration::from_secs(31 * DAY)).unwrap();
    assert!(round().await > 0);
    assert_eq!(standing(&instance), None, "it is known again");
    service.does(ok(&json!({ "results": [], "total_results": 0 })));
    instance.clock.advance(Duration::from_secs(31 * DAY)).unwrap();
    assert!(round().await > 0);
    assert_eq!(standing(&instance), Some(OrganizationStanding::Unknown), "the round says so");
    assert_eq!(round().await, 0, "and asks no sooner than in a month");
}
