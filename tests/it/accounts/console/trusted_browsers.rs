//! A person sees in which browsers their password is enough, and takes the trust back.

use std::time::Duration;

use moncomptepro::domain::AuditEvent;
use reqwest::header::{HeaderMap, HeaderValue, USER_AGENT};

use crate::support::{Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";
const PAGE: &str = "/connection-and-account";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0";

async fn sign_in(person: &Person, address: &str) -> Page {
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, address, address).await
}

/// Signs in and gives the code back.
async fn trusted(instance: &Instance, address: &str) -> Person {
    let person = instance.person();
    let asks = sign_in(&person, address).await;
    let form = asks.form_with("verify_email_token", None);
    person.submit(form.with("verify_email_token", &instance.code_of(address).await)).await;
    person
}

/// Signs in again: the page asks for a proof of a short while ago.
async fn again(person: &Person, address: &str) {
    sign_out(person).await;
    assert_eq!(sign_in(person, address).await.url.path(), "/");
}

async fn sign_out(person: &Person) {
    let home = person.visit("/").await;
    person.submit(home.sign_out_form()).await;
}

fn cards(page: &Page) -> Vec<(String, String)> {
    let document = scraper::Html::parse_document(&page.body);
    let cards = scraper::Selector::parse("form[action='/connection-and-account/browsers'] .card").unwrap();
    let button = scraper::Selector::parse("button[name=browser]").unwrap();
    let card = |card: scraper::ElementRef<'_>| {
        let name = card.select(&button).next().unwrap().value().attr("value").unwrap().to_owned();
        (name, card.text().collect::<Vec<_>>().join(" "))
    };
    document.select(&cards).map(card).collect()
}

async fn distrust(person: &Person, which: &str) -> Page {
    let page = person.visit(PAGE).await;
    person.submit(page.form_to("account/browsers").with("browser", which)).await
}

#[tokio::test]
async fn sec_81_trusted_browsers_are_listed_with_when_and_what_they_are() {
    let instance = Instance::strict().await;
    let first = trusted(&instance, ADDRESS).await;
    instance.clock.advance(Duration::from_secs(1200)).unwrap();
    let second = instance.person();
    let asks = sign_in(&second, ADDRESS).await;
    let form = asks.form_with("verify_email_token", None);
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(FIREFOX));
    headers.insert("origin", HeaderValue::from_str(&instance.address).unwrap());
    second.post_with(form.with("verify_email_token", &instance.code_of(ADDRESS).await), headers).await;
    again(&first, ADDRESS).await;
    let shown = cards(&first.visit(PAGE).await);
    assert_eq!(shown.len(), 2);
    assert!(shown[0].1.contains("Ce navigateur") && shown[0].1.contains("10\u{a0}h\u{a0}00"), "{}", shown[0].1);
    assert!(shown[1].1.contains("Firefox sous Windows") && shown[1].1.contains("10\u{a0}h\u{a0}20"), "{}", shown[1].1);
    assert!(shown[1].1.contains("127.0.0.1") && !shown[1].1.contains("Ce navigateur"));
    let third = trusted(&instance, "editeur@yopmail.com").await;
    assert_eq!(cards(&third.visit(PAGE).await).len(), 1, "somebody else's are not shown");
}

#[tokio::test]
async fn sec_81_a_browser_whose_trust_is_taken_back_is_asked_for_a_code_and_others_are_not() {
    let instance = Instance::strict().await;
    let kept = trusted(&instance, ADDRESS).await;
    instance.clock.advance(Duration::from_secs(1200)).unwrap();
    let lost = trusted(&instance, ADDRESS).await;
    again(&kept, ADDRESS).await;
    let name = cards(&lost.visit(PAGE).await)[0].0.clone();
    let done = distrust(&kept, &name).await;
    assert!(done.has("[role=status]") && cards(&done).len() == 1);
    for person in [&kept, &lost] {
        sign_out(person).await;
    }
    assert_eq!(sign_in(&kept, ADDRESS).await.url.path(), "/");
    assert_eq!(sign_in(&lost, ADDRESS).await.url.path(), "/users/verify-email");
    let told = |event: &AuditEvent| matches!(event, AuditEvent::BrowserDistrusted { browser, .. } if *browser == name);
    assert_eq!(instance.audit().iter().filter(|record| told(&record.event)).count(), 1);
    assert!(cards(&distrust(&kept, "all").await).is_empty());
    sign_out(&kept).await;
    assert_eq!(sign_in(&kept, ADDRESS).await.url.path(), "/users/verify-email");
}

#[tokio::test]
async fn sec_81_nobody_takes_back_the_trust_of_somebody_elses_browser() {
    let instance = Instance::strict().await;
    let (owner, other) = (trusted(&instance, ADDRESS).await, trusted(&instance, "editeur@yopmail.com").await);
    let name = cards(&owner.visit(PAGE).await)[0].0.clone();
    distrust(&other, &name).await;
    distrust(&other, "all").await;
    sign_out(&owner).await;
    assert_eq!(sign_in(&owner, ADDRESS).await.url.path(), "/");
}
