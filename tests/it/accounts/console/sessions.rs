//! A person sees where they are signed in, and ends it.

use std::time::Duration;

use moncomptepro::domain::AuditEvent;
use reqwest::header::{HeaderMap, HeaderValue, USER_AGENT};

use crate::support::{Form, Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";
const PAGE: &str = "/connection-and-account";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0";

async fn signed_in(instance: &Instance) -> Person {
    let person = instance.person();
    let page = person.visit("/").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    person
}

async fn is_signed_in(person: &Person) -> bool {
    person.visit("/").await.url.path() == "/"
}

fn cards(page: &Page) -> Vec<String> {
    let document = scraper::Html::parse_document(&page.body);
    let cards = scraper::Selector::parse("#sessions-title ~ form .card").unwrap();
    document.select(&cards).map(|card| card.text().collect::<Vec<_>>().join(" ")).collect()
}

fn names(page: &Page) -> Vec<String> {
    let document = scraper::Html::parse_document(&page.body);
    let buttons = scraper::Selector::parse(".card button[name=session]").unwrap();
    document.select(&buttons).filter_map(|button| button.value().attr("value")).map(str::to_owned).collect()
}

fn ending(page: &Page, which: &str) -> Form {
    page.form_with("session", Some(which)).with("session", which)
}

#[tokio::test]
async fn sec_92_the_list_says_when_where_how_and_which_one_this_is() {
    let instance = Instance::dev().await;
    let elsewhere = instance.person();
    let page = elsewhere.visit("/").await;
    let asks = elsewhere.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(FIREFOX));
    headers.insert("origin", HeaderValue::from_str(&instance.address).unwrap());
    elsewhere.post_with(asks.form_with("password", None).with("password", ADDRESS), headers).await;
    instance.clock.advance(Duration::from_secs(3600)).unwrap();
    let person = signed_in(&instance).await;
    instance.clock.advance(Duration::from_secs(600)).unwrap();
    let cards = cards(&person.visit(PAGE).await);
    assert_eq!(cards.len(), 2);
    let expected = [
        ["Cette session", "11\u{a0}h\u{a0}00", "11\u{a0}h\u{a0}00", "Navigateur inconnu", "127.0.0.1", "mot de passe"],
        ["Firefox sous Windows", "10\u{a0}h\u{a0}00", "10\u{a0}h\u{a0}00", "Fermer", "127.0.0.1", "mot de passe"],
    ];
    for (card, expected) in cards.iter().zip(expected) {
        for words in expected {
            assert!(card.contains(words), "{words} in {card}");
        }
    }
    assert!(!cards[1].contains("Cette session"));
    assert!(!person.visit(PAGE).await.body.contains(FIREFOX), "the header is not kept");
}

#[tokio::test]
async fn sec_92_one_session_is_ended_from_another_browser_with_what_was_issued_in_it() {
    let instance = Instance::dev().await;
    let (person, lost, third) = (signed_in(&instance).await, signed_in(&instance).await, signed_in(&instance).await);
    let client = instance.standard_client();
    let tokens = client.redeem(&client.code(&lost.visit(&client.authorization("openid", &[])).await)).await;
    let mine = names(&lost.visit(PAGE).await)[0].clone();
    let page = person.visit(PAGE).await;
    let done = person.submit(ending(&page, &mine)).await;
    assert_eq!((done.status.as_u16(), done.url.path()), (200, PAGE));
    assert!(done.has("[role=status]") && cards(&done).len() == 2);
    assert!(!is_signed_in(&lost).await);
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
    assert!(is_signed_in(&person).await && is_signed_in(&third).await);
    let revoked = |event: &AuditEvent| matches!(event, AuditEvent::SessionRevoked { session, .. } if *session == mine);
    assert!(instance.audit().iter().any(|record| revoked(&record.event)));
    let again = person.submit(ending(&page, &mine)).await;
    assert_eq!(again.status, 200, "what is over stays over, and is no error");
}

#[tokio::test]
async fn sec_92_all_others_end_and_this_one_goes_on() {
    let instance = Instance::dev().await;
    let (person, one, two) = (signed_in(&instance).await, signed_in(&instance).await, signed_in(&instance).await);
    let done = person.submit(ending(&person.visit(PAGE).await, "others")).await;
    assert_eq!(cards(&done).len(), 1);
    assert!(!done.has("button[value=others]"), "there are no others");
    assert!(is_signed_in(&person).await && !is_signed_in(&one).await && !is_signed_in(&two).await);
}

#[tokio::test]
async fn sec_89_sec_92_all_sessions_end_with_this_one_whose_handles_are_dead() {
    let instance = Instance::dev().await;
    let (person, other) = (signed_in(&instance).await, signed_in(&instance).await);
    let (session, browser) = (person.session_cookie(), person.browser_cookie());
    let page = person.visit(PAGE).await;
    let out = person.submit(ending(&page, "all")).await;
    assert_eq!(out.url.path(), "/users/start-sign-in");
    assert_ne!(person.browser_cookie(), browser);
    person.plant_cookie(&session);
    assert!(!is_signed_in(&person).await && !is_signed_in(&other).await);
    // The very session by its own name is the same as leaving.
    let person = signed_in(&instance).await;
    let page = person.visit(PAGE).await;
    let own = names(&page)[0].clone();
    assert_eq!(person.submit(ending(&page, &own)).await.url.path(), "/users/start-sign-in");
}

#[tokio::test]
async fn sec_92_nobody_ends_the_session_of_somebody_else() {
    let instance = Instance::dev().await;
    let victim = signed_in(&instance).await;
    let name = names(&victim.visit(PAGE).await)[0].clone();
    let person = instance.person();
    let start = person.visit("/").await;
    person.sign_in(start, "editeur@yopmail.com", "editeur@yopmail.com").await;
    let page = person.visit(PAGE).await;
    let own = names(&page);
    assert_eq!(own.len(), 1, "nobody else's is listed");
    let tried = person.submit(page.form_with("session", Some(&own[0])).with("session", &name)).await;
    assert_eq!(tried.status, 200);
    assert!(is_signed_in(&victim).await);
    let empty = person.submit(page.form_with("session", Some(&own[0]))).await;
    assert_eq!(empty.status, 400, "what names no session is refused");
}

#[tokio::test]
async fn sec_92_over_fifty_sessions_the_oldest_end_first() {
    let instance = Instance::start(|port| {
        let config = moncomptepro::config::Config::dev(moncomptepro::config::DevOptions::default(), port);
        moncomptepro::config::Config { automatic_sign_in: None, ..config }
    })
    .await;
    let mut people = Vec::new();
    for _ in 0..52 {
        let person = instance.person();
        let start = person.visit("/").await;
        let one = start.form_with("user_id", Some("1")).with("user_id", "1");
        assert_eq!(person.submit(one).await.url.path(), "/");
        people.push(person);
        instance.clock.advance(Duration::from_secs(1)).unwrap();
    }
    assert!(!is_signed_in(&people[0]).await && !is_signed_in(&people[1]).await, "the oldest ended");
    assert!(is_signed_in(&people[2]).await && is_signed_in(&people[51]).await);
    assert_eq!(cards(&people[51].visit(PAGE).await).len(), 50);
}

#[tokio::test]
async fn sec_92_a_session_that_goes_on_under_another_handle_is_listed_once() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance).await, instance.standard_client());
    let asks = person.visit(&client.authorization("openid", &[("prompt", "login")])).await;
    person.sign_in(asks, ADDRESS, ADDRESS).await;
    assert_eq!(cards(&person.visit(PAGE).await).len(), 1);
}
