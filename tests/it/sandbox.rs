//! A shared instance to try services with: it says what it is, keeps its mails, and takes clients of anybody's choice.

use std::path::Path;

use moncomptepro::config::Config;
use reqwest::header::{HOST, HeaderMap, HeaderValue};

use crate::support::{Instance, Page};

async fn instance(directory: &Path, kind: &str) -> Instance {
    let file = directory.join(format!("{kind}.toml"));
    let data_dir = directory.join(kind);
    let text = format!(
        "public_url = \"https://bac-a-sable.exemple.fr\"\ndata_dir = {data_dir:?}\nlisten = \"127.0.0.1:8080\"\n\
         tls.mode = \"off\"\nkeys.rsa_bits = 2048\ninstance.kind = \"{kind}\"\n"
    );
    std::fs::write(&file, text).unwrap();
    Instance::start(|port| Config { port, ..Config::from_file(&file).unwrap() }).await
}

async fn get(instance: &Instance, path: &str) -> Page {
    let host = HeaderMap::from_iter([(HOST, HeaderValue::from_static("bac-a-sable.exemple.fr"))]);
    instance.person().get_with(path, host).await
}

fn asking(redirect_uri: &str) -> String {
    let redirect_uri: String = url::form_urlencoded::byte_serialize(redirect_uri.as_bytes()).collect();
    format!("/oauth/authorize?client_id=mon-essai&response_type=code&scope=openid&redirect_uri={redirect_uri}&state=s")
}

#[tokio::test]
async fn a_sandbox_carries_a_banner_and_shows_its_mails() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = instance(directory.path(), "sandbox").await;
    let mails = get(&sandbox, "/mailbox").await;
    assert_eq!(mails.status, 200);
    assert!(mails.body.contains("class=\"trial\"") && mails.body.contains("action=\"/mailbox\""));
    assert!(!mails.body.contains("/_dev/"), "what leads to development mode leads nowhere here");
    assert_eq!(get(&sandbox, "/api/mailbox").await.body, "[]");
    assert_eq!(get(&sandbox, "/_dev/api/mailbox").await.status, 404);
}

#[tokio::test]
async fn a_sandbox_takes_the_client_that_a_developer_makes_up_and_production_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = instance(directory.path(), "sandbox").await;
    for redirect_uri in ["https://essai.exemple.fr/retour", "http://localhost:4000/retour"] {
        let answer = get(&sandbox, &asking(redirect_uri)).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    assert_eq!(get(&sandbox, &asking("http://essai.exemple.fr/retour")).await.status, 400, "not without TLS");
    let production = instance(directory.path(), "production").await;
    assert_eq!(get(&production, &asking("https://essai.exemple.fr/retour")).await.status, 400);
    assert_eq!(get(&production, "/mailbox").await.status, 404);
    assert!(!get(&production, "/users/start-sign-in").await.body.contains("class=\"trial\""));
}
