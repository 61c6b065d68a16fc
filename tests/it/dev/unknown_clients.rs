//! Clients that nobody declared.

use moncomptepro::config::DevOptions;

use super::Script;
use crate::support::{Instance, RelyingParty};

const ADDRESS: &str = "user@yopmail.com";

#[tokio::test]
async fn r_10_an_unknown_client_is_recorded_with_its_first_secret() {
    let instance = Instance::dev().await;
    let mine = |secret: &str| RelyingParty::new(&instance, "my-new-service", secret, "http://localhost:5123/callback");
    let (person, client) = (instance.person(), mine("first secret"));
    let tokens = client.redeem(&client.code(&client.sign_in(&person, "openid email", ADDRESS).await)).await;
    client.verified(&tokens.id_token).await;
    assert_eq!(client.userinfo(&tokens.access_token).await.json()["email"], ADDRESS);
    let listed = Script::of(&instance).get("/_dev/api/clients").await;
    let recorded = listed.as_array().unwrap().iter().find(|client| client["client_id"] == "my-new-service").unwrap();
    assert_eq!(recorded["is_recorded"], true);
    assert!(recorded["client_secret"].is_null(), "only its digest is known");

    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let refused = mine("another secret").present(&code).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]), (401, &"invalid_client".into()));
}

#[tokio::test]
async fn r_10_addresses_of_this_machine_are_learned_and_no_others() {
    let instance = Instance::dev().await;
    let person = instance.person();
    for address in [
        "http://localhost:5123/a",
        "http://127.0.0.1:5123/b",
        "https://app.test/c",
        "http://web:80/d",
        "com.example.app:/e",
    ] {
        let client = RelyingParty::new(&instance, "my-new-service", "secret", address);
        let asks = person.visit(&client.authorization("openid", &[])).await;
        assert_eq!((asks.status.as_u16(), asks.url.path()), (200, "/users/start-sign-in"), "{address}: {}", asks.body);
    }
    for address in [
        "https://example.com/callback",
        "http://192.0.2.1/callback",
        "http://localhost:5123/a#x",
        "javascript:alert(1)",
    ] {
        for id in ["my-new-service", "never-seen"] {
            let client = RelyingParty::new(&instance, id, "secret", address);
            let refused = person.visit(&client.authorization("openid", &[])).await;
            assert_eq!(refused.status, 400, "{id} {address}");
            assert!(refused.error_code().is_some() && refused.location().is_empty());
        }
    }
    let listed = Script::of(&instance).get("/_dev/api/clients").await;
    assert!(!listed.to_string().contains("never-seen"), "a refused request records nothing");
}

#[tokio::test]
async fn r_10_declared_clients_stay_exact() {
    let instance = Instance::dev().await;
    let client =
        RelyingParty::new(&instance, "standard_client_id", "standard_client_secret", "http://localhost:4000/other");
    let refused = instance.person().visit(&client.authorization("openid", &[])).await;
    assert_eq!(refused.status, 400);
    assert!(refused.error_code().is_some());
}

#[tokio::test]
async fn r_10_sec_179_strict_refuses_what_production_refuses() {
    let instance = Instance::dev_with(DevOptions { strict: true, ..DevOptions::default() }).await;
    let unknown = RelyingParty::new(&instance, "my-new-service", "secret", "http://localhost:5123/callback");
    let refused = instance.person().visit(&unknown.authorization("openid", &[])).await;
    assert_eq!(refused.status, 400);
    assert!(refused.error_code().is_some());
    let listed = Script::of(&instance).get("/_dev/api/clients").await;
    assert!(!listed.to_string().contains("my-new-service"));

    let (person, client) = (instance.person(), instance.standard_client());
    let code = client.code(&client.sign_in(&person, "openid", ADDRESS).await);
    let posted = instance
        .http()
        .build()
        .unwrap()
        .post(format!("{}/oauth/token", instance.address))
        .form(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &client.redirect_uri),
            ("client_id", &client.client_id),
            ("client_secret", &client.client_secret),
        ])
        .send()
        .await
        .unwrap();
    assert_eq!(posted.status(), 401, "R-23: only the registered method");
    client.redeem(&code).await;
}
