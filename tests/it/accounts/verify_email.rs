//! A password in a new browser, and a mailbox that was proven long ago: a code by mail.

use std::time::Duration;

use moncomptepro::acts::{self, By};
use moncomptepro::domain::{Actor, UserId};

use crate::support::{Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";
const DAY: u64 = 24 * 3600;

async fn sign_in(person: &Person, address: &str) -> Page {
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, address, address).await
}

async fn give_back(person: &Person, asks: &Page, code: &str) -> Page {
    person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", code)).await
}

async fn sign_out(person: &Person) {
    let home = person.visit("/").await;
    person.submit(home.sign_out_form()).await;
}

#[tokio::test]
async fn sec_81_a_new_browser_is_asked_for_a_code_and_is_trusted_for_thirty_days() {
    let instance = Instance::strict().await;
    let person = instance.person();
    let asks = sign_in(&person, ADDRESS).await;
    assert_eq!(asks.url.path(), "/users/verify-email");
    assert!(asks.text("main").contains("première fois"));
    for page in ["/", "/users/personal-information", "/users/select-organization"] {
        assert_eq!(
            person.visit(page).await.url.path(),
            "/users/verify-email",
            "a password alone opens no page: {page}"
        );
    }
    assert_eq!(give_back(&person, &asks, &instance.code_of(ADDRESS).await).await.url.path(), "/");
    let mailed = instance.mails_to(ADDRESS).await.len();
    sign_out(&person).await;
    instance.clock.advance(Duration::from_secs(30 * DAY - 60)).unwrap();
    assert_eq!(sign_in(&person, ADDRESS).await.url.path(), "/", "the same browser within thirty days");
    sign_out(&person).await;
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    assert_eq!(sign_in(&person, ADDRESS).await.url.path(), "/users/verify-email");
    assert_eq!(sign_in(&instance.person(), ADDRESS).await.url.path(), "/users/verify-email", "another browser");
    assert!(instance.mails_to(ADDRESS).await.len() > mailed);
}

#[tokio::test]
async fn sec_81_trust_belongs_to_one_person_and_ends_with_their_password() {
    let instance = Instance::strict().await;
    let person = instance.person();
    let asks = sign_in(&person, ADDRESS).await;
    give_back(&person, &asks, &instance.code_of(ADDRESS).await).await;
    let cookie = person.known_cookie();
    sign_out(&person).await;
    let other = instance.person();
    other.plant_cookie(&cookie);
    let asks = sign_in(&other, "user11@yopmail.com").await;
    assert_ne!(asks.url.path(), "/", "somebody else in the same browser");
    let link = acts::issue_password_link(&instance.app, &By::local(Actor::Operator), UserId(1)).await.unwrap().unwrap();
    let asks = person.visit(&format!("/users/change-password?reset_password_token={link}")).await;
    let password = "une phrase de passe assez longue";
    let form = asks.form_with("password", None).with("password", password).with("password_confirmation", password);
    assert_eq!(person.submit(form).await.status, 200);
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.sign_in(page, ADDRESS, password).await;
    assert_eq!(asks.url.path(), "/users/verify-email");
}

#[tokio::test]
async fn sec_102_a_mailbox_proven_ninety_days_ago_is_proven_again_before_any_service_hears_of_it() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    instance.clock.advance(Duration::from_secs(90 * DAY)).unwrap();
    let page = person.visit(&client.authorization("openid", &[])).await;
    let asks = person.sign_in(page, ADDRESS, ADDRESS).await;
    assert_eq!(asks.url.path(), "/users/verify-email");
    assert!(asks.text("main").contains("il y a longtemps"));
    let silent = person.visit(&client.authorization("openid", &[("prompt", "none")])).await;
    assert_eq!(silent.redirect_parameters()["error"], "interaction_required");
    let back = give_back(&person, &asks, &instance.code_of(ADDRESS).await).await;
    let tokens = client.redeem(&client.code(&back)).await;
    let claims = client.id_token_members(&tokens.id_token).await;
    assert_eq!(claims["amr"], serde_json::json!(["pwd", "mail"]));
    sign_out(&person).await;
    assert_eq!(sign_in(&person, ADDRESS).await.url.path(), "/", "and for ninety days it is");
}

#[tokio::test]
async fn a_visit_sends_nothing_and_offers_a_code() {
    let instance = Instance::dev().await;
    let person = instance.person();
    sign_in(&person, ADDRESS).await;
    // Of the first quarter, kept awake.
    for _ in 0..23 {
        instance.clock.advance(Duration::from_secs(3600)).unwrap();
        assert_eq!(person.visit("/").await.url.path(), "/");
    }
    let user = instance.app.store.read(|tx| moncomptepro::store::users::find(tx, UserId(1))).unwrap().unwrap();
    let stale = moncomptepro::domain::User { email_verified_at: None, ..user };
    instance.app.store.write(move |tx| moncomptepro::store::users::update(tx, &stale)).await.unwrap();
    let before = instance.mails_to(ADDRESS).await.len();
    let offers = person.visit("/").await;
    assert_eq!((offers.url.path(), offers.has("[name=verify_email_token]")), ("/users/verify-email", false));
    assert_eq!(instance.mails_to(ADDRESS).await.len(), before, "SEC-71");
    let asks = person.submit(offers.form_to("send-email-verification")).await;
    assert_eq!(give_back(&person, &asks, &instance.code_of(ADDRESS).await).await.url.path(), "/");
}

