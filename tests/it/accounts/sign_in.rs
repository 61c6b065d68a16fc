//! The e-mail step, the password step, and what guards them.

use std::time::Duration;

use moncomptepro::domain::{User, UserId};
use moncomptepro::store::users;

use crate::support::{Instance, Person};

const ADDRESS: &str = "user@yopmail.com";

#[tokio::test]
async fn a_person_signs_in_and_lands_on_their_home_page() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let asks_address = person.visit("/").await;
    assert_eq!(asks_address.url.path(), "/users/start-sign-in");
    let home = person.sign_in(asks_address, ADDRESS, ADDRESS).await;
    assert_eq!((home.status.as_u16(), home.url.path()), (200, "/"), "{}", home.body);
    assert!(home.has("main [data-siret='21920023500014']"));
}

#[tokio::test]
async fn prm_30_a_login_hint_only_fills_the_field_in() {
    let instance = Instance::dev().await;
    for hint in [ADDRESS, "nobody@exemple.fr", "<script>alert(1)</script>"] {
        let asks =
            instance.person().visit(&instance.standard_client().authorization("openid", &[("login_hint", hint)])).await;
        assert_eq!(asks.attribute("input[name=login]", "value").as_deref(), Some(hint));
        assert!(!asks.body.contains("<script>alert"));
    }
}

#[tokio::test]
async fn prm_30_a_hint_of_another_address_leads_to_the_sign_in_and_refuses_nobody() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    let asking = |hint: &str, prompt: &str| match prompt {
        "" => client.authorization("openid email", &[("login_hint", hint)]),
        prompt => client.authorization("openid email", &[("login_hint", hint), ("prompt", prompt)]),
    };
    for (hint, prompt) in [("USER@yopmail.com", ""), ("no address", ""), ("user15@yopmail.com", "none")] {
        client.code(&person.visit(&asking(hint, prompt)).await);
    }
    let asks = person.visit(&asking("user15@yopmail.com", "")).await;
    assert_eq!(asks.url.path(), "/users/start-sign-in", "{}", asks.url);
    assert_eq!(asks.attribute("input[name=login]", "value").as_deref(), Some("user15@yopmail.com"));
    let back = person.sign_in(asks, ADDRESS, ADDRESS).await;
    let tokens = client.redeem(&client.code(&back)).await;
    let told = client.userinfo(&tokens.access_token).await;
    assert_eq!(told.json()["email"], ADDRESS, "whoever signed in when asked is taken as they are");
}

#[tokio::test]
async fn a_malformed_address_is_said_in_the_page_and_kept_in_the_field() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let again = person.submit(page.form_with("login", None).with("login", "jean.martin")).await;
    assert_eq!(again.status, 400);
    assert_eq!(again.attribute("input[name=login]", "value").as_deref(), Some("jean.martin"));
    assert_eq!(again.attribute("input[name=login]", "aria-invalid").as_deref(), Some("true"));
}

#[tokio::test]
async fn sec_96_aerr_3_an_unknown_address_and_a_wrong_password_look_the_same() {
    let instance = Instance::hiding().await;
    let masked = async |address: &str| {
        let person = instance.person();
        let page = person.visit("/users/start-sign-in").await;
        let refused = person.sign_in(page, address, "not the password").await;
        assert_eq!(refused.status, 400, "AERR-3: the person stays on our page");
        let interaction = refused.url.query().unwrap_or_default().to_owned();
        let token = refused.attribute("input[name=_csrf]", "value").unwrap();
        refused.body.replace(address, "ADDRESS").replace(&interaction, "").replace(&token, "")
    };
    assert_eq!(masked(ADDRESS).await, masked("user@nowhere.fr").await);
}

#[tokio::test]
async fn sec_97_an_unknown_address_a_closed_account_and_one_without_password_cost_the_same_hash() {
    let instance = Instance::hiding().await;
    let (closed, bare) = ("editeur@yopmail.com", "sans.mot.de.passe@yopmail.com");
    instance.disable(closed).await;
    let user = User::new(UserId(7_000_000_000), bare.parse().unwrap(), instance.clock.now());
    instance.app.store.write(move |tx| users::insert(tx, &user)).await.unwrap();
    for (address, is_dummy) in [("user@nowhere.fr", true), (closed, true), (bare, true), (ADDRESS, false)] {
        let person = instance.person();
        let (hashed, dummies) = (instance.app.passwords.hashed_count(), instance.app.passwords.dummy_count());
        let page = person.visit("/users/start-sign-in").await;
        assert_eq!(person.sign_in(page, address, "anything at all").await.url.path(), "/users/sign-in");
        assert_eq!(instance.app.passwords.dummy_count(), dummies + u64::from(is_dummy), "{address}");
        assert_eq!(instance.app.passwords.hashed_count(), hashed + 1, "{address}");
    }
}

