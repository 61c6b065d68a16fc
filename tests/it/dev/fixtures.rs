//! People, organizations and clients of one's own.

use std::path::{Path, PathBuf};

use moncomptepro::clock::Clock;
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::crypto::Random;
use moncomptepro::site;

use super::Script;
use crate::support::{Instance, RelyingParty};

const FIXTURES: &str = r#"
[[organizations]]
id = 900
siret = "22210001800019"
label = "Département imaginaire"
legal_category = "7220"

[[users]]
id = 900
email = "amelie@exemple.fr"
given_name = "Amélie"
family_name = "Poulain"
password = "le fabuleux destin"
claims = { roles = ["agent"] }

[[memberships]]
user_id = 900
organization_id = 900
is_external = true

[[clients]]
client_id = "montmartre"
client_secret = "sacre-coeur"
name = "Les 2 moulins"
scope = "openid email organization"
redirect_uris = ["http://localhost:6000/back"]
id_token_signed_response_alg = "ES256"
"#;

fn written(directory: &Path, text: &str) -> PathBuf {
    let path = directory.join("fixtures.toml");
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn r_10_fixtures_are_there_beside_the_seeds() {
    let directory = tempfile::tempdir().unwrap();
    let fixtures = written(directory.path(), FIXTURES);
    let instance = Instance::dev_with(DevOptions { fixtures: Some(fixtures), ..DevOptions::default() }).await;
    let client = RelyingParty::new(&instance, "montmartre", "sacre-coeur", "http://localhost:6000/back");
    let person = instance.person();
    let asks = person.visit(&client.authorization("openid email organization", &[])).await;
    let back = person.sign_in(asks, "amelie@exemple.fr", "le fabuleux destin").await;
    let tokens = client.redeem(&client.code(&back)).await;
    client.verified(&tokens.id_token).await;
    let claims = client.userinfo(&tokens.access_token).await.json();
    assert_eq!((&claims["label"], &claims["is_external"]), (&"Département imaginaire".into(), &true.into()));
    assert_eq!(claims["roles"][0], "agent");
    let (other, standard) = (instance.person(), instance.standard_client());
    standard.code(&standard.sign_in(&other, "openid", "user@yopmail.com").await);
}

#[tokio::test]
async fn r_10_fixtures_that_replace_leave_nothing_of_the_seeds() {
    let directory = tempfile::tempdir().unwrap();
    let fixtures = written(directory.path(), "replace = true\n[[users]]\nid = 5\nemail = \"seul@exemple.fr\"\n");
    let instance = Instance::dev_with(DevOptions { fixtures: Some(fixtures), ..DevOptions::default() }).await;
    let people = Script::of(&instance).get("/_dev/api/people").await;
    assert_eq!(people.as_array().unwrap().len(), 1);
    assert_eq!((&people[0]["email"], &people[0]["password"]), (&"seul@exemple.fr".into(), &serde_json::Value::Null));
}

#[tokio::test]
async fn a_kept_directory_gets_what_it_lacks_and_keeps_what_was_changed() {
    let directory = tempfile::tempdir().unwrap();
    let options = |fixtures: Option<PathBuf>| DevOptions {
        issuer: Some("http://localhost:3000".parse().unwrap()),
        data_dir: Some(directory.path().join("data")),
        fixtures,
        ..DevOptions::default()
    };
    let instance = Instance::dev_with(options(None)).await;
    let person = instance.person();
    let form = person.visit("/_dev/another-person").await.form_with("siret", None).with("email", "user@yopmail.com");
    person.post(form.with("given_name", "Renommé").with("family_name", "Partout")).await;
    instance.stop().await;

    let fixtures = written(directory.path(), "[[users]]\nid = 900\nemail = \"amelie@exemple.fr\"\n");
    let again = Instance::dev_with(options(Some(fixtures))).await;
    let people = Script::of(&again).get("/_dev/api/people").await;
    let find = |id: u64| people.as_array().unwrap().iter().find(|person| person["id"] == id).unwrap();
    assert_eq!(find(1)["given_name"], "Renommé");
    assert_eq!(find(900)["email"], "amelie@exemple.fr");
}

#[tokio::test]
async fn r_10_a_declaration_replaces_what_was_recorded_in_a_kept_directory() {
    let directory = tempfile::tempdir().unwrap();
    let options = |fixtures: Option<PathBuf>| DevOptions {
        issuer: Some("http://localhost:3000".parse().unwrap()),
        data_dir: Some(directory.path().join("data")),
        fixtures,
        ..DevOptions::default()
    };
    let instance = Instance::dev_with(options(None)).await;
    let client = RelyingParty::new(&instance, "montmartre", "sacre-coeur", "http://localhost:6000/back");
    instance.person().get(&client.authorization("openid", &[])).await;
    let montmartre = async |instance: &Instance| {
        let listed = Script::of(instance).get("/_dev/api/clients").await;
        listed.as_array().unwrap().iter().find(|client| client["client_id"] == "montmartre").unwrap().clone()
    };
    assert_eq!(montmartre(&instance).await["is_recorded"], true);
    instance.stop().await;

    let again = Instance::dev_with(options(Some(written(directory.path(), FIXTURES)))).await;
    let declared = montmartre(&again).await;
    assert_eq!((&declared["is_recorded"], &declared["client_secret"]), (&false.into(), &"sacre-coeur".into()));
}

#[tokio::test]
async fn fixtures_that_cannot_stand_refuse_the_start_and_say_where() {
    let directory = tempfile::tempdir().unwrap();
    let fixtures = written(directory.path(), "[[users]]\nid = 1\nemail = \"a@b.fr\"\nnickname = \"x\"\n");
    let config = Config::dev(DevOptions { fixtures: Some(fixtures.clone()), ..DevOptions::default() }, 3000);
    let refused = site::start(config, Clock::system(), Random::system()).await.unwrap_err().to_string();
    for told in [fixtures.to_str().unwrap(), "line 4", "nickname"] {
        assert!(refused.contains(told), "{refused}");
    }
}
