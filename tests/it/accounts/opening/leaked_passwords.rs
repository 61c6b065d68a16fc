//! Passwords that were stolen somewhere: a service is told five digits of a digest, and keeps nobody waiting.

use std::time::Duration;

use moncomptepro::acts::{self, By};
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::domain::{Actor, UserId};
use moncomptepro::logs::Counted;

use crate::support::service::{Does, Service, with_status};
use crate::support::{Instance, Operator, Page, Person};

const ADDRESS: &str = "nouvelle@mairie.exemple.fr";
const SEEDED: &str = "user@yopmail.com";
const PASSWORD: &str = "une phrase de passe assez longue";
/// The SHA-1 digest of that password.
const DIGITS: &str = "59FF843B135C93AF4077268B2CE8EA9B95930340";
const OTHER: &str = "0018A45C4D1DEF81644B54AB7F969B88D65";

fn listing(lines: &[String]) -> Does {
    with_status("200 OK", "", &lines.join("\r\n"))
}

fn leaked() -> Does {
    listing(&[format!("{OTHER}:3"), format!("{}:12", &DIGITS[5..])])
}

fn asking(port: u16) -> impl FnOnce(u16) -> Config {
    move |own| {
        let service = format!("http://127.0.0.1:{port}/range/").parse().unwrap();
        Config { leaked_passwords: Some(service), ..Config::dev(DevOptions::default(), own) }
    }
}

async fn begin(does: Does) -> (Service, Instance) {
    let service = Service::start(does).await;
    let instance = Instance::start(asking(service.port)).await;
    (service, instance)
}

async fn choose(person: &Person, page: &Page) -> Page {
    let form = page.form_with("password_confirmation", None);
    person.submit(form.with("password", PASSWORD).with("password_confirmation", PASSWORD)).await
}

async fn sign_up(instance: &Instance) -> Page {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let page = person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    choose(&person, &page).await
}

