//! Whole sign-ins of the seeded clients, as their libraries see them.

use openidconnect::OAuth2TokenResponse as _;
use serde_json::json;

use super::{JEAN, MARTIN};
use crate::support::{CALLBACK, Instance};
use moncomptepro::domain::ClaimsProfile;
use moncomptepro::protocol::SignatureAlgorithm;

#[tokio::test]
async fn tok_4_tok_5_tok_14_tok_15_gen_16_ui_3_ui_4_rmode_1_a_person_signs_in_to_a_service_and_the_service_hears_who_they_are()
 {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let back = client.sign_in(&person, "openid email profile phone organization", JEAN).await;
    let parameters = back.redirect_parameters();
    let names: Vec<&str> = parameters.keys().map(String::as_str).collect();
    assert_eq!(names, ["code", "iss", "state"], "ARSP-3");
    assert_eq!(parameters["state"], "state-of-the-client", "ARSP-1");
    let answer = client.present(&client.code(&back)).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let document = answer.json();
    assert_eq!(document["token_type"], "Bearer");
    assert_eq!(document["expires_in"], 3600);
    assert_eq!(document["scope"], "openid email profile phone organization");
    assert!(document.get("refresh_token").is_none(), "TOK-15");
    let claims = client.verified(document["id_token"].as_str().unwrap()).await;
    assert_eq!(claims.subject().as_str(), "1");
    let access_token = document["access_token"].as_str().unwrap();
    let info = client.checked_userinfo(access_token, "1", false).await;
    assert_eq!(info.email().map(|email| email.as_str()), Some(JEAN));
    assert_eq!(info.email_verified(), Some(true));
    let page = client.userinfo(access_token).await;
    assert_eq!((page.header("content-type"), page.header("cache-control")), ("application/json", "no-store"), "UI-3");
    let members = page.json();
    assert_eq!(members["family_name"], "Dupont");
    assert_eq!(members["phone_number_verified"], json!(false));
    assert!(members["updated_at"].is_u64(), "R-25");
    assert_eq!(members["siret"], "21920023500014");
    assert_eq!(members["is_external"], json!(false));
}

#[tokio::test]
async fn r_25_userinfo_of_person_154_is_the_documented_example_member_for_member() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.legacy_client());
    let back = client.sign_in(&person, "openid email organizations", MARTIN).await;
    let tokens = client.redeem(&client.code(&back)).await;
    assert_eq!(client.verified(&tokens.id_token).await.subject().as_str(), "154", "a string in the ID token, always");
    let expected = concat!(
        r#"{"email":"user@red-needles-sarl.com","email_verified":true,"organizations":["#,
        r#"{"id":16,"siret":"21630215800011","label":"Commune de les martres sur morge - Mairie","is_external":"true"},"#,
        r#"{"id":17,"siret":"83951732300011","label":"Red needles SARL","is_external":"false"}],"sub":154}"#
    );
    assert_eq!(client.userinfo(&tokens.access_token).await.body, expected);
}

#[tokio::test]
async fn r_25_the_profile_of_the_original_keeps_its_types_and_twins() {
    let instance = Instance::dev().await;
    let client = instance.declare("original", |client| client.claims_profile = ClaimsProfile::Moncomptepro).await;
    let person = instance.person();
    let back = client.sign_in(&person, "openid profile organization", JEAN).await;
    let tokens = client.redeem(&client.code(&back)).await;
    client.verified(&tokens.id_token).await;
    let members = client.userinfo(&tokens.access_token).await.json();
    assert_eq!(members["sub"], "1");
    assert!(members["updated_at"].as_str().unwrap().ends_with(".000Z"), "R-41");
    assert_eq!(members["is_public_service"], members["is_service_public"]);
    assert!(members.get("name").is_none());
}

#[tokio::test]
async fn key_7_idt_1_idt_12_cli_3_a_client_that_registers_es256_gets_it_and_the_others_rs256() {
    let instance = Instance::dev().await;
    let elliptic =
        instance.declare("elliptic", |client| client.id_token_signed_response_alg = SignatureAlgorithm::Es256).await;
    for (client, algorithm) in [(&elliptic, "ES256"), (&instance.standard_client(), "RS256")] {
        let person = instance.person();
        let tokens = client.redeem(&client.code(&client.sign_in(&person, "openid", JEAN).await)).await;
        client.verified(&tokens.id_token).await;
        let header = crate::support::jose_header(&tokens.id_token);
        assert_eq!(header["alg"], algorithm);
        assert_eq!(header["typ"], "JWT");
        assert!(header["kid"].as_str().unwrap().starts_with("mock-"), "KEY-6");
    }
}

#[tokio::test]
async fn ui_5_a_client_that_registers_signed_userinfo_gets_it_signed() {
    let instance = Instance::dev().await;
    for (id, algorithm) in [("signed-rs", SignatureAlgorithm::Rs256), ("signed-es", SignatureAlgorithm::Es256)] {
        let client = instance.declare(id, |client| client.userinfo_signed_response_alg = Some(algorithm)).await;
        let person = instance.person();
        let tokens = client.redeem(&client.code(&client.sign_in(&person, "openid email", JEAN).await)).await;
        let page = client.userinfo(&tokens.access_token).await;
        assert_eq!(page.header("content-type"), "application/jwt");
        assert_eq!(crate::support::jose_header(&page.body)["alg"], algorithm.as_str());
        let members = crate::support::jose_payload(&page.body);
        assert_eq!(members["iss"], instance.address);
        assert_eq!(members["aud"], id);
        assert!(members.get("nonce").is_none() && members.get("mock").is_none(), "R-12");
        assert_eq!(members["email"], JEAN);
        client.check_signature(&page.body).await;
        // The library reads signed answers in RS256 only.
        if algorithm == SignatureAlgorithm::Rs256 {
            client.checked_userinfo(&tokens.access_token, "1", true).await;
        }
    }
}

#[tokio::test]
async fn auth_3_ui_2_a_request_without_openid_gets_no_id_token_and_no_userinfo() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.declare("plain", |_| {}).await);
    let tokens = client.redeem(&client.code(&client.sign_in(&person, "email", JEAN).await)).await;
    assert!(tokens.document.get("id_token").is_none());
    let page = client.userinfo(&tokens.access_token).await;
    assert_eq!((page.status.as_u16(), page.json()["error"].as_str()), (403, Some("insufficient_scope")), "UI-2");
    assert_eq!(page.header("www-authenticate").matches("scope=\"openid\"").count(), 1, "AT-14");
}

#[tokio::test]
async fn pkce_3_a_library_of_others_walks_the_whole_way() {
    use openidconnect::core::CoreAuthenticationFlow;
    use openidconnect::{AuthorizationCode, CsrfToken, Nonce, PkceCodeChallenge, RedirectUrl, Scope};

    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.declare("library", |_| {}).await);
    let library = client.library().await.set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = library
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new(String::from("email")))
        .set_pkce_challenge(challenge)
        .url();
    let back = person.sign_in(person.visit(url.as_str()).await, JEAN, JEAN).await;
    assert_eq!(&back.redirect_parameters()["state"], state.secret());
    let code = AuthorizationCode::new(client.code(&back));
    let request = library.exchange_code(code).unwrap().set_pkce_verifier(verifier);
    let tokens = request.request_async(&client.http_of_the_library()).await.unwrap();
    let id_token = tokens.extra_fields().id_token().unwrap();
    client.verified_with(&id_token.to_string(), &nonce).await;
    let info = client.checked_userinfo(tokens.access_token().secret(), "1", false).await;
    assert_eq!(info.email().map(|email| email.as_str()), Some(JEAN));
}
