//! Guessing at one person's password: slow, slower, and over; from wherever it comes, and through a restart.

use std::path::Path;
use std::time::Duration;

use moncomptepro::acts::{self, By};
use moncomptepro::clock::Clock;
use moncomptepro::config::{Config, DevOptions, Limits};
use moncomptepro::domain::{Actor, GuessLimits, UserId};
use moncomptepro::protocol::Timestamp;

use crate::support::{Form, Instance, MORNING, Person, hiding, join_all, totp_code, totp_key};

const ADDRESS: &str = "user@yopmail.com";
const UNKNOWN: &str = "nobody@exemple.fr";

/// The form of the password step.
async fn asked(person: &Person, address: &str) -> Form {
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.submit(page.form_with("login", None).with("login", address)).await;
    asks.form_with("password", None)
}

/// Guesses wrongly, and says with which status each guess is answered.
async fn guess(person: &Person, form: &Form, times: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..times {
        statuses.push(person.post(form.clone().with("password", "wrong")).await.status.as_u16());
    }
    statuses
}

/// An instance with its data in a directory, so that it can be started again.
async fn kept(directory: &Path, in_a_row: u32) -> Instance {
    kept_at(directory, in_a_row, MORNING).await
}

async fn kept_at(directory: &Path, in_a_row: u32, now: Timestamp) -> Instance {
    let options = DevOptions {
        data_dir: Some(directory.to_owned()),
        issuer: Some("http://localhost:3000".parse().unwrap()),
        ..DevOptions::default()
    };
    let config = |port| Config { limits: slow(in_a_row), ..hiding(Config::dev(options.clone(), port)) };
    Instance::with_clock(config, Clock::manual(now)).await
}

/// So many wrong passwords in a row, and the limits as shipped.
fn slow(in_a_row: u32) -> Limits {
    let per_account = GuessLimits { in_a_row, ..Limits::standard().per_account };
    Limits { per_account, ..Limits::standard() }
}

#[tokio::test]
async fn sec_95_r_7_the_eleventh_wrong_password_waits_longer_each_time_and_is_told_how_long() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let form = asked(&person, ADDRESS).await;
    assert_eq!(guess(&person, &form, 10).await, [400; 10]);
    for seconds in [30, 60, 120] {
        let refused = person.post(form.clone().with("password", ADDRESS)).await;
        assert_eq!(refused.status, 429, "even the right one");
        assert_eq!(refused.header("retry-after"), seconds.to_string());
        let told = if seconds < 120 { format!("{seconds} secondes") } else { String::from("2 minutes") };
        let text = refused.text("main").replace('\u{a0}', " ");
        assert!(text.contains(&told), "{told} in {text}");
        instance.clock.advance(Duration::from_secs(seconds - 1)).unwrap();
        assert_eq!(guess(&person, &form, 1).await, [429], "a second too early");
        instance.clock.advance(Duration::from_secs(1)).unwrap();
        assert_eq!(guess(&person, &form, 1).await, [400], "one more");
    }
    instance.clock.advance(Duration::from_secs(240)).unwrap();
    assert_eq!(person.submit(form.with("password", ADDRESS)).await.url.path(), "/");
    let again = instance.person();
    let form = asked(&again, ADDRESS).await;
    assert_eq!(guess(&again, &form, 10).await, [400; 10], "the right password ends the waits");
}

#[tokio::test]
async fn sec_10_sec_95_parallel_guesses_are_all_counted() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let form = asked(&person, ADDRESS).await;
    let guesses = (0..30).map(|guess| person.post(form.clone().with("password", &format!("guess {guess}"))));
    let answers = join_all(guesses).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 400).count(), 10);
    assert_eq!(answers.iter().filter(|answer| answer.status == 429).count(), 20);
}

#[tokio::test]
async fn sec_95_two_hundred_sources_guess_no_more_than_one_and_the_owner_signs_in_meanwhile() {
    let instance =
        Instance::start(|port| Config { limits: Limits::standard(), ..Config::dev(DevOptions::default(), port) });
    let instance = instance.await;
    let owner = instance.person();
    let form = asked(&owner, ADDRESS).await;
    let home = owner.submit(form.with("password", ADDRESS)).await;
    owner.submit(home.sign_out_form()).await;

    let strangers: Vec<Person> = (0..200).map(|number| instance.person_at(1, number)).collect();
    let guesses = strangers.iter().map(async |stranger| {
        let form = asked(stranger, ADDRESS).await;
        guess(stranger, &form, 1).await
    });
    let statuses: Vec<u16> = join_all(guesses).await.concat();
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 10);
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 190);

    let form = asked(&owner, ADDRESS).await;
    assert_eq!(owner.submit(form.with("password", ADDRESS)).await.url.path(), "/");
    let elsewhere = instance.person_at(2, 1);
    let form = asked(&elsewhere, ADDRESS).await;
    assert_eq!(guess(&elsewhere, &form, 1).await, [429], "strangers are not forgiven by it");
}

