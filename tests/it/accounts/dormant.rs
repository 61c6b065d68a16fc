//! Mailboxes that go with a function, and whoever comes back to their accounts after a year: the same person, or a successor.

use std::time::Duration;

use moncomptepro::acts::administration::{UserKey, erase_user};
use moncomptepro::acts::{self, By};
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::domain::{Actor, AuditEvent, User};
use moncomptepro::store::users;

use crate::support::{Instance, Page, Person, totp_code, totp_key};

const MAIRIE: &str = "mairie@ville.exemple.fr";
const MARIE: &str = "marie@ville.exemple.fr";
const PASSWORD: &str = "une phrase de passe assez longue";
const OTHER: &str = "une autre phrase de passe assez longue";
const DAY: Duration = Duration::from_secs(24 * 3600);
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
const HELD: &str = "/users/dormant-account";

async fn choose(person: &Person, page: &Page, password: &str) -> Page {
    let form = page.form_with("password_confirmation", None);
    person.submit(form.with("password", password).with("password_confirmation", password)).await
}

async fn give_code(instance: &Instance, person: &Person, page: &Page, address: &str) -> Page {
    let code = instance.code_of(address).await;
    person.submit(page.form_with("verify_email_token", None).with("verify_email_token", &code)).await
}

/// Opens an account.
async fn open(instance: &Instance, address: &str) -> Person {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let page = person.submit(page.form_with("login", None).with("login", address)).await;
    let page = choose(&person, &page, PASSWORD).await;
    let names = give_code(instance, &person, &page, address).await;
    let form = names.form_with("given_name", None).with("given_name", "Claire").with("family_name", "Petit");
    assert_eq!(person.submit(form).await.url.path(), "/");
    person
}

/// Signs in by password in a browser of their own, up to what is asked beside it.
async fn enter(instance: &Instance, address: &str, password: &str) -> (Person, Page) {
    let person = instance.person();
    let page = person.sign_in(person.visit("/users/start-sign-in").await, address, password).await;
    (person, page)
}

/// The same with the code of the mailbox.
async fn enter_by_mailbox(instance: &Instance, address: &str, password: &str) -> (Person, Page) {
    let (person, page) = enter(instance, address, password).await;
    assert_eq!(page.url.path(), "/users/verify-email");
    let page = give_code(instance, &person, &page, address).await;
    (person, page)
}

fn user(instance: &Instance, address: &str) -> User {
    let email = address.parse().unwrap();
    instance.app.store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap()
}

fn events(instance: &Instance) -> (usize, usize) {
    let records = instance.audit();
    let count = |is_one: fn(&AuditEvent) -> bool| records.iter().filter(|record| is_one(&record.event)).count();
    (
        count(|event| matches!(event, AuditEvent::DormantAccountHeld { .. })),
        count(|event| matches!(event, AuditEvent::DormantAccountFreed { .. })),
    )
}

async fn operators_link(instance: &Instance, address: &str) -> String {
    let by = By::local(Actor::System);
    let value = acts::issue_password_link(&instance.app, &by, user(instance, address).id).await.unwrap().unwrap();
    format!("/users/change-password?reset_password_token={value}")
}

/// Somebody comes back after a year, and is let in by an administrator.
pub(crate) async fn deeds() -> Instance {
    let instance = Instance::dev().await;
    open(&instance, MAIRIE).await;
    instance.clock.advance(YEAR).unwrap();
    enter_by_mailbox(&instance, MAIRIE, PASSWORD).await;
    let person = instance.person();
    choose(&person, &person.visit(&operators_link(&instance, MAIRIE).await).await, OTHER).await;
    instance
}

#[tokio::test]
async fn sec_106_without_a_second_factor_only_an_administrator_lets_in_whoever_comes_back_after_a_year() {
    let instance = Instance::dev().await;
    open(&instance, MAIRIE).await;
    instance.clock.advance(YEAR - DAY).unwrap();
    let (_, home) = enter_by_mailbox(&instance, MAIRIE, PASSWORD).await;
    assert_eq!((home.url.path(), events(&instance)), ("/", (0, 0)), "not before");
    instance.clock.advance(YEAR).unwrap();
    let (person, held) = enter_by_mailbox(&instance, MAIRIE, PASSWORD).await;
    assert_eq!((held.url.path(), held.status.as_u16()), (HELD, 200));
    assert!(held.text("h1").contains("administrateur") && held.text("main").contains(MAIRIE), "{}", held.body);
    assert_eq!(events(&instance), (1, 0));
    let pages = ["/", "/personal-information", "/manage-organizations", "/connection-and-account", "/users/delete"];
    for path in pages.into_iter().chain(["/double-authentication", "/users/double-authentication-choice"]) {
        assert_eq!(person.visit(path).await.url.path(), HELD, "{path}");
    }
    assert_eq!(person.visit("/users/totp-configuration").await.url.path(), HELD, "a successor sets no factor up");
    let client = instance.standard_client();
    assert_eq!(person.visit(&client.authorization("openid", &[])).await.url.path(), HELD);
    let silent = person.visit(&client.authorization("openid", &[("prompt", "none")])).await;
    assert!(silent.location().contains("error=interaction_required"), "{}", silent.location());
    // The mailbox alone changes nothing, whatever it is used for.
    let reader = instance.person();
    let page = reader.visit("/users/reset-password").await;
    reader.submit(page.form_with("login", None).with("login", MAIRIE)).await;
    let page = reader.visit(&instance.link_of(MAIRIE).await).await;
    assert_eq!(choose(&reader, &page, OTHER).await.status, 200);
    assert_eq!(enter(&instance, MAIRIE, OTHER).await.1.url.path(), HELD, "a new password by mail");
    let page = reader.visit("/users/start-sign-in").await;
    let asks = reader.submit(page.form_with("login", None).with("login", MAIRIE)).await;
    reader.submit(asks.form_to("send-magic-link")).await;
    let here = reader.visit(&instance.link_of(MAIRIE).await).await;
    assert_eq!(reader.submit(here.form_with("magic_link_token", None)).await.url.path(), HELD, "a link by mail");
    assert_eq!(events(&instance), (1, 0), "once");
    let page = reader.visit(&operators_link(&instance, MAIRIE).await).await;
    assert_eq!(choose(&reader, &page, PASSWORD).await.status, 200);
    assert_eq!(events(&instance), (1, 1));
    assert_eq!(enter(&instance, MAIRIE, PASSWORD).await.1.url.path(), "/");
    assert_eq!(person.visit(HELD).await.url.path(), "/users/start-sign-in");
}

