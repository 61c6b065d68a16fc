//! A person reads everything that is known about them, and takes it with them.

use std::time::Duration;

use moncomptepro::acts::administration::{UserKey, erase_user, make_retention_round};
use moncomptepro::acts::{self, By, settle_mail};
use moncomptepro::domain::{Actor, AuditEvent, MailContent, OutgoingMail, Role, User};
use moncomptepro::mail::Fate;
use moncomptepro::protocol::Locale;
use moncomptepro::store::{Tx, outbox, sent_mails, users};
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::Value;

use crate::support::{Device, Instance, Page, Person, totp_code, totp_key};

const ADDRESS: &str = "user@red-needles-sarl.com";
const OTHER: &str = "user@yopmail.com";
const NEW: &str = "josiane@commune.example";
const ALSO_NEW: &str = "jo@commune.example";
const PHRASE: &str = "une phrase de passe assez longue";
const PAGE: &str = "/connection-and-account/my-data";

async fn signed_in(instance: &Instance, address: &str) -> Person {
    let person = instance.person();
    let start = person.visit("/").await;
    person.sign_in(start, address, address).await;
    person
}

/// The file, by the link that is mailed.
pub(crate) async fn export(instance: &Instance, person: &Person, address: &str) -> (Page, Value) {
    let asked = person.submit(person.visit(PAGE).await.main_form()).await;
    assert!(asked.text("[role=status]").contains(address), "{}", asked.text("main"));
    let file = person.submit(person.visit(&instance.link_of(address).await).await.main_form()).await;
    let document = file.json();
    (file, document)
}

fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn sec_169_the_export_holds_account_organizations_services_sessions_and_history() {
    let instance = Instance::dev().await;
    let stranger = instance.person();
    let start = stranger.visit("/").await;
    stranger.sign_in(start, ADDRESS, "wrong").await;
    let (person, client) = (signed_in(&instance, ADDRESS).await, instance.standard_client());
    client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await;
    let page = person.visit("/personal-information").await;
    person.submit(page.form_with("given_name", None).with("given_name", "Josiane")).await;
    let page = person.visit(PAGE).await;
    let (file, data) = export(&instance, &person, ADDRESS).await;
    assert_eq!(file.header("content-type"), "application/json");
    assert_eq!(file.header("cache-control"), "no-store", "SEC-125");
    assert!(file.header("content-disposition").starts_with("attachment"));
    assert_eq!(data["format"], "moncomptepro-personal-data-1");
    let expected = [
        "account",
        "acts",
        "exported_at",
        "format",
        "issuer",
        "mails",
        "organizations",
        "requests",
        "services",
        "sessions",
        "sign_ins",
        "trusted_browsers",
    ];
    let mut names = members(&data);
    names.sort_unstable();
    assert_eq!(names, expected, "the shape is documented: a member is added to both");
    let readme = include_str!("../../../../README.md");
    let told = readme.split("\"My data\" shows").nth(1).unwrap().split("Not in it").next().unwrap();
    for name in names {
        assert!(told.contains(&format!("`{name}`")), "README: {name}");
    }
    assert_eq!((&data["account"]["email"], &data["account"]["given_name"]), (&ADDRESS.into(), &"Josiane".into()));
    assert_eq!(data["exported_at"], "2026-11-23T09:00:00.000Z");
    let sirets: Vec<&str> =
        data["organizations"].as_array().unwrap().iter().map(|o| o["siret"].as_str().unwrap()).collect();
    assert_eq!(sirets, ["21630215800011", "83951732300011"]);
    assert_eq!(data["services"][0]["client_id"], "standard_client_id");
    assert_eq!(
        (&data["sessions"][0]["source"], &data["sessions"][0]["methods"][0]),
        (&"127.0.0.1".into(), &"password".into())
    );
    let events = |list: &str| -> Vec<String> {
        let list = data[list].as_array().unwrap();
        list.iter()
            .map(|event| format!("{} {}", event["event"].as_str().unwrap(), event["by"].as_str().unwrap()))
            .collect()
    };
    assert_eq!(events("sign_ins"), ["signed_in visitor", "sign_in_failed visitor"]);
    let acts = events("acts");
    for act in ["personal_data_exported person", "personal_information_changed person"] {
        assert!(acts.contains(&act.to_owned()), "{act} in {acts:?}");
    }
    for (words, why) in [("Josiane", "names"), ("Red needles SARL", "organizations"), ("127.0.0.1", "addresses")] {
        assert!(page.text("main").contains(words), "{why} are on the page as well");
    }
    let exported = |event: &AuditEvent| matches!(event, AuditEvent::PersonalDataExported { .. });
    assert_eq!(instance.audit().iter().filter(|record| exported(&record.event)).count(), 4, "every page, and the file");
    let words = page.text("main");
    assert!(words.contains("Informations personnelles modifiées") && words.contains("Connexion"), "{words}");
    assert!(!words.contains("personal_information_changed") && !words.contains("signed_in"), "{words}");
}

