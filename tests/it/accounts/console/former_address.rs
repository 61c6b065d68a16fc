//! What an account that left an address keeps of it: a way back for its owner, and nothing for whoever led it away.

use std::time::Duration;

use moncomptepro::acts::administration::{UserKey, erase_user};
use moncomptepro::acts::{By, forget_former_addresses};
use moncomptepro::config::{Config, DevOptions, Notices};
use moncomptepro::domain::{Actor, User, UserId};
use moncomptepro::store::{address_changes, retention_rounds, users};
use serde_json::json;

use crate::accounts::opening::import::write;
use crate::support::{Device, Instance, Operator, Page, Person, totp_code, totp_key};

const ADDRESS: &str = "user@yopmail.com";
const NEW: &str = "jean.user@commune.example";
const PASSWORD: &str = "une phrase de passe assez longue";
const DAY: Duration = Duration::from_secs(24 * 3600);
const MINUTE: Duration = Duration::from_secs(60);

async fn begin(person: &Person, address: &str) -> Page {
    let page = person.visit("/users/start-sign-in").await;
    person.submit(page.form_with("login", None).with("login", address)).await
}

async fn signed_in(instance: &Instance, address: &str) -> Person {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    assert_eq!(person.sign_in(page, address, address).await.url.path(), "/");
    person
}

async fn sign_in_by(instance: &Instance, address: &str, password: &str) -> Page {
    let person = instance.person();
    person.sign_in(person.visit("/users/start-sign-in").await, address, password).await
}

async fn ask(person: &Person, to: &str) -> Page {
    let page = person.visit("/connection-and-account/email?another=1").await;
    person.submit(page.form_with("email", None).with("email", to)).await
}

async fn give_back(person: &Person, asks: &Page, code: &str) -> Page {
    person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", code)).await
}

async fn change(instance: &Instance, person: &Person, to: &str) {
    let asks = ask(person, to).await;
    let done = give_back(person, &asks, &instance.code_of(to).await).await;
    assert_eq!(done.url.path(), "/connection-and-account", "{}", done.body);
}

async fn take_back(instance: &Instance, link: &str) -> Page {
    let owner = instance.person();
    let looked = owner.visit(link).await;
    owner.submit(looked.form_to("restore-address")).await
}

/// Chooses a password for an account to be, or for one that has none; the page that asks for the code.
async fn choose(person: &Person, address: &str) -> Page {
    let asks = begin(person, address).await;
    assert_eq!(asks.url.path(), "/users/sign-up");
    let form = asks.form_with("password_confirmation", None);
    person.submit(form.with("password", PASSWORD).with("password_confirmation", PASSWORD)).await
}

async fn set_up_totp(instance: &Instance, person: &Person) -> String {
    let offer = person.visit("/totp-configuration").await;
    let key = totp_key(&offer);
    let code = totp_code(&key, instance.clock.now());
    assert_eq!(person.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await.status, 200);
    let page = person.visit("/double-authentication").await;
    person.submit(page.form_to("set-force-2fa").with("force2fa", "enable")).await;
    key
}

async fn add_passkey(instance: &Instance, person: &Person, device: &mut Device) {
    let page = person.visit("/double-authentication").await;
    let asked = person.press_passkey(&page).await;
    let made = device.create(&instance.address, &asked.options).await;
    assert_eq!(person.submit(asked.answered(&made)).await.status, 200);
}

async fn enter_with(instance: &Instance, device: &mut Device) -> Page {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let asked = person.press_passkey(&page).await;
    let answer = device.answer(&instance.address, &asked.options).await;
    person.submit(asked.answered(&answer)).await
}

fn has_account(instance: &Instance, address: &str) -> bool {
    instance.app.store.read(|tx| users::find_by_email(tx, &address.parse().unwrap())).unwrap().is_some()
}

#[tokio::test]
async fn sec_103_sec_105_whoever_changed_the_address_has_no_factor_left_in_the_account() {
    let instance = Instance::dev().await;
    let (thief, mut before, mut after) = (signed_in(&instance, ADDRESS).await, Device::new(), Device::new());
    set_up_totp(&instance, &thief).await;
    add_passkey(&instance, &thief, &mut before).await;
    instance.clock.advance(MINUTE).unwrap();
    change(&instance, &thief, NEW).await;
    let link = instance.link_of(ADDRESS).await;
    add_passkey(&instance, &thief, &mut after).await;
    assert_eq!(enter_with(&instance, &mut after).await.url.path(), "/", "it is one until then");
    assert_eq!(take_back(&instance, &link).await.status, 200);
    for device in [&mut before, &mut after] {
        assert_eq!(enter_with(&instance, device).await.status, 400, "a passkey of the thief");
    }
    let owner = instance.person();
    let asks = choose(&owner, ADDRESS).await;
    let back = give_back(&owner, &asks, &instance.code_of(ADDRESS).await).await;
    assert_eq!(back.url.path(), "/", "nor is the owner asked for a factor of the thief");
    assert!(owner.visit("/double-authentication").await.text("main").contains("Aucune application"));
}

