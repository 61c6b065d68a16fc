//! What protects an account wants a proof that is a few minutes old; whoever has none makes one, and comes back.

use std::time::Duration;

use moncomptepro::domain::AuditEvent;

use crate::support::{Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";
const OTHER: &str = "editeur@yopmail.com";
const PAGE: &str = "/connection-and-account";

async fn signed_in(instance: &Instance) -> Person {
    let person = instance.person();
    let page = person.visit("/").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    person
}

fn wait(instance: &Instance, minutes: u64) {
    instance.clock.advance(Duration::from_secs(minutes * 60 + 1)).unwrap();
}

async fn prove(person: &Person, asks: &Page, password: &str) -> Page {
    person.submit(asks.form_with("password", None).with("password", password)).await
}

#[tokio::test]
async fn sec_93_an_old_proof_is_made_anew_with_the_password_of_that_very_account() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    assert_eq!(person.visit(PAGE).await.url.path(), PAGE, "fresh from signing in");
    wait(&instance, 14);
    assert_eq!(person.visit(PAGE).await.url.path(), PAGE, "for fifteen minutes");
    wait(&instance, 1);
    let (cookie, asks) = (person.session_cookie(), person.visit(PAGE).await);
    assert_eq!(asks.url.path(), "/users/sign-in");
    assert!(asks.text("main").contains(ADDRESS) && !asks.has("main a[href*=start-sign-in]"), "it is that account");
    let refused = prove(&person, &asks, "wrong").await;
    assert_eq!(refused.status, 400);
    assert!(refused.has("#password[aria-invalid=true]"));
    let back = prove(&person, &refused, ADDRESS).await;
    assert_eq!((back.status.as_u16(), back.url.path()), (200, PAGE));
    assert_ne!(person.session_cookie(), cookie, "SEC-89: a step up gives a new handle");
    person.plant_cookie(&cookie);
    assert_eq!(person.visit(PAGE).await.url.path(), "/users/start-sign-in", "and the one before is dead");
}

#[tokio::test]
async fn sec_93_the_proof_of_another_session_is_none() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    wait(&instance, 15);
    let elsewhere = signed_in(&instance).await;
    assert_eq!(elsewhere.visit(PAGE).await.url.path(), PAGE);
    assert_eq!(person.visit(PAGE).await.url.path(), "/users/sign-in");
}

#[tokio::test]
async fn sec_93_sec_94_whoever_else_signs_in_instead_does_not_get_there() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    wait(&instance, 15);
    let asks = person.visit(PAGE).await;
    let address = asks.url.as_str().replace("sign-in?", "start-sign-in?");
    let home = person.sign_in(person.visit(&address).await, OTHER, OTHER).await;
    assert_eq!(home.url.path(), "/", "their own home, not the page of somebody else");
    assert!(!home.body.contains(ADDRESS));
}

#[tokio::test]
async fn sec_93_a_second_tab_goes_on_with_the_proof_of_the_first() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    wait(&instance, 15);
    let (one, two) = (person.visit(PAGE).await, person.visit(PAGE).await);
    prove(&person, &one, ADDRESS).await;
    assert_eq!(person.visit(two.url.as_str()).await.url.path(), PAGE);
    let proofs = instance.audit().iter().filter(|record| matches!(record.event, AuditEvent::SignedIn { .. })).count();
    assert_eq!(proofs, 2, "one at the beginning, one at the gate");
}

#[tokio::test]
async fn sec_90_the_operator_chooses_how_old_a_proof_may_be() {
    let instance = Instance::start(|port| {
        let config = moncomptepro::config::Config::dev(moncomptepro::config::DevOptions::default(), port);
        moncomptepro::config::Config { recent_proof: Duration::from_secs(60), ..config }
    })
    .await;
    let person = signed_in(&instance).await;
    assert_eq!(person.visit(PAGE).await.url.path(), PAGE);
    wait(&instance, 1);
    assert_eq!(person.visit(PAGE).await.url.path(), "/users/sign-in");
}