#[tokio::test]
async fn sec_169_the_account_is_there_member_for_member_with_its_factors_and_without_their_keys() {
    let instance = Instance::dev().await;
    let (person, mut device) = (signed_in(&instance, ADDRESS).await, Device::new());
    let offer = person.visit("/totp-configuration?lang=en").await;
    let key = totp_key(&offer);
    let code = totp_code(&key, instance.clock.now());
    person.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await;
    let asked = person.press_passkey(&person.visit("/double-authentication").await).await;
    let made = device.create(&instance.address, &asked.options).await;
    person.submit(asked.answered(&made).with("name", "Téléphone")).await;
    let page = person.visit(PAGE).await;
    let (file, data) = export(&instance, &person, ADDRESS).await;
    let account = &data["account"];
    let mut names = members(account);
    names.sort_unstable();
    let expected = [
        "authenticator_added_at",
        "created_at",
        "email",
        "email_verified_at",
        "family_name",
        "given_name",
        "job",
        "language",
        "last_sign_in_at",
        "passkeys",
        "password_chosen_at",
        "phone_number",
        "role",
        "sign_in_count",
        "updated_at",
        "user_id",
    ];
    assert_eq!(names, expected, "a member is added to both");
    assert_eq!(account["language"], "en");
    assert_eq!(account["authenticator_added_at"], "2026-11-23T09:00:00.000Z");
    let mut names = members(&account["passkeys"][0]);
    names.sort_unstable();
    assert_eq!(names, ["added_at", "last_used_at", "made_in", "name", "suspended_at", "uses"]);
    assert_eq!(account["passkeys"][0]["name"], "Téléphone");
    assert!(page.text("main").contains("Téléphone") && page.text("main").contains("English"));
    let credential = made["id"].as_str().unwrap();
    assert!(!file.body.contains(&key) && !file.body.contains(credential), "neither key nor name of a passkey");
}

