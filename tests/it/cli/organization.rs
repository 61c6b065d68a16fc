//! Organizations by command: looked for, entered as the register has them, and who made and judged what.

use std::collections::BTreeSet;
use std::path::Path;

use moncomptepro::config::{Config, DevOptions};
use moncomptepro::domain::{EmailDomainStatus, Organization, OrganizationId, Siret};
use moncomptepro::store::organizations;
use serde_json::{Value, json};

use crate::admin::{ADMINISTRATOR, at_work};
use crate::support::{Instance, Operator, Page};

const CLAMART: &str = "21920023500014";
/// Known to the register of `dev`, and to nobody here.
const ELSEWHERE: &str = "13003013300016";
/// More than two pages.
const VILLAGES: u32 = 120;

async fn begin(directory: &Path) -> (Instance, Operator) {
    let options = DevOptions {
        data_dir: Some(directory.to_owned()),
        issuer: Some("http://localhost:3000".parse().unwrap()),
        ..DevOptions::default()
    };
    (Instance::start(|own| Config::dev(options.clone(), own)).await, Operator::at(directory))
}

/// What was found, without the rest of the page.
fn items(found: &Value) -> &Vec<Value> {
    found["items"].as_array().unwrap_or_else(|| panic!("{found}"))
}

/// The identifiers of those that are known here, each once.
fn known(found: &Value) -> BTreeSet<u64> {
    let ids: Vec<u64> = items(found).iter().filter_map(|item| item["organization_id"].as_u64()).collect();
    let once: BTreeSet<u64> = ids.iter().copied().collect();
    assert_eq!(ids.len(), once.len(), "{found}");
    once
}

/// A SIRET of a legal entity with the right last digit.
fn siret(number: u32) -> Siret {
    let stem = format!("217500016{number:04}");
    (0..10).find_map(|digit| format!("{stem}{digit}").parse().ok()).unwrap()
}

