//! Codes that are mailed, shown or made, each misused: by somebody else, for something else, in another browser, twice, and
//! with what no code looks like.

use std::time::Duration;

use moncomptepro::domain::UserId;
use moncomptepro::store::{credentials, users};
use serde_json::json;

use crate::support::{Form, Instance, Page, Person, totp_code, totp_key};

const ADDRESS: &str = "user@yopmail.com";
const OTHER: &str = "datapass@yopmail.com";
const NEW: &str = "jean.user@commune.example";
const PASSWORD: &str = "une phrase de passe assez longue";

async fn sign_in(instance: &Instance, address: &str) -> (Person, Page) {
    let person = instance.person();
    let page = person.sign_in(person.visit("/users/start-sign-in").await, address, address).await;
    (person, page)
}

/// Somebody whose password was right and whose mailbox is to be proven, with the code in it.
async fn asked(instance: &Instance, address: &str) -> (Person, Page, String) {
    let (person, page) = sign_in(instance, address).await;
    assert_eq!(page.url.path(), "/users/verify-email");
    (person, page, instance.code_of(address).await)
}

/// Somebody who opens an account, up to the code.
async fn opening(instance: &Instance, address: &str) -> (Person, Page, String) {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let page = person.submit(page.form_with("login", None).with("login", address)).await;
    let form = page.form_with("password_confirmation", None);
    let page = person.submit(form.with("password", PASSWORD).with("password_confirmation", PASSWORD)).await;
    (person, page, instance.code_of(address).await)
}

async fn give(person: &Person, page: &Page, code: &str) -> Page {
    person.submit(page.form_with("verify_email_token", None).with("verify_email_token", code)).await
}

