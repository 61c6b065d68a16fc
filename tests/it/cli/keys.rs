//! `keys`: listed, rotated without a break, replaced at once when one is known to others.

use std::collections::BTreeSet;
use std::time::Duration;

use moncomptepro::acts::administration::{KeyRotation, Urgency, drop_retired_keys, keys_due, rotate_keys};
use moncomptepro::acts::{self, By};
use moncomptepro::app::App;
use moncomptepro::crypto::{SigningKey, TokenType};
use moncomptepro::domain::Actor;
use moncomptepro::protocol::SignatureAlgorithm;
use moncomptepro::store::signing_keys::{self, MAX_KEYS, StoredSigningKey};
use serde_json::{Value, json};

use super::without;
use crate::support::{Instance, Operator, run, stored};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// `algorithm state` of every key that is listed.
fn states(listed: &Value) -> Vec<String> {
    let word = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
    listed["items"].as_array().unwrap().iter().map(|key| word(key, "algorithm") + " " + &word(key, "state")).collect()
}

fn kid(listed: &Value, algorithm: &str, state: &str) -> String {
    let keys = listed["items"].as_array().unwrap();
    let found = keys.iter().find(|key| key["algorithm"] == algorithm && key["state"] == state).unwrap();
    found["kid"].as_str().unwrap().to_owned()
}

/// A token as the instance signs it now.
fn signed(instance: &Instance) -> String {
    instance.app.keyring.sign(SignatureAlgorithm::Rs256, None, &json!({ "sub": "1" })).unwrap()
}

