//! The handle of a browser is new at every change of privilege: whoever kept the one before holds nothing.

use std::time::Duration;

use moncomptepro::acts::{self, By};
use moncomptepro::config::DevOptions;
use moncomptepro::domain::{Actor, UserId};

use crate::support::{Device, Instance, Operator, Page, Person, RelyingParty, totp_code, totp_key};

const ADDRESS: &str = "user@yopmail.com";
const OTHER: &str = "editeur@yopmail.com";

/// Another browser that kept, or planted, the handle of this one.
fn thief(instance: &Instance, person: &Person) -> Person {
    let thief = instance.person();
    thief.plant_cookie(&person.browser_cookie());
    thief
}

/// What was under way in the browser is closed to whoever holds its old handle, which has itself been replaced.
async fn assert_dead(thief: &Person, tabs: &[&Page]) {
    let held = thief.browser_cookie();
    for tab in tabs {
        let shown = thief.get(tab.url.as_str()).await;
        assert!(matches!(shown.status.as_u16(), 403 | 410), "{}: {}", tab.url, shown.status);
        let id = interaction_of(tab);
        let resumed = thief.get(&format!("/interaction/{id}")).await;
        assert!(matches!(resumed.status.as_u16(), 403 | 410), "{id}: {}", resumed.status);
        thief.plant_cookie(&held);
        let sent = thief.post(tab.main_form()).await;
        assert_eq!((sent.status.as_u16(), sent.error_code().as_deref()), (403, Some("csrf")), "{id}");
    }
    assert_eq!(thief.visit("/").await.url.path(), "/users/start-sign-in");
    assert_ne!(thief.browser_cookie(), held, "the dead handle is replaced at the next visit");
}

fn interaction_of(page: &Page) -> String {
    match page.url.query() {
        Some(query) => query.trim_start_matches("interaction=").to_owned(),
        None => page.url.path().split('/').nth(2).unwrap().to_owned(),
    }
}

/// What a tab that was left open comes to when it is gone on with.
async fn resumed(person: &Person, tab: &Page) -> Page {
    person.visit(&format!("/interaction/{}", interaction_of(tab))).await
}

async fn opened(person: &Person, client: &RelyingParty, prompt: &str) -> Page {
    person.visit(&client.authorization("openid", &[("prompt", prompt)])).await
}

async fn is_signed_in(person: &Person) -> bool {
    person.visit("/").await.url.path() == "/"
}

#[tokio::test]
async fn sec_89_the_handle_of_before_a_sign_in_opens_nothing_after_it_and_other_tabs_go_on() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let (one, two) = (opened(&person, &client, "").await, opened(&person, &client, "").await);
    let thief = thief(&instance, &person);
    let back = person.sign_in(one.clone(), ADDRESS, ADDRESS).await;
    client.redeem(&client.code(&back)).await;
    assert_dead(&thief, &[&one, &two]).await;
    client.redeem(&client.code(&resumed(&person, &two).await)).await;
}

#[tokio::test]
async fn sec_89_sec_94_a_switch_of_person_renews_the_handle_and_ends_what_the_first_one_left() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = opened(&person, &client, "").await;
    person.sign_in(asks, ADDRESS, ADDRESS).await;
    let left = opened(&person, &client, "consent").await;
    let switch = opened(&person, &client, "login").await;
    let thief = thief(&instance, &person);
    let back = person.sign_in(switch.clone(), OTHER, OTHER).await;
    client.redeem(&client.code(&back)).await;
    assert_dead(&thief, &[&left, &switch]).await;
    let late = resumed(&person, &left).await;
    assert_eq!((late.status.as_u16(), late.error_code().as_deref()), (410, Some("expired_interaction")));
    assert!(is_signed_in(&person).await);
}

#[tokio::test]
async fn sec_89_a_new_proof_of_the_same_person_renews_the_handle_and_keeps_every_tab() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = opened(&person, &client, "").await;
    person.sign_in(asks, ADDRESS, ADDRESS).await;
    let consent = opened(&person, &client, "consent").await;
    let again = opened(&person, &client, "login").await;
    let thief = thief(&instance, &person);
    client.redeem(&client.code(&person.sign_in(again.clone(), ADDRESS, ADDRESS).await)).await;
    assert_dead(&thief, &[&consent, &again]).await;
    let asked = resumed(&person, &consent).await;
    let allowed = person.submit(asked.form_with("decision", Some("allow")).with("decision", "allow")).await;
    client.redeem(&client.code(&allowed)).await;
}

