//! What the hub of a national federation asks of an identity provider, request by request, and what it would refuse.

use serde_json::{Value, json};

use crate::support::{Instance, Page, Person, RelyingParty, jose_header};
use moncomptepro::domain::ClientAuthentication;
use moncomptepro::protocol::{ClientAuthenticationMethod, SignatureAlgorithm};

/// Person 1: one organization.
const JEAN: &str = "user@yopmail.com";
/// Person 154: two organizations.
const MARTIN: &str = "user@red-needles-sarl.com";
/// As the hub has it, with a scope that is known to nobody.
const SCOPE: &str =
    "openid uid given_name usual_name email phone siret is_service_public is_public_service belonging_population";
/// As the hub asks for levels.
const CLAIMS: &str =
    r#"{"id_token":{"amr":{"essential":true},"acr":{"essential":true,"values":["eidas1","eidas2","eidas3"]}}}"#;

/// A browser in which somebody is signed in.
async fn signed_in(instance: &Instance, address: &str) -> Person {
    let person = instance.person();
    let page = person.visit("/").await;
    person.sign_in(page, address, address).await;
    person
}

/// The hub: confidential, by `client_secret_post`, without PKCE.
async fn hub(instance: &Instance, algorithm: SignatureAlgorithm, signed: bool) -> RelyingParty {
    instance
        .declare("hub", |client| {
            let ClientAuthentication::Secret { methods, .. } = &mut client.authentication else { panic!("a secret") };
            *methods = vec![ClientAuthenticationMethod::Post];
            client.require_pkce = false;
            client.id_token_signed_response_alg = algorithm;
            client.userinfo_signed_response_alg = signed.then_some(algorithm);
        })
        .await
}

/// The hub's own parameters, hostile ones among them.
fn request(hub: &RelyingParty) -> String {
    hub.authorization(
        SCOPE,
        &[
            ("acr_values", "eidas1"),
            ("claims", CLAIMS),
            ("login_hint", JEAN),
            ("siret_hint", "21920023500014"),
            ("sp_id", "<script>alert(1)</script>"),
            ("sp_name", "Service <b>final</b>"),
            ("remember_me", "' or 1=1"),
        ],
    )
}

async fn tokens(hub: &RelyingParty, page: &Page) -> Value {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &hub.code(page)),
        ("redirect_uri", &hub.redirect_uri),
        ("client_id", &hub.client_id),
        ("client_secret", &hub.client_secret),
    ];
    let answer = hub.token_request_without_header(&fields).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// Whether the hub would take this document, by its own rules.
fn check(told: &Value) {
    for name in ["sub", "uid"] {
        let value = told[name].as_str().unwrap_or_else(|| panic!("{name}: {told}"));
        assert!(value.is_ascii() && (1..=256).contains(&value.len()), "{name}: {told}");
    }
    for name in ["given_name", "usual_name", "email"] {
        let value = told[name].as_str().unwrap_or_else(|| panic!("missing {name}: {told}"));
        assert!(!value.trim().is_empty() && value.chars().count() <= 256, "{name}: {told}");
    }
    let siret = told["siret"].as_str().unwrap_or_else(|| panic!("missing siret: {told}"));
    assert!(siret.parse::<moncomptepro::domain::Siret>().is_ok(), "bad siret: {told}");
    assert!(told.get("belonging_population").is_none(), "what is unknown is left out: {told}");
}

async fn arrive(instance: &Instance, hub: &RelyingParty) -> (Person, Page) {
    let person = instance.person();
    let asks = person.visit(&request(hub)).await;
    assert_eq!(asks.status, 200, "{}", asks.body);
    assert!(!asks.body.contains("<script>alert") && !asks.body.contains("<b>final"), "hostile text stays text");
    let back = person.sign_in(asks, JEAN, JEAN).await;
    (person, back)
}