#[tokio::test]
async fn sec_95_r_7_a_restart_in_the_middle_shortens_no_wait_of_five_minutes() {
    let directory = tempfile::tempdir().unwrap();
    let instance = kept(directory.path(), 100).await;
    let person = instance.person();
    let form = asked(&person, ADDRESS).await;
    guess(&person, &form, 10).await;
    for seconds in [30, 60, 120, 240] {
        instance.clock.advance(Duration::from_secs(seconds)).unwrap();
        assert_eq!(guess(&person, &form, 1).await, [400]);
    }
    let refused = person.post(form.with("password", ADDRESS)).await;
    assert_eq!(refused.header("retry-after"), "480");
    let now = instance.clock.now();
    instance.stop().await;

    let again = kept_at(directory.path(), 100, now).await;
    let person = again.person();
    let form = asked(&person, ADDRESS).await;
    let refused = person.post(form.clone().with("password", ADDRESS)).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "480"));
    again.clock.advance(Duration::from_secs(480)).unwrap();
    assert_eq!(guess(&person, &form, 1).await, [400]);
    assert_eq!(person.post(form.with("password", "x")).await.header("retry-after"), "960", "it goes on where it was");
}

#[tokio::test]
async fn sec_78_neither_a_restart_nor_the_first_factor_anew_gives_back_tries_at_the_second() {
    let directory = tempfile::tempdir().unwrap();
    let instance = kept(directory.path(), 100).await;
    let owner = instance.person();
    owner.sign_in(owner.visit("/users/start-sign-in").await, ADDRESS, ADDRESS).await;
    let offer = owner.visit("/totp-configuration").await;
    let key = totp_key(&offer);
    let code = totp_code(&key, instance.clock.now());
    owner.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await;
    owner.submit(owner.visit("/double-authentication").await.form_to("set-force-2fa").with("force2fa", "enable")).await;
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    let ask = async |person: &Person| {
        let page = person.sign_in(person.visit("/users/start-sign-in").await, ADDRESS, ADDRESS).await;
        page.form_with("totpToken", None)
    };
    let thief = instance.person();
    let form = ask(&thief).await;
    for _ in 0..5 {
        assert_eq!(thief.post(form.clone().with("totpToken", "000000")).await.status, 400);
    }
    let now = instance.clock.now();
    instance.stop().await;
    let again = kept_at(directory.path(), 100, now).await;
    let person = again.person();
    let form = ask(&person).await;
    let right = form.clone().with("totpToken", &totp_code(&key, now));
    assert_eq!(person.post(right).await.status, 429, "even the right one");
    again.clock.advance(Duration::from_secs(15 * 60)).unwrap();
    let right = form.with("totpToken", &totp_code(&key, again.clock.now()));
    assert_eq!(person.submit(right).await.url.path(), "/");
}