#[tokio::test]
async fn sec_73_sec_105_a_factor_of_long_before_stays_when_the_address_is_taken_back() {
    let instance = Instance::dev().await;
    let owner = signed_in(&instance, ADDRESS).await;
    let key = set_up_totp(&instance, &owner).await;
    instance.clock.advance(4 * DAY).unwrap();
    let thief = instance.person();
    let page = thief.visit("/users/start-sign-in").await;
    let asks = thief.sign_in(page, ADDRESS, ADDRESS).await;
    let code = totp_code(&key, instance.clock.now());
    thief.submit(asks.form_with("totpToken", None).with("totpToken", &code)).await;
    change(&instance, &thief, NEW).await;
    let link = instance.link_of(ADDRESS).await;
    assert_eq!(take_back(&instance, &link).await.status, 200);
    let back = instance.person();
    let asks = choose(&back, ADDRESS).await;
    let asked = give_back(&back, &asks, &instance.code_of(ADDRESS).await).await;
    assert!(asked.has("input[name=totpToken]"), "whoever reads a mailbox has no second factor by that: {}", asked.url);
}

#[tokio::test]
async fn sec_105_what_was_mailed_to_either_address_before_the_change_opens_nothing() {
    let instance = Instance::dev().await;
    let (person, old, new) = (signed_in(&instance, ADDRESS).await, instance.person(), instance.person());
    let asks = begin(&old, ADDRESS).await;
    old.submit(asks.form_to("send-magic-link")).await;
    let link = instance.link_of(ADDRESS).await;
    let opened = old.visit(&link).await;
    let waits = choose(&new, NEW).await;
    let code = instance.code_of(NEW).await;
    instance.clock.advance(MINUTE).unwrap();
    change(&instance, &person, NEW).await;
    assert_eq!(old.visit(&link).await.status, 410, "a link to the address before");
    let refused = old.submit(opened.form_with("magic_link_token", None)).await;
    assert_eq!(refused.status, 410, "nor by the form of before");
    assert!(!has_account(&instance, ADDRESS), "neither does it open another account there");
    let refused = give_back(&new, &waits, &code).await;
    assert_eq!(refused.url.path(), "/users/start-sign-in", "a code to the one after");
    assert_eq!(new.visit("/").await.url.path(), "/users/start-sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_105_the_address_before_is_nobody_elses_for_seventy_two_hours_and_its_owner_is_told_anew() {
    let directory = tempfile::tempdir().unwrap();
    let options = DevOptions { data_dir: Some(directory.path().join("data")), ..DevOptions::default() };
    let (instance, operator) = (Instance::dev_with(options).await, Operator::at(&directory.path().join("data")));
    let (thief, other) = (signed_in(&instance, ADDRESS).await, signed_in(&instance, "editeur@yopmail.com").await);
    change(&instance, &thief, NEW).await;
    let first = instance.link_of(ADDRESS).await;
    instance.clock.advance(MINUTE).unwrap();
    let visitor = instance.person();
    assert_eq!(choose(&visitor, ADDRESS).await.url.path(), "/users/verify-email", "as for any unknown address");
    let told = instance.mails_to(ADDRESS).await.remove(0);
    assert!(told.code().is_none() && told.subject.contains("a été changée"), "{}", told.subject);
    let again = told.link().unwrap().to_owned();
    assert_ne!(again, first);
    let create = ["user", "create", ADDRESS, "--given-name", "Marie", "--family-name", "Dupont", "--show-secret"];
    operator.types(&create).await.refused(1, "there already");
    operator.types(&["user", "invite", ADDRESS]).await.refused(1, "there already");
    let file = write(directory.path(), "rows.jsonl", &json!({ "email": ADDRESS }).to_string());
    let told = operator.types(&["user", "import", &file]).await;
    assert!(told.code == 1 && told.stdout.contains("somebody else has it"), "{told:?}");
    ask(&other, ADDRESS).await;
    assert!(instance.mails_to(ADDRESS).await[0].subject.contains("autre compte"), "said as for one that is taken");
    assert!(!has_account(&instance, ADDRESS));
    instance.clock.advance(2 * DAY).unwrap();
    assert_eq!(take_back(&instance, &again).await.status, 200, "the account comes back by the second mail too");
    assert!(has_account(&instance, ADDRESS) && !has_account(&instance, NEW));
    assert_eq!(instance.person().visit(&first).await.status, 410, "once");
}

#[tokio::test]
async fn sec_105_where_somebody_has_the_address_before_all_the_same_nothing_is_taken_from_them() {
    let instance = Instance::start(|port| {
        let contact = Some("aide@mairie.example".parse().unwrap());
        Config { notices: Notices { contact, ..Notices::SOBER }, ..Config::dev(DevOptions::default(), port) }
    });
    let instance = instance.await;
    let person = signed_in(&instance, ADDRESS).await;
    change(&instance, &person, NEW).await;
    let link = instance.link_of(ADDRESS).await;
    let owner = instance.person();
    let opened = owner.visit(&link).await.form_to("restore-address");
    let other = User::new(UserId(7_000_000_000), ADDRESS.parse().unwrap(), instance.clock.now());
    instance.app.store.write(move |tx| users::insert(tx, &other)).await.unwrap();
    let before = instance.recorded_acts();
    for (language, happened) in [("fr", "Rien n’a été changé"), ("en", "Nothing was changed")] {
        let page = instance.person().visit(&format!("{link}&lang={language}")).await;
        assert_eq!(page.status, 409);
        assert!(!page.has("main form") && page.text("main").contains(happened), "{}", page.text("main"));
        assert!(
            page.has("main a[href='mailto:aide@mairie.example']") && page.has("main a[href='/users/start-sign-in']")
        );
    }
    let late = owner.submit(opened).await;
    assert!(late.status == 409 && late.text("main").contains("garde sa nouvelle adresse"), "{}", late.text("main"));
    assert_eq!(instance.recorded_acts(), before, "nothing was done");
    assert!(has_account(&instance, NEW) && person.visit("/").await.url.path() == "/");
    assert_eq!(sign_in_by(&instance, NEW, ADDRESS).await.url.path(), "/", "nor is the password another one");
    // Once the other one is gone, the same link gives the address back.
    let by = By::local(Actor::Operator);
    erase_user(&instance.app, &by, UserKey::Email(ADDRESS.parse().unwrap()), false).await.unwrap().unwrap();
    assert_eq!(take_back(&instance, &link).await.status, 200);
    assert!(has_account(&instance, ADDRESS) && !has_account(&instance, NEW));
}

#[tokio::test]
async fn sec_105_after_seventy_two_hours_the_address_before_is_free_and_nothing_is_kept_of_it() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, ADDRESS).await;
    change(&instance, &person, NEW).await;
    let left = |instance: &Instance| {
        let address = ADDRESS.parse().unwrap();
        let changes = instance.app.store.read(|tx| address_changes::find_by_former(tx, &address)).unwrap();
        let now = instance.clock.now();
        (changes.is_some(), instance.app.store.read(|tx| address_changes::list_left_behind(tx, now)).unwrap().len())
    };
    assert_eq!(left(&instance), (true, 0));
    instance.clock.advance(3 * DAY).unwrap();
    let newcomer = instance.person();
    let asks = choose(&newcomer, ADDRESS).await;
    let names = give_back(&newcomer, &asks, &instance.code_of(ADDRESS).await).await;
    assert_eq!(names.url.path(), "/users/personal-information");
    instance.app.store.purge(instance.clock.now()).await.unwrap();
    assert_eq!(left(&instance), (false, 1));
    assert_eq!(forget_former_addresses(&instance.app).await.unwrap(), 1);
    let ended = instance.app.store.read(retention_rounds::find_purged).unwrap();
    assert_eq!(ended["former_addresses"], 1, "SEC-167: the report tells of it");
    assert_eq!(left(&instance), (false, 0));
}

