//! A person who is signed in chooses another password.

use moncomptepro::acts::{self, By};
use moncomptepro::domain::{Actor, UserId};

use crate::support::{Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";
const NEW_PASSWORD: &str = "une phrase de passe assez longue";
const PAGE: &str = "/connection-and-account/password";

async fn signed_in(instance: &Instance) -> Person {
    let person = instance.person();
    let page = person.visit("/").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    person
}

async fn choose(person: &Person, page: &Page, password: &str) -> Page {
    let form = page.form_with("password", None).with("password", password);
    person.submit(form.with("password_confirmation", password)).await
}

async fn is_signed_in(person: &Person) -> bool {
    person.visit("/").await.url.path() == "/"
}

#[tokio::test]
async fn sec_37_sec_66_sec_89_a_new_password_ends_everything_else_and_this_session_goes_on_under_a_new_handle() {
    let instance = Instance::dev().await;
    let (person, elsewhere, client) =
        (signed_in(&instance).await, signed_in(&instance).await, instance.standard_client());
    let back = elsewhere.visit(&client.authorization("openid", &[])).await;
    let tokens = client.redeem(&client.code(&back)).await;
    let own = person.visit(&client.authorization("openid", &[])).await;
    let own_tokens = client.redeem(&client.code(&own)).await;
    let by = By::local(Actor::Operator);
    let link = acts::issue_password_link(&instance.app, &by, UserId(1)).await.unwrap().unwrap();
    let (session, browser, known) = (person.session_cookie(), person.browser_cookie(), person.known_cookie());
    let page = person.visit("/connection-and-account").await;
    let page = person.visit(&page.attribute("main a[href*=password]", "href").unwrap()).await;
    let done = choose(&person, &page, NEW_PASSWORD).await;
    assert_eq!((done.status.as_u16(), done.url.path()), (200, "/connection-and-account"));
    assert!(!done.text("[role=status]").is_empty());
    assert!(is_signed_in(&person).await, "this session goes on");
    assert!(person.session_cookie() != session && person.browser_cookie() != browser && person.known_cookie() != known);
    assert!(!is_signed_in(&elsewhere).await, "the others ended");
    for token in [tokens.access_token, own_tokens.access_token] {
        assert_eq!(client.userinfo(&token).await.status, 401, "what was issued is void");
    }
    let void = person.visit(&format!("/users/change-password?reset_password_token={link}")).await;
    assert_eq!(void.status, 410, "links that were under way are void");
    let thief = instance.person();
    thief.plant_cookie(&session);
    assert!(!is_signed_in(&thief).await, "the handle of before is dead");
    let mails = person.get(&format!("/_dev/api/mailbox?to={ADDRESS}")).await.json();
    assert!(mails[0]["subject"].as_str().unwrap().contains("mot de passe"), "{mails}");
    let fresh = instance.person();
    let start = fresh.visit("/").await;
    assert_eq!(fresh.sign_in(start, ADDRESS, ADDRESS).await.status, 400, "the old password is gone");
    let start = fresh.visit("/").await;
    assert_eq!(fresh.sign_in(start, ADDRESS, NEW_PASSWORD).await.url.path(), "/");
}

#[tokio::test]
async fn sec_62_sec_66_what_cannot_be_the_password_is_said_next_to_its_field_and_changes_nothing() {
    let instance = Instance::dev().await;
    let (person, elsewhere) = (signed_in(&instance).await, signed_in(&instance).await);
    choose(&person, &person.visit(PAGE).await, NEW_PASSWORD).await;
    let cookie = person.session_cookie();
    let page = person.visit(PAGE).await;
    let long = "é".repeat(129);
    let cases = [
        ("court", "15"),
        (long.as_str(), "128"),
        (ADDRESS, "adresse"),
        ("", "15"),
        (NEW_PASSWORD, "actuel"),
        ("P@ssw0rdP@ssw0rd", "courant"),
    ];
    for (password, said) in cases {
        let refused = choose(&person, &page, password).await;
        assert_eq!(refused.status, 400, "{password}");
        assert!(refused.has("#password[aria-invalid=true][aria-describedby~=password-problem]"), "{password}");
        assert!(refused.text("#password-problem").contains(said), "{password}: {}", refused.text("#password-problem"));
    }
    let form = page.form_with("password", None).with("password", "une tout autre phrase");
    let refused = person.submit(form.with("password_confirmation", "et encore une autre")).await;
    assert!(refused.status == 400 && refused.has("#password_confirmation[aria-invalid=true]"));
    assert_eq!(person.session_cookie(), cookie);
    assert!(is_signed_in(&person).await && !is_signed_in(&elsewhere).await);
}

#[tokio::test]
async fn a_password_sent_from_a_session_that_ended_meanwhile_changes_nothing() {
    let instance = Instance::dev().await;
    let (person, elsewhere) = (signed_in(&instance).await, signed_in(&instance).await);
    let page = person.visit(PAGE).await;
    let mine = elsewhere.visit("/connection-and-account").await;
    elsewhere.submit(mine.form_with("session", Some("others")).with("session", "others")).await;
    assert_eq!(choose(&person, &page, NEW_PASSWORD).await.status, 403, "the form is of a session that is over");
    let start = person.visit("/").await;
    assert_eq!(person.sign_in(start, ADDRESS, ADDRESS).await.url.path(), "/");
}
