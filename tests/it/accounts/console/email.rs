//! A person takes another address, and takes it back.

use std::time::Duration;

use moncomptepro::domain::{UserId, Verification};
use moncomptepro::store::{memberships, users};

use crate::support::{Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";
const NEW: &str = "jean.user@commune.example";
const PAGE: &str = "/connection-and-account/email";
const DAY: u64 = 24 * 3600;

async fn signed_in(instance: &Instance, address: &str) -> Person {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    assert_eq!(person.sign_in(page, address, address).await.url.path(), "/");
    person
}

async fn ask(person: &Person, address: &str) -> Page {
    let page = person.visit(&format!("{PAGE}?another=1")).await;
    person.submit(page.form_with("email", None).with("email", address)).await
}

async fn give_back(person: &Person, asks: &Page, code: &str) -> Page {
    person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", code)).await
}

async fn change(instance: &Instance, person: &Person, to: &str) -> Page {
    let asks = ask(person, to).await;
    give_back(person, &asks, &instance.code_of(to).await).await
}

async fn kinds(instance: &Instance, address: &str) -> Vec<String> {
    instance.mails_to(address).await.iter().map(|mail| mail.subject.clone()).collect()
}

async fn is_signed_in(person: &Person) -> bool {
    person.visit("/").await.url.path() == "/"
}

fn has_account(instance: &Instance, address: &str) -> bool {
    instance.app.store.read(|tx| users::find_by_email(tx, &address.parse().unwrap())).unwrap().is_some()
}

fn verifications(instance: &Instance) -> Vec<Verification> {
    let links = instance.app.store.read(|tx| memberships::list_of_user(tx, UserId(1))).unwrap();
    links.into_iter().map(|link| link.verification).collect()
}

#[tokio::test]
async fn sec_105_sec_37_a_proven_address_is_the_accounts_and_everything_else_ends() {
    let instance = Instance::dev().await;
    let (person, elsewhere) = (signed_in(&instance, ADDRESS).await, signed_in(&instance, ADDRESS).await);
    let cookie = person.session_cookie();
    let client = instance.standard_client();
    let tokens = client.redeem(&client.code(&elsewhere.visit(&client.authorization("openid email", &[])).await)).await;
    let asks = ask(&person, NEW).await;
    assert!(asks.text("main").contains(NEW) && asks.text("main").contains(ADDRESS));
    assert_eq!(kinds(&instance, ADDRESS).await.iter().filter(|kind| kind.contains("adresse")).count(), 0);
    let done = give_back(&person, &asks, &instance.code_of(NEW).await).await;
    assert_eq!(done.url.path(), "/connection-and-account");
    assert!(done.has("[role=status]") && done.text("main").contains(NEW));
    assert_ne!(person.session_cookie(), cookie, "SEC-89");
    assert!(is_signed_in(&person).await && !is_signed_in(&elsewhere).await);
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
    assert!(kinds(&instance, ADDRESS).await.contains(&String::from("L’adresse de votre compte a été changée")));
    assert!(kinds(&instance, NEW).await.contains(&String::from("Votre nouvelle adresse est enregistrée")));
    let again = instance.person();
    let page = again.visit("/users/start-sign-in").await;
    assert_eq!(again.sign_in(page, NEW, ADDRESS).await.url.path(), "/", "the password stays");
    let code = client.code(&again.visit(&client.authorization("openid email", &[])).await);
    let claims = client.userinfo(&client.redeem(&code).await.access_token).await.json();
    assert_eq!((claims["email"].as_str(), claims["email_verified"].as_bool()), (Some(NEW), Some(true)));
}

#[tokio::test]
async fn sec_105_the_address_before_takes_the_account_back_and_whoever_changed_it_is_out() {
    let instance = Instance::dev().await;
    let thief = signed_in(&instance, ADDRESS).await;
    change(&instance, &thief, NEW).await;
    let link = instance.link_of(ADDRESS).await;
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    change(&instance, &thief, "voleur@exemple.example").await;
    let second = instance.link_of(NEW).await;
    let owner = instance.person();
    let looked = owner.visit(&link).await;
    assert!(looked.text("main").contains(ADDRESS));
    assert!(is_signed_in(&thief).await, "a GET changes nothing");
    let done = owner.submit(looked.form_to("restore-address")).await;
    assert_eq!(done.status, 200);
    assert!(!is_signed_in(&thief).await);
    let page = thief.visit("/users/start-sign-in").await;
    let asks = thief.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    assert_eq!(asks.url.path(), "/users/sign-up", "SEC-103: the password that the thief knew is none any more");
    assert_eq!(thief.visit(&second).await.status, 410, "nor does the link of a later change lead back");
    assert_eq!(owner.visit(&link).await.status, 200, "said to be done");
    assert!(kinds(&instance, ADDRESS).await.contains(&String::from("L’adresse de votre compte est rétablie")));
}

#[tokio::test]
async fn sec_105_the_link_works_for_seventy_two_hours() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, ADDRESS).await;
    change(&instance, &person, NEW).await;
    let link = instance.link_of(ADDRESS).await;
    instance.clock.advance(Duration::from_secs(3 * DAY - 1)).unwrap();
    let page = instance.person().visit(&link).await;
    assert_eq!(page.status, 200);
    instance.clock.advance(Duration::from_secs(1)).unwrap();
    let late = instance.person();
    assert_eq!(late.visit(&link).await.status, 410);
    assert_eq!(late.visit("/users/restore-address?restore_address_token=no-such-link").await.status, 410);
}

