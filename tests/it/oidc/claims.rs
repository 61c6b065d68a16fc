//! What a client hears: what it asked for, within what it may.

use super::{JEAN, MARTIN, signed_in};
use crate::support::{Instance, RelyingParty};
use moncomptepro::domain::{ClaimsProfile, User};
use moncomptepro::protocol::Scope;
use moncomptepro::store::{Tx, users};
use serde_json::{Value, json};

async fn ask(instance: &Instance, client: &RelyingParty, scope: &str, claims: &str) -> (Value, Value) {
    let person = signed_in(instance, JEAN).await;
    let code = client.code(&person.visit(&client.authorization(scope, &[("claims", claims)])).await);
    let tokens = client.redeem(&code).await;
    let members = client.id_token_members(&tokens.id_token).await;
    (members, client.userinfo(&tokens.access_token).await.json())
}

fn names(document: &Value) -> Vec<&str> {
    document.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn clm_1_clm_4_each_scope_releases_its_claims_and_no_others() {
    let instance = Instance::dev().await;
    let client = instance.declare("service", |_| {}).await;
    for (scope, expected) in [
        ("openid", vec!["sub"]),
        ("openid email", vec!["sub", "email", "email_verified"]),
        ("openid phone", vec!["sub", "phone_number", "phone_number_verified"]),
        ("openid profile", vec!["sub", "name", "family_name", "given_name", "updated_at", "job"]),
        ("openid uid given_name usual_name", vec!["sub", "uid", "given_name", "usual_name"]),
        ("openid siret is_service_public", vec!["sub", "siret", "is_service_public"]),
    ] {
        let (_, info) = ask(&instance, &client, scope, "").await;
        assert_eq!(names(&info), expected, "{scope}");
    }
}

#[tokio::test]
async fn clm_6_clm_7_clm_8_clm_10_a_claim_goes_where_it_was_asked() {
    let instance = Instance::dev().await;
    let client = instance.declare("service", |_| {}).await;
    let claims =
        r#"{"userinfo":{"given_name":{"essential":true},"nickname":null},"id_token":{"email":null},"other":{}}"#;
    let (members, info) = ask(&instance, &client, "openid", claims).await;
    assert_eq!(names(&info), ["sub", "given_name"], "CLM-8: what does not exist is no error");
    assert_eq!(members["email"], JEAN);
    assert!(members.get("given_name").is_none());
}

#[tokio::test]
async fn sec_30_sec_39_a_client_cannot_ask_for_more_than_it_is_registered_for() {
    let instance = Instance::dev().await;
    let only_openid = [Scope::Openid].into_iter().collect();
    let client = instance.declare("modest", |client| client.scopes = only_openid).await;
    let every: Vec<String> = ["email", "phone_number", "siret", "organizations", "name", "uid", "job", "acr", "sub"]
        .iter()
        .map(|name| format!(r#""{name}":{{"essential":true}}"#))
        .collect();
    let claims = format!(r#"{{"userinfo":{{{0}}},"id_token":{{{0}}}}}"#, every.join(","));
    let scope: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let (members, info) = ask(&instance, &client, &scope.join(" "), &claims).await;
    assert_eq!(names(&info), ["sub"]);
    assert!(members.get("email").is_none() && members.get("siret").is_none());
}

#[tokio::test]
async fn clm_3_idt_13_what_has_no_value_is_left_out() {
    let instance = Instance::dev().await;
    let client = instance.declare("service", |_| {}).await;
    let person = signed_in(&instance, JEAN).await;
    let form = person.visit(&client.authorization("openid", &[("prompt", "update_userinfo")])).await;
    person.submit(form.form_with("given_name", None).with("phone_number", "").with("job", "")).await;
    let page = person.visit(&client.authorization("openid profile phone", &[])).await;
    let tokens = client.redeem(&client.code(&page)).await;
    client.verified(&tokens.id_token).await;
    let info = client.userinfo(&tokens.access_token).await;
    assert_eq!(names(&info.json()), ["sub", "name", "family_name", "given_name", "updated_at"]);
    assert!(!info.body.contains("null") && !info.body.contains("\"\""), "{}", info.body);
}

#[tokio::test]
async fn r_25_every_organization_goes_only_to_clients_registered_for_that() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance, MARTIN).await;
    let (registered, other) = (instance.legacy_client(), instance.standard_client());
    let asking = |client: &RelyingParty| client.authorization("openid organizations", &[]);
    let tokens = registered.redeem(&registered.code(&person.visit(&asking(&registered)).await)).await;
    let list = registered.userinfo(&tokens.access_token).await.json()["organizations"].as_array().unwrap().len();
    assert_eq!(list, 2);
    let tokens = other.redeem(&other.code(&person.visit(&asking(&other)).await)).await;
    other.verified(&tokens.id_token).await;
    assert_eq!(names(&other.userinfo(&tokens.access_token).await.json()), ["sub"]);
}

#[tokio::test]
async fn clm_2_disc_10_every_published_scope_is_granted_to_whoever_is_registered_for_it() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let document = person.get("/.well-known/openid-configuration").await.json();
    let published: Vec<&str> =
        document["scopes_supported"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap()).collect();
    let page = person.visit(&client.authorization(&published.join(" "), &[])).await;
    let tokens = client.redeem(&client.code(&page)).await;
    assert_eq!(tokens.document["scope"], published.join(" "));
    let info = client.userinfo(&tokens.access_token).await.json();
    let supported = document["claims_supported"].as_array().unwrap();
    for name in names(&info) {
        assert!(supported.contains(&Value::from(name)), "CLM-5: {name}");
    }
}

/// What a service of this profile hears of Jean Martin, who acts for the commune.
async fn told_to(instance: &Instance, profile: ClaimsProfile) -> Value {
    let (person, id) = (signed_in(instance, MARTIN).await, format!("{profile:?}").to_lowercase());
    let client = instance.declare(&id, |client| client.claims_profile = profile).await;
    let scope = "openid email profile phone organization organizations";
    let asks = person.visit(&client.authorization(scope, &[])).await;
    let chosen = asks.form_with("organization_id", Some("16")).with("organization_id", "16");
    let tokens = client.redeem(&client.code(&person.submit(chosen).await)).await;
    client.userinfo(&tokens.access_token).await.json()
}

#[tokio::test]
async fn sec_130_r_25_the_documents_of_the_profiles_of_before_member_for_member() {
    let instance = Instance::dev().await;
    let commune = "Commune de les martres sur morge - Mairie";
    let organization = |id: u64, siret: &str, label: &str, is_external: bool, is_commune: bool| {
        json!({
            "id": id, "siret": siret, "label": label, "is_external": is_external, "is_commune": is_commune,
            "is_public_service": is_commune, "is_service_public": is_commune,
        })
    };
    let moncomptepro = told_to(&instance, ClaimsProfile::Moncomptepro).await;
    let expected = json!({
        "sub": "154",
        "email": MARTIN,
        "email_verified": true,
        "family_name": "Martin",
        "given_name": "Jean",
        "updated_at": instance.clock.now().to_iso8601(),
        "job": "Gérant",
        "phone_number": "0123456789",
        "phone_number_verified": false,
        "label": commune,
        "siret": "21630215800011",
        "is_commune": true,
        "is_external": true,
        "is_public_service": true,
        "is_service_public": true,
        "organizations": [
            organization(16, "21630215800011", commune, true, true),
            organization(17, "83951732300011", "Red needles SARL", false, false),
        ],
    });
    assert_eq!(moncomptepro, expected);
    let readme = told_to(&instance, ClaimsProfile::Readme2022).await;
    let row = |id: u64, siret: &str, label: &str, is_external: &str| json!({ "id": id, "siret": siret, "label": label, "is_external": is_external });
    let organizations =
        json!([row(16, "21630215800011", commune, "true"), row(17, "83951732300011", "Red needles SARL", "false"),]);
    assert_eq!((&readme["sub"], &readme["email_verified"]), (&json!(154), &json!(true)));
    assert_eq!(readme["organizations"], organizations);
}

#[tokio::test]
async fn sec_130_an_address_is_said_to_be_verified_where_it_is_and_nowhere_else() {
    let instance = Instance::dev().await;
    for is_proven in [true, false] {
        let now = instance.clock.now();
        let prove = move |tx: &mut Tx| {
            let user = users::find_by_email(tx, &JEAN.parse().unwrap())?.unwrap();
            users::update(tx, &User { email_verified_at: is_proven.then_some(now), ..user })
        };
        let client = instance.declare(&format!("service-{is_proven}"), |_| {}).await;
        let person = signed_in(&instance, JEAN).await;
        let code = client.code(&person.visit(&client.authorization("openid email", &[])).await);
        let tokens = client.redeem(&code).await;
        instance.app.store.write(prove).await.unwrap();
        let told = client.userinfo(&tokens.access_token).await.json();
        assert_eq!((&told["email"], &told["email_verified"]), (&json!(JEAN), &json!(is_proven)));
    }
}

#[tokio::test]
async fn sec_130_r_25_the_standard_document_member_for_member() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, MARTIN).await, instance.declare("service", |_| {}).await);
    let scope = "openid email profile phone organization organizations";
    let asks = person.visit(&client.authorization(scope, &[])).await;
    let chosen = asks.form_with("organization_id", Some("16")).with("organization_id", "16");
    let tokens = client.redeem(&client.code(&person.submit(chosen).await)).await;
    let organization = |id: u64, siret: &str, label: &str, is_external: bool, is_commune: bool| {
        json!({
            "id": id, "siret": siret, "label": label, "is_external": is_external, "is_commune": is_commune,
            "is_public_service": is_commune, "organization_verified": true,
        })
    };
    let commune = "Commune de les martres sur morge - Mairie";
    let expected = json!({
        "sub": "154",
        "email": MARTIN,
        "email_verified": true,
        "name": "Jean Martin",
        "family_name": "Martin",
        "given_name": "Jean",
        "updated_at": instance.clock.now().0,
        "job": "Gérant",
        "phone_number": "0123456789",
        "phone_number_verified": false,
        "label": commune,
        "siret": "21630215800011",
        "is_commune": true,
        "is_external": true,
        "is_public_service": true,
        "organization_verified": true,
        "organizations": [
            organization(16, "21630215800011", commune, true, true),
            organization(17, "83951732300011", "Red needles SARL", false, false),
        ],
    });
    assert_eq!(client.userinfo(&tokens.access_token).await.json(), expected);
}
