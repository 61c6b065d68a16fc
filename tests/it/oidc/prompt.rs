//! What a client may ask about the sign-in itself: prompt, max_age, hints, levels.

use std::time::Duration;

use moncomptepro::config::DevOptions;

use super::{JEAN, MARTIN, signed_in};
use crate::support::{Instance, RelyingParty};

async fn auth_time(client: &RelyingParty, code: &str) -> u64 {
    let tokens = client.redeem(code).await;
    client.id_token_members(&tokens.id_token).await["auth_time"].as_u64().unwrap()
}

#[tokio::test]
async fn prm_1_sec_28_without_pages_each_reason_has_its_error() {
    let instance = Instance::dev().await;
    let client = instance.declare("service", |_| {}).await;
    let state = "s".repeat(128);
    let none = [("prompt", "none"), ("state", state.as_str())];
    let stranger = instance.person().visit(&client.authorization("openid", &none)).await;
    assert_eq!(client.error(&stranger), "login_required");
    assert_eq!(stranger.redirect_parameters()["state"], state);
    let person = signed_in(&instance, MARTIN).await;
    client.code(&person.visit(&client.authorization("openid", &none)).await);
    let choice = person.visit(&client.authorization("openid organization", &none)).await;
    assert_eq!(client.error(&choice), "interaction_required", "two organizations and none chosen");
}

#[tokio::test]
async fn prm_2_prm_7_sec_28_prompt_login_asks_again_and_moves_auth_time() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let before = auth_time(&client, &client.code(&person.visit(&client.authorization("openid", &[])).await)).await;
    instance.clock.advance(Duration::from_secs(100)).unwrap();
    let asks = person.visit(&client.authorization("openid", &[("prompt", "login")])).await;
    assert_eq!(asks.url.path(), "/users/start-sign-in");
    let page = person.sign_in(asks, JEAN, JEAN).await;
    assert_eq!(auth_time(&client, &client.code(&page)).await, before + 100, "and no loop");
}

#[tokio::test]
async fn sec_28_cancelling_a_fresh_sign_in_never_gives_a_code() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let asks = person.visit(&client.authorization("openid", &[("prompt", "login")])).await;
    let cancelled = person.submit(asks.cancel_form()).await;
    assert_eq!(client.error(&cancelled), "access_denied", "PRM-53");
    let asks = person.visit(&client.authorization("openid", &[("prompt", "login")])).await;
    let id = asks.url.query().unwrap().trim_start_matches("interaction=").to_owned();
    let skipped = person.visit(&format!("/interaction/{id}")).await;
    assert_eq!(skipped.url.path(), "/users/start-sign-in", "the last step cannot be called by hand");
}

#[tokio::test]
async fn prm_10_prm_11_prm_12_prm_13_max_age_is_counted_in_whole_seconds() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let strict = instance.declare("strict", |client| client.default_max_age = Some(30)).await;
    instance.clock.advance(Duration::from_secs(100)).unwrap();
    for (client, max_age, asks) in [
        (&client, "10000", false),
        (&client, "100", false),
        (&client, "99", true),
        (&client, "1", true),
        (&client, "0", true),
        (&client, "99999999999999999999999999", false),
        (&client, "", false),
        (&strict, "", true),
        (&strict, "1000", false),
    ] {
        let page = person.visit(&client.authorization("openid", &[("max_age", max_age)])).await;
        assert_eq!(page.status == 200, asks, "{max_age}");
        let silent = [("max_age", max_age), ("prompt", "none")];
        let silent = person.visit(&client.authorization("openid", &silent)).await;
        match asks {
            true => assert_eq!(client.error(&silent), "login_required", "PRM-11: {max_age}"),
            false => drop(client.code(&silent)),
        }
    }
    let asks = person.visit(&client.authorization("openid", &[("max_age", "0")])).await;
    let page = person.sign_in(asks, JEAN, JEAN).await;
    assert_eq!(auth_time(&client, &client.code(&page)).await, instance.clock.now().0, "PRM-7");
    let again = person.visit(&client.authorization("openid", &[("max_age", "0")])).await;
    assert_eq!(again.status, 200, "zero seconds ask again within the very second of the last proof");
}