#[tokio::test]
async fn sec_96_sec_105_an_address_that_somebody_has_is_not_told_apart_and_its_owner_is_told() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, ADDRESS).await;
    let (taken, free) = (ask(&person, "editeur@yopmail.com").await, ask(&person, NEW).await);
    let without = |page: &Page, address: &str| page.text("main").replace(address, "…");
    assert_eq!(without(&taken, "editeur@yopmail.com"), without(&free, NEW));
    let mails = instance.mails_to("editeur@yopmail.com").await;
    assert!(mails[0].subject.contains("autre compte") && mails[0].code().is_none());
}

#[tokio::test]
async fn sec_105_two_people_race_to_one_address_and_the_second_keeps_their_own() {
    let instance = Instance::dev().await;
    let (first, second) = (signed_in(&instance, ADDRESS).await, signed_in(&instance, "editeur@yopmail.com").await);
    let (asked, also) = (ask(&first, NEW).await, ask(&second, NEW).await);
    let codes: Vec<String> = instance.mails_to(NEW).await.iter().map(|mail| mail.code().unwrap()).collect();
    let (newer, older) = (codes[0].as_str(), codes[1].as_str());
    assert_eq!(give_back(&second, &also, newer).await.url.path(), "/connection-and-account");
    let refused = give_back(&first, &asked, older).await;
    assert_eq!(refused.status, 400);
    assert!(refused.has("#email[aria-invalid=true]") && refused.text("#email-problem").contains("autre adresse"));
    assert!(has_account(&instance, ADDRESS), "who came second keeps their own");
}

#[tokio::test]
async fn sec_68_sec_105_a_code_is_tried_five_times_and_belongs_to_one_session_and_one_address() {
    let instance = Instance::dev().await;
    let (person, other) = (signed_in(&instance, ADDRESS).await, signed_in(&instance, ADDRESS).await);
    let asks = ask(&person, NEW).await;
    let code = instance.code_of(NEW).await;
    let theirs = ask(&other, "autre@commune.example").await;
    assert_eq!(give_back(&other, &theirs, &code).await.status, 400, "another session, another address");
    let wrong = if code == "0000000000" { "0000000001" } else { "0000000000" };
    for _ in 0..5 {
        assert_eq!(give_back(&person, &asks, wrong).await.status, 400);
    }
    assert_eq!(give_back(&person, &asks, &code).await.status, 400, "the sixth fails though it is right");
    assert!(has_account(&instance, ADDRESS));
}

#[tokio::test]
async fn sec_69_sec_105_a_code_for_an_address_ends_after_an_hour() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, ADDRESS).await;
    let asks = ask(&person, NEW).await;
    let code = instance.code_of(NEW).await;
    instance.clock.advance(Duration::from_secs(3600)).unwrap();
    // The page asks for a recent proof: the person signs in again in the same session.
    let page = person.visit(PAGE).await;
    let back = person.submit(page.form_with("password", None).with("password", ADDRESS)).await;
    assert_eq!(back.url.path(), PAGE);
    assert!(asks.has("#verify_email_token") && !back.has("#verify_email_token"), "said to be over");
    let mut form = back.form_to("account/email").with("verify_email_token", &code);
    form.action.set_path("/connection-and-account/email/code");
    assert_eq!(person.submit(form).await.status, 400);
    assert!(has_account(&instance, ADDRESS));
}

#[tokio::test]
async fn sec_102_sec_105_what_rests_on_the_domain_of_the_address_is_suspended_and_comes_back_with_it() {
    let instance = Instance::dev().await;
    let before = verifications(&instance);
    assert!(before.contains(&Verification::Domain), "{before:?}");
    let person = signed_in(&instance, ADDRESS).await;
    change(&instance, &person, "autre@yopmail.com").await;
    assert_eq!(verifications(&instance), before, "the same domain");
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    change(&instance, &person, NEW).await;
    assert!(verifications(&instance).iter().all(|found| *found == Verification::Unverified));
    let owner = instance.person();
    let looked = owner.visit(&instance.link_of("autre@yopmail.com").await).await;
    owner.submit(looked.form_to("restore-address")).await;
    assert_eq!(verifications(&instance), before);
}

#[tokio::test]
async fn what_cannot_be_the_address_is_said_next_to_its_field() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, ADDRESS).await;
    for (typed, said) in [("pas une adresse", "complète"), ("", "complète"), (ADDRESS, "déjà la vôtre")] {
        let refused = ask(&person, typed).await;
        assert_eq!(refused.status, 400, "{typed}");
        assert!(refused.has("#email[aria-invalid=true][aria-describedby~=email-problem]"));
        assert!(refused.text("#email-problem").contains(said), "{}", refused.text("#email-problem"));
        assert!(refused.body.contains(&format!("value=\"{typed}\"")), "what was typed is kept");
    }
}

#[tokio::test]
async fn a_slip_of_the_fingers_in_a_new_address_is_asked_about_once_and_one_press_mends_it() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, "user@yopmail.com").await;
    let doubted = ask(&person, "jean@gmial.com").await;
    assert_eq!(doubted.status, 400);
    assert!(doubted.text("#email-problem").contains("Vérifiez"), "{}", doubted.text("main"));
    assert_eq!(instance.mails_to("jean@gmial.com").await.len(), 0);
    let mended = person.submit(doubted.form_with("email", Some("jean@gmail.com"))).await;
    assert!(mended.has("[name=verify_email_token]") && mended.text("main").contains("jean@gmail.com"));
    let doubted = ask(&person, "jean@gmial.com").await;
    let kept = person.submit(doubted.form_with("confirmed_email", None).with("email", "jean@gmial.com")).await;
    assert!(kept.has("[name=verify_email_token]") && kept.text("main").contains("jean@gmial.com"));
    let doubted = ask(&person, "jean@gmial.com").await;
    let again = person.submit(doubted.form_with("confirmed_email", None).with("email", "jean@orage.fr")).await;
    assert_eq!(again.status, 400, "what was confirmed is one address");
}