#[track_caller]
fn is_refused(page: &Page) {
    assert_eq!(page.status, 400);
    assert!(
        page.has("#password[aria-invalid=true]") && page.text("#password-problem").contains("volés"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn sec_60_only_five_digits_of_a_digest_are_told_and_a_leaked_password_opens_no_account() {
    let (service, instance) = begin(leaked()).await;
    is_refused(&sign_up(&instance).await);
    assert_eq!(instance.mails_to(ADDRESS).await.len(), 0);
    let asked = service.asked();
    assert_eq!(asked.len(), 1);
    let asked = asked[0].to_lowercase();
    assert!(asked.starts_with(&format!("get /range/{} http/1.1\r\n", &DIGITS[..5].to_lowercase())), "{asked}");
    assert!(asked.contains("\r\nadd-padding: true\r\n"), "{asked}");
    let rest = asked.split_once("http/1.1").unwrap().1;
    for told in [&DIGITS[5..], ADDRESS, PASSWORD, "cookie", "phrase"] {
        assert!(!rest.contains(&told.to_lowercase()), "{told} in {asked}");
    }
    assert_eq!(instance.app.counts.get(Counted::PasswordLeaked), 1);
    // What is only padding, and what is not listed, is no leak.
    for list in [vec![format!("{OTHER}:3"), format!("{}:0", &DIGITS[5..])], vec![format!("{OTHER}:3")]] {
        service.does(listing(&list));
        assert_eq!(sign_up(&instance).await.url.path(), "/users/verify-email", "{list:?}");
    }
    assert_eq!(instance.app.counts.get(Counted::PasswordNotLeaked), 2);
}

#[tokio::test]
async fn sec_60_a_leaked_password_is_refused_wherever_one_is_chosen() {
    let (service, instance) = begin(leaked()).await;
    let by = By::local(Actor::Operator);
    let link = acts::issue_password_link(&instance.app, &by, UserId(1)).await.unwrap().unwrap();
    let person = instance.person();
    let page = person.visit(&format!("/users/change-password?reset_password_token={link}")).await;
    let refused = choose(&person, &page).await;
    is_refused(&refused);
    let start = person.visit("/").await;
    assert_eq!(
        person.sign_in(start, SEEDED, SEEDED).await.url.path(),
        "/",
        "it is asked about no password but a new one"
    );
    is_refused(&choose(&person, &person.visit("/connection-and-account/password").await).await);
    assert_eq!(service.asked().len(), 2);
    service.does(listing(&[format!("{OTHER}:3")]));
    let stranger = instance.person();
    assert_eq!(choose(&stranger, &refused_again(&stranger, &link).await).await.status, 200, "the link still works");
}

async fn refused_again(person: &Person, link: &str) -> Page {
    person.visit(&format!("/users/change-password?reset_password_token={link}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_60_an_invitation_is_not_accepted_with_a_leaked_password() {
    let service = Service::start(leaked()).await;
    let directory = tempfile::tempdir().unwrap();
    let data_dir = Some(directory.path().to_owned());
    let config = asking(service.port);
    let instance = Instance::start(|port| {
        let dev = Config::dev(DevOptions { data_dir, ..DevOptions::default() }, port);
        Config { leaked_passwords: config(port).leaked_passwords, ..dev }
    });
    let (instance, operator) = (instance.await, Operator::at(directory.path()));
    operator.asks(&["user", "invite", ADDRESS]).await;
    let person = instance.person();
    let page = person.visit(&instance.link_of(ADDRESS).await).await;
    is_refused(&choose(&person, &page).await);
}

#[tokio::test]
async fn sec_60_a_service_that_does_not_answer_keeps_nobody_from_signing_up_and_is_told_in_the_numbers() {
    let long = "A".repeat(1_100_000);
    let table = [
        ("down", None),
        ("hanging", Some(Does::Hangs)),
        ("without an end", Some(Does::Drowns)),
        ("too long", Some(with_status("200 OK", "", &long))),
        ("nonsense", Some(with_status("200 OK", "", "<html>Bonjour</html>"))),
        ("empty", Some(with_status("200 OK", "", ""))),
        ("binary", Some(Does::Says(String::from("\u{1}\u{2}\u{3}")))),
        ("refusing", Some(with_status("503 Service Unavailable", "", ""))),
        ("elsewhere", Some(with_status("302 Found", "Location: http://169.254.169.254/\r\n", ""))),
    ];
    for (name, does) in table {
        let service = Service::start(does.clone().unwrap_or_else(leaked)).await;
        // Nobody listens on the port of the discard service.
        let port = if does.is_some() { service.port } else { 9 };
        let instance = Instance::start(asking(port)).await;
        let signing_up = tokio::time::timeout(Duration::from_secs(10), sign_up(&instance));
        assert_eq!(signing_up.await.unwrap().url.path(), "/users/verify-email", "{name}");
        assert_eq!(instance.app.counts.get(Counted::PasswordLeakUnknown), 1, "{name}");
        let sample = "moncomptepro_leaked_password_checks_total{outcome=\"unanswered\"} 1";
        assert!(instance.metrics.expose().contains(sample), "{name}");
        let person = instance.person();
        let page = person.visit("/users/start-sign-in").await;
        let page = person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
        let form = page.form_with("password_confirmation", None);
        let common = form.with("password", "motdepasse123456").with("password_confirmation", "motdepasse123456");
        assert_eq!(person.submit(common).await.status, 400, "{name}: the embedded list is always there");
    }
}

#[tokio::test]
async fn sec_60_a_service_that_fails_again_and_again_is_left_alone_for_a_while() {
    let (service, instance) = begin(with_status("500 Internal Server Error", "", "")).await;
    for _ in 0..7 {
        assert_eq!(sign_up(&instance).await.url.path(), "/users/verify-email");
    }
    assert_eq!(service.asked().len(), 5);
    assert_eq!(instance.app.counts.get(Counted::PasswordLeakUnknown), 7);
    service.does(leaked());
    instance.clock.advance(Duration::from_secs(30)).unwrap();
    is_refused(&sign_up(&instance).await);
}

#[tokio::test]
async fn sec_60_nobody_is_asked_unless_the_configuration_names_somebody() {
    let instance = Instance::dev().await;
    assert!(instance.app.config.leaked_passwords.is_none());
    assert_eq!(sign_up(&instance).await.url.path(), "/users/verify-email");
    assert_eq!(instance.app.counts.get(Counted::PasswordLeakUnknown), 0);
}