#[tokio::test]
async fn sec_95_too_many_in_a_row_suspend_the_password_until_the_mailbox_is_proven() {
    let directory = tempfile::tempdir().unwrap();
    let instance = kept(directory.path(), 8).await;
    let owner = instance.person();
    let form = asked(&owner, ADDRESS).await;
    let home = owner.submit(form.with("password", ADDRESS)).await;
    owner.submit(home.sign_out_form()).await;
    let stranger = instance.person();
    let mut pages = Vec::new();
    for address in [ADDRESS, UNKNOWN] {
        let form = asked(&stranger, address).await;
        // Slowly, so that no wait is in the way.
        for _ in 0..8 {
            instance.clock.advance(Duration::from_secs(400)).unwrap();
            assert_eq!(guess(&stranger, &form, 1).await, [400]);
        }
        instance.clock.advance(Duration::from_secs(48 * 3600 - 4000)).unwrap();
        let form = asked(&stranger, address).await;
        let refused = stranger.post(form.with("password", address)).await;
        assert_eq!((refused.status.as_u16(), refused.error_code().as_deref()), (403, Some("password_suspended")));
        pages.push(refused.text("h1, main > p"));
    }
    assert_eq!(pages[0], pages[1], "SEC-96: an address that nobody has is suspended like any other");
    assert!(pages[0].contains("choisissez un nouveau mot de passe par le lien"), "what to do next: {}", pages[0]);
    let told = instance.mails_to(ADDRESS).await;
    let suspended = told.iter().filter(|mail| mail.subject.contains("suspendu")).count();
    assert_eq!((suspended, instance.mails_to(UNKNOWN).await.len()), (1, 0), "its owner is told, once");
    let form = asked(&owner, ADDRESS).await;
    assert_eq!(owner.submit(form.with("password", ADDRESS)).await.url.path(), "/", "a known browser still works");
    let now = instance.clock.now();
    instance.stop().await;

    let instance = kept(directory.path(), 8).await;
    instance.clock.freeze(now).unwrap();
    let person = instance.person();
    let form = asked(&person, ADDRESS).await;
    let refused = person.post(form.with("password", ADDRESS)).await;
    assert_eq!(refused.error_code().as_deref(), Some("password_suspended"), "a restart forgives nothing");
    let form = asked(&person, UNKNOWN).await;
    let refused = person.post(form.with("password", UNKNOWN)).await;
    let told = (refused.error_code(), refused.text("h1, main > p"));
    assert_eq!(told, (Some(String::from("password_suspended")), pages[1].clone()), "SEC-96: after a restart as well");
    let by = By::local(Actor::Operator);
    let link = acts::issue_password_link(&instance.app, &by, UserId(1)).await.unwrap().unwrap();
    let asks = person.visit(&format!("/users/change-password?reset_password_token={link}")).await;
    let new = "une phrase de passe assez longue";
    let form = asks.form_with("password", None).with("password", new).with("password_confirmation", new);
    assert_eq!(person.submit(form).await.status, 200);
    let form = asked(&person, ADDRESS).await;
    assert_eq!(person.submit(form.with("password", new)).await.url.path(), "/");
    let now = instance.clock.now();
    instance.stop().await;
    let again = kept(directory.path(), 8).await;
    again.clock.freeze(now).unwrap();
    let person = again.person();
    let form = asked(&person, ADDRESS).await;
    assert_eq!(person.submit(form.with("password", new)).await.url.path(), "/", "a restart suspends nobody anew");
}

#[tokio::test]
async fn sec_95_whoever_comes_by_the_mailbox_has_the_password_back_without_anybodys_help() {
    for by_link in [true, false] {
        // Where existence is hidden, a code takes the place of the link.
        let config = |port| {
            let open = Config { limits: slow(8), ..Config::dev(DevOptions::default(), port) };
            if by_link { open } else { hiding(open) }
        };
        let instance = Instance::with_clock(config, Clock::manual(MORNING)).await;
        let stranger = instance.person();
        let form = asked(&stranger, ADDRESS).await;
        for _ in 0..8 {
            instance.clock.advance(Duration::from_secs(400)).unwrap();
            assert_eq!(guess(&stranger, &form, 1).await, [400]);
        }
        instance.clock.advance(Duration::from_secs(3_600)).unwrap();
        let owner = instance.person();
        let refused = owner.post(asked(&owner, ADDRESS).await.with("password", ADDRESS)).await;
        assert_eq!(refused.error_code().as_deref(), Some("password_suspended"));
        assert!(refused.has("main a[href='/users/reset-password']"), "{}", refused.body);
        let page = owner.visit("/users/start-sign-in").await;
        let asks = owner.submit(page.form_with("login", None).with("login", ADDRESS)).await;
        let home = if by_link {
            owner.submit(asks.form_to("send-magic-link")).await;
            owner.submit(owner.visit(&instance.link_of(ADDRESS).await).await.main_form()).await
        } else {
            let waits = owner.submit(asks.form_to("send-email-verification")).await;
            let code = instance.code_of(ADDRESS).await;
            owner.submit(waits.form_with("verify_email_token", None).with("verify_email_token", &code)).await
        };
        assert_eq!(home.url.path(), "/", "{}", home.text("main"));
        let elsewhere = instance.person();
        let home = elsewhere.submit(asked(&elsewhere, ADDRESS).await.with("password", ADDRESS)).await;
        assert_eq!(home.url.path(), "/", "by link: {by_link}: {}", home.text("main"));
    }
}

#[tokio::test]
async fn sec_1_sec_12_when_attempts_cannot_be_counted_nothing_is_tried_and_the_next_one_is() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let form = asked(&person, ADDRESS).await;
    let hashed = instance.app.passwords.hashed_count();
    let limiter = instance.app.limiter.clone();
    let broken = std::thread::spawn(move || {
        let _held = limiter.lock().unwrap();
        panic!("in the middle of counting");
    });
    assert!(broken.join().is_err());
    let refused = person.post(form.clone().with("password", ADDRESS)).await;
    assert_eq!(refused.status, 503, "even the right one");
    assert_eq!(instance.app.passwords.hashed_count(), hashed);
    assert_eq!(person.submit(form.with("password", ADDRESS)).await.url.path(), "/");
}
