//! A person sees which services they use, and takes back what one was granted.

use std::time::Duration;

use crate::support::{Instance, Page, Person, RelyingParty};

const ADDRESS: &str = "user@yopmail.com";
const PAGE: &str = "/connection-and-account";

fn used(page: &Page) -> Vec<String> {
    let document = scraper::Html::parse_document(&page.body);
    let buttons = scraper::Selector::parse("button[name=client_id]").unwrap();
    document.select(&buttons).filter_map(|button| button.value().attr("value")).map(str::to_owned).collect()
}

async fn uses(person: &Person, client: &RelyingParty) -> String {
    client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await.access_token
}

async fn withdraw(person: &Person, client_id: &str) -> Page {
    let page = person.visit(PAGE).await;
    person.submit(page.form_with("client_id", Some(client_id)).with("client_id", client_id)).await
}

async fn signed_in(instance: &Instance) -> Person {
    let person = instance.person();
    let start = person.visit("/").await;
    person.sign_in(start, ADDRESS, ADDRESS).await;
    person
}

#[tokio::test]
async fn services_are_listed_by_last_use() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    assert!(used(&person.visit(PAGE).await).is_empty());
    let (one, two) = (instance.standard_client(), instance.test_client());
    for client in [&one, &two] {
        uses(&person, client).await;
        instance.clock.advance(Duration::from_secs(60)).unwrap();
    }
    assert_eq!(used(&person.visit(PAGE).await), ["test-id", "standard_client_id"]);
    instance.clock.advance(Duration::from_secs(300)).unwrap();
    uses(&person, &one).await;
    let page = person.visit(PAGE).await;
    assert_eq!(used(&page), ["standard_client_id", "test-id"]);
    assert!(person.visit("/").await.has("#used-services-title ~ ul"), "and on the home page");
}

#[tokio::test]
async fn sec_37_sec_131_a_service_that_was_withdrawn_learns_nothing_more_until_it_is_allowed_anew() {
    let instance = Instance::dev().await;
    let (person, client, other) = (signed_in(&instance).await, instance.standard_client(), instance.test_client());
    let (token, others) = (uses(&person, &client).await, uses(&person, &other).await);
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let done = withdraw(&person, "standard_client_id").await;
    assert!(done.status == 200 && done.has("[role=status]"));
    assert_eq!(used(&done), ["test-id"]);
    assert_eq!(client.userinfo(&token).await.status, 401, "its token is void");
    assert_eq!(client.present(&code).await.status, 400, "and its code");
    assert_eq!(other.userinfo(&others).await.status, 200, "the other service goes on");
    let silent = person.visit(&client.authorization("openid", &[("prompt", "none")])).await;
    assert_eq!(silent.redirect_parameters()["error"], "consent_required");
    let asks = person.visit(&client.authorization("openid", &[])).await;
    let allowed = person.submit(asks.form_with("decision", Some("allow")).with("decision", "allow")).await;
    let token = client.redeem(&client.code(&allowed)).await.access_token;
    assert_eq!(client.userinfo(&token).await.status, 200);
    uses(&person, &client).await;
    assert_eq!(used(&person.visit(PAGE).await).len(), 2, "allowed once, it is asked no more");
}

#[tokio::test]
async fn what_one_person_withdraws_the_other_keeps() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance).await, instance.standard_client());
    let neighbour = instance.person();
    let start = neighbour.visit("/").await;
    neighbour.sign_in(start, "editeur@yopmail.com", "editeur@yopmail.com").await;
    let (mine, theirs) = (uses(&person, &client).await, uses(&neighbour, &client).await);
    withdraw(&person, "standard_client_id").await;
    assert_eq!(
        (client.userinfo(&mine).await.status.as_u16(), client.userinfo(&theirs).await.status.as_u16()),
        (401, 200)
    );
}

#[tokio::test]
async fn what_names_no_service_is_refused_and_what_was_never_used_changes_nothing() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance).await, instance.standard_client());
    let token = uses(&person, &client).await;
    let form = person.visit(PAGE).await.form_with("client_id", Some("standard_client_id"));
    for (value, status) in [("", 400), ("..", 400), ("123456", 400), ("test-id", 200), ("no-such-service", 200)] {
        assert_eq!(person.submit(form.clone().with("client_id", value)).await.status, status, "{value}");
    }
    assert_eq!(person.submit(form).await.status, 400, "no value");
    assert_eq!(client.userinfo(&token).await.status, 200);
}
