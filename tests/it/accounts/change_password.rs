//! Choosing a password by a single-use link.

use std::time::Duration;

use moncomptepro::acts::{self, By};
use moncomptepro::domain::{Actor, UserId};

use crate::support::Instance;

const ADDRESS: &str = "user@yopmail.com";
const NEW_PASSWORD: &str = "une phrase de passe assez longue";

async fn link(instance: &Instance) -> String {
    let by = By::local(Actor::Operator);
    let value = acts::issue_password_link(&instance.app, &by, UserId(1)).await.unwrap().unwrap();
    format!("/users/change-password?reset_password_token={value}")
}

#[tokio::test]
async fn r_27_a_link_sets_the_password_once_and_ends_every_session() {
    let instance = Instance::dev().await;
    let (person, elsewhere) = (instance.person(), instance.person());
    let page = elsewhere.visit("/").await;
    elsewhere.sign_in(page, ADDRESS, ADDRESS).await;
    let asks = person.visit(&link(&instance).await).await;
    assert!(asks.body.contains(ADDRESS));
    let form =
        asks.form_with("password", None).with("password", NEW_PASSWORD).with("password_confirmation", NEW_PASSWORD);
    assert_eq!(person.submit(form.clone()).await.status, 200);
    assert_eq!(elsewhere.visit("/").await.url.path(), "/users/start-sign-in", "SEC-37");
    let token = person.visit("/users/start-sign-in").await.attribute("input[name=_csrf]", "value").unwrap();
    assert_eq!(person.submit(form.with("_csrf", &token)).await.status, 410, "single use");
    let page = person.visit("/").await;
    assert_eq!(person.sign_in(page, ADDRESS, ADDRESS).await.status, 400, "the old password is gone");
    let page = person.visit("/").await;
    assert_eq!(person.sign_in(page, ADDRESS, NEW_PASSWORD).await.url.path(), "/");
}

#[tokio::test]
async fn a_link_ends_after_an_hour_and_a_damaged_one_never_works() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let address = link(&instance).await;
    assert_eq!(person.visit(&address).await.status, 200);
    for damaged in [&address[..address.len() - 1], &format!("{address}A"), "/users/change-password"] {
        assert_eq!(person.visit(damaged).await.status, 410, "SEC-8: {damaged}");
    }
    instance.clock.advance(Duration::from_secs(3600)).unwrap();
    assert_eq!(person.visit(&address).await.status, 410);
}

#[tokio::test]
async fn sec_62_what_cannot_be_a_password_is_said_and_the_link_still_works() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let mut page = person.visit(&link(&instance).await).await;
    let common = "motdepasse123456";
    let cases = [("court", "court"), (NEW_PASSWORD, "autre chose"), (ADDRESS, ADDRESS), ("", ""), (common, common)];
    for (password, confirmation) in cases {
        let form = page.form_with("password", None);
        page = person.submit(form.with("password", password).with("password_confirmation", confirmation)).await;
        assert_eq!(page.status, 400, "{password}");
        assert!(page.has("[aria-invalid=true]"));
    }
    let form = page.form_with("password", None);
    let done = person.submit(form.with("password", NEW_PASSWORD).with("password_confirmation", NEW_PASSWORD)).await;
    assert_eq!(done.status, 200);
}