fn published(instance: &Instance) -> BTreeSet<String> {
    let jwks = instance.app.keyring.jwks();
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn verifies(instance: &Instance, token: &str) -> bool {
    instance.app.keyring.verify(token, TokenType::IdToken).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn key_11_key_12_sec_53_a_rotation_is_seen_before_it_signs_and_after_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    let before = operator.asks(&["keys", "list"]).await;
    assert_eq!(states(&before), ["RS256 current", "RS256 next", "ES256 current", "ES256 next"]);
    let token = signed(&instance);
    operator.types(&["keys", "rotate"]).await.refused(1, "--now");
    instance.clock.advance(DAY).unwrap();
    let after = operator.asks(&["keys", "rotate", "--algorithm", "RS256"]).await;
    assert_eq!(
        states(&after),
        ["RS256 current", "RS256 next", "RS256 retired", "ES256 current", "ES256 next"],
        "one transaction, and the running instance uses it"
    );
    assert_eq!(kid(&after, "RS256", "current"), kid(&before, "RS256", "next"), "it was published before");
    assert_eq!(kid(&after, "RS256", "retired"), kid(&before, "RS256", "current"));
    assert_eq!(kid(&after, "ES256", "current"), kid(&before, "ES256", "current"));
    assert_eq!(published(&instance).len(), 5);
    assert!(verifies(&instance, &token) && verifies(&instance, &signed(&instance)));
    // What the key signed last is good for a while yet; then the key goes.
    let by = By::local(Actor::System);
    instance.clock.advance(DAY).unwrap();
    assert_eq!(drop_retired_keys(&instance.app, &by).await.unwrap(), 0);
    instance.clock.advance(Duration::from_secs(2 * 3600)).unwrap();
    assert_eq!(drop_retired_keys(&instance.app, &by).await.unwrap(), 1);
    assert!(!verifies(&instance, &token));
    assert!(!published(&instance).contains(&kid(&before, "RS256", "current")));
    instance.stop().await;
    let records = stored(&directory.path().join("data"));
    assert!(records.iter().all(|record| !record.contains("PRIVATE KEY")), "SEC-52: sealed at rest");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_205_a_relying_party_that_keeps_keys_meets_no_surprise_over_three_rotations() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let by = By::local(Actor::System);
    // It looks as seldom as the answer allows.
    let mut kept = instance.app.keyring.jwks().to_string();
    let mut tokens: Vec<String> = Vec::new();
    for _ in 0..3 {
        for _ in 0..25 {
            instance.clock.advance(Duration::from_secs(3600)).unwrap();
            tokens.push(signed(&instance));
            for token in tokens.iter().rev().take(2) {
                let known = moncomptepro::crypto::verify_with_jwks(token, &kept);
                assert!(known.is_ok(), "{known:?}");
            }
            kept = instance.app.keyring.jwks().to_string();
        }
        let rotation = KeyRotation { algorithms: SignatureAlgorithm::ALL.to_vec(), urgency: Urgency::None };
        rotate_keys(&instance.app, &by, rotation).await.unwrap().unwrap();
        drop_retired_keys(&instance.app, &by).await.unwrap();
        tokens.push(signed(&instance));
        assert!(moncomptepro::crypto::verify_with_jwks(tokens.last().unwrap(), &kept).is_ok(), "published before");
    }
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_53_in_an_emergency_every_key_goes_at_once_with_what_it_signed() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    let (token, before) = (signed(&instance), published(&instance));
    instance.clock.advance(DAY).unwrap();
    operator.asks(&["keys", "rotate"]).await;
    let after = operator.asks(&["keys", "rotate", "--emergency"]).await;
    assert_eq!(states(&after), ["RS256 current", "RS256 next", "ES256 current", "ES256 next"]);
    assert!(published(&instance).is_disjoint(&before), "the next one may be known as well");
    assert!(!verifies(&instance, &token) && verifies(&instance, &signed(&instance)));
    instance.stop().await;
    let again = Instance::on_file(&directory.path().join("config.toml")).await;
    assert!(published(&again).is_disjoint(&before), "also after a restart");
    again.stop().await;
}

/// Enters so many keys that have signed.
async fn enter_retired(app: &App, count: usize) {
    let (now, master_key) = (app.clock.wall(), app.master_keys.in_use());
    let retired = || {
        let key = SigningKey::generate(SignatureAlgorithm::Es256, 2048, "", now).unwrap();
        let key = key.activated(now).unwrap().retired(now).unwrap();
        let body = serde_json::to_value(key.to_record(&master_key, &app.random).unwrap()).unwrap();
        StoredSigningKey { kid: key.kid().to_owned(), body }
    };
    let keys: Vec<StoredSigningKey> = (0..count).map(|_| retired()).collect();
    app.store.write(move |tx| keys.iter().try_for_each(|key| signing_keys::insert(tx, key))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn key_12_no_rotation_makes_more_keys_than_are_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    enter_retired(&instance.app, MAX_KEYS - 5).await;
    let full = operator.asks(&["keys", "rotate", "--now", "--algorithm", "ES256"]).await;
    assert_eq!(full["items"].as_array().unwrap().len(), MAX_KEYS);
    let refused = operator.types(&["keys", "rotate", "--now", "--algorithm", "ES256"]).await;
    refused.refused(1, "as many keys as there can be (1000)");
    instance.stop().await;
    let again = Instance::on_file(&directory.path().join("config.toml")).await;
    assert_eq!(published(&again).len(), MAX_KEYS, "none is forgotten, the current one least of all");
    assert!(verifies(&again, &signed(&again)));
    operator.asks(&["keys", "rotate", "--emergency", "--algorithm", "ES256"]).await;
    assert_eq!(published(&again).len(), 4);
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_12_keys_are_due_after_the_configured_time() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    assert_eq!(keys_due(&instance.app), []);
    instance.clock.advance(89 * DAY).unwrap();
    assert_eq!(keys_due(&instance.app), []);
    instance.clock.advance(DAY).unwrap();
    assert_eq!(keys_due(&instance.app), SignatureAlgorithm::ALL);
    // As the periodic work does it.
    moncomptepro::jobs::look_after_keys(instance.app.clone(), false).await;
    assert_eq!(published(&instance).len(), 4, "nobody knows the time after a leap");
    moncomptepro::jobs::look_after_keys(instance.app.clone(), true).await;
    assert_eq!(published(&instance).len(), 6);
    assert_eq!(keys_due(&instance.app), []);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_205_of_two_rotations_at_one_time_one_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let by = By::local(Actor::System);
    let rotate = || {
        let rotation = KeyRotation { algorithms: vec![SignatureAlgorithm::Es256], urgency: Urgency::Now };
        rotate_keys(&instance.app, &by, rotation)
    };
    let outcomes = futures(rotate(), rotate()).await;
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(done >= 1, "{outcomes:?}");
    let stored =
        acts::administration::read_keys(&instance.app.store, &instance.app.master_keys.in_use()).unwrap().unwrap();
    let kids: BTreeSet<String> = stored.keys().iter().map(|key| key.kid().to_owned()).collect();
    assert_eq!(kids, published(&instance), "what is used is what is stored");
    assert_eq!(kids.len(), 4 + done);
    instance.stop().await;
}

async fn futures<T, R, E>(
    one: impl Future<Output = Result<Result<T, R>, E>>,
    other: impl Future<Output = Result<Result<T, R>, E>>,
) -> [Result<(), R>; 2]
where
    E: std::fmt::Debug,
{
    let (one, other) = tokio::join!(one, other);
    [one.unwrap().map(|_| ()), other.unwrap().map(|_| ())]
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_143_keys_are_the_same_while_the_server_is_up_and_while_it_is_down_and_mistakes_are_named() {
    let (up, down) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let lives = |operator: Operator| async move {
        let mut answers = Vec::new();
        for command in [
            &["keys", "list"][..],
            &["keys", "rotate", "--now", "--algorithm", "ES256"],
            &["keys", "rotate", "--emergency"],
        ] {
            answers.push(operator.asks(command).await);
        }
        answers
    };
    let instance = Instance::production(up.path()).await;
    let operator = Operator::of(up.path());
    let while_up = lives(operator.clone()).await;
    for (typed, code, words) in [
        (&["keys"][..], 2, "Usage"),
        (&["keys", "rotate", "--algorithm", "HS256"], 2, "HS256"),
        (&["keys", "rotate", "--now", "--emergency"], 2, "cannot be used"),
        (&["keys", "rotate"], 1, "has not been published for long enough"),
        (&["keys", "forge"], 2, "forge"),
    ] {
        operator.types(typed).await.refused(code, words);
    }
    instance.stop().await;
    Instance::production(down.path()).await.stop().await;
    let while_down = lives(Operator::of(down.path())).await;
    let varying =
        |name: &str| name == "kid" || name.ends_with("_at") || name == "signs_from" || name == "published_until";
    assert_eq!(without(while_up, varying), without(while_down, varying));
    run(&["keys", "list", "--data-dir", "/nowhere"]).refused(3, "/nowhere");
    let trial = tempfile::tempdir().unwrap();
    let options = moncomptepro::config::DevOptions { data_dir: Some(trial.path().to_owned()), ..Default::default() };
    let instance = Instance::dev_with(options).await;
    Operator::at(trial.path()).types(&["keys", "rotate", "--now"]).await.refused(1, "come with the program");
    instance.stop().await;
}
