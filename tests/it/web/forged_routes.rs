//! Every route that has an effect, in every way in which somebody else can have it asked for: it is refused and writes
//! nothing (SEC-115). And every page, looked at as often as one likes, writes nothing either.

use std::collections::BTreeMap;
use std::sync::Arc;

use moncomptepro::config::{Config, DevOptions};
use moncomptepro::site;
use moncomptepro::web::{Declaration, Guard, Input};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use crate::admin::{ADMINISTRATOR, JEAN, at_work, signed_in};
use crate::cli::directory::remote::{self, ok};
use crate::support::service::Service;
use crate::support::{Disk, Instance, Page, Person};

/// What the database holds, but the audit, which tells of what was refused.
fn held(instance: &Instance) -> BTreeMap<&'static str, String> {
    const OF_THE_AUDIT: [&str; 5] = ["audit", "sign_ins_by_user", "acts_by_user", "acts_by_organization", "counters"];
    let report = instance.app.store.check(instance.clock.now()).unwrap();
    let others = report.tables.into_iter().filter(|table| !OF_THE_AUDIT.contains(&table.table));
    others.map(|table| (table.table, table.digest)).collect()
}

/// Somebody before whom no door is shut: whatever is refused to them is refused for the form alone.
async fn begin() -> (Instance, Person) {
    let instance = Instance::start(|port| Config { people_picker: None, ..Config::dev(DevOptions::default(), port) });
    let instance = instance.await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    (instance, person)
}

fn path(declaration: &Declaration) -> String {
    declaration.path.replace("{id}", "1")
}

