//! SEC-193, SEC-195: neither time nor the database goes back unnoticed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use moncomptepro::clock::Clock;
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::crypto::Random;
use moncomptepro::domain::AuditEvent;
use moncomptepro::protocol::Timestamp;
use moncomptepro::site::{self, StartError};
use moncomptepro::store::audit;

use crate::support::{Instance, MORNING, jose_payload};

const ADDRESS: &str = "user@yopmail.com";

fn kept(directory: &Path, port: u16) -> Config {
    let issuer = Some("http://localhost:3000".parse().unwrap());
    Config::dev(DevOptions { data_dir: Some(directory.join("data")), issuer, ..DevOptions::default() }, port)
}

async fn started(directory: &Path) -> Instance {
    Instance::start(|port| kept(directory, port)).await
}

fn is_noted(instance: &Instance) -> bool {
    let entries = instance.app.store.read(|tx| audit::list_latest(tx, None, 1_000)).unwrap();
    entries.iter().any(|entry| entry.record.event == AuditEvent::DatabasePutBack)
}

#[tokio::test]
async fn sec_193_what_was_handed_out_before_an_old_file_is_put_back_is_void() {
    put_back(|_| {}).await;
}

#[tokio::test]
async fn sec_193_an_old_file_without_what_was_noted_beside_it_is_believed_no_more_than_with_it() {
    put_back(|noted| fs::remove_file(noted).unwrap()).await;
    put_back(|noted| fs::write(noted, "{").unwrap()).await;
    put_back(|noted| fs::write(noted, []).unwrap()).await;
}

/// An old state of the database is put back, and something is done with what is noted beside it.
async fn put_back(change: impl Fn(&Path)) {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("data/moncomptepro.redb");
    let first = started(directory.path()).await;
    let (person, client) = (first.person(), first.standard_client());
    let unused = client.code(&client.sign_in(&person, "openid", ADDRESS).await);
    let token =
        client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await.access_token;
    let cookie = person.session_cookie();
    first.stop().await;
    let old = fs::read(&database).unwrap();

    // The code is used; then the file from before is put back.
    let second = started(directory.path()).await;
    assert!(!is_noted(&second), "an ordinary restart is no roll-back");
    assert_eq!(second.standard_client().present(&unused).await.status, 200);
    second.stop().await;
    fs::write(&database, old).unwrap();
    change(&directory.path().join("data/high-water"));

    let third = started(directory.path()).await;
    assert!(is_noted(&third));
    assert_eq!(third.standard_client().present(&unused).await.status, 400, "a used code came back to life");
    assert_eq!(third.standard_client().userinfo(&token).await.status, 401);
    let person = third.person();
    person.plant_cookie(&third.renamed(&cookie));
    assert_ne!(person.get("/").await.status, 200, "a session came back to life");
    let back = third.standard_client().sign_in(&third.person(), "openid", ADDRESS).await;
    assert!(back.location().contains("code="), "people sign in as before: {}", back.body);
    third.stop().await;

    let fourth = started(directory.path()).await;
    let events = fourth.app.store.read(|tx| audit::list_latest(tx, None, 1_000)).unwrap();
    let notes = events.iter().filter(|entry| entry.record.event == AuditEvent::DatabasePutBack).count();
    assert_eq!(notes, 1, "it is told once");
}

#[tokio::test]
async fn sec_192_sec_193_a_database_that_is_gone_does_not_begin_anew_in_silence() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("data/moncomptepro.redb");
    started(directory.path()).await.stop().await;
    for is_empty in [true, false] {
        match is_empty {
            true => fs::write(&database, []).unwrap(),
            false => fs::remove_file(&database).unwrap(),
        }
        let refused = site::start(kept(directory.path(), 3000), Clock::manual(MORNING), Random::system()).await;
        let refused = refused.err().unwrap();
        assert!(matches!(refused, StartError::Vanished { .. }), "{refused}");
        let message = refused.to_string();
        assert!(message.contains("moncomptepro.redb") && message.contains("restore"), "{message}");
        assert!(message.contains("high-water"), "{message}");
    }
    fs::remove_file(directory.path().join("data/high-water")).unwrap();
    started(directory.path()).await.stop().await;
}

#[tokio::test]
async fn sec_195_a_clock_set_back_revives_nothing_and_the_service_goes_on() {
    for step in [3_600, 24 * 3_600, 365 * 24 * 3_600] {
        let clock = Clock::manual(MORNING).guarded();
        let instance = Instance::with_clock(|port| Config::dev(DevOptions::default(), port), clock.clone()).await;
        let (person, client) = (instance.person(), instance.standard_client());
        let code = client.code(&client.sign_in(&person, "openid", ADDRESS).await);
        let cookie = person.session_cookie();
        clock.advance(Duration::from_secs(25 * 3_600)).unwrap();
        assert_eq!(client.present(&code).await.status, 400, "the code has expired");
        let late = MORNING.plus(Duration::from_secs(25 * 3_600));

        clock.freeze(Timestamp(late.0 - step)).unwrap();
        let other = client.code(&client.sign_in(&instance.person(), "openid", ADDRESS).await);
        assert_eq!(client.present(&code).await.status, 400, "{step}: an expired code came back to life");
        let returning = instance.person();
        returning.plant_cookie(&cookie);
        assert_ne!(returning.get("/").await.status, 200, "{step}: an expired session came back to life");
        let ready = returning.get("/readyz").await;
        assert_eq!((ready.status.as_u16(), ready.json()["status"].as_str()), (200, Some("degraded")));
        assert!(clock.seconds_behind() > 0, "{step}: nobody is told");

        // Services go by their own clocks, which show what this machine shows; but no token is older than its key.
        let tokens = client.redeem(&other).await;
        let shown = (late.0 - step).max(MORNING.0);
        assert_eq!(jose_payload(&tokens.id_token)["iat"].as_u64(), Some(shown), "{step}");
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 200, "{step}");
    }
}

#[tokio::test]
async fn sec_195_a_machine_that_began_in_the_wrong_year_is_not_kept_there() {
    let directory = tempfile::tempdir().unwrap();
    let at = |instant: Timestamp| {
        let directory = directory.path().to_owned();
        async move { Instance::with_clock(|port| kept(&directory, port), Clock::manual(instant).guarded()).await }
    };
    let wrong = at(Timestamp(MORNING.0 + 10 * 365 * 24 * 3_600)).await;
    assert!(wrong.standard_client().sign_in(&wrong.person(), "openid", ADDRESS).await.location().contains("code="));
    wrong.stop().await;
    let right = at(MORNING).await;
    assert_eq!(right.app.clock.now(), MORNING, "the date of a moment is no proof that it was right");
}