#[tokio::test]
async fn sec_134_the_requests_of_the_hub_are_answered_with_what_it_takes_and_the_same_for_the_same_person() {
    for (algorithm, signed) in [(SignatureAlgorithm::Es256, false), (SignatureAlgorithm::Rs256, false)] {
        let instance = Instance::dev().await;
        let hub = hub(&instance, algorithm, signed).await;
        let mut subjects = Vec::new();
        for _ in 0..2 {
            let (_, back) = arrive(&instance, &hub).await;
            let document = tokens(&hub, &back).await;
            let id_token = document["id_token"].as_str().unwrap();
            assert_eq!(jose_header(id_token)["alg"], algorithm.as_str());
            let members = hub.id_token_members(id_token).await;
            assert_eq!((&members["acr"], &members["amr"]), (&json!("eidas1"), &json!(["pwd"])), "{members}");
            let told = hub.userinfo(document["access_token"].as_str().unwrap()).await.json();
            check(&told);
            assert_eq!((&told["sub"], &told["email"]), (&members["sub"], &json!(JEAN)));
            subjects.push((told["sub"].clone(), told["uid"].clone()));
        }
        assert_eq!(subjects[0], subjects[1], "never another one for the same person");
    }
}

#[tokio::test]
async fn sec_134_userinfo_is_signed_where_the_hub_wants_that() {
    let instance = Instance::dev().await;
    let hub = hub(&instance, SignatureAlgorithm::Es256, true).await;
    let (_, back) = arrive(&instance, &hub).await;
    let document = tokens(&hub, &back).await;
    let answer = hub.userinfo(document["access_token"].as_str().unwrap()).await;
    hub.check_signature(&answer.body).await;
    check(&crate::support::jose_payload(&answer.body));
}

#[tokio::test]
async fn sec_134_what_the_hub_would_refuse_is_never_sent() {
    let instance = Instance::dev().await;
    let hub = hub(&instance, SignatureAlgorithm::Es256, false).await;
    // Without a name: it is asked for, and an empty one is refused.
    let (person, client) = (instance.person(), &hub);
    let asks = person.visit(&request(client)).await;
    let link = asks.attribute("a[href^='/_dev/another-person']", "href").unwrap();
    let form = person.visit(&link).await.form_with("email", None).with("email", "sans.nom@inconnu.example");
    let form = form.with("given_name", "").with("family_name", "").with("siret", "").without("is_external");
    let names = person.submit(form).await;
    assert_eq!(names.url.path(), "/users/personal-information", "an empty name is never sent: {}", names.text("main"));
    let blank = names.form_with("given_name", None).with("given_name", "  ").with("family_name", "");
    assert_eq!(person.submit(blank).await.status, 400);
    let form = names.form_with("given_name", None).with("given_name", "Élodie").with("family_name", "Martin");
    let joins = person.submit(form).await;
    assert_eq!(joins.url.path(), "/users/join-organization", "without an organization no siret is sent");
    // A level that nobody reaches is said as such, and not answered with a lower one.
    let person = signed_in(&instance, JEAN).await;
    let claims = r#"{"id_token":{"acr":{"essential":true,"value":"eidas3"}}}"#;
    let page = person.visit(&client.authorization(SCOPE, &[("claims", claims)])).await;
    assert_eq!(client.error(&page), "unmet_authentication_requirements");
}

#[tokio::test]
async fn clm_6_a_single_claim_about_an_organization_leads_to_its_choice_and_to_joining() {
    let instance = Instance::dev().await;
    let client = instance.declare("service", |_| {}).await;
    let request = client.authorization("openid", &[("claims", r#"{"userinfo":{"siret":{"essential":true}}}"#)]);
    let martin = signed_in(&instance, MARTIN).await;
    let chooser = martin.visit(&request).await;
    assert_eq!(chooser.url.path(), "/users/select-organization", "he has two");
    let id = chooser.attribute("button[name=organization_id]", "value").unwrap();
    let back = martin.submit(chooser.form_with("organization_id", Some(&id)).with("organization_id", &id)).await;
    let told = client.userinfo(&client.redeem(&client.code(&back)).await.access_token).await.json();
    assert!(told["siret"].is_string() && told.get("email").is_none(), "{told}");
    let stranger = instance.person();
    let asks = stranger.visit(&request).await;
    let link = asks.attribute("a[href^='/_dev/another-person']", "href").unwrap();
    let form = stranger.visit(&link).await.form_with("email", None).with("email", "seule@inconnu.example");
    let form = form.with("given_name", "Élodie").with("family_name", "Martin").with("siret", "").without("is_external");
    assert_eq!(stranger.submit(form).await.url.path(), "/users/join-organization");
}
