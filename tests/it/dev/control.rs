//! What scripts steer the instance by, and who may.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use moncomptepro::acts::{self, By, Entries};
use moncomptepro::domain::{Actor, Client, ClientOrigin};
use moncomptepro::store::clients;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::Script;
use crate::support::Instance;

const ADDRESS: &str = "user@yopmail.com";

fn header(name: &'static str, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())])
}

#[tokio::test]
async fn clk_1_r_12_the_clock_moves_for_the_whole_instance() {
    let instance = Instance::dev().await;
    let (script, person, client) = (Script::of(&instance), instance.person(), instance.standard_client());
    client.code(&client.sign_in(&person, "openid", ADDRESS).await);
    assert_eq!(person.visit("/").await.url.path(), "/");
    let before = script.get("/_dev/api/clock").await["now"].as_u64().unwrap();
    let after = script.post("/_dev/api/clock", json!({ "advance": 25 * 3600 })).await;
    assert_eq!(after, json!({ "now": before + 25 * 3600, "frozen": true }));
    assert_eq!(person.visit("/").await.url.path(), "/users/start-sign-in", "the session is over");
    let set = script.post("/_dev/api/clock", json!({ "freeze": 1_800_000_000 })).await;
    assert_eq!(set, json!({ "now": 1_800_000_000, "frozen": true }));
    assert_eq!(script.post("/_dev/api/clock", json!({ "resume": true })).await["frozen"], false);
}

#[tokio::test]
async fn sec_167_whoever_moves_the_time_by_days_sees_what_a_day_brings() {
    let instance = Instance::dev().await;
    let script = Script::of(&instance);
    let announced = async || instance.mails_to(ADDRESS).await.iter().any(|mail| mail.subject.contains("inutilisé"));
    script.post("/_dev/api/clock", json!({ "advance": 1_065 * 24 * 3600 })).await;
    assert!(announced().await);
    script.post("/_dev/api/reset", json!({})).await;
    assert!(!announced().await);
    script.post("/_dev/api/clock", json!({ "advance": 24 * 3600 })).await;
    assert!(!announced().await, "nobody is, who was there yesterday");
}

#[tokio::test]
async fn a_command_that_cannot_be_changes_nothing() {
    let instance = Instance::dev().await;
    let script = Script::of(&instance);
    let before = script.get("/_dev/api/clock").await;
    for command in [json!({}), json!({ "advance": -1 }), json!({ "set": 1, "advance": 1 }), json!({ "resume": false })]
    {
        let refused = script.post_with("/_dev/api/clock", command.clone(), HeaderMap::new()).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["error"]), (400, &"bad_request".into()), "{command}");
        assert!(!refused.json()["detail"].as_str().unwrap().is_empty(), "it says what is wrong");
    }
    assert_eq!(script.get("/_dev/api/clock").await, before);
}

#[tokio::test]
async fn r_12_reset_goes_back_to_the_beginning() {
    let instance = Instance::dev().await;
    let (script, person, client) = (Script::of(&instance), instance.person(), instance.standard_client());
    let tokens = client.redeem(&client.code(&client.sign_in(&person, "openid", ADDRESS).await)).await;
    let invented = person.visit("/_dev/another-person").await.form_with("siret", None).with("email", "new@exemple.fr");
    person.post(invented).await;
    let has = async |address: &str| {
        let people = script.get("/_dev/api/people").await;
        people.as_array().unwrap().iter().any(|person| person["email"] == address)
    };
    assert!(has("new@exemple.fr").await && !script.get("/_dev/api/mailbox").await.as_array().unwrap().is_empty());

    script.post("/_dev/api/reset", json!({})).await;
    assert!(!has("new@exemple.fr").await && has(ADDRESS).await);
    assert_eq!(script.get("/_dev/api/mailbox").await, json!([]));
    assert_eq!(script.get("/_dev/api/clock").await["frozen"], false);
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
    let asks = person.visit("/").await;
    assert_eq!(asks.url.path(), "/users/start-sign-in");
    assert_eq!(person.sign_in(asks, ADDRESS, ADDRESS).await.url.path(), "/", "the seeds are back");
}