async fn send(person: &Person, declaration: &Declaration, sent: &[(&'static str, &str)], token: Option<&str>) -> Page {
    let pair =
        |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    let mut headers: HeaderMap = sent.iter().map(pair).collect();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let token = token.map_or(String::new(), |token| format!("_csrf={token}&"));
    let body = format!("{token}login={JEAN}&reason=perdu&comment=x&force2fa=enable&session=all&browser=all");
    person.send(declaration.method.clone(), &path(declaration), headers, &body).await
}

fn token_of(page: &Page) -> String {
    page.attribute("input[name=_csrf]", "value").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_115_no_route_takes_a_form_from_elsewhere_or_without_its_token_and_nothing_is_written() {
    let (instance, person) = begin().await;
    let own = instance.address.clone();
    let port = instance.app.config.port;
    let (neighbour, other_port) = (format!("http://evil.localhost:{port}"), format!("http://localhost:{}", port ^ 1));
    let other_scheme = format!("https://localhost:{port}");
    let token = token_of(&person.visit("/personal-information").await);
    let foreign: [(&str, Vec<(&'static str, &str)>); 9] = [
        ("nothing says where it comes from", vec![]),
        ("null", vec![("origin", "null")]),
        ("a sibling", vec![("origin", &neighbour)]),
        ("another port", vec![("origin", &other_port)]),
        ("another scheme", vec![("origin", &other_scheme)]),
        ("another site", vec![("origin", "https://evil.example")]),
        ("cross-site by its own word", vec![("origin", &own), ("sec-fetch-site", "cross-site")]),
        ("same-site by its own word", vec![("origin", &own), ("sec-fetch-site", "same-site")]),
        ("a word that browsers do not say", vec![("origin", &own), ("sec-fetch-site", "same-origin, cross-site")]),
    ];
    let other = signed_in(&instance, JEAN).await;
    let of_another = token_of(&other.visit("/personal-information").await);
    let of_a_visitor = token_of(&instance.person().visit("/users/start-sign-in").await);
    let altered = format!("{}{}", &token[..token.len() - 1], if token.ends_with('A') { 'B' } else { 'A' });
    let tokens: [(&str, Option<&str>); 6] = [
        ("no token", None),
        ("an empty token", Some("")),
        ("a token of another session", Some(&of_another)),
        ("a token of a visitor", Some(&of_a_visitor)),
        ("a part of the token", Some(&token[..token.len() - 1])),
        ("an altered token", Some(&altered)),
    ];
    let before = held(&instance);
    let mut routes = 0;
    for declaration in site::routes(&instance.app).declarations() {
        if declaration.input != Input::Submission {
            continue;
        }
        routes += 1;
        let at = format!("{} {}", declaration.method, declaration.path);
        for (why, headers) in &foreign {
            let refused = send(&person, declaration, headers, Some(&token)).await;
            assert_eq!((refused.status.as_u16(), refused.error_code().as_deref()), (403, Some("csrf")), "{at}: {why}");
        }
        for (why, token) in tokens {
            let refused = send(&person, declaration, &[("origin", &own)], token).await;
            assert_eq!((refused.status.as_u16(), refused.error_code().as_deref()), (403, Some("csrf")), "{at}: {why}");
        }
    }
    assert!(routes > 70, "{routes}");
    assert_eq!(held(&instance), before, "and nothing was written");
    let table = site::routes(&instance.app);
    let real = table.declarations().find(|declaration| declaration.path == "/set-force-2fa").unwrap();
    assert_eq!(send(&person, real, &[("origin", &own)], Some(&token)).await.status, 303);
    assert_ne!(held(&instance), before, "the real form is taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_115_no_look_at_a_page_writes_anything() {
    let (instance, person) = begin().await;
    let stranger = instance.person();
    stranger.visit("/users/start-sign-in").await;
    let before = held(&instance);
    let mut looks = 0;
    for declaration in site::routes(&instance.app).declarations() {
        // What begins a sign-in, and the mailbox beside it, to which mails are delivered when it is opened.
        let is_beside = declaration.path.starts_with("/_");
        let begins = matches!(declaration.guard, Guard::Operator | Guard::ClientRequest);
        if declaration.method != Method::GET || begins || is_beside {
            continue;
        }
        for who in [&person, &stranger] {
            for method in [Method::GET, Method::HEAD] {
                let page = who.send(method.clone(), &path(declaration), HeaderMap::new(), "").await;
                assert!(page.status.as_u16() < 500, "{method} {}: {}", declaration.path, page.status);
                let after = held(&instance);
                let written: Vec<_> =
                    after.iter().filter(|(table, digest)| before.get(*table) != Some(digest)).collect();
                assert!(written.is_empty(), "{method} {}: {written:?}", declaration.path);
                looks += 1;
            }
        }
    }
    assert!(looks > 200, "{looks}");
}

/// A number that the register knew once, and knows no more.
const CLAMART: &str = "21920023500014";

#[tokio::test(flavor = "multi_thread")]
async fn sec_115_no_look_at_what_the_register_knows_no_more_writes_anything() {
    let service = Service::start(ok(&json!({ "results": [], "total_results": 0 }))).await;
    let instance = remote::instance(service.port).await;
    let (person, _) = at_work(&instance, ADMINISTRATOR).await;
    let before = held(&instance);
    for path in [
        format!("/users/join-organization?siret_hint={CLAMART}"),
        format!("/users/join-organization?name={CLAMART}"),
        format!("/users/join-organization-confirm?siret={CLAMART}"),
        format!("/users/domain-not-allowed-for-organization?siret={CLAMART}"),
    ] {
        assert_eq!(person.visit(&path).await.status, 200, "{path}");
        assert_eq!(held(&instance), before, "{path}");
    }
    let asks = person.visit("/users/join-organization").await;
    person.submit(asks.form_with("siret", None).with("siret", CLAMART)).await;
    assert_ne!(held(&instance), before, "whoever asks to join it has it noted");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_190_what_the_register_knows_no_more_is_told_as_that_while_the_disk_takes_nothing() {
    let service = Service::start(ok(&json!({ "results": [], "total_results": 0 }))).await;
    let disk = Arc::new(Disk::default());
    let config = |port| remote::asking(service.port, Config::dev(DevOptions::default(), port));
    let instance = Instance::on_disk_with(&disk, 64 << 20, config).await;
    let person = signed_in(&instance, JEAN).await;
    let path = format!("/users/join-organization?siret_hint={CLAMART}");
    let asks = person.visit(&path).await;
    disk.break_down();
    assert_eq!(person.visit(&path).await.status, 200);
    let told = person.submit(asks.form_with("siret", None).with("siret", CLAMART)).await;
    assert_eq!(told.status, 400, "{}", told.text("main"));
    assert_eq!(person.get("/readyz").await.status, 503, "nothing was written");
}
