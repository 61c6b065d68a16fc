//! The example of the documentation of December 2022.

use crate::support::Instance;

const EXAMPLE: &str = r#"{"email":"user@red-needles-sarl.com","email_verified":true,"organizations":[{"id":16,"siret":"21630215800011","label":"Commune de les martres sur morge - Mairie","is_external":"true"},{"id":17,"siret":"83951732300011","label":"Red needles SARL","is_external":"false"}],"sub":154}"#;

#[tokio::test]
async fn person_154_is_the_documented_example_member_for_member() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.legacy_client());
    let back = client.sign_in(&person, "openid email organizations", "user@red-needles-sarl.com").await;
    let tokens = client.redeem(&client.code(&back)).await;
    assert_eq!(client.userinfo(&tokens.access_token).await.body, EXAMPLE);
    let members = client.id_token_members(&tokens.id_token).await;
    assert_eq!(members["sub"], "154", "R-1: always text in an ID token");
    assert_eq!(members["mock"], true, "R-12");
    assert!(tokens.document.get("mock").is_none());
}