#[tokio::test]
async fn r_12_sec_178_pages_of_others_steer_nothing() {
    let instance = Instance::dev().await;
    let script = Script::of(&instance);
    let before = script.get("/_dev/api/clock").await;
    let foreign = [
        header("sec-fetch-site", "cross-site"),
        header("sec-fetch-site", "same-site"),
        header("origin", "http://evil.test"),
        header("origin", "null"),
        header("origin", "http://localhost:1"),
    ];
    for headers in foreign {
        for path in ["/_dev/api/clock", "/_dev/api/reset"] {
            let refused = script.post_with(path, json!({ "advance": 60 }), headers.clone()).await;
            assert_eq!(refused.status, 403, "{path} {headers:?}");
        }
        for path in ["/_dev/api/mailbox", "/_dev/api/people", "/_dev/api/clients", "/_dev/api/clock"] {
            assert_eq!(script.get_with(path, headers.clone()).await.status, 403, "{path} {headers:?}");
        }
    }
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let refused = script.post_text("/_dev/api/clock", content_type, r#"{"advance":60}"#).await;
        assert_eq!(refused.status, 415, "{content_type}: a page could send it without being asked");
        assert_eq!(script.post_text("/_dev/api/reset", content_type, "{}").await.status, 415);
    }
    assert_eq!(script.get("/_dev/api/clock").await, before);
    let own = header("origin", instance.app.config.issuer());
    assert_eq!(script.post_with("/_dev/api/clock", json!({ "advance": 60 }), own).await.status, 200);
}

#[tokio::test]
async fn people_and_clients_are_listed_with_what_opens_them() {
    let instance = Instance::dev().await;
    let script = Script::of(&instance);
    let people = script.get("/_dev/api/people").await;
    let martin = people.as_array().unwrap().iter().find(|person| person["id"] == 154).unwrap();
    assert_eq!(martin["password"], "user@red-needles-sarl.com");
    assert_eq!(martin["organizations"][0]["siret"], "21630215800011");
    let clients = script.get("/_dev/api/clients").await;
    let test = clients.as_array().unwrap().iter().find(|client| client["client_id"] == "test-id").unwrap();
    assert_eq!(test["client_secret"], "test-secret");
    let home = instance.person().visit("/_dev/").await;
    assert_eq!(home.status, 200);
    for shown in
        ["user@red-needles-sarl.com", "standard_client_secret", "/_dev/api/reset", instance.app.config.issuer()]
    {
        assert!(home.text("main").contains(shown), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_12_r_10_no_request_sees_an_instance_without_its_clients_during_a_reset() {
    let instance = Instance::dev().await;
    let script = Script::of(&instance);
    let client = instance.test_client();
    let done = Arc::new(AtomicBool::new(false));
    let (app, watching) = (instance.app.clone(), Arc::clone(&done));
    let watch = tokio::task::spawn_blocking(move || {
        let id = "test-id".parse().unwrap();
        while !watching.load(Ordering::Relaxed) {
            assert!(app.store.read(|tx| clients::find(tx, &id)).unwrap().is_some(), "an instant without clients");
        }
    });
    let arrivals = async || {
        let person = instance.person();
        while !done.load(Ordering::Relaxed) {
            person.get(&client.authorization("openid", &[])).await;
        }
    };
    let resets = async {
        for _ in 0..10 {
            script.post("/_dev/api/reset", json!({})).await;
        }
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(resets, arrivals(), arrivals(), arrivals(), arrivals());
    watch.await.unwrap();
    let clients = script.get("/_dev/api/clients").await;
    let test = clients.as_array().unwrap().iter().find(|client| client["client_id"] == "test-id").unwrap();
    assert_eq!((&test["is_recorded"], &test["client_secret"]), (&false.into(), &"test-secret".into()));
}

#[tokio::test]
async fn r_10_recorded_clients_push_no_declared_one_out_of_a_list() {
    let instance = Instance::dev().await;
    let recorded = |number: usize| Client {
        origin: ClientOrigin::Recorded,
        ..Client::new(format!("a-{number:04}").parse().unwrap(), String::from("recorded"), instance.clock.now())
    };
    let entries = Entries { clients: (0..1100).map(recorded).collect(), ..Entries::default() };
    acts::enter(&instance.app, &By::local(Actor::System), entries).await.unwrap();
    let listed = Script::of(&instance).get("/_dev/api/clients").await;
    let listed = listed.as_array().unwrap();
    assert!(listed.iter().any(|client| client["client_id"] == "test-id"));
    assert_eq!((listed.len(), &listed.last().unwrap()["is_recorded"]), (1000, &true.into()));
    let home = instance.person().visit("/_dev/").await;
    assert!(home.text("main").contains("standard_client_secret"));
}