#[tokio::test]
async fn sec_169_nothing_of_anybody_else_and_no_secret_is_in_it() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, ADDRESS).await, instance.standard_client());
    let neighbour = signed_in(&instance, "user@yopmail.com").await;
    let token = client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await;
    let page = person.visit(PAGE).await;
    let (file, _) = export(&instance, &person, ADDRESS).await;
    let mut secrets = person.cookie_values();
    secrets.extend(neighbour.cookie_values());
    secrets.extend([
        token.access_token,
        String::from("$argon2"),
        String::from("user@yopmail.com"),
        String::from("password_hash"),
    ]);
    secrets.retain(|secret| secret.len() > 2);
    secrets.push(String::from("my_data_token"));
    for secret in secrets {
        assert!(!file.body.contains(&secret), "{secret}");
        assert!(!page.text("main").contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn sec_169_whoever_shares_an_organization_is_not_in_it() {
    let instance = Instance::dev().await;
    let one = signed_in(&instance, ADDRESS).await;
    let (file, data) = export(&instance, &one, ADDRESS).await;
    let people = instance.app.store.read(|tx| moncomptepro::store::users::list(tx, None, 1000)).unwrap();
    let own = data["account"]["user_id"].as_str().unwrap();
    for other in people.iter().filter(|user| user.id.to_string() != own) {
        assert!(!file.body.contains(other.email.as_str()), "{}", other.email);
    }
}

/// What is told of each mail: what about, to whom, and what became of it.
fn mails(data: &Value) -> Vec<String> {
    let told = |mail: &Value| {
        let mut names = members(mail);
        names.sort_unstable();
        assert_eq!(names, ["ended_at", "kind", "outcome", "to", "written_at"], "neither subject nor body");
        assert_eq!(mail["ended_at"].is_null(), mail["outcome"] == "waiting", "{mail}");
        let text = |name: &str| mail[name].as_str().unwrap().to_owned();
        format!("{} {} {}", text("kind"), text("to"), text("outcome"))
    };
    data["mails"].as_array().unwrap().iter().map(told).collect()
}

#[tokio::test]
async fn sec_169_the_mails_are_told_with_address_and_outcome_and_without_what_they_said() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, ADDRESS).await;
    let page = person.visit("/personal-information").await;
    person.submit(page.form_with("given_name", None).with("given_name", "Josiane")).await;
    let waits = person.visit(PAGE).await;
    assert!(waits.text("main").contains("Vos informations ont été modifiées · user@red-needles-sarl.com · en attente"));
    let (_, data) = export(&instance, &person, ADDRESS).await;
    let own = |kind: &str, outcome: &str| format!("{kind} {ADDRESS} {outcome}");
    let expected = ["data-link", "personal-information-changed", "new-sign-in"].map(|kind| own(kind, "sent"));
    assert_eq!(mails(&data), expected, "the latest first");
    assert!(!data["mails"].to_string().contains("Josiane"));
    // One that the server of mails refuses, and one that it never takes.
    let ends = [(Fate::Refused, "refused"), (Fate::Expired, "expired")];
    for (fate, _) in ends {
        let page = person.visit("/personal-information").await;
        let name = if fate == Fate::Refused { "Jo" } else { "Josiane" };
        person.submit(page.form_with("given_name", None).with("given_name", name)).await;
        let waiting = instance.app.store.read(|tx| outbox::list(tx, None, 9)).unwrap();
        settle_mail(&instance.app, waiting.last().unwrap().id, fate).await.unwrap();
    }
    // The code for another address went to that one, and what was told to the address before to that.
    let page = person.visit("/connection-and-account/email").await;
    let asks = person.submit(page.form_with("email", None).with("email", NEW)).await;
    let code = instance.code_of(NEW).await;
    person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    let (_, data) = export(&instance, &person, NEW).await;
    let told = mails(&data);
    for (kind, to, outcome) in [
        ("address-code", NEW, "sent"),
        ("address-changed", ADDRESS, "sent"),
        ("address-confirmed", NEW, "sent"),
        ("personal-information-changed", ADDRESS, "refused"),
        ("personal-information-changed", ADDRESS, "expired"),
    ] {
        assert!(told.contains(&format!("{kind} {to} {outcome}")), "{kind} in {told:?}");
    }
    assert!(instance.app.store.check(instance.clock.now()).unwrap().is_sound());
    // What waits for the address before goes with its owner as well.
    let page = person.visit("/connection-and-account/email").await;
    let asks = person.submit(page.form_with("email", None).with("email", ALSO_NEW)).await;
    let code = instance.code_of(ALSO_NEW).await;
    person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    assert_eq!(instance.mails_waiting_for(NEW), 1);
    let (by, key) = (By::local(Actor::System), UserKey::Email(ALSO_NEW.parse().unwrap()));
    erase_user(&instance.app, &by, key, true).await.unwrap().unwrap();
    assert_eq!(instance.mails_waiting_for(NEW), 0);
}

