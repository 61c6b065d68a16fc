//! What a person belongs to: several at a time, chosen in one browser, left in another.

use super::{arrive, claims, join};
use crate::support::Instance;

const DINUM: &str = "13002526500013";
const JEAN: &str = "user@red-needles-sarl.com";

#[tokio::test]
async fn a_person_leaves_one_organization_and_then_the_last() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    client.sign_in(&person, "openid", JEAN).await;
    let page = person.visit("/manage-organizations").await;
    assert!(page.text("main").contains("Red needles SARL") && page.text("main").contains("Intervenant externe"));
    let left = person.submit(page.form_to("/users/quit-organization/16")).await;
    assert_eq!(left.url.path(), "/manage-organizations");
    assert!(left.text(".notification").contains("quitté"));
    assert!(!left.text("main").contains("les martres"));
    let again = person.post(page.form_to("/users/quit-organization/16")).await;
    assert_eq!(again.status, 404);
    let empty = person.submit(left.form_to("/users/quit-organization/17")).await;
    assert!(empty.text("main").contains("rattaché à aucune organisation"), "{}", empty.text("main"));
    let asks = person.visit(&client.authorization("openid organization", &[])).await;
    assert_eq!(asks.url.path(), "/users/join-organization", "the next service asks to join");
}

#[tokio::test]
async fn whoever_joins_reads_by_what_their_link_is_proven_or_why_it_is_not() {
    let instance = Instance::dev().await;
    for (email, siret, how) in [
        ("jean@beta.gouv.fr", DINUM, "Domaine de messagerie vérifié"),
        ("jean@gmail.com", "82869625200018", "Sans preuve (entreprise unipersonnelle)"),
    ] {
        let (person, client) = (instance.person(), instance.standard_client());
        let asks = arrive(&person, &client, email, &[]).await;
        let welcome = join(&person, &asks, siret).await;
        assert_eq!(welcome.url.path(), "/users/welcome", "{}", welcome.text("main"));
        for page in [welcome, person.visit("/manage-organizations").await] {
            let text = page.text("main").replace('\u{a0}', " ");
            assert!(text.contains(&format!("Rattachement : {how}")), "{}: {text}", page.url);
        }
    }
}

#[tokio::test]
async fn sec_112_after_leaving_a_token_tells_nothing_of_the_organization_any_more() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let back = client.sign_in(&person, "openid organization", "user@yopmail.com").await;
    let tokens = client.redeem(&client.code(&back)).await;
    assert_eq!(client.userinfo(&tokens.access_token).await.json()["siret"], "21920023500014");
    // A code that was issued before is good after: for what is true then.
    let held = person.visit(&client.authorization("openid organization", &[])).await;
    let page = person.visit("/manage-organizations").await;
    person.submit(page.form_to("/users/quit-organization/1")).await;
    let told = client.userinfo(&tokens.access_token).await.json();
    assert!(told["sub"].is_string());
    for claim in ["siret", "label", "is_external", "is_commune", "is_public_service", "organization_verified"] {
        assert!(told.get(claim).is_none(), "{claim}");
    }
    let told = claims(&client, &held).await;
    assert!(told.get("siret").is_none() && told["sub"].is_string());
}

#[tokio::test]
async fn an_external_member_is_told_as_one() {
    let instance = Instance::dev().await;
    let operator = moncomptepro::acts::By::local(moncomptepro::domain::Actor::Operator);
    let domain = "prestataire.example".parse().unwrap();
    moncomptepro::acts::administration::write_email_domain(
        &instance.app,
        &operator,
        DINUM.parse().unwrap(),
        domain,
        moncomptepro::domain::EmailDomainStatus::External,
    )
    .await
    .unwrap()
    .unwrap();
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = arrive(&person, &client, "jean@prestataire.example", &[]).await;
    let welcome = join(&person, &asks, DINUM).await;
    assert!(welcome.text("main").contains("Intervenant externe"), "{}", welcome.text("main"));
    let told = claims(&client, &person.submit(welcome.form_to("/users/welcome")).await).await;
    assert_eq!((&told["is_external"], &told["organization_verified"]), (&true.into(), &true.into()));
}

#[tokio::test]
async fn what_is_joined_in_one_browser_is_chosen_in_no_other() {
    let instance = Instance::dev().await;
    let (here, there, client) = (instance.person(), instance.person(), instance.standard_client());
    client.sign_in(&here, "openid organization", "user@yopmail.com").await;
    let elsewhere = client.sign_in(&there, "openid organization", "user@yopmail.com").await;
    assert_eq!(claims(&client, &elsewhere).await["siret"], "21920023500014");
    let asks = here.visit("/users/join-organization").await;
    let welcome = join(&here, &asks, "21690123100011").await;
    assert_eq!(welcome.url.path(), "/users/welcome", "{}", welcome.text("main"));
    here.submit(welcome.form_to("/users/welcome")).await;
    let back = here.visit(&client.authorization("openid organization", &[])).await;
    assert_eq!(claims(&client, &back).await["siret"], "21690123100011");
    let asks = there.visit(&client.authorization("openid organization", &[])).await;
    assert_eq!(asks.url.path(), "/users/select-organization", "two, and none is chosen there");
}
