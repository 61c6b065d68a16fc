//! A person reads everything that is known about them, and takes it with them.

use moncomptepro::domain::AuditEvent;
use serde_json::Value;

use crate::support::{Device, Instance, Page, Person, totp_code, totp_key};

const ADDRESS: &str = "user@red-needles-sarl.com";
const PAGE: &str = "/connection-and-account/my-data";

async fn signed_in(instance: &Instance, address: &str) -> Person {
    let person = instance.person();
    let start = person.visit("/").await;
    person.sign_in(start, address, address).await;
    person
}

async fn export(person: &Person, page: &Page) -> (Page, Value) {
    let file = person.submit(page.main_form()).await;
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
    let (file, data) = export(&person, &page).await;
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
    assert_eq!(instance.audit().iter().filter(|record| exported(&record.event)).count(), 2, "page and file");
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
    let (file, data) = export(&person, &page).await;
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
    let (file, _) = export(&person, &page).await;
    let mut secrets = person.cookie_values();
    secrets.extend(neighbour.cookie_values());
    secrets.extend([
        token.access_token,
        String::from("$argon2"),
        String::from("user@yopmail.com"),
        String::from("password_hash"),
    ]);
    secrets.retain(|secret| secret.len() > 2);
    for secret in secrets {
        assert!(!file.body.contains(&secret), "{secret}");
        assert!(!page.text("main").contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn sec_169_whoever_shares_an_organization_is_not_in_it() {
    let instance = Instance::dev().await;
    let one = signed_in(&instance, ADDRESS).await;
    let page = one.visit(PAGE).await;
    let (file, data) = export(&one, &page).await;
    let people = instance.app.store.read(|tx| moncomptepro::store::users::list(tx, None, 1000)).unwrap();
    let own = data["account"]["user_id"].as_str().unwrap();
    for other in people.iter().filter(|user| user.id.to_string() != own) {
        assert!(!file.body.contains(other.email.as_str()), "{}", other.email);
    }
}