#[tokio::test]
async fn sec_169_the_link_is_mailed_works_once_for_24_hours_and_for_its_owner_alone() {
    let instance = Instance::dev().await;
    let (owner, other) = (signed_in(&instance, ADDRESS).await, signed_in(&instance, OTHER).await);
    let asked = owner.submit(owner.visit(PAGE).await.main_form()).await;
    assert_eq!((asked.url.path(), asked.header("content-type")), (PAGE, "text/html; charset=utf-8"), "no file yet");
    let first = instance.link_of(ADDRESS).await;
    owner.submit(owner.visit(PAGE).await.main_form()).await;
    let link = instance.link_of(ADDRESS).await;
    assert_ne!(first, link);
    assert_eq!(owner.get(&first).await.status, 410, "the last one alone");
    // Whoever is not signed in is led to sign in, somebody else gets nothing by look or by form; it stays good.
    assert_eq!(instance.person().visit(&link).await.url.path(), "/users/start-sign-in");
    assert_eq!(other.get(&link).await.status, 410);
    let form = owner.visit(&link).await.main_form();
    let token = other.visit("/").await.attribute("input[name=_csrf]", "value").unwrap();
    assert_eq!(other.post(form.clone().with("_csrf", &token)).await.status, 410);
    let swapped = form.clone().with("my_data_token", &"A".repeat(48));
    assert_eq!(owner.post(swapped).await.status, 410, "made up");
    let unsigned = instance.person();
    let token = unsigned.visit("/users/start-sign-in").await.attribute("input[name=_csrf]", "value").unwrap();
    assert_eq!(unsigned.post(form.clone().with("_csrf", &token)).await.status, 303);
    owner.visit(&link).await;
    let file = owner.post(form.clone()).await;
    assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "application/json"));
    for again in [owner.post(form).await, owner.get(&link).await] {
        assert_eq!(again.status, 410, "once");
    }
    assert!(!owner.visit(PAGE).await.has("[role=status]"), "none waits any more");
    // The last second, and the one after.
    owner.submit(owner.visit(PAGE).await.main_form()).await;
    let link = instance.link_of(ADDRESS).await;
    instance.clock.advance(Duration::from_secs(24 * 3600 - 1)).unwrap();
    assert_ne!(
        owner.visit(&link).await.url.path(),
        "/connection-and-account/my-data/file",
        "SEC-93: a proof of yesterday"
    );
    let owner = signed_in(&instance, ADDRESS).await;
    assert_eq!(owner.get(&link).await.status, 200, "in another browser of theirs as well");
    let form = owner.visit(&link).await.main_form();
    instance.clock.advance(Duration::from_secs(1)).unwrap();
    for late in [owner.get(&link).await, owner.post(form).await] {
        assert_eq!(late.status, 410);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_169_a_link_that_is_used_twice_at_once_gives_one_file() {
    let instance = Instance::dev().await;
    let owner = signed_in(&instance, ADDRESS).await;
    owner.submit(owner.visit(PAGE).await.main_form()).await;
    let form = owner.visit(&instance.link_of(ADDRESS).await).await.main_form();
    let (one, other) = tokio::join!(owner.post(form.clone()), owner.post(form));
    let mut given = [one.status.as_u16(), other.status.as_u16()];
    given.sort_unstable();
    assert_eq!(given, [200, 410]);
}

#[tokio::test]
async fn sec_37_sec_168_a_link_dies_with_what_ends_sessions_and_what_is_kept_of_mails_with_the_account() {
    let instance = Instance::dev().await;
    let owner = signed_in(&instance, ADDRESS).await;
    owner.submit(owner.visit(PAGE).await.main_form()).await;
    let link = instance.link_of(ADDRESS).await;
    let page = owner.visit("/connection-and-account/password").await;
    let form = page.form_with("password", None).with("password", PHRASE).with("password_confirmation", PHRASE);
    owner.submit(form).await;
    assert_eq!(owner.get(&link).await.status, 410);
    owner.submit(owner.visit(PAGE).await.main_form()).await;
    instance.mails_to(ADDRESS).await;
    let user = instance.app.store.read(|tx| users::find_by_email(tx, &ADDRESS.parse().unwrap())).unwrap().unwrap();
    let kept = || instance.app.store.read(|tx| sent_mails::list_of_user(tx, user.id)).unwrap().len();
    assert!(kept() >= 3);
    let (by, key) = (By::local(Actor::System), UserKey::Id(user.id));
    erase_user(&instance.app, &by, key, true).await.unwrap().unwrap();
    assert_eq!(kept(), 0);
    let report = instance.app.store.check(instance.clock.now()).unwrap();
    assert!(report.is_sound());
    for table in ["sent_mails", "sent_mails_by_time", "data_links"] {
        let rows = report.tables.iter().find(|counted| counted.table == table).unwrap().records;
        assert_eq!(rows, 0, "{table}");
    }
    instance.mails_to(ADDRESS).await;
    assert_eq!(kept(), 0, "the last mail to them leaves nothing behind");
}

#[tokio::test]
async fn sec_167_what_is_kept_of_mails_is_bounded_and_goes_after_six_months() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, ADDRESS).await;
    let now = instance.clock.now();
    let mail = OutgoingMail::notice(ADDRESS.parse().unwrap(), Locale::Fr, MailContent::Trial { at: now }, now);
    let fill = move |tx: &mut Tx| (0..250).try_for_each(|_| outbox::insert(tx, &mail).map(drop));
    instance.app.store.write(fill).await.unwrap();
    while acts::deliver_to_mailbox(&instance.app).await.unwrap() > 0 {}
    let count = async |person: &Person| {
        let page = person.visit(PAGE).await;
        page.text("#mails-title + p").split(' ').next().map(str::to_owned)
    };
    assert_eq!(count(&person).await.as_deref(), Some("200"));
    assert!(instance.app.store.check(now).unwrap().is_sound());
    make_retention_round(&instance.app).await.unwrap();
    instance.clock.advance(Duration::from_secs(182 * 24 * 3600)).unwrap();
    make_retention_round(&instance.app).await.unwrap();
    let kept = || {
        let user = instance.app.store.read(|tx| users::find_by_email(tx, &ADDRESS.parse().unwrap())).unwrap().unwrap();
        instance.app.store.read(|tx| sent_mails::list_of_user(tx, user.id)).unwrap().len()
    };
    assert_eq!(kept(), 200);
    instance.clock.advance(Duration::from_secs(24 * 3600)).unwrap();
    let round = make_retention_round(&instance.app).await.unwrap().unwrap();
    assert_eq!((kept(), round.purged["sent_mails"]), (0, 200), "and the report tells of it");
    assert!(instance.app.store.check(instance.clock.now()).unwrap().is_sound());
}

