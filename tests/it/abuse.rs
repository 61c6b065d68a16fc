//! What a clever person, client or web page tries.

use crate::support::{Instance, RelyingParty};

const ADDRESS: &str = "user@yopmail.com";
const JEAN: &str = "user@red-needles-sarl.com";

#[tokio::test]
async fn cons_1_what_one_person_allowed_is_asked_of_the_next_one() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
    let consent = person.sign_in(page, JEAN, JEAN).await;
    let form = consent.form_with("decision", Some("allow")).with("decision", "allow");
    let interaction = person.post(form).await.location().to_owned();
    let other_tab = person.visit("/users/select-account").await;
    assert_eq!(other_tab.status, 200);
    let start = format!("/users/start-sign-in?interaction={}", interaction.rsplit('/').next().unwrap());
    let asks_address = person.visit(&start).await;
    let asked_again = person.sign_in(asks_address, ADDRESS, ADDRESS).await;
    assert_eq!(asked_again.url.path(), format!("{interaction}/consent"), "the second person is asked too");
}

#[tokio::test]
async fn clm_9_consent_shows_what_is_asked_claim_by_claim() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let claims = r#"{"userinfo":{"email":null,"phone_number":null,"siret":null}}"#;
    let request = client.authorization("openid", &[("prompt", "consent"), ("claims", claims), ("ui_locales", "en")]);
    let page = person.visit(&request).await;
    let consent = person.sign_in(page, ADDRESS, ADDRESS).await;
    let text = consent.text("main");
    assert!(text.contains("Your email address") && text.to_lowercase().contains("telephone"), "{text}");
    assert!(text.contains("Commune de clamart - Mairie"), "and for which organization: {text}");
}

#[tokio::test]
async fn an_organization_asked_claim_by_claim_is_chosen_like_any_other() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let request = client.authorization("openid", &[("claims", r#"{"userinfo":{"siret":null}}"#)]);
    let page = person.visit(&request).await;
    let asks = person.sign_in(page, JEAN, JEAN).await;
    assert_eq!(asks.url.path(), "/users/select-organization");
    let back = person.submit(asks.form_with("organization_id", None).with("organization_id", "17")).await;
    let claims = client.userinfo(&client.redeem(&client.code(&back)).await.access_token).await.json();
    assert_eq!((claims["siret"].as_str(), claims.get("label")), (Some("83951732300011"), None));
}

#[tokio::test]
async fn cauth_9_wrong_secrets_are_slowed_down_and_the_right_one_never() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let back = client.sign_in(&person, "openid", ADDRESS).await;
    let wrong = RelyingParty::new(&instance, &client.client_id, "wrong", &client.redirect_uri);
    let mut statuses = Vec::new();
    for _ in 0..22 {
        statuses.push(wrong.present("code").await.status.as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 20);
    assert_eq!(statuses.last(), Some(&429));
    client.redeem(&client.code(&back)).await;
}

#[tokio::test]
async fn sec_25_pkce_2_a_client_recorded_without_secret_gets_nothing_without_a_challenge() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let client = RelyingParty::new(&instance, "single-page-app", "", "http://localhost:5000/cb");
    let back = client.sign_in(&person, "openid", ADDRESS).await;
    let code = client.code(&back);
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &client.redirect_uri),
        ("client_id", &client.client_id),
    ];
    let refused = client.token_request_without_header(&fields).await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (400, Some("invalid_grant")));
}

#[tokio::test]
async fn r_10_a_credential_is_kept_when_it_redeems_a_code_and_not_before() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let redirect_uri = "http://localhost:5000/cb";
    let client = RelyingParty::new(&instance, "my-app", "its own secret", redirect_uri);
    let spoiler = RelyingParty::new(&instance, "my-app", "a guess of a web page", redirect_uri);
    let back = client.sign_in(&person, "openid", ADDRESS).await;
    assert_eq!(spoiler.present("no code at all").await.status, 400);
    client.redeem(&client.code(&back)).await;
    let back = person.visit(&client.authorization("openid", &[])).await;
    assert_eq!(spoiler.present(&client.code(&back)).await.status, 401, "from then on it is the only one");
}

#[tokio::test]
async fn sec_47_the_name_of_a_service_behind_a_federation_cannot_hide_the_client() {
    let instance = Instance::dev().await;
    let client = instance.standard_client();
    let request = client.authorization("openid", &[("sp_name", "Ma Banque\u{202e}\u{7}gpj")]);
    let page = instance.person().visit(&request).await;
    assert!(page.text("main").contains("Ma Banquegpj (Client standard)"), "{}", page.text("main"));
    assert!(!page.body.contains('\u{202e}') && !page.body.contains('\u{7}'));
}
