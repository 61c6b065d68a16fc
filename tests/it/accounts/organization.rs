//! Choosing the organization to act for.

use crate::support::Instance;

const JEAN: &str = "user@red-needles-sarl.com";

#[tokio::test]
async fn a_person_of_two_organizations_chooses_and_the_service_hears_of_that_one() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = client.sign_in(&person, "openid organization", JEAN).await;
    assert_eq!(asks.url.path(), "/users/select-organization");
    let back = person.submit(asks.form_with("organization_id", Some("17")).with("organization_id", "17")).await;
    let tokens = client.redeem(&client.code(&back)).await;
    client.verified(&tokens.id_token).await;
    let claims = client.userinfo(&tokens.access_token).await.json();
    assert_eq!((claims["siret"].as_str(), claims["is_external"].as_bool()), (Some("83951732300011"), Some(false)));
}

#[tokio::test]
async fn the_choice_belongs_to_the_session_and_can_be_asked_again() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = client.sign_in(&person, "openid organization", JEAN).await;
    person.submit(asks.form_with("organization_id", Some("17")).with("organization_id", "17")).await;
    let silent = person.visit(&client.authorization("openid organization", &[])).await;
    let claims = client.userinfo(&client.redeem(&client.code(&silent)).await.access_token).await.json();
    assert_eq!(claims["siret"], "83951732300011", "not asked twice");
    let again = person.visit(&client.authorization("openid organization", &[("prompt", "select_organization")])).await;
    assert_eq!(again.url.path(), "/users/select-organization");
    let back = person.submit(again.form_with("organization_id", Some("16")).with("organization_id", "16")).await;
    let claims = client.userinfo(&client.redeem(&client.code(&back)).await.access_token).await.json();
    assert_eq!((claims["siret"].as_str(), claims["is_external"].as_bool()), (Some("21630215800011"), Some(true)));
    let other_browser = instance.person();
    let asks = client.sign_in(&other_browser, "openid organization", JEAN).await;
    assert_eq!(asks.url.path(), "/users/select-organization", "another browser of the same person is asked for itself");
}

#[tokio::test]
async fn a_person_of_one_organization_is_not_asked() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let back = client.sign_in(&person, "openid organization", "user@yopmail.com").await;
    let claims = client.userinfo(&client.redeem(&client.code(&back)).await.access_token).await.json();
    assert_eq!(claims["siret"], "21920023500014");
}

#[tokio::test]
async fn a_person_without_organization_joins_one_on_the_way_to_a_service_that_needs_one() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit(&client.authorization("openid organization", &[])).await;
    let asks = person.sign_in(page, "wanajoin@beta.gouv.fr", "password123").await;
    assert_eq!(asks.url.path(), "/users/join-organization");
    let silent = person.visit(&client.authorization("openid organization", &[("prompt", "none")])).await;
    assert_eq!(silent.redirect_parameters()["error"], "interaction_required");
}

#[tokio::test]
async fn an_organization_of_somebody_else_cannot_be_chosen() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = client.sign_in(&person, "openid organization", JEAN).await;
    for (value, status) in [("1", 404), ("999", 404), ("abc", 400), ("", 400)] {
        let answer = person.post(asks.form_with("organization_id", None).with("organization_id", value)).await;
        assert_eq!(answer.status, status, "{value:?}");
    }
}
