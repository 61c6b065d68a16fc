//! Clients that nobody declared, where they become known by themselves.

use moncomptepro::config::DevOptions;

use super::{JEAN, signed_in};
use crate::support::{Instance, RelyingParty};

fn unknown(instance: &Instance, id: &str, redirect_uri: &str) -> RelyingParty {
    RelyingParty::new(instance, id, "a-secret-of-their-choice", redirect_uri)
}

#[tokio::test]
async fn r_10_an_unknown_client_is_recorded_with_its_local_address() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    for (position, redirect_uri) in [
        "http://localhost:8080/cb",
        "http://127.0.0.1:8080/cb",
        "http://[::1]:8080/cb",
        "http://my-app.localhost/cb",
        "https://my-app.test/cb",
        "http://my-app.internal:81/cb",
        "http://web:8000/cb",
        "com.example.app:/cb",
    ]
    .into_iter()
    .enumerate()
    {
        let client = unknown(&instance, &format!("my-app-{position}"), redirect_uri);
        let tokens = client.redeem(&client.code(&person.visit(&client.authorization("openid email", &[])).await)).await;
        assert_eq!(client.verified(&tokens.id_token).await.subject().as_str(), "1", "{redirect_uri}");
    }
}

#[tokio::test]
async fn r_10_addresses_are_added_and_the_first_secret_is_kept() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let first = unknown(&instance, "my-app", "http://localhost:8080/cb");
    first.redeem(&first.code(&person.visit(&first.authorization("openid", &[])).await)).await;
    let second = unknown(&instance, "my-app", "http://localhost:9090/other");
    second.redeem(&second.code(&person.visit(&second.authorization("openid", &[])).await)).await;
    let code = first.code(&person.visit(&first.authorization("openid", &[])).await);
    let forgetful = RelyingParty::new(&instance, "my-app", "another-secret", "http://localhost:8080/cb");
    assert_eq!(forgetful.present(&code).await.json()["error"], "invalid_client");
    first.redeem(&code).await;
}

#[tokio::test]
async fn r_10_red_9_an_address_on_the_public_network_is_never_recorded() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    for redirect_uri in
        ["https://evil.example/cb", "http://service.gouv.fr/cb", "http://8.8.8.8/cb", "javascript:alert(1)"]
    {
        let stranger = unknown(&instance, "stranger", redirect_uri);
        let page = person.visit(&stranger.authorization("openid", &[])).await;
        assert_eq!(
            (page.status.as_u16(), page.error_code().as_deref()),
            (400, Some("unknown_client")),
            "{redirect_uri}"
        );
    }
    let known = unknown(&instance, "my-app", "http://localhost:8080/cb");
    known.code(&person.visit(&known.authorization("openid", &[])).await);
    let page = person.visit(&known.authorization("openid", &[("redirect_uri", "https://evil.example/cb")])).await;
    assert_eq!(page.error_code().as_deref(), Some("redirect_uri_mismatch"));
}

#[tokio::test]
async fn r_10_declared_clients_learn_nothing() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = instance.standard_client();
    let page = person.visit(&client.authorization("openid", &[("redirect_uri", "http://localhost:4001/cb")])).await;
    assert_eq!(page.error_code().as_deref(), Some("redirect_uri_mismatch"));
}

#[tokio::test]
async fn r_10_strict_refuses_whoever_is_not_declared() {
    let instance = Instance::dev_with(DevOptions { strict: true, ..DevOptions::default() }).await;
    let person = signed_in(&instance, JEAN).await;
    let client = unknown(&instance, "my-app", "http://localhost:8080/cb");
    let page = person.visit(&client.authorization("openid", &[])).await;
    assert_eq!((page.status.as_u16(), page.error_code().as_deref()), (400, Some("unknown_client")));
    assert_eq!(client.present("x").await.json()["error"], "invalid_client");
}

#[tokio::test]
async fn r_10_an_address_for_after_sign_out_is_recorded_too() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, JEAN).await;
    let client = unknown(&instance, "my-app", "http://localhost:8080/cb");
    let tokens = client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await;
    let hint = &tokens.id_token;
    let away = person
        .visit(&format!("/oauth/logout?id_token_hint={hint}&post_logout_redirect_uri=https://evil.example/"))
        .await;
    assert_eq!((away.status.as_u16(), away.error_code().as_deref()), (400, Some("invalid_post_logout_redirect_uri")));
    let home = person
        .visit(&format!("/oauth/logout?id_token_hint={hint}&post_logout_redirect_uri=http://localhost:8080/"))
        .await;
    assert_eq!((home.status.as_u16(), home.location()), (303, "http://localhost:8080/"));
}