#[tokio::test]
async fn sec_89_choosing_a_password_renews_the_handle_and_keeps_the_tab_that_waits_for_it() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let waiting = opened(&person, &client, "").await;
    let by = By::local(Actor::Operator);
    let link = acts::issue_password_link(&instance.app, &by, UserId(1)).await.unwrap().unwrap();
    let asks = person.visit(&format!("/users/change-password?reset_password_token={link}")).await;
    let thief = thief(&instance, &person);
    let password = "une phrase de passe assez longue";
    let form = asks.form_with("password", None).with("password", password).with("password_confirmation", password);
    assert_eq!(person.submit(form).await.status, 200);
    assert_dead(&thief, &[&waiting]).await;
    let asks = resumed(&person, &waiting).await;
    client.redeem(&client.code(&person.sign_in(asks, ADDRESS, password).await)).await;
}

#[tokio::test]
async fn sec_89_every_sign_out_renews_the_handle_and_ends_what_was_under_way() {
    let instance = Instance::dev().await;
    for is_by_client in [false, true] {
        let (person, client) = (instance.person(), instance.standard_client());
        let asks = opened(&person, &client, "").await;
        let tokens = client.redeem(&client.code(&person.sign_in(asks, ADDRESS, ADDRESS).await)).await;
        let left = opened(&person, &client, "consent").await;
        let thief = thief(&instance, &person);
        if is_by_client {
            person.visit(&format!("/oauth/logout?id_token_hint={}", tokens.id_token)).await;
        } else {
            person.submit(person.visit("/").await.sign_out_form()).await;
        }
        assert_dead(&thief, &[&left]).await;
        let late = resumed(&person, &left).await;
        assert_eq!((late.status.as_u16(), late.error_code().as_deref()), (410, Some("expired_interaction")));
        assert!(!is_signed_in(&person).await);
    }
}

/// What a browser held before a change of privilege.
struct Held {
    browser: String,
    session: Option<String>,
}

impl Held {
    fn by(person: &Person) -> Self {
        let session = person.find_cookie("session");
        Self { browser: person.browser_cookie(), session }
    }

    /// The browser has other handles now, and whoever kept the former ones is nobody.
    async fn assert_void(&self, instance: &Instance, person: &Person, what: &str) {
        assert_ne!(person.browser_cookie(), self.browser, "{what}");
        assert!(is_signed_in(person).await, "{what}");
        let thief = instance.person();
        thief.plant_cookie(&self.browser);
        if let Some(session) = &self.session {
            assert_ne!(person.session_cookie(), *session, "{what}");
            thief.plant_cookie(session);
        }
        assert_eq!(thief.visit("/").await.url.path(), "/users/start-sign-in", "{what}");
        assert_ne!(thief.browser_cookie(), self.browser, "{what}: the dead handle is replaced");
    }
}