#[tokio::test]
async fn prm_4_select_account_confirms_or_changes_the_account() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let silent = person.visit(&client.authorization("openid", &[("prompt", "none select_account")])).await;
    assert_eq!(client.error(&silent), "invalid_request");
    let target = client.authorization("openid", &[("prompt", "select_account")]);
    let asks = person.visit(&target).await;
    assert_eq!(asks.url.path(), "/users/select-account");
    let page = person.submit(asks.form_with("choice", Some("continue")).with("choice", "continue")).await;
    let tokens = client.redeem(&client.code(&page)).await;
    assert_eq!(client.verified(&tokens.id_token).await.subject().as_str(), "1");
    let asks = person.visit(&target).await;
    let other = person.submit(asks.form_with("choice", Some("another")).with("choice", "another")).await;
    let page = person.sign_in(other, MARTIN, MARTIN).await;
    let tokens = client.redeem(&client.code(&page)).await;
    assert_eq!(client.verified(&tokens.id_token).await.subject().as_str(), "154");
}

#[tokio::test]
async fn prm_5_several_prompts_are_all_obeyed() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let asks = person.visit(&client.authorization("openid", &[("prompt", "login consent")])).await;
    assert_eq!(asks.url.path(), "/users/start-sign-in");
    let consent = person.sign_in(asks, JEAN, JEAN).await;
    assert!(consent.url.path().ends_with("/consent"), "{}", consent.url);
    let page = person.submit(consent.form_with("decision", Some("allow")).with("decision", "allow")).await;
    client.code(&page);
}

#[tokio::test]
async fn prm_20_prm_21_prm_22_sec_28_a_hint_names_the_only_person_who_can_be_answered() {
    let instance = Instance::dev().await;
    let (client, other) = (instance.standard_client(), instance.test_client());
    let (jean, martin) = (signed_in(&instance, JEAN).await, signed_in(&instance, MARTIN).await);
    let tokens = other.redeem(&other.code(&jean.visit(&other.authorization("openid", &[])).await)).await;
    let before = crate::support::jose_payload(&tokens.id_token)["auth_time"].as_u64().unwrap();
    instance.clock.advance(Duration::from_secs(3 * 3600)).unwrap();
    let hint = ("id_token_hint", tokens.id_token.as_str());
    let silent = [hint, ("prompt", "none")];
    let code = client.code(&jean.visit(&client.authorization("openid", &silent)).await);
    assert_eq!(auth_time(&client, &code).await, before, "an expired hint of another client of ours will do");
    assert_eq!(client.error(&martin.visit(&client.authorization("openid", &silent)).await), "login_required");
    let asks = martin.visit(&client.authorization("openid", &[hint])).await;
    assert_eq!(asks.url.path(), "/users/start-sign-in", "the right person is asked for");
    let wrong = martin.sign_in(asks, MARTIN, MARTIN).await;
    assert_eq!(client.error(&wrong), "login_required");
    let asks = martin.visit(&client.authorization("openid", &[hint])).await;
    client.code(&martin.sign_in(asks, JEAN, JEAN).await);
}

#[tokio::test]
async fn auth_27_key_8_key_9_a_hint_that_is_not_ours_is_refused() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let tokens = client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await;
    let parts: Vec<&str> = tokens.id_token.split('.').collect();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    let confused = format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", parts[1], parts[2]);
    let cut = format!("{}.{}", parts[0], parts[1]);
    let changed = format!("{}.{}.{}", parts[0], parts[1].replacen('A', "B", 1), parts[2]);
    let long = format!("{}{}", tokens.id_token, "A".repeat(4096));
    for hint in [&unsigned, &confused, &cut, &changed, &long, &tokens.access_token] {
        let page = person.visit(&client.authorization("openid", &[("id_token_hint", hint)])).await;
        assert_eq!(client.error(&page), "invalid_request", "{hint}");
    }
    let elsewhere =
        Instance::dev_with(DevOptions { issuer: "https://other.test".parse().ok(), ..DevOptions::default() });
    let elsewhere = elsewhere.await;
    let page = instance.person().visit(&client.authorization("openid", &[("id_token_hint", &tokens.id_token)])).await;
    assert_eq!(page.status, 200, "ours, at home");
    let foreign = elsewhere.standard_client();
    let page = elsewhere.person().get(&foreign.authorization("openid", &[("id_token_hint", &tokens.id_token)])).await;
    assert!(
        page.location().contains("error=invalid_request"),
        "the same published keys, another issuer: {}",
        page.location()
    );
}

