//! Sources of the register that do not answer: whoever belongs somewhere signs in as ever, and whoever wants to join is told,
//! or waits for a moderator (SEC-199).

use std::time::Duration;

use moncomptepro::config::{Config, ContactSource, DevOptions, DirectorySettings, DirectorySource};
use serde_json::json;

use super::{arrive, join};
use crate::cli::directory::remote::{found, ok};
use crate::support::service::{Service, with_status};
use crate::support::{Instance, Page};

/// Known to the service, and to nobody here.
const ELSEWHERE: &str = "13003013300016";
const PETIT_LIEU: &str = "21999993500014";

/// An instance that asks this service alone.
async fn instance(port: u16) -> Instance {
    Instance::start(|own| {
        let config = Config::dev(DevOptions::default(), own);
        let sources = vec![DirectorySource::RechercheEntreprises];
        let base = format!("http://127.0.0.1:{port}").parse().unwrap();
        Config { directory: DirectorySettings { sources, recherche_entreprises: base, ..config.directory }, ..config }
    })
    .await
}

fn waits(page: &Page) -> bool {
    page.url.path() == "/users/unable-to-auto-join-organization"
}

#[tokio::test]
async fn sec_199_while_no_source_answers_one_is_told_and_joins_when_one_does() {
    let service = Service::start(with_status("500 Internal Server Error", "", "")).await;
    let instance = instance(service.port).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@inconnu.example", &[]).await;
    let told = join(&person, &asks, ELSEWHERE).await;
    assert_eq!(told.url.path(), "/users/join-organization");
    let problem = told.text("#siret-problem");
    assert!(told.status.is_server_error() || told.status == 400, "{}", told.status);
    assert!(problem.contains("répond") && !problem.contains("inconnu"), "an outage is no unknown number: {problem}");
    assert_eq!(told.attribute("#siret", "value").as_deref(), Some(ELSEWHERE), "what was typed stays");
    assert!(instance.mails_to("administration@yopmail.com").await.is_empty(), "nothing was asked of anybody");
    service.does(ok(&found(json!({ "siret": ELSEWHERE }))));
    instance.clock.advance(Duration::from_secs(31)).unwrap();
    assert!(waits(&join(&person, &told, ELSEWHERE).await), "the same form, once a source answers");
}

#[tokio::test]
async fn sec_199_sec_114_what_was_read_within_thirty_days_stands_in_and_not_longer() {
    let service = Service::start(ok(&found(json!({ "siret": ELSEWHERE })))).await;
    let instance = instance(service.port).await;
    let client = instance.standard_client();
    let first = instance.person();
    let asks = arrive(&first, &client, "jean@inconnu.example", &[]).await;
    assert!(waits(&join(&first, &asks, ELSEWHERE).await));
    service.does(with_status("500 Internal Server Error", "", ""));
    for (days, expected) in [(29, true), (3, false)] {
        instance.clock.advance(Duration::from_secs(days * 24 * 3600)).unwrap();
        let person = instance.person();
        let asks = arrive(&person, &client, &format!("jeanne{days}@inconnu.example"), &[]).await;
        let page = join(&person, &asks, ELSEWHERE).await;
        assert_eq!(waits(&page), expected, "{days}: {}", page.text("main"));
    }
}

#[tokio::test]
async fn sec_199_a_directory_of_contacts_that_does_not_answer_leaves_it_to_a_moderator() {
    let directory = tempfile::tempdir().unwrap();
    let fixtures = directory.path().join("fixtures.toml");
    let hall = format!(
        "[[establishments]]\nsiret = \"{PETIT_LIEU}\"\nlabel = \"Commune de Petit-Lieu\"\nlegal_category = \"7210\"\n\
         naf = \"84.11Z\"\nheadcount = \"03\"\nentity_headcount = \"03\"\ncommune_code = \"53127\"\n"
    );
    std::fs::write(&fixtures, hall).unwrap();
    let service = Service::start(with_status("500 Internal Server Error", "", "")).await;
    let options = DevOptions { fixtures: Some(fixtures), ..DevOptions::default() };
    let instance = Instance::start(|own| {
        let config = Config::dev(options.clone(), own);
        let annuaire_service_public = format!("http://127.0.0.1:{}", service.port).parse().unwrap();
        let contacts = vec![ContactSource::Apis];
        let directory = DirectorySettings { contacts, annuaire_service_public, ..config.directory };
        Config { directory, ..config }
    })
    .await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@gmail.com", &[]).await;
    let page = join(&person, &asks, PETIT_LIEU).await;
    assert!(waits(&page), "{}", page.text("main"));
    assert_eq!(service.asked().len(), 1, "it was asked");
}

#[tokio::test]
async fn sec_199_whoever_belongs_to_an_organization_signs_in_whatever_the_sources_do() {
    let service = Service::start(with_status("500 Internal Server Error", "", "")).await;
    let instance = instance(service.port).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = person.visit(&client.authorization("openid organization", &[])).await;
    let back = person.sign_in(asks, "user@yopmail.com", "user@yopmail.com").await;
    let told = client.userinfo(&client.redeem(&client.code(&back)).await.access_token).await.json();
    assert_eq!(told["siret"], "21920023500014");
    assert_eq!(service.asked().len(), 0, "nobody is asked on the way");
}