#[tokio::test]
async fn sec_89_ses_1_signing_in_renews_the_handle_and_the_old_one_is_dead() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    let first = person.session_cookie();
    let again = person.visit(&instance.standard_client().authorization("openid", &[("prompt", "login")])).await;
    person.sign_in(again, ADDRESS, ADDRESS).await;
    let second = person.session_cookie();
    assert_ne!(first, second);
    let thief = instance.person();
    thief.plant_cookie(&first);
    assert_eq!(thief.visit("/").await.url.path(), "/users/start-sign-in", "the first handle opens nothing any more");
    thief.plant_cookie(&second);
    assert_eq!(thief.visit("/").await.url.path(), "/");
}

#[tokio::test]
async fn sec_90_ses_4_a_session_ends_by_the_clock_whatever_the_cookie_says() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    instance.clock.advance(Duration::from_secs(4 * 3600 - 1)).unwrap();
    assert_eq!(person.visit("/").await.url.path(), "/");
    instance.clock.advance(Duration::from_secs(4 * 3600)).unwrap();
    assert_eq!(person.visit("/").await.url.path(), "/users/start-sign-in");
}

#[tokio::test]
async fn sec_94_another_person_in_the_same_browser_ends_the_first_ones_session() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    let first = person.session_cookie();
    let page = person.visit(&instance.standard_client().authorization("openid", &[("prompt", "login")])).await;
    person.sign_in(page, "editeur@yopmail.com", "editeur@yopmail.com").await;
    let home = person.visit("/").await;
    assert!(home.body.contains("editeur@yopmail.com") && !home.body.contains(ADDRESS));
    let old = instance.person();
    old.plant_cookie(&first);
    assert_eq!(old.visit("/").await.url.path(), "/users/start-sign-in");
}

#[tokio::test]
async fn sec_91_a_disabled_account_is_out_at_the_next_request() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit("/").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    instance.disable(ADDRESS).await;
    let asks = person.visit("/").await;
    assert_eq!(asks.url.path(), "/users/start-sign-in");
    let refused = person.sign_in(asks, ADDRESS, ADDRESS).await;
    assert_eq!(refused.status, 400, "SEC-2: nor can a new session begin");
}

#[tokio::test]
async fn a_new_sign_in_is_told_by_mail_once_it_is_durable() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit(&instance.standard_client().authorization("openid", &[])).await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    let mails = person.get(&format!("/_dev/api/mailbox?to={ADDRESS}")).await.json();
    assert_eq!(mails.as_array().unwrap().len(), 1, "{mails}");
    assert!(mails[0]["text"].as_str().unwrap().contains("Client standard"));
}

#[tokio::test]
async fn the_language_is_that_of_ui_locales_then_the_cookie_then_the_browser() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let language = |page: &crate::support::Page| page.attribute("html", "lang").unwrap();
    let client = instance.standard_client();
    assert_eq!(language(&person.visit(&client.authorization("openid", &[])).await), "fr");
    let english = person.visit(&client.authorization("openid", &[("ui_locales", "se en fr")])).await;
    assert_eq!(language(&english), "en", "PRM-31");
    let header = person.accepting("en-GB,en;q=0.8").visit("/users/start-sign-in").await;
    assert_eq!(language(&header), "en");
    assert_eq!(language(&person.visit("/users/start-sign-in?lang=en").await), "en");
    assert_eq!(language(&person.visit("/users/start-sign-in").await), "en", "remembered");
    let french = person.visit(&client.authorization("openid", &[("ui_locales", "fr")])).await;
    assert_eq!(language(&french), "fr");
    let chosen = format!("{}&lang=en", french.url);
    assert_eq!(language(&person.visit(&chosen).await), "en");
    assert_eq!(
        language(&person.visit(french.url.as_str()).await),
        "en",
        "the person's choice outlives the client's wish"
    );
}

/// Two browsers of one person do not influence each other.
#[tokio::test]
async fn signing_out_here_leaves_the_other_browser_alone() {
    let instance = Instance::dev().await;
    let (here, there): (Person, Person) = (instance.person(), instance.person());
    for browser in [&here, &there] {
        let page = browser.visit("/").await;
        browser.sign_in(page, ADDRESS, ADDRESS).await;
    }
    let home = here.visit("/").await;
    let out = here.submit(home.sign_out_form()).await;
    assert_eq!(out.url.path(), "/users/start-sign-in");
    assert_eq!(there.visit("/").await.url.path(), "/");
}
