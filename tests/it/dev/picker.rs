//! The list of people on the sign-in page.

use moncomptepro::clock::Clock;
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::crypto::Random;
use moncomptepro::site;

use crate::support::Instance;

#[tokio::test]
async fn one_click_signs_in_and_leads_back_to_the_client() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let asks = person.visit(&client.authorization("openid email organization", &[])).await;
    let back = person.submit(asks.form_with("user_id", Some("1")).with("user_id", "1")).await;
    let tokens = client.redeem(&client.code(&back)).await;
    let claims = client.userinfo(&tokens.access_token).await.json();
    assert_eq!(claims["email"], "user@yopmail.com");
    assert_eq!(claims["siret"], "21920023500014");
    assert_eq!(instance.app.passwords.hashed_count(), 0, "no password was looked at");
}

#[tokio::test]
async fn the_list_works_without_any_client_as_well() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let asks = person.visit("/").await;
    let home = person.submit(asks.form_with("user_id", Some("154")).with("user_id", "154")).await;
    assert_eq!((home.status.as_u16(), home.url.path()), (200, "/"));
    assert!(home.text("body").contains("Jean Martin"));
}

#[tokio::test]
async fn somebody_who_is_not_there_and_a_form_from_elsewhere_sign_nobody_in() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let form = person.visit("/users/start-sign-in").await.form_with("user_id", Some("1"));
    for wrong in ["0", "999999", "user@yopmail.com", ""] {
        let refused = person.post(form.clone().with("user_id", wrong)).await;
        assert_eq!(refused.status, 400, "{wrong:?}");
        assert_eq!(refused.error_code().as_deref(), Some("bad_request"));
    }
    let stale = person.post(form.clone().with("user_id", "1").with("_csrf", "stale")).await;
    assert_eq!(stale.status, 403);
    let elsewhere = person.post_with(form.with("user_id", "1"), reqwest::header::HeaderMap::new()).await;
    assert_eq!(elsewhere.status, 403);
    assert_eq!(person.visit("/").await.url.path(), "/users/start-sign-in");
}

#[tokio::test]
async fn r_10_a_person_chosen_at_the_start_is_signed_in_without_a_page() {
    let options = DevOptions { sign_in_as: Some("datapass@yopmail.com".parse().unwrap()), ..DevOptions::default() };
    let instance = Instance::dev_with(options).await;
    let client = instance.standard_client();
    let back = instance.person().visit(&client.authorization("openid email", &[])).await;
    let tokens = client.redeem(&client.code(&back)).await;
    assert_eq!(client.userinfo(&tokens.access_token).await.json()["email"], "datapass@yopmail.com");
}

#[tokio::test]
async fn nobody_cannot_be_chosen_at_the_start() {
    let options = DevOptions { sign_in_as: Some("nobody@yopmail.com".parse().unwrap()), ..DevOptions::default() };
    let refused = site::start(Config::dev(options, 3000), Clock::system(), Random::system()).await.unwrap_err();
    assert!(refused.to_string().contains("--as nobody@yopmail.com"), "{refused}");
}
