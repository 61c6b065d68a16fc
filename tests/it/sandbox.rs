//! A shared instance to try services with: it says what it is, keeps its mails, and takes clients of anybody's choice.

use std::path::Path;
use std::time::Duration;

use moncomptepro::acts;
use moncomptepro::config::Config;
use reqwest::header::{HOST, HeaderMap, HeaderValue};

use crate::support::{Instance, Operator, Page, RelyingParty};

async fn instance(directory: &Path, kind: &str) -> Instance {
    let file = directory.join("config.toml");
    let data_dir = directory.join("data");
    let text = format!(
        "public_url = \"https://bac-a-sable.exemple.fr\"\ndata_dir = {data_dir:?}\nlisten = \"127.0.0.1:8080\"\n\
         tls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]\nkeys.rsa_bits = 2048\naccounts.check_deliverability = false\ninstance.kind = \"{kind}\"\n\
         [[clients]]\nclient_id = \"declared\"\nclient_secret = \"kQ7vX2mZ9sLd4TfWb8RnYc3HgPj6EaUo\"\n\
         redirect_uris = [\"https://service.exemple.fr/\"]\n"
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
    let directory = tempfile::tempdir().unwrap();
    let production = instance(directory.path(), "production").await;
    assert_eq!(get(&production, &asking("https://essai.exemple.fr/retour")).await.status, 400);
    assert_eq!(get(&production, "/mailbox").await.status, 404);
    assert!(!get(&production, "/users/start-sign-in").await.body.contains("class=\"trial\""));
}

#[tokio::test]
async fn over_tls_a_sandbox_signs_a_newcomer_up_by_its_mailbox_for_a_client_of_anybodys_choice() {
    let directory = tempfile::tempdir().unwrap();
    let (file, data_dir) = (directory.path().join("config.toml"), directory.path().join("data"));
    let config = |port| {
        let text = format!(
            "public_url = \"https://localhost:{port}\"\ndata_dir = {data_dir:?}\nlisten = \"127.0.0.1:{port}\"\n\
             keys.rsa_bits = 2048\naccounts.check_deliverability = false\ninstance.kind = \"sandbox\"\n"
        );
        std::fs::write(&file, text).unwrap();
        Config::from_file(&file).unwrap()
    };
    let sandbox = Instance::start(config).await;
    assert!(sandbox.address.starts_with("https://"));
    let (person, callback) = (sandbox.person(), "https://essai.exemple.fr/retour");
    let client = RelyingParty::new(&sandbox, "mon-essai", "un-secret-de-mon-choix", callback);
    let page = person.visit(&client.authorization("openid email", &[])).await;
    let address = "essai@mairie.exemple.fr";
    let asks = person.submit(page.form_with("login", None).with("login", address)).await;
    let form = asks.form_with("password_confirmation", None);
    let password = "une phrase de passe assez longue";
    let form = form.with("password", password).with("password_confirmation", password);
    let asks = person.submit(form).await;
    let mailbox = person.get(&format!("/mailbox?to={address}")).await;
    let mails = person.get("/api/mailbox").await.json();
    let code = mails[0]["code"].as_str().unwrap();
    assert!(mailbox.body.contains(code), "the page shows it: {}", mailbox.body);
    let names = person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", code)).await;
    let form = names.form_with("given_name", None).with("given_name", "Élodie").with("family_name", "Ben Saïd");
    let back = person.submit(form).await;
    let tokens = client.redeem(&client.code(&back)).await;
    let told = client.userinfo(&tokens.access_token).await.json();
    assert_eq!((told["email"].as_str(), told["email_verified"].as_bool()), (Some(address), Some(true)));
    // The first secret is the client's from then on.
    let again = client.code(&person.visit(&client.authorization("openid email", &[])).await);
    let other = RelyingParty::new(&sandbox, "mon-essai", "un-autre-secret", callback);
    assert_eq!(other.present(&again).await.status, 401);
    assert_eq!(client.present(&again).await.status, 200);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_begins_again_by_command_and_production_never_does() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = instance(directory.path(), "sandbox").await;
    let operator = Operator::of(directory.path());
    get(&sandbox, &asking("https://essai.exemple.fr/retour")).await;
    let known = || async {
        let listed = operator.asks(&["client", "list"]).await;
        let items = listed["items"].as_array().unwrap().clone();
        items.iter().map(|client| client["client_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(known().await, ["declared", "mon-essai"]);
    let keys = get(&sandbox, "/oauth/jwks").await.body;
    operator.types(&["reset"]).await.refused(2, "--yes");
    assert_eq!(operator.types(&["reset", "--yes"]).await.code, 0);
    assert_eq!(known().await, ["declared"]);
    assert_eq!(get(&sandbox, "/oauth/jwks").await.body, keys, "what services keep of the keys stays good");
    sandbox.stop().await;
    assert_eq!(operator.types(&["reset", "--yes"]).await.code, 0, "nor does it have to run");
    let directory = tempfile::tempdir().unwrap();
    let production = instance(directory.path(), "production").await;
    Operator::of(directory.path()).types(&["reset", "--yes"]).await.refused(1, "no sandbox");
    production.stop().await;
}

#[tokio::test]
async fn a_sandbox_in_which_names_were_made_up_by_the_hundred_takes_the_next_service_all_the_same() {
    let instance = Instance::dev().await;
    let service = |id: &str| RelyingParty::new(&instance, id, "un-secret", "http://localhost:4000/retour");
    let asks = async |id: &str| instance.person().visit(&service(id).authorization("openid", &[])).await.status;
    let is_known = |id: &str| acts::enabled_client(&instance.app, id).unwrap().is_some();
    let in_use = service("en-service");
    let person = instance.person();
    in_use.redeem(&in_use.code(&in_use.sign_in(&person, "openid", "user@yopmail.com").await)).await;
    for number in 0..499 {
        instance.clock.advance(Duration::from_secs(1)).unwrap();
        assert_eq!(asks(&format!("invention-{number}")).await, 200);
    }
    assert!(is_known("invention-0") && is_known("invention-498"), "five hundred have their place");
    instance.clock.advance(Duration::from_secs(1)).unwrap();
    assert_eq!(asks("nouveau").await, 200, "and one more is taken");
    assert!(!is_known("invention-0"), "the oldest that never showed a secret is forgotten");
    assert!(is_known("nouveau") && is_known("invention-1") && is_known("en-service"));
    let tokens = in_use.redeem(&in_use.code(&person.visit(&in_use.authorization("openid", &[])).await)).await;
    assert_eq!(in_use.userinfo(&tokens.access_token).await.status, 200, "what is in use stays so");
    let declared = ["standard_client_id", "test-id", "legacy_client_id"];
    assert!(declared.into_iter().all(is_known), "what was declared takes no place, and loses none");
}