/// What a reader of the pages may be told in the place of a word of the file.
fn told_for(word: &str) -> Vec<String> {
    const PREFIXES: [&str; 10] = [
        "my-data.event.",
        "my-data.by.",
        "my-data.word.",
        "my-data.mail.",
        "my-data.request.",
        "factor.",
        "admin.team.role.",
        "admin.verification.",
        "browser.",
        "system.",
    ];
    if word == "fr" {
        return vec![String::from("Français")];
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/locales/fr.toml");
    let catalogue = std::fs::read_to_string(path).unwrap();
    let keys = PREFIXES.map(|prefix| format!("\"{prefix}{word}\" = \""));
    let texts = catalogue.lines().filter_map(|line| keys.iter().find_map(|key| line.strip_prefix(key.as_str())));
    texts.map(|text| text.trim_end_matches('"').to_owned()).collect()
}

/// The day of an instant, as it is written in French, without spaces.
fn day_of(instant: &str) -> String {
    const MONTHS: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let number = |range: std::ops::Range<usize>| instant[range].parse::<usize>().unwrap();
    format!("{}{}{}", number(8..10), MONTHS[number(5..7) - 1], number(0..4))
}

fn leaves(value: &Value, name: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => found.push((name.to_owned(), number.to_string())),
        Value::String(text) => found.push((name.to_owned(), text.clone())),
        Value::Array(list) => list.iter().for_each(|item| leaves(item, name, found)),
        Value::Object(members) => members.iter().for_each(|(name, item)| leaves(item, name, found)),
    }
}

#[tokio::test]
async fn sec_169_whatever_the_file_says_can_be_read_on_the_pages_in_the_reader_s_language() {
    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let instance = Instance::dev().await;
    let (stranger, client) = (instance.person(), instance.standard_client());
    let start = stranger.visit("/").await;
    stranger.sign_in(start, ADDRESS, "wrong").await;
    let write = |tx: &mut Tx<'_>| {
        let user = users::find_by_email(tx, &ADDRESS.parse().unwrap())?.unwrap();
        let mut claims = user.additional_claims.clone();
        claims.insert(String::from("matricule"), Value::from("A-1789"));
        users::update(tx, &User { role: Some(Role::Administrator), additional_claims: claims, ..user })
    };
    instance.app.store.write(write).await.unwrap();
    let person = instance.person();
    let start = person.visit("/users/start-sign-in").await;
    let asks = person.submit(start.form_with("login", None).with("login", ADDRESS)).await;
    let mut headers = HeaderMap::new();
    headers.insert("user-agent", HeaderValue::from_static(FIREFOX));
    headers.insert("origin", HeaderValue::from_str(&instance.address).unwrap());
    let answer = person.post_with(asks.form_with("password", None).with("password", ADDRESS), headers).await;
    person.follow(answer).await;
    client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await;
    for number in 0..60 {
        let page = person.visit("/personal-information").await;
        let name = if number % 2 == 0 { "Josiane" } else { "Josée" };
        person.submit(page.form_with("given_name", None).with("given_name", name)).await;
    }
    let (_, data) = export(&instance, &person, ADDRESS).await;
    assert!(data["acts"].as_array().unwrap().len() > 60, "more than a page of them");
    let close = |text: &str| text.chars().filter(|character| !character.is_whitespace()).collect::<String>();
    let mut read = String::new();
    let mut next = Some(PAGE.to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let page = person.visit(&path).await;
        let told = page.text("main");
        for word in ["administrator", "wrong_password", "data_link", "organization_join_block"] {
            assert!(!told.contains(word), "{word} is no word of the reader's");
        }
        read.push_str(&close(&told));
        pages += 1;
        next = page.attribute(&format!("main a[href='{PAGE}?page={}']", pages + 1), "href");
    }
    assert!(pages > 1);
    let mut found = Vec::new();
    leaves(&data, "", &mut found);
    for (name, text) in found.into_iter().filter(|(name, _)| name != "format") {
        let mut told = told_for(&text);
        match &text {
            _ if name == "kind" || !told.is_empty() => {}
            instant if instant.ends_with(".000Z") => told.push(day_of(instant)),
            other => told.push(other.clone()),
        }
        let is_read = told.is_empty() || told.iter().any(|told| read.contains(&close(told)));
        assert!(is_read, "{name}: {text:?} is not on the pages ({told:?})");
    }
    let acts = read.matches(&close("Informations personnelles modifiées")).count();
    // Every look is an act itself, and moves one from a page to the next.
    assert!(acts >= 60, "each of them can be read: {acts}");
}