#[tokio::test]
async fn sec_106_an_administrator_s_link_of_before_the_return_counts_as_well() {
    let instance = Instance::dev().await;
    open(&instance, MAIRIE).await;
    instance.clock.advance(YEAR * 2).unwrap();
    let person = instance.person();
    choose(&person, &person.visit(&operators_link(&instance, MAIRIE).await).await, OTHER).await;
    let (_, home) = enter_by_mailbox(&instance, MAIRIE, OTHER).await;
    assert_eq!((home.url.path(), events(&instance)), ("/", (0, 0)));
}

#[tokio::test]
async fn sec_106_with_a_second_factor_it_and_the_mailbox_are_asked_for_anew() {
    let instance = Instance::dev().await;
    let owner = open(&instance, MAIRIE).await;
    let offer = owner.visit("/totp-configuration").await;
    let key = totp_key(&offer);
    let code = totp_code(&key, instance.clock.now());
    owner.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await;
    instance.clock.advance(DAY).unwrap();
    assert_eq!(enter(&instance, MAIRIE, PASSWORD).await.1.url.path(), "/", "it is asked on demand");
    instance.clock.advance(YEAR).unwrap();
    let (person, asks) = enter(&instance, MAIRIE, PASSWORD).await;
    assert_eq!(asks.url.path(), "/users/2fa-sign-in");
    let code = totp_code(&key, instance.clock.now());
    let asks = person.submit(asks.form_with("totpToken", None).with("totpToken", &code)).await;
    assert_eq!((asks.url.path(), events(&instance)), ("/users/verify-email", (1, 0)), "neither is enough");
    assert_eq!(give_code(&instance, &person, &asks, MAIRIE).await.url.path(), "/");
    assert_eq!(events(&instance), (1, 1));
    instance.clock.advance(DAY).unwrap();
    assert_eq!(enter(&instance, MAIRIE, PASSWORD).await.1.url.path(), "/");
}

#[tokio::test]
async fn sec_106_whoever_proves_the_mailbox_first_still_owes_the_second_factor() {
    let instance = Instance::dev().await;
    let owner = open(&instance, MAIRIE).await;
    let offer = owner.visit("/totp-configuration").await;
    let key = totp_key(&offer);
    let code = totp_code(&key, instance.clock.now());
    owner.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await;
    instance.clock.advance(YEAR).unwrap();
    let reader = instance.person();
    let page = reader.visit("/users/start-sign-in").await;
    let asks = reader.submit(page.form_with("login", None).with("login", MAIRIE)).await;
    reader.submit(asks.form_to("send-magic-link")).await;
    let here = reader.visit(&instance.link_of(MAIRIE).await).await;
    let asks = reader.submit(here.form_with("magic_link_token", None)).await;
    assert_eq!(asks.url.path(), "/users/2fa-sign-in");
    for path in ["/", "/connection-and-account", HELD] {
        assert_eq!(reader.visit(path).await.url.path(), "/users/2fa-sign-in", "{path}");
    }
    let code = totp_code(&key, instance.clock.now());
    let home = reader.submit(asks.form_with("totpToken", None).with("totpToken", &code)).await;
    assert_eq!((home.url.path(), events(&instance)), ("/", (1, 1)));
}

#[tokio::test]
async fn sec_106_a_successor_who_opens_an_account_after_the_erasure_is_somebody_else() {
    let instance = Instance::dev().await;
    open(&instance, MAIRIE).await;
    let before = user(&instance, MAIRIE).id;
    instance.clock.advance(YEAR).unwrap();
    assert_eq!(enter_by_mailbox(&instance, MAIRIE, PASSWORD).await.1.url.path(), HELD);
    let by = By::local(Actor::Operator);
    erase_user(&instance.app, &by, UserKey::Email(MAIRIE.parse().unwrap()), false).await.unwrap().unwrap();
    let (successor, client) = (open(&instance, MAIRIE).await, instance.standard_client());
    let back = successor.visit(&client.authorization("openid", &[])).await;
    let tokens = client.redeem(&client.code(&back)).await;
    let sub = client.id_token_members(&tokens.id_token).await["sub"].as_str().unwrap().to_owned();
    assert_ne!(sub, before.to_string());
    assert_eq!(sub, user(&instance, MAIRIE).id.to_string());
}

#[tokio::test]
async fn sec_106_people_are_not_held_and_an_operator_names_more_functions() {
    for is_named in [false, true] {
        let instance = Instance::start(|port| {
            let names = if is_named { vec!["marie".parse().unwrap()] } else { Vec::new() };
            Config { generic_mailboxes: names, ..Config::dev(DevOptions::default(), port) }
        });
        let instance = instance.await;
        open(&instance, MARIE).await;
        instance.clock.advance(YEAR * 2).unwrap();
        let (_, page) = enter_by_mailbox(&instance, MARIE, PASSWORD).await;
        assert_eq!(page.url.path(), if is_named { HELD } else { "/" });
    }
}