#[tokio::test]
async fn sec_89_a_code_that_is_given_back_renews_the_handle_of_the_session() {
    let instance = Instance::strict().await;
    let person = instance.person();
    let asks = sign_in(&person, ADDRESS).await;
    let before = person.session_cookie();
    give_back(&person, &asks, &instance.code_of(ADDRESS).await).await;
    assert_ne!(person.session_cookie(), before);
    let thief = instance.person();
    thief.plant_cookie(&before);
    assert_eq!(thief.visit("/").await.url.path(), "/users/start-sign-in");
}

#[tokio::test]
async fn sec_68_what_is_no_code_costs_no_try() {
    let instance = Instance::strict().await;
    let person = instance.person();
    let mut asks = sign_in(&person, ADDRESS).await;
    for typed in ["", "12345", "abcdefghij", "12345678901", "１２３４５６７８９０", "'; drop table", "1\u{0}23456789"]
    {
        asks = give_back(&person, &asks, typed).await;
        assert_eq!(asks.status, 400, "{typed:?}");
        assert!(asks.has("[name=verify_email_token][aria-invalid=true]"), "{typed:?}");
    }
    assert_eq!(give_back(&person, &asks, &instance.code_of(ADDRESS).await).await.url.path(), "/");
}

#[tokio::test]
async fn sec_70_where_another_sign_in_waits_for_a_code_the_page_says_where_each_is_good() {
    let instance = Instance::hiding().await;
    let (person, stranger) = (instance.person(), instance.person());
    let begin = async |person: &Person, language: &str| {
        let page = person.visit(&format!("/users/start-sign-in?lang={language}")).await;
        let offers = person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
        person.submit(offers.form_to("send-email-verification")).await
    };
    let is_told = |page: &Page| {
        let text = page.text("main");
        text.contains("ne vaut que dans la connexion qui l’a demandé") || text.contains("good only in the sign-in that")
    };
    begin(&stranger, "fr").await;
    let first = begin(&person, "fr").await;
    assert!(first.has("[name=verify_email_token]") && !is_told(&first), "what waits in another browser is not told");
    let code_of_first = instance.code_of(ADDRESS).await;
    let second = begin(&person, "en").await;
    assert!(is_told(&second) && is_told(&person.visit(first.url.as_str()).await), "in both of them");
    let wrong = give_back(&person, &second, &code_of_first).await;
    assert!(wrong.status == 400 && is_told(&wrong), "{}", wrong.text("main"));
    // The other one is over in time.
    instance.clock.advance(Duration::from_secs(300)).unwrap();
    let again = person.submit(second.form_to("send-email-verification")).await;
    assert!(is_told(&again));
    instance.clock.advance(Duration::from_secs(300)).unwrap();
    let alone = person.visit(second.url.as_str()).await;
    assert!(alone.has("[name=verify_email_token]") && !is_told(&alone), "{}", alone.text("main"));
    assert_eq!(give_back(&person, &alone, &instance.code_of(ADDRESS).await).await.url.path(), "/");
}

#[tokio::test]
async fn sec_68_sec_74_strangers_who_ask_for_mails_keep_nobody_from_the_code_of_a_sign_in() {
    let instance = Instance::strict().await;
    for number in 0..6 {
        let stranger = instance.person_at(2, 10 + number);
        let page = stranger.visit("/users/start-sign-in").await;
        let asks = stranger.submit(page.form_with("login", None).with("login", ADDRESS)).await;
        let answer = stranger.post(asks.form_to("send-magic-link")).await;
        assert_eq!(answer.status, if number < 5 { 303 } else { 429 }, "{number}");
    }
    let owner = instance.person();
    let asks = sign_in(&owner, ADDRESS).await;
    assert!(!asks.text("header").contains("Jean"), "a password alone tells no name");
    assert_eq!(give_back(&owner, &asks, &instance.code_of(ADDRESS).await).await.url.path(), "/");
}

#[tokio::test]
async fn sec_74_the_page_of_the_code_says_for_how_long_no_code_can_be_asked_for() {
    let instance = Instance::strict().await;
    for fourth in 10..15 {
        assert!(sign_in(&instance.person_at(3, fourth), ADDRESS).await.has("[name=verify_email_token]"), "{fourth}");
    }
    let person = instance.person_at(3, 20);
    let limited = sign_in(&person, ADDRESS).await;
    assert_eq!((limited.url.path(), limited.has("[name=verify_email_token]")), ("/users/verify-email", false));
    let told = |page: &Page| page.text("main").replace('\u{a0}', " ");
    assert!(told(&limited).contains("Aucun code n’est parti"), "{}", told(&limited));
    assert!(told(&limited).contains("dans 15 minutes"), "{}", told(&limited));
    let path = format!("/users/verify-email?{}", limited.url.query().unwrap());
    assert!(told(&person.visit(&format!("{path}&lang=en")).await).contains("asked for in 15 minutes"));
    instance.clock.advance(Duration::from_secs(840)).unwrap();
    let nearly = person.visit(&format!("{path}&lang=fr")).await;
    assert!(told(&nearly).contains("dans 1 minute"), "{}", told(&nearly));
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    let free = person.visit(&path).await;
    assert!(!free.has("#send-hint"), "{}", told(&free));
    let asks = person.submit(free.form_to("send-email-verification")).await;
    assert_eq!(give_back(&person, &asks, &instance.code_of(ADDRESS).await).await.url.path(), "/");
}