/// What is said beside the field, which is all that is said: nothing of what was typed is in the page.
fn said(page: &Page, field: &str, typed: &str) -> String {
    assert_eq!(page.status, 400, "{field} {typed:?}: {}", page.body);
    assert!(page.has(&format!("#{field}[aria-invalid=true][aria-describedby~={field}-problem]")), "{field} {typed:?}");
    assert!(page.attribute(&format!("#{field}"), "value").unwrap_or_default().is_empty(), "{field} {typed:?}");
    assert!(typed.chars().count() < 6 || !page.text("main").contains(typed), "{field} {typed:?}");
    assert_eq!(page.attribute(".problems a", "href").unwrap(), format!("#{field}"), "{field} {typed:?}");
    page.text(&format!("#{field}-problem"))
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_9_sec_68_sec_70_a_mailed_code_is_good_once_for_one_person_one_browser_and_one_purpose() {
    let instance = Instance::strict().await;
    let (used_by, page, used) = asked(&instance, ADDRESS).await;
    assert_eq!(give(&used_by, &page, &used).await.url.path(), "/");
    let change = used_by.visit("/connection-and-account/email?another=1").await;
    let change = used_by.submit(change.form_with("email", None).with("email", NEW)).await;
    let of_address = instance.code_of(NEW).await;
    let (owner, proof, of_sign_in) = asked(&instance, ADDRESS).await;
    let (_, _, elsewhere) = asked(&instance, ADDRESS).await;
    let (stranger, strange, of_stranger) = asked(&instance, OTHER).await;
    let (new, sign_up, of_sign_up) = opening(&instance, "nouvelle@mairie.exemple.fr").await;
    let misuses = [
        ("a sign-in", &owner, &proof, "one that was used", &used),
        ("a sign-in", &owner, &proof, "of another browser", &elsewhere),
        ("a sign-in", &owner, &proof, "for a new address", &of_address),
        ("a sign-in", &owner, &proof, "for a new account", &of_sign_up),
        ("a sign-in", &stranger, &strange, "of somebody else", &of_sign_in),
        ("a new address", &used_by, &change, "of a sign-in of theirs", &of_sign_in),
        ("a new address", &used_by, &change, "of somebody else", &of_stranger),
        ("a new account", &new, &sign_up, "of a sign-in", &of_sign_in),
        ("a new account", &new, &sign_up, "for a new address", &of_address),
    ];
    let mut sentences = std::collections::BTreeSet::new();
    for (purpose, person, page, what, code) in misuses {
        let refused = give(person, page, code).await;
        assert!(refused.url.path().starts_with(page.url.path()), "{purpose}: {what}: {}", refused.url);
        sentences.insert(said(&refused, "verify_email_token", code));
    }
    assert!(sentences.len() <= 2, "which of them it was is not told: {sentences:?}");
    assert_eq!(give(&owner, &proof, &of_sign_in).await.url.path(), "/", "each is good for its own still");
    assert_eq!(give(&stranger, &strange, &of_stranger).await.url.path(), "/");
    assert_eq!(give(&new, &sign_up, &of_sign_up).await.url.path(), "/users/personal-information");
    assert_eq!(give(&used_by, &change, &of_address).await.url.path(), "/connection-and-account");
    let (late, page, _) = opening(&instance, "autre@mairie.exemple.fr").await;
    said(&give(&late, &page, &of_sign_up).await, "verify_email_token", &of_sign_up);
}

/// Somebody who takes another address, with the code in its mailbox.
async fn changing(instance: &Instance) -> (Person, Page, String) {
    let (person, _) = sign_in(instance, ADDRESS).await;
    let page = person.visit("/connection-and-account/email?another=1").await;
    let page = person.submit(page.form_with("email", None).with("email", NEW)).await;
    (person, page, instance.code_of(NEW).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_68_of_the_codes_of_one_address_twenty_a_day_are_tried_in_whatever_session() {
    let (strict, dev) = (Instance::strict().await, Instance::dev().await);
    for (instance, done) in [(&strict, "/"), (&dev, "/connection-and-account")] {
        let begin = async || if done == "/" { asked(instance, ADDRESS).await } else { changing(instance).await };
        for _ in 0..4 {
            let (person, page, code) = begin().await;
            let wrong = if code == "0000000000" { "0000000001" } else { "0000000000" };
            for _ in 0..5 {
                assert_eq!(give(&person, &page, wrong).await.status, 400);
            }
            instance.clock.advance(Duration::from_secs(30 * 60)).unwrap();
        }
        let (person, page, code) = begin().await;
        assert_eq!(give(&person, &page, &code).await.status, 429, "the twenty-first, though it is right");
        instance.clock.advance(Duration::from_secs(24 * 3600)).unwrap();
        let (person, page, code) = begin().await;
        assert_eq!(give(&person, &page, &code).await.url.path(), done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_69_a_code_of_a_sign_in_and_a_link_for_a_password_end_to_the_second() {
    let instance = Instance::strict().await;
    for (seconds, leads_to) in [(599, "/"), (600, "/users/verify-email")] {
        let (person, page, code) = asked(&instance, ADDRESS).await;
        instance.clock.advance(Duration::from_secs(seconds)).unwrap();
        assert_eq!(give(&person, &page, &code).await.url.path(), leads_to, "after {seconds} s");
    }
    let person = instance.person();
    let page = person.visit("/users/reset-password").await;
    person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    let link = instance.link_of(ADDRESS).await;
    instance.clock.advance(Duration::from_secs(3_599)).unwrap();
    let page = person.visit(&link).await;
    assert_eq!(page.status, 200);
    instance.clock.advance(Duration::from_secs(1)).unwrap();
    assert_eq!(person.visit(&link).await.status, 410);
    let form = page.form_with("password", None).with("password", PASSWORD).with("password_confirmation", PASSWORD);
    assert_eq!(person.submit(form).await.status, 410, "nor is what was opened before good after it");
}

/// What no code looks like, whichever.
fn no_codes() -> Vec<String> {
    let (long, longer) = ("1".repeat(300), "é".repeat(3_000));
    let table = [
        "",
        " ",
        "12345",
        "abcdefghij",
        "<b>12</b>",
        "1234\u{202e}56",
        "12\u{200b}3456",
        "123\u{0}456",
        "12\u{7}3456",
        "１２３４５６",
        "١٢٣٤٥٦",
        "12345O",
        "-123456",
        "1e6",
        "0x1E240",
        "'; drop table users; --",
        "null",
        "[]",
    ];
    table.into_iter().map(str::to_owned).chain([long, longer]).collect()
}

/// A field that takes a code, on its page.
async fn is_said(instance: &Instance, person: &Person, page: &Page, field: &str) {
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    let mut form = page.form_with(field, None);
    for typed in no_codes() {
        let refused = person.submit(form.clone().with(field, &typed)).await;
        assert!(!said(&refused, field, &typed).is_empty(), "{field} {typed:?}");
        form = refused.form_with(field, None);
    }
}

/// Somebody with an application, which is asked at every sign-in. Its key, and the recovery codes.
async fn protected(instance: &Instance, address: &str) -> (String, Vec<String>) {
    let (person, _) = sign_in(instance, address).await;
    let offer = person.visit("/totp-configuration").await;
    let key = totp_key(&offer);
    let form = offer.form_with("totpToken", None);
    let codes = person.submit(form.with("totpToken", &totp_code(&key, instance.clock.now()))).await;
    let page = person.visit("/double-authentication").await;
    person.submit(page.form_to("set-force-2fa").with("force2fa", "enable")).await;
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    (key, codes.text(".codes").split_whitespace().map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_code_is_said_beside_its_field_wherever_one_is_asked_and_is_not_shown_again() {
    let instance = Instance::strict().await;
    let (person, page, code) = asked(&instance, ADDRESS).await;
    is_said(&instance, &person, &page, "verify_email_token").await;
    assert_eq!(give(&person, &page, &format!("\u{a0}{} {}\t", &code[..5], &code[5..])).await.url.path(), "/");
    let page = person.visit("/connection-and-account/email?another=1").await;
    let page = person.submit(page.form_with("email", None).with("email", NEW)).await;
    is_said(&instance, &person, &page, "verify_email_token").await;
    let (person, page, _) = opening(&instance, "nouvelle@mairie.exemple.fr").await;
    is_said(&instance, &person, &page, "verify_email_token").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_code_of_an_application_is_said_beside_its_field_and_the_key_is_kept() {
    let instance = Instance::dev().await;
    for typed in no_codes() {
        let (person, _) = sign_in(&instance, ADDRESS).await;
        let offer = person.visit("/totp-configuration").await;
        let refused = person.submit(offer.form_with("totpToken", None).with("totpToken", &typed)).await;
        assert!(!said(&refused, "totpToken", &typed).is_empty());
        assert_eq!(totp_key(&refused), totp_key(&offer), "{typed:?}: nothing is lost");
        instance.clock.advance(Duration::from_secs(15 * 60)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_77_sec_79_codes_of_somebody_else_and_an_offer_that_was_used_open_nothing() {
    let instance = Instance::dev().await;
    let (key, recovery) = protected(&instance, ADDRESS).await;
    let (other_key, other_recovery) = protected(&instance, OTHER).await;
    let (person, asks) = sign_in(&instance, ADDRESS).await;
    let theirs = totp_code(&other_key, instance.clock.now());
    let refused = person.submit(asks.form_with("totpToken", None).with("totpToken", &theirs)).await;
    said(&refused, "totpToken", &theirs);
    let refused = person.submit(asks.form_with("recovery_code", None).with("recovery_code", &other_recovery[0])).await;
    said(&refused, "recovery_code", &other_recovery[0]);
    assert_eq!(person.visit("/").await.url.path(), asks.url.path(), "nothing is open");
    let (owner, asks) = sign_in(&instance, OTHER).await;
    let used = owner.submit(asks.form_with("recovery_code", None).with("recovery_code", &other_recovery[0])).await;
    assert_eq!(used.status, 200, "whoever tried it did not use it up: {}", used.body);
    let form = asks.form_with("recovery_code", None).with("recovery_code", &recovery[0]);
    assert_ne!(owner.post(form).await.status, 200);

    let right =
        person.submit(asks_again(&person).await.with("totpToken", &totp_code(&key, instance.clock.now()))).await;
    assert_eq!(right.url.path(), "/");
    let offer = person.visit("/totp-configuration").await;
    let replaced = totp_key(&offer);
    let form = offer.form_with("totpToken", None);
    let first = form.clone().with("totpToken", &totp_code(&replaced, instance.clock.now()));
    person.submit(first).await;
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    let acts = instance.recorded_acts();
    let again = person.post(form.with("totpToken", &totp_code(&replaced, instance.clock.now()))).await;
    assert!(again.status != 200 && instance.recorded_acts() == acts, "the offer was used: {}", again.body);
}

/// What is no recovery code, beside what is no code at all: one of theirs, nearly.
fn no_recovery_codes(code: &str) -> Vec<String> {
    let first = code.chars().next().unwrap();
    let rest = &code[first.len_utf8()..];
    let wide = char::from_u32(u32::from(first) + 0xfee0).unwrap();
    let twin = if first == 'a' { '\u{430}' } else { '\u{1d5ba}' };
    let nearly = [
        rest.to_owned(),
        format!("{code}{first}"),
        format!("{code} {code}"),
        format!("{wide}{rest}"),
        format!("{twin}{rest}"),
        code.chars().rev().collect(),
        code.replace(first, ""),
    ];
    no_codes().into_iter().chain(nearly).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_79_what_is_no_recovery_code_is_said_beside_its_field_and_uses_none_up() {
    let instance = Instance::dev().await;
    let (_, recovery) = protected(&instance, ADDRESS).await;
    for typed in no_recovery_codes(&recovery[0]) {
        let (person, asks) = sign_in(&instance, ADDRESS).await;
        let refused = person.submit(asks.form_with("recovery_code", None).with("recovery_code", &typed)).await;
        assert!(!said(&refused, "recovery_code", &typed).is_empty());
        assert_eq!(person.visit("/").await.url.path(), "/users/2fa-sign-in", "{typed:?}: nothing is open");
        instance.clock.advance(Duration::from_secs(15 * 60)).unwrap();
    }
    for (number, code) in recovery.iter().enumerate() {
        let (person, asks) = sign_in(&instance, ADDRESS).await;
        let pasted = match number % 3 {
            0 => format!("\u{a0}{}\t\n", code.to_uppercase()),
            1 => code.chars().map(|letter| format!("{letter} ")).collect(),
            _ => code.chars().filter(char::is_ascii_alphanumeric).collect(),
        };
        let used = person.submit(asks.form_with("recovery_code", None).with("recovery_code", &pasted)).await;
        assert_eq!(used.status, 200, "{pasted:?}, as it was pasted: {}", used.body);
    }
}

async fn asks_again(person: &Person) -> Form {
    person.visit("/").await.form_with("totpToken", None)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_password_is_said_beside_its_field_and_never_shown_again() {
    let instance = Instance::dev().await;
    let (wide, longest) = ("é".repeat(129), "une phrase ".repeat(60));
    let hostile = ["", " ", "court", "azertyuiopqs", "000000000000", &wide, &longest, "\u{200b}\u{200b}\u{200b}"];
    let (owner, _) = sign_in(&instance, ADDRESS).await;
    let fresh = instance.person();
    let page = fresh.visit("/users/start-sign-in").await;
    let sign_up = fresh.submit(page.form_with("login", None).with("login", "nouvelle@mairie.exemple.fr")).await;
    for typed in hostile {
        let console = owner.visit("/connection-and-account/password").await;
        for (person, page) in [(&fresh, &sign_up), (&owner, &console)] {
            let form = page.form_with("password_confirmation", None);
            let form = form.with("current_password", ADDRESS).with("password", typed);
            let refused = person.submit(form.with("password_confirmation", typed)).await;
            said(&refused, "password", typed);
            assert!(typed.len() < 6 || !refused.body.contains(typed), "{typed:?}");
        }
    }
    let known = instance.app.store.read(|tx| users::list(tx, None, 1_000)).unwrap();
    assert!(!known.iter().any(|user| user.email.as_str() == "nouvelle@mairie.exemple.fr"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_82_what_is_no_answer_of_a_passkey_is_refused_and_adds_none() {
    let instance = Instance::dev().await;
    let (person, _) = sign_in(&instance, ADDRESS).await;
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    let long = format!("{{\"id\":\"{}\"}}", "A".repeat(6_000));
    let hostile = ["", "null", "[]", "{}", "\"text\"", "1e999", "{\"id\":1}", "{\"id\":\"\u{0}\"}", "{", &deep, &long];
    for typed in hostile {
        let page = person.visit("/double-authentication").await;
        let asked = person.press_passkey(&page).await;
        let mut form = asked.answered(&json!({}));
        let name = form.fields.iter().map(|(name, _)| name.clone()).find(|name| name.starts_with("webauthn")).unwrap();
        form = form.with(&name, typed);
        let refused = person.submit(form.clone()).await;
        assert_eq!(refused.status, 400, "{typed:.40}: {}", refused.body);
        assert!(!refused.text(".problems").is_empty() && refused.has("form[data-passkey]"), "{typed:.40}");
        for ceremony in ["", "x", "\u{202e}", &"A".repeat(4_000)] {
            let refused = person.submit(form.clone().with("ceremony", ceremony)).await;
            assert_eq!(refused.status, 400, "{ceremony:.20}: {}", refused.body);
        }
        instance.clock.advance(Duration::from_secs(60)).unwrap();
    }
    let known = instance.app.store.read(|tx| credentials::find(tx, UserId(1))).unwrap();
    assert_eq!(known.map(|known| known.second_factors.passkeys.len()).unwrap_or_default(), 0);
}
