//! A person made up on the spot.

use super::Script;
use crate::support::{Instance, Page, Person, RelyingParty};

async fn form_for(person: &Person, client: &RelyingParty, scope: &str, more: &[(&str, &str)]) -> Page {
    let asks = person.visit(&client.authorization(scope, more)).await;
    let link = asks.attribute("a[href^='/_dev/another-person']", "href").unwrap();
    person.visit(&link).await
}

#[tokio::test]
async fn r_13_any_claim_any_organization_any_level() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = form_for(&person, &client, "openid email profile organization", &[]).await;
    let form = page
        .form_with("siret", None)
        .with("email", "Amelie@Mairie-Imaginaire.FR")
        .with("given_name", "Amélie")
        .with("family_name", "Poulain")
        .with("siret", "222 100 018 00019")
        .with("is_external", "true")
        .with("acr", "https://refeds.org/profile/mfa")
        .with("amr", "pwd otp mfa")
        .with("claims", r#"{"roles": ["agent"], "job": "Maire"}"#);
    let back = person.submit(form).await;
    let tokens = client.redeem(&client.code(&back)).await;

    let members = client.id_token_members(&tokens.id_token).await;
    assert_eq!(members["acr"], "https://refeds.org/profile/mfa");
    assert_eq!(members["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
    let claims = client.userinfo(&tokens.access_token).await.json();
    assert_eq!(claims["email"], "amelie@mairie-imaginaire.fr");
    assert_eq!((&claims["given_name"], &claims["family_name"]), (&"Amélie".into(), &"Poulain".into()));
    assert_eq!((&claims["siret"], &claims["is_external"]), (&"22210001800019".into(), &true.into()));
    assert_eq!(claims["is_public_service"], true, "a SIREN of a public body");
    assert!(claims["label"].as_str().unwrap().contains("imaginaire"));
    assert_eq!((&claims["roles"][0], &claims["job"]), (&"agent".into(), &"Maire".into()));
}

#[tokio::test]
async fn an_organization_that_is_known_stays_what_it_is() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = form_for(&person, &client, "openid organization", &[]).await;
    let form = page.form_with("siret", None).with("email", "a@b.fr").with("siret", "21630215800011");
    let back = person.submit(form.with("given_name", "A").with("family_name", "B").without("is_external")).await;
    let tokens = client.redeem(&client.code(&back)).await;
    let claims = client.userinfo(&tokens.access_token).await.json();
    assert_eq!(claims["label"], "Commune de les martres sur morge - Mairie");
    assert_eq!(claims["is_external"], false);
}

#[tokio::test]
async fn prm_30_the_hint_of_the_client_is_filled_in() {
    let instance = Instance::dev().await;
    let page = form_for(&instance.person(), &instance.standard_client(), "openid", &[("login_hint", "x@y.fr")]).await;
    assert_eq!(page.attribute("input[name=email]", "value").as_deref(), Some("x@y.fr"));
}

#[tokio::test]
async fn what_cannot_stand_is_said_at_its_field_and_what_was_typed_is_kept() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = form_for(&person, &instance.standard_client(), "openid", &[]).await;
    let form = page
        .form_with("siret", None)
        .with("email", "nobody")
        .with("job", "<b>maire</b>")
        .with("siret", "12345678901234")
        .with("claims", "[1]");
    let again = person.submit(form).await;
    assert_eq!(again.status, 400);
    for (field, typed) in [("email", "nobody"), ("job", "<b>maire</b>"), ("siret", "12345678901234")] {
        assert_eq!(again.attribute(&format!("input[name={field}]"), "value").as_deref(), Some(typed));
    }
    assert_eq!(again.text("textarea[name=claims]").trim(), "[1]");
    for field in ["input[name=email]", "input[name=siret]", "textarea[name=claims]"] {
        assert_eq!(again.attribute(field, "aria-invalid").as_deref(), Some("true"), "{field}");
    }
    assert!(!again.has("input[name=job][aria-invalid]"));
    assert!(!again.body.contains("<b>maire"));
}

#[tokio::test]
async fn r_13_a_field_left_empty_keeps_what_is_known_of_a_person() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = form_for(&person, &client, "openid profile", &[]).await;
    let form = page.form_with("siret", None).with("email", "user@red-needles-sarl.com").with("job", "Maire");
    person.post(form).await;
    let people = Script::of(&instance).get("/_dev/api/people").await;
    let martin = people.as_array().unwrap().iter().find(|person| person["id"] == 154).unwrap();
    assert_eq!((&martin["given_name"], &martin["family_name"]), (&"Jean".into(), &"Martin".into()));
    assert_eq!(martin["job"], "Maire");
}