async fn villages(instance: &Instance) {
    let some = instance.app.store.read(|tx| organizations::get(tx, OrganizationId(1))).unwrap();
    let job = move |tx: &mut moncomptepro::store::Tx<'_>| {
        for number in 0..VILLAGES {
            let (id, label) = (organizations::next_id(tx)?, format!("Commune de village {number} - Mairie"));
            organizations::insert(tx, &Organization { id, siret: siret(number), label, ..some.clone() })?;
        }
        Ok(())
    };
    instance.app.store.write(job).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn organizations_are_searched_by_siret_siren_and_words_and_entered_as_the_register_has_them() {
    let directory = tempfile::tempdir().unwrap();
    let (_instance, operator) = begin(directory.path()).await;
    for words in [CLAMART, "219 200 235", "clamart", "CLAMART mairie"] {
        let found = operator.asks(&["org", "search", words]).await;
        assert_eq!(items(&found)[0]["organization_id"], json!(1), "{words:?}: {found}");
        assert_eq!(items(&found)[0]["siret"], json!(CLAMART));
    }
    let told = operator.asks(&["org", "search", ELSEWHERE]).await;
    assert_eq!(items(&told)[0]["organization_id"], Value::Null, "of the register only: {told}");
    let entered = operator.asks(&["org", "add", ELSEWHERE]).await;
    assert_eq!(entered["source"], "register", "{entered}");
    assert_eq!(entered["label"], items(&told)[0]["label"]);
    let known = operator.asks(&["org", "search", ELSEWHERE]).await;
    assert_eq!(items(&known)[0]["organization_id"], entered["organization_id"], "known here from now on");
    operator.types(&["org", "add", ELSEWHERE]).await.refused(1, "is there already");
    operator.types(&["org", "add", "21590350100017", "--active", "false"]).await.refused(2, "--label");
    operator.types(&["org", "search", "a"]).await.refused(2, "words of the name");
    operator.types(&["org", "search", " "]).await.refused(2, "<WORDS>");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_goes_on_page_after_page_and_misses_and_repeats_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    villages(&instance).await;
    for words in ["village mairie", "217500016"] {
        let first = operator.asks(&["org", "search", words]).await;
        assert_eq!(known(&first).len(), 50, "{words:?}");
        let cursor = first["next"].as_str().unwrap();
        let second = operator.asks(&["org", "search", words, "--cursor", cursor]).await;
        assert!(known(&second).is_disjoint(&known(&first)), "{words:?}");
        let all = operator.asks(&["org", "search", words, "--all"]).await;
        assert_eq!(known(&all).len(), VILLAGES as usize, "{words:?}");
        assert_eq!(all["next"], Value::Null);
    }
    operator.types(&["org", "search", "village", "--cursor", "nonsense"]).await.refused(2, "cursor");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_108_org_show_and_org_domain_say_who_made_proved_and_judged() {
    let directory = tempfile::tempdir().unwrap();
    let (_instance, operator) = begin(directory.path()).await;
    operator.asks(&["org", "link", "1", "user19@yopmail.com", "--verified", "proof"]).await;
    operator.asks(&["org", "domain", "1", "mairie.example", "verified"]).await;
    let shown = operator.asks(&["org", "show", "1"]).await;
    let member = |id: u64| {
        let members = items(&shown["members"]);
        members.iter().find(|member| member["user_id"] == json!(id)).unwrap_or_else(|| panic!("{shown}")).clone()
    };
    let by_command = member(19);
    assert!(by_command["made_by"].as_str().unwrap().starts_with("cli:"), "{by_command}");
    assert_eq!(by_command["verified_by"], by_command["made_by"]);
    assert!(by_command["verified_at"].as_str().unwrap().ends_with('Z'), "{by_command}");
    let listed = operator.asks(&["org", "domain", "1"]).await;
    let domain =
        listed["domains"].as_array().unwrap().iter().find(|known| known["domain"] == "mairie.example").unwrap();
    assert!(domain["decided_by"].as_str().unwrap().starts_with("cli:"), "{domain}");
    assert_eq!(domain["verified_at"], domain["updated_at"]);
    let refused = operator.asks(&["org", "domain", "1", "mairie.example", "refused"]).await;
    assert_eq!(refused["verified_at"], Value::Null, "{refused}");
    for status in EmailDomainStatus::ALL {
        let judged = operator.asks(&["org", "domain", "1", "mairie.example", status.as_str()]).await;
        assert_eq!(judged["status"], status.as_str(), "{judged}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_114_the_list_of_what_is_closed_goes_on_page_after_page_in_the_console_and_by_command() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = begin(directory.path()).await;
    villages(&instance).await;
    let closing = |tx: &mut moncomptepro::store::Tx<'_>| {
        for number in 0..VILLAGES {
            let known = organizations::find_by_siret(tx, &siret(number))?.unwrap();
            // Every other one is in activity.
            organizations::update(tx, &Organization { is_active: number % 2 == 0, ..known })?;
        }
        Ok(())
    };
    instance.app.store.write(closing).await.unwrap();
    let closed = |found: &Value| {
        let listed = known(found);
        assert!(items(found).iter().all(|item| item["standing"] == "closed"), "{found}");
        listed
    };
    let first = operator.asks(&["org", "list", "--standing", "closed"]).await;
    assert_eq!(closed(&first).len(), 50);
    let all = operator.asks(&["org", "list", "--standing", "closed", "--all"]).await;
    let everything = closed(&all);
    assert!(everything.len() >= 60 && everything.is_superset(&closed(&first)), "{all}");
    operator.types(&["org", "list", "--standing", "odd"]).await.refused(2, "possible values: closed, unknown");

    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let page = person.visit("/admin/organizations?standing=closed").await;
    let next = page.attribute("a[rel=next]", "href").unwrap();
    assert!(next.contains("standing=closed"), "{next}");
    let later = person.visit(&next).await;
    assert!(
        page.has("[aria-current=page][href$='standing=closed']") && !page.has("[aria-current=page][href$=unknown]")
    );
    let shown = |page: &Page| (0..VILLAGES).filter(|number| page.has(&tile(*number))).collect::<BTreeSet<u32>>();
    let (here, there) = (shown(&page), shown(&later));
    assert!(here.is_disjoint(&there) && here.union(&there).all(|number| number % 2 == 1));
    assert_eq!(here.len() + there.len(), 60, "each closed village once");
    assert_eq!(later.attribute("a[rel=next]", "href"), None);
}

fn tile(number: u32) -> String {
    format!("a[data-siret='{}']", siret(number))
}