#[tokio::test]
async fn prm_23_sec_30_a_sub_claim_with_a_value_acts_like_a_hint() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    let (jean, martin) = (signed_in(&instance, JEAN).await, signed_in(&instance, MARTIN).await);
    let asking = |claims: &str, prompt: &str| client.authorization("openid", &[("claims", claims), ("prompt", prompt)]);
    for claims in [
        r#"{"id_token":{"sub":{"essential":true,"value":"1"}}}"#,
        r#"{"userinfo":{"sub":{"value":"1"}}}"#,
        r#"{"id_token":{"sub":{"essential":true,"values":["7","1"]}}}"#,
    ] {
        client.code(&jean.visit(&asking(claims, "none")).await);
        assert_eq!(client.error(&martin.visit(&asking(claims, "none")).await), "login_required", "{claims}");
        assert_eq!(martin.visit(&asking(claims, "")).await.url.path(), "/users/start-sign-in", "{claims}");
    }
    for nobody in [
        r#"{"id_token":{"sub":{"essential":true,"value":"nobody"}}}"#,
        r#"{"id_token":{"sub":{"value":"1"}},"userinfo":{"sub":{"value":"154"}}}"#,
    ] {
        assert_eq!(client.error(&jean.visit(&asking(nobody, "none")).await), "login_required", "{nobody}");
        let asks = jean.visit(&asking(nobody, "")).await;
        assert_eq!(client.error(&jean.sign_in(asks, JEAN, JEAN).await), "login_required", "{nobody}");
    }
    let anybody = r#"{"id_token":{"sub":null}}"#;
    client.code(&martin.visit(&asking(anybody, "none")).await);
}

#[tokio::test]
async fn prm_40_prm_42_sec_29_a_level_is_stated_as_it_was_reached() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let mfa = "https://refeds.org/profile/mfa";
    let voluntary = format!(r#"{{"id_token":{{"acr":{{"values":["{mfa}"]}}}}}}"#);
    let cases: [&[(&str, &str)]; 4] = [
        &[("acr_values", mfa)],
        &[("acr_values", "eidas3 eidas1")],
        &[("claims", &voluntary)],
        &[("claims", r#"{"id_token":{"acr":{"essential":true,"values":["eidas1","eidas2"]}}}"#)],
    ];
    for parameters in cases {
        let code = client.code(&person.visit(&client.authorization("openid", parameters)).await);
        let tokens = client.redeem(&code).await;
        assert_eq!(client.id_token_members(&tokens.id_token).await["acr"], "eidas1", "never echoed: {parameters:?}");
    }
}

#[tokio::test]
async fn prm_41_a_demanded_level_out_of_reach_is_refused_and_not_lowered() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    for (claims, prompt) in [
        (r#"{"id_token":{"acr":{"essential":true,"value":"eidas1-mfa"}}}"#, ""),
        (r#"{"id_token":{"acr":{"essential":true,"values":["eidas2","eidas3"]}}}"#, "none"),
    ] {
        let parameters = [("claims", claims), ("prompt", prompt), ("acr_values", "eidas1")];
        let page = person.visit(&client.authorization("openid", &parameters)).await;
        assert_eq!(client.error(&page), "unmet_authentication_requirements");
    }
    let stranger = instance.person();
    let claims = r#"{"id_token":{"acr":{"essential":true,"value":"eidas2"}}}"#;
    let asks = stranger.visit(&client.authorization("openid", &[("claims", claims)])).await;
    let page = stranger.sign_in(asks, JEAN, JEAN).await;
    assert_eq!(client.error(&page), "unmet_authentication_requirements", "after the sign-in as well");
}

#[tokio::test]
async fn r_10_where_somebody_is_always_signed_in_no_page_is_shown() {
    let options = DevOptions { sign_in_as: JEAN.parse().ok(), ..DevOptions::default() };
    let instance = Instance::dev_with(options).await;
    let client = instance.standard_client();
    let person = instance.person();
    for parameters in [&[][..], &[("prompt", "none")], &[("prompt", "login")], &[("max_age", "0")]] {
        instance.clock.advance(Duration::from_secs(5)).unwrap();
        let page = person.visit(&client.authorization("openid organization", parameters)).await;
        let tokens = client.redeem(&client.code(&page)).await;
        let members = client.id_token_members(&tokens.id_token).await;
        assert_eq!(members["sub"], "1", "{parameters:?}");
        if parameters.iter().any(|(name, value)| (*name, *value) == ("prompt", "login") || *name == "max_age") {
            assert_eq!(members["auth_time"], instance.clock.now().0, "{parameters:?}");
        }
    }
    let silent = instance.person().visit(&client.authorization("openid", &[("prompt", "none")])).await;
    client.code(&silent);
}
