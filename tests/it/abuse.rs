//! What a clever person, client or web page tries.

use moncomptepro::acts::{self, By};
use moncomptepro::domain::{Actor, UserId};

use crate::support::{Instance, Page, RelyingParty};

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
async fn sec_47_sec_135_the_name_of_a_service_is_the_word_of_a_federation_and_of_nobody_else() {
    let instance = Instance::dev().await;
    let hub = instance.declare("hub", |client| client.is_federation = true).await;
    let service = [("sp_name", "Ma <b>Banque</b>\u{202e}\u{7}gpj")];
    let page = instance.person().visit(&hub.authorization("openid", &service)).await;
    let said = |page: &Page| page.text(".client").split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(said(&page), "Pour continuer vers Service hub (selon lui, pour Ma <b>Banque</b>gpj )");
    assert!(!page.body.contains("<b>Banque") && !page.body.contains('\u{202e}') && !page.body.contains('\u{7}'));
    let long = "é".repeat(101);
    let page = instance.person().visit(&hub.authorization("openid", &[("sp_name", &long)])).await;
    assert_eq!(page.text(".client").matches('é').count(), 100);
    let other = instance.declare("other", |client| client.is_federation = false).await;
    let page = instance.person().visit(&other.authorization("openid", &service)).await;
    assert_eq!(said(&page), "Pour continuer vers Service other");
    assert!(!page.body.contains("Banque"), "{}", page.body);
}

#[tokio::test]
async fn sec_9_a_value_made_for_one_purpose_opens_nothing_else_and_stays_good_for_its_own() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let back = client.sign_in(&person, "openid", ADDRESS).await;
    let access_token = client.redeem(&client.code(&back)).await.access_token;
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let pending = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
    let interaction = pending.url.path().split('/').nth(2).unwrap().to_owned();
    let session = person.session_cookie().split_once('=').unwrap().1.to_owned();
    let by = By::local(Actor::Operator);
    let link = acts::issue_password_link(&instance.app, &by, UserId(1)).await.unwrap().unwrap();
    let values =
        [("code", &code), ("token", &access_token), ("sign-in", &interaction), ("session", &session), ("link", &link)];
    for (kind, value) in values {
        if kind != "code" {
            assert_eq!(client.present(value).await.status, 400, "{kind} as a code");
        }
        if kind != "token" {
            assert_eq!(client.userinfo(value).await.status, 401, "{kind} as an access token");
        }
        if kind != "sign-in" {
            assert_eq!(person.get(&format!("/interaction/{value}")).await.status, 410, "{kind} as a sign-in");
        }
        if kind != "session" {
            let thief = instance.person();
            thief.plant_cookie(&format!("dev-{}-session={value}", instance.app.config.port));
            assert_eq!(thief.visit("/").await.url.path(), "/users/start-sign-in", "{kind} as a session");
        }
        if kind != "link" {
            let page = person.get(&format!("/users/change-password?reset_password_token={value}")).await;
            assert_eq!(page.status, 410, "{kind} as a link");
        }
    }
    assert_eq!(client.userinfo(&access_token).await.status, 200);
    assert_eq!(person.get(&format!("/interaction/{interaction}/consent")).await.status, 200);
    assert_eq!(person.visit("/").await.url.path(), "/");
    assert_eq!(person.get(&format!("/users/change-password?reset_password_token={link}")).await.status, 200);
    client.redeem(&code).await;
}

#[tokio::test]
async fn prm_52_prm_53_every_page_of_a_sign_in_names_the_client_and_can_be_left() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let client = instance
        .declare("service", |client| {
            client.policy_uri = Some(String::from("https://service.example/policy"));
            client.tos_uri = Some(String::from("https://service.example/terms"));
        })
        .await;
    let prompts = [("prompt", "login select_account update_userinfo select_organization")];
    let mut page = person.visit(&client.authorization("openid organization", &prompts)).await;
    let mut seen = Vec::new();
    while page.url.path().starts_with("/users/") {
        let at = page.url.path().to_owned();
        assert!(page.text("main").contains("Service service"), "{at}: {}", page.text("main"));
        for document in ["https://service.example/policy", "https://service.example/terms"] {
            let link = page.attribute(&format!("a[href='{document}']"), "rel").unwrap_or_default();
            assert!(link.contains("noopener") && link.contains("noreferrer"), "{at}: {document}");
        }
        assert!(!page.cancel_form().fields.is_empty(), "{at} can be left");
        page = match at.as_str() {
            "/users/start-sign-in" => person.submit(page.form_with("login", None).with("login", JEAN)).await,
            "/users/sign-in" => person.submit(page.form_with("password", None).with("password", JEAN)).await,
            "/users/personal-information" => person.submit(page.form_with("given_name", None)).await,
            "/users/select-organization" => {
                person.submit(page.form_with("organization_id", None).with("organization_id", "17")).await
            }
            other => panic!("an unknown step: {other}"),
        };
        seen.push(at);
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
    client.redeem(&client.code(&page)).await;
}
