//! A sign-in under way: whose it is, how long, and that it ends once.

use std::time::Duration;

use super::{JEAN, MARTIN, signed_in};
use crate::support::Instance;
use moncomptepro::domain::ClientState;

#[tokio::test]
async fn prm_53_whoever_gives_up_at_any_step_is_brought_back_with_a_refusal() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    let person = instance.person();
    let asks = person.visit(&client.authorization("openid", &[])).await;
    assert_eq!(client.error(&person.submit(asks.cancel_form()).await), "access_denied");
    let again = person.submit(asks.cancel_form()).await;
    assert_eq!((again.status.as_u16(), again.error_code().as_deref()), (410, Some("expired_interaction")));
    let martin = signed_in(&instance, MARTIN).await;
    for scope_and_prompt in [("openid organization", ""), ("openid", "select_account")] {
        let page = martin.visit(&client.authorization(scope_and_prompt.0, &[("prompt", scope_and_prompt.1)])).await;
        assert_eq!(client.error(&martin.submit(page.cancel_form()).await), "access_denied", "{scope_and_prompt:?}");
    }
}

#[tokio::test]
async fn aerr_1_prm_54_what_never_was_and_what_took_too_long_is_gone() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    for id in ["x", &"A".repeat(48), "%00", "é"] {
        let page = person.visit(&format!("/interaction/{id}")).await;
        assert!(matches!(page.status.as_u16(), 400 | 410), "{id}: {}", page.status);
        assert_eq!(page.header("cache-control"), "no-store");
    }
    let asks = person.visit(&client.authorization("openid", &[("prompt", "login")])).await;
    let id = asks.url.query().unwrap().trim_start_matches("interaction=").to_owned();
    instance.clock.advance(Duration::from_secs(3600)).unwrap();
    let page = person.visit(&format!("/interaction/{id}")).await;
    assert_eq!((page.status.as_u16(), page.error_code().as_deref()), (410, Some("expired_interaction")), "R-19");
    assert!(page.has("main a[href]"), "a way on");
}

#[tokio::test]
async fn prm_50_a_finished_sign_in_is_answered_once() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = person.visit(&client.authorization("openid", &[])).await;
    let id = asks.url.query().unwrap().trim_start_matches("interaction=").to_owned();
    client.code(&person.sign_in(asks, JEAN, JEAN).await);
    let back_button = person.visit(&format!("/interaction/{id}")).await;
    assert_eq!((back_button.status.as_u16(), back_button.error_code().as_deref()), (410, Some("expired_interaction")));
}

#[tokio::test]
async fn cli_7_a_client_that_is_disabled_meanwhile_gets_nothing() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.declare("service", |_| {}).await);
    let asks = person.visit(&client.authorization("openid", &[])).await;
    instance.declare("service", |client| client.state = ClientState::Disabled).await;
    let page = person.sign_in(asks, JEAN, JEAN).await;
    assert_eq!((page.status.as_u16(), page.location()), (410, ""));
}

#[tokio::test]
async fn sec_2_sec_91_the_account_disabled_meanwhile_does_not_get_through() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let asks = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
    let id = asks.url.path().to_owned();
    instance.disable(JEAN).await;
    let page = person.visit(&id).await;
    assert_eq!(page.url.path(), "/users/start-sign-in");
}
