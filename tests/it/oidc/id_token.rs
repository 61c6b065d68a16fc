//! The ID token, claim by claim.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moncomptepro::acts;
use moncomptepro::config::DevOptions;
use moncomptepro::crypto;
use serde_json::json;

use super::{JEAN, MARTIN, signed_in};
use crate::support::{Instance, jose_header};

#[tokio::test]
async fn idt_2_idt_4_idt_6_idt_7_idt_8_idt_10_idt_11_prm_43_sec_54_every_claim_is_there_in_its_type_and_nothing_else() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let began = instance.clock.now().0;
    let back = client.sign_in(&person, "openid email profile phone organization", JEAN).await;
    instance.clock.advance(Duration::from_secs(40)).unwrap();
    let tokens = client.redeem(&client.code(&back)).await;
    let members = client.id_token_members(&tokens.id_token).await;
    assert_eq!(members["iss"], instance.address, "DISC-3");
    assert_eq!(members["sub"], "1");
    assert_eq!(members["aud"], "standard_client_id", "IDT-7: a plain string");
    assert_eq!(members["iat"], began + 40, "IDT-4, CLK-1: the time of the signature");
    assert_eq!(members["exp"], began + 40 + 3600, "GEN-10");
    assert_eq!(members["auth_time"], began, "IDT-6");
    assert_eq!(members["nonce"], "nonce-of-the-client", "IDT-5");
    assert_eq!(members["acr"], "eidas1");
    assert_eq!(members["amr"], serde_json::json!(["pwd"]), "PRM-43");
    let digest = crypto::sha256(tokens.access_token.as_bytes());
    assert_eq!(members["at_hash"], URL_SAFE_NO_PAD.encode(&digest[..16]), "IDT-9");
    assert!(members["sid"].as_str().unwrap().len() >= 22, "IDT-11");
    assert_eq!(members["mock"], true, "R-12");
    let names: Vec<&String> = members.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 12, "IDT-8, IDT-10: {names:?}");
    assert!(
        jose_header(&tokens.id_token)
            .as_object()
            .unwrap()
            .keys()
            .all(|name| ["alg", "kid", "typ"].contains(&name.as_str()))
    );
}

#[tokio::test]
async fn idt_5_a_nonce_comes_back_whole_and_only_if_it_was_sent() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    for length in [43, 64, 384, 512] {
        let nonce = "n".repeat(length);
        let page = person.visit(&client.authorization("openid", &[("nonce", &nonce)])).await;
        let tokens = client.redeem(&client.code(&page)).await;
        assert_eq!(crate::support::jose_payload(&tokens.id_token)["nonce"], nonce);
    }
    let page = person.visit(&client.authorization("openid", &[("nonce", "")])).await;
    let tokens = client.redeem(&client.code(&page)).await;
    assert!(crate::support::jose_payload(&tokens.id_token).get("nonce").is_none());
}

#[tokio::test]
async fn ses_2_ses_3_a_sid_is_of_one_session_at_one_client() {
    let instance = Instance::dev().await;
    let (standard, test) = (instance.standard_client(), instance.test_client());
    let sid = async |person: &crate::support::Person, client: &crate::support::RelyingParty, more: &[(&str, &str)]| {
        let page = person.visit(&client.authorization("openid", more)).await;
        let page = if page.status == 303 { page } else { person.sign_in(page, JEAN, JEAN).await };
        let tokens = client.redeem(&client.code(&page)).await;
        client.id_token_members(&tokens.id_token).await["sid"].as_str().unwrap().to_owned()
    };
    let (one, other) = (signed_in(&instance, JEAN).await, signed_in(&instance, JEAN).await);
    let first = sid(&one, &standard, &[]).await;
    assert_eq!(sid(&one, &standard, &[]).await, first);
    assert_eq!(sid(&one, &standard, &[("prompt", "login")]).await, first, "stable through a new proof");
    assert_ne!(sid(&one, &test, &[]).await, first, "another client");
    assert_ne!(sid(&other, &standard, &[]).await, first, "another session");
    let cookie = one.session_cookie();
    let session = acts::find_session(&instance.app, cookie.split_once('=').unwrap().1).await.unwrap().unwrap().session;
    let clients: Vec<String> = session.clients.iter().map(ToString::to_string).collect();
    assert_eq!(clients, ["standard_client_id", "test-id"], "the session remembers whom it told");
}

#[tokio::test]
async fn sub_1_idt_3_the_subject_is_the_same_for_every_client() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, MARTIN).await;
    for client in [instance.standard_client(), instance.test_client(), instance.legacy_client()] {
        let tokens = client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await;
        assert_eq!(client.verified(&tokens.id_token).await.subject().as_str(), "154");
    }
}

#[tokio::test]
async fn r_12_the_mark_can_be_left_out() {
    let instance = Instance::dev_with(DevOptions { no_mark: true, ..DevOptions::default() }).await;
    let (person, client) = (instance.person(), instance.standard_client());
    let tokens = client.redeem(&client.code(&client.sign_in(&person, "openid", JEAN).await)).await;
    assert!(client.id_token_members(&tokens.id_token).await.get("mock").is_none());
}

/// Nothing here rests on an upstream provider: there is no link between accounts of two issuers to be taken over.
#[tokio::test]
async fn sec_104_the_word_of_another_issuer_signs_nobody_in_and_is_no_grant() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.standard_client());
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let grants = [
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ];
    let now = instance.clock.now().0;
    for verified in [json!(true), json!("true"), json!(false), json!(null)] {
        let claims = json!({ "iss": "https://ailleurs.example", "sub": "1", "email": JEAN, "email_verified": verified,
            "aud": client.client_id, "exp": now + 600, "iat": now });
        let head = part(json!({ "alg": "RS256", "kid": "theirs" }));
        let word = format!("{head}.{}.{}", part(claims), URL_SAFE_NO_PAD.encode([7; 256]));
        for grant in grants {
            let fields = [("grant_type", grant), ("assertion", word.as_str()), ("subject_token", word.as_str())];
            let page = client.token_request(&fields).await;
            assert_eq!(
                (page.status.as_u16(), &page.json()["error"]),
                (400, &json!("unsupported_grant_type")),
                "{grant}"
            );
        }
        for who in [&instance.person(), &person] {
            let page = who.visit(&client.authorization("openid", &[("id_token_hint", &word)])).await;
            assert_eq!(client.error(&page), "invalid_request", "email_verified: {verified}");
        }
        let stranger = instance.person();
        let page = stranger.visit(&client.authorization("openid", &[("login_hint", JEAN)])).await;
        assert_eq!(page.url.path(), "/users/start-sign-in", "a hint only fills the field in");
    }
}
