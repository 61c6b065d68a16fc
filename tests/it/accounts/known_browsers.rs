//! A browser in which a person signed in before: strangers do not slow it down, and it proves nothing.

use moncomptepro::acts::{self, By};
use moncomptepro::domain::{Actor, UserId};

use crate::support::{Instance, Person};

const ADDRESS: &str = "user@yopmail.com";
const OTHER: &str = "editeur@yopmail.com";

/// Signs in and out again.
async fn make_known(person: &Person, password: &str) {
    let page = person.visit("/").await;
    let home = person.sign_in(page, ADDRESS, password).await;
    person.submit(home.sign_out_form()).await;
}

/// Wrong guesses of a stranger, until they have to wait.
async fn harass(instance: &Instance, address: &str) {
    let stranger = instance.person();
    let page = stranger.visit("/").await;
    let asks = stranger.submit(page.form_with("login", None).with("login", address)).await;
    let form = asks.form_with("password", None);
    for _ in 0..10 {
        stranger.post(form.clone().with("password", "guess")).await;
    }
    assert_eq!(stranger.post(form.with("password", address)).await.status, 429);
}

async fn sign_in(person: &Person, address: &str, password: &str) -> u16 {
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.submit(page.form_with("login", None).with("login", address)).await;
    person.post(asks.form_with("password", None).with("password", password)).await.status.as_u16()
}

#[tokio::test]
async fn sec_95_r_7_strangers_who_guess_do_not_lock_the_owner_out_of_a_known_browser() {
    let instance = Instance::dev().await;
    let owner = instance.person();
    make_known(&owner, ADDRESS).await;
    harass(&instance, ADDRESS).await;
    assert_eq!(sign_in(&owner, ADDRESS, ADDRESS).await, 303);
    assert_eq!(sign_in(&instance.person(), ADDRESS, ADDRESS).await, 429, "any other browser waits");
}

#[tokio::test]
async fn sec_95_a_known_browser_is_known_to_its_person_only_and_counts_its_own_guesses() {
    let instance = Instance::dev().await;
    let owner = instance.person();
    make_known(&owner, ADDRESS).await;
    harass(&instance, OTHER).await;
    assert_eq!(sign_in(&owner, OTHER, OTHER).await, 429, "somebody else's account");
    for _ in 0..10 {
        assert_eq!(sign_in(&owner, ADDRESS, "wrong").await, 400);
    }
    assert_eq!(sign_in(&owner, ADDRESS, ADDRESS).await, 429, "who guesses in a known browser waits there");
    assert_eq!(sign_in(&instance.person(), ADDRESS, ADDRESS).await, 303, "and nowhere else");
}

#[tokio::test]
async fn r_11_sec_95_the_cookie_of_a_known_browser_is_a_random_handle_and_void_with_a_new_password() {
    let instance = Instance::dev().await;
    let (one, two) = (instance.person(), instance.person());
    make_known(&one, ADDRESS).await;
    make_known(&two, ADDRESS).await;
    let value = |person: &Person| person.known_cookie().split_once('=').unwrap().1.to_owned();
    assert_ne!(value(&one), value(&two), "of one person in two browsers: nothing is derived from the address");
    assert_eq!(value(&one).len(), 48);
    let before = value(&one);
    make_known(&one, ADDRESS).await;
    assert_eq!(value(&one), before, "kept while it lasts");

    let by = By::local(Actor::Operator);
    let link = acts::issue_password_link(&instance.app, &by, UserId(1)).await.unwrap().unwrap();
    let asks = one.visit(&format!("/users/change-password?reset_password_token={link}")).await;
    let new = "une phrase de passe assez longue";
    let form = asks.form_with("password", None).with("password", new).with("password_confirmation", new);
    assert_eq!(one.submit(form).await.status, 200);
    harass(&instance, ADDRESS).await;
    assert_eq!(sign_in(&one, ADDRESS, new).await, 429, "SEC-37: the browser is unknown again");
}

#[tokio::test]
async fn a_known_browser_is_forgotten_after_ninety_days() {
    let instance = Instance::dev().await;
    let owner = instance.person();
    make_known(&owner, ADDRESS).await;
    let before = owner.known_cookie();
    instance.clock.advance(std::time::Duration::from_secs(90 * 24 * 3600)).unwrap();
    harass(&instance, ADDRESS).await;
    assert_eq!(owner.known_cookie(), before, "kept by hand");
    assert_eq!(sign_in(&owner, ADDRESS, ADDRESS).await, 429);
}