#[tokio::test]
async fn sec_89_every_factor_that_is_set_up_or_given_renews_the_handles() {
    let instance = Instance::dev().await;
    let (person, mut device) = (instance.person(), Device::new());
    person.sign_in(person.visit("/users/start-sign-in").await, ADDRESS, ADDRESS).await;

    let held = Held::by(&person);
    let offer = person.visit("/totp-configuration").await;
    let key = totp_key(&offer);
    let code = totp_code(&key, instance.clock.now());
    let shown = person.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await;
    let recovery = shown.text(".codes").split_whitespace().next().unwrap().to_owned();
    held.assert_void(&instance, &person, "an application set up").await;

    let held = Held::by(&person);
    let asked = person.press_passkey(&person.visit("/double-authentication").await).await;
    let made = device.create(&instance.address, &asked.options).await;
    person.submit(asked.answered(&made)).await;
    held.assert_void(&instance, &person, "a passkey added").await;

    let page = person.visit("/double-authentication").await;
    person.submit(page.form_to("set-force-2fa").with("force2fa", "enable")).await;
    for what in ["a code", "a recovery code", "a passkey beside the password"] {
        instance.clock.advance(Duration::from_secs(60)).unwrap();
        let person = instance.person();
        let asks = person.sign_in(person.visit("/users/start-sign-in").await, ADDRESS, ADDRESS).await;
        assert_eq!(asks.url.path(), "/users/2fa-sign-in");
        let held = Held::by(&person);
        let form = match what {
            "a code" => {
                let code = totp_code(&key, instance.clock.now());
                asks.form_with("totpToken", None).with("totpToken", &code)
            }
            "a recovery code" => asks.form_with("recovery_code", None).with("recovery_code", &recovery),
            _ => {
                let asked = person.press_passkey(&asks).await;
                asked.answered(&device.answer(&instance.address, &asked.options).await)
            }
        };
        assert_eq!(person.submit(form).await.status, 200, "{what}");
        held.assert_void(&instance, &person, what).await;
    }

    let person = instance.person();
    let asked = person.press_passkey(&person.visit("/users/start-sign-in").await).await;
    let held = Held::by(&person);
    let answer = device.answer(&instance.address, &asked.options).await;
    person.submit(asked.answered(&answer)).await;
    held.assert_void(&instance, &person, "a passkey alone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_89_every_mailed_secret_that_is_given_back_renews_the_handles() {
    let directory = tempfile::tempdir().unwrap();
    let options = DevOptions { data_dir: Some(directory.path().to_owned()), ..DevOptions::default() };
    let (instance, operator) = (Instance::dev_with(options).await, Operator::at(directory.path()));
    let begin = async |person: &Person, address: &str| {
        let page = person.visit("/users/start-sign-in").await;
        person.submit(page.form_with("login", None).with("login", address)).await
    };

    let person = instance.person();
    let asks = begin(&person, ADDRESS).await;
    person.submit(asks.form_to("send-magic-link")).await;
    let here = person.visit(&instance.link_of(ADDRESS).await).await;
    let held = Held::by(&person);
    person.submit(here.form_with("magic_link_token", None)).await;
    held.assert_void(&instance, &person, "a link").await;

    let (person, password) = (instance.person(), "une phrase de passe assez longue");
    let asks = begin(&person, "nouvelle@mairie.exemple.fr").await;
    let form = asks.form_with("password_confirmation", None).with("password", password);
    let waits = person.submit(form.with("password_confirmation", password)).await;
    let code = instance.code_of("nouvelle@mairie.exemple.fr").await;
    let held = Held::by(&person);
    person.submit(waits.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    assert_ne!(person.browser_cookie(), held.browser, "a code");

    operator.asks(&["user", "invite", "marie@mairie.example"]).await;
    let person = instance.person();
    let page = person.visit(&instance.link_of("marie@mairie.example").await).await;
    let held = Held::by(&person);
    let form = page.form_with("password", None).with("password", password);
    person.submit(form.with("password_confirmation", password)).await;
    assert_ne!(person.browser_cookie(), held.browser, "an invitation");
}

#[tokio::test]
async fn a_form_sent_twice_signs_in_once() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = opened(&person, &client, "").await;
    let asks = person.submit(asks.form_with("login", None).with("login", ADDRESS)).await;
    let form = asks.form_with("password", None).with("password", ADDRESS);
    let (first, second) = tokio::join!(person.post(form.clone()), person.post(form));
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (303, 303));
    let mails = person.get(&format!("/_dev/api/mailbox?to={ADDRESS}")).await.json();
    assert_eq!(mails.as_array().unwrap().len(), 1, "one sign-in is told");
}

#[tokio::test]
async fn a_handle_that_nobody_gave_or_that_is_over_is_replaced() {
    let instance = Instance::dev().await;
    let prefix = format!("dev-{}-browser", instance.app.config.port);
    let endless = format!("_____{}", "A".repeat(43));
    let person = instance.person();
    for planted in ["A".repeat(43), "A".repeat(48), endless, String::from("x")] {
        person.plant_cookie(&format!("{prefix}={planted}"));
        person.visit("/users/start-sign-in").await;
        assert_ne!(person.browser_cookie(), format!("{prefix}={planted}"));
    }
    let kept = person.browser_cookie();
    person.visit("/users/start-sign-in").await;
    assert_eq!(person.browser_cookie(), kept, "one that was given stays");
    instance.clock.advance(std::time::Duration::from_secs(47 * 3600 - 1)).unwrap();
    person.visit("/users/start-sign-in").await;
    assert_eq!(person.browser_cookie(), kept);
    instance.clock.advance(std::time::Duration::from_secs(1)).unwrap();
    person.visit("/users/start-sign-in").await;
    assert_ne!(person.browser_cookie(), kept, "a sign-in could outlive it");
}