#[tokio::test]
async fn sec_103_sec_105_a_sign_up_and_a_change_race_to_one_address_and_the_first_proof_has_it() {
    for sign_up_is_first in [true, false] {
        let instance = Instance::dev().await;
        let (attacker, owner) = (signed_in(&instance, ADDRESS).await, instance.person());
        let change = ask(&attacker, NEW).await;
        let code_of_change = instance.code_of(NEW).await;
        instance.clock.advance(MINUTE).unwrap();
        let sign_up = choose(&owner, NEW).await;
        let code = instance.code_of(NEW).await;
        assert_ne!(code, code_of_change);
        if sign_up_is_first {
            assert_eq!(give_back(&owner, &sign_up, &code).await.url.path(), "/users/personal-information");
            let late = give_back(&attacker, &change, &code_of_change).await;
            assert_eq!(late.status, 400, "the change that was pending is of no use any more");
            assert!(has_account(&instance, ADDRESS));
        } else {
            assert_eq!(give_back(&attacker, &change, &code_of_change).await.url.path(), "/connection-and-account");
            assert_eq!(give_back(&owner, &sign_up, &code).await.url.path(), "/users/start-sign-in");
            assert_eq!(owner.visit("/").await.url.path(), "/users/start-sign-in");
        }
    }
}
