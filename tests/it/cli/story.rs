//! What was made by command signs in; what is ended by command is over at once.

use std::path::Path;
use std::time::Duration;

use moncomptepro::config::DevOptions;
use serde_json::Value;

use crate::support::{Ended, Instance, Operator, Person, RelyingParty};

const PASSWORD: &str = "une phrase de passe assez longue";
const SIRET: &str = "21777701500017";
const CALLBACK: &str = "https://service.example/callback";

/// An instance with an organization, which commands reach.
async fn town(directory: &Path) -> (Instance, Operator) {
    let options = DevOptions { data_dir: Some(directory.to_owned()), strict: true, ..DevOptions::default() };
    let (instance, operator) = (Instance::dev_with(options).await, Operator::at(directory));
    operator.asks(&["org", "add", SIRET, "--label", "Commune de Petiteville", "--legal-category", "7210"]).await;
    (instance, operator)
}

/// Makes a client by command.
async fn client(instance: &Instance, operator: &Operator, id: &str) -> RelyingParty {
    let asked = ["client", "create", "--id", id, "--name", "Service", "--redirect-uri", CALLBACK];
    let made = operator.asks(&[&asked[..], &["--auth-method", "basic", "--auth-method", "post"]].concat()).await;
    RelyingParty::new(instance, id, made["client_secret"].as_str().unwrap(), CALLBACK)
}

/// Makes a person of the town by command; they choose their password by the link.
async fn citizen(instance: &Instance, operator: &Operator, email: &str) -> (Person, Value) {
    let made = operator.asks(&["user", "create", email, "--given-name", "Marie", "--family-name", "Dupont"]).await;
    operator.asks(&["org", "link", SIRET, email, "--external"]).await;
    let person = instance.person();
    choose_password(&person, &made).await;
    (person, made)
}

async fn choose_password(person: &Person, made: &Value) {
    let path = made["password_link"].as_str().unwrap().split_once("/users/").unwrap().1;
    let asks = person.visit(&format!("/users/{path}")).await;
    let form = asks.form_with("password", None).with("password", PASSWORD).with("password_confirmation", PASSWORD);
    assert_eq!(person.submit(form).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_a_person_and_an_organization_made_by_command_sign_in() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = town(directory.path()).await;
    let service = client(&instance, &operator, "service").await;
    let (person, made) = citizen(&instance, &operator, "marie@mairie.example").await;
    let page = person.visit(&service.authorization("openid email organization", &[])).await;
    let back = person.sign_in(page, "marie@mairie.example", PASSWORD).await;
    let tokens = service.redeem(&service.code(&back)).await;
    let claims = service.verified(&tokens.id_token).await;
    assert_eq!(claims.subject().as_str(), made["user_id"].to_string());
    let told = service.userinfo(&tokens.access_token).await.json();
    assert_eq!((told["siret"].as_str(), told["is_external"].as_bool()), (Some(SIRET), Some(true)));
    assert_eq!((told["email"].as_str(), told["is_commune"].as_bool()), (Some("marie@mairie.example"), Some(true)));
    let sessions = operator.asks(&["session", "list", "--user", "marie@mairie.example"]).await;
    assert_eq!(sessions["items"][0]["clients"], serde_json::json!(["service"]));
    assert!(!sessions.to_string().contains(&person.session_cookie()[20..]), "handles are never shown");
    instance.stop().await;
}

/// What a person holds after signing in.
struct Held {
    person: Person,
    access_token: String,
    code: String,
    link: String,
}

async fn hold(instance: &Instance, operator: &Operator, service: &RelyingParty, email: &str) -> Held {
    let (person, _) = citizen(instance, operator, email).await;
    let page = person.visit(&service.authorization("openid organization", &[])).await;
    let back = person.sign_in(page, email, PASSWORD).await;
    let access_token = service.redeem(&service.code(&back)).await.access_token;
    let code = service.code(&person.visit(&service.authorization("openid organization", &[])).await);
    let link = operator.asks(&["user", "reset-password", email]).await["password_link"].as_str().unwrap().to_owned();
    let link = format!("/users/{}", link.split_once("/users/").unwrap().1);
    Held { person, access_token, code, link }
}

/// Whether access token, code, session and link still work.
async fn works(instance: &Instance, service: &RelyingParty, held: &Held) -> [bool; 4] {
    [
        service.userinfo(&held.access_token).await.status == 200,
        service.present(&held.code).await.status == 200,
        held.person.visit("/").await.url.path() == "/",
        instance.person().visit(&held.link).await.status == 200,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_37_what_a_command_ends_is_over_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = town(directory.path()).await;
    // Access token, code, session, link: what still works after the command.
    let rows: [(&[&str], [bool; 4]); 12] = [
        (&["user", "show", "EMAIL"], [true, true, true, true]),
        (&["client", "rotate-secret", "CLIENT", "--overlap", "1h"], [true, true, true, true]),
        (&["org", "link", SIRET, "EMAIL"], [true, true, true, true]),
        (&["user", "sign-out", "EMAIL"], [false; 4]),
        (&["user", "disable", "EMAIL"], [false; 4]),
        (&["user", "delete", "EMAIL"], [false; 4]),
        (&["org", "unlink", SIRET, "EMAIL"], [false, false, true, true]),
        (&["session", "revoke", "--user", "EMAIL"], [false; 4]),
        (&["session", "revoke", "--all"], [false, false, false, true]),
        (&["client", "update", "CLIENT", "--enabled", "false"], [false, false, true, true]),
        (&["client", "rotate-secret", "CLIENT", "--overlap", "0"], [false, false, true, true]),
        (&["client", "delete", "CLIENT"], [false, false, true, true]),
    ];
    let mut wrong = Vec::new();
    for (number, (command, expected)) in rows.iter().enumerate() {
        let (id, email) = (format!("service-{number}"), format!("p{number}@mairie.example"));
        let service = client(&instance, &operator, &id).await;
        let held = hold(&instance, &operator, &service, &email).await;
        let command: Vec<&str> = command
            .iter()
            .map(|word| match *word {
                "EMAIL" => email.as_str(),
                "CLIENT" => id.as_str(),
                word => word,
            })
            .collect();
        operator.asks(&command).await;
        let found = works(&instance, &service, &held).await;
        if found != *expected {
            wrong.push(format!("{command:?}: {found:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_37_one_session_is_revoked_by_the_name_that_the_list_shows() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = town(directory.path()).await;
    let service = client(&instance, &operator, "service").await;
    let held = hold(&instance, &operator, &service, "a@mairie.example").await;
    let other = hold(&instance, &operator, &service, "b@mairie.example").await;
    let listed = operator.asks(&["session", "list", "--user", "a@mairie.example"]).await;
    let name = listed["items"][0]["session_id"].as_str().unwrap().to_owned();
    operator.asks(&["session", "revoke", &name]).await;
    operator.types(&["session", "revoke", &name]).await.refused(1, "no session");
    assert_eq!(works(&instance, &service, &held).await, [false, false, false, true]);
    assert_eq!(works(&instance, &service, &other).await, [true; 4]);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_44_cli_9_two_secrets_work_during_the_overlap_and_one_after_it() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = town(directory.path()).await;
    let first = client(&instance, &operator, "service").await;
    let rotate = |overlap: &'static str| {
        let (instance, operator) = (&instance, &operator);
        async move {
            let rotated = operator.asks(&["client", "rotate-secret", "service", "--overlap", overlap]).await;
            RelyingParty::new(instance, "service", rotated["client_secret"].as_str().unwrap(), CALLBACK)
        }
    };
    // A wrong secret is 401, a right one with a code that never was 400.
    let known = |client: &RelyingParty| {
        let client = RelyingParty::new(&instance, "service", &client.client_secret, CALLBACK);
        async move { client.present("no-such-code").await.status == 400 }
    };
    assert!(known(&first).await);
    let second = rotate("24h").await;
    assert!(known(&first).await && known(&second).await);
    // Two at most: a third would end the one that the service may still show.
    let again = operator.types(&["client", "rotate-secret", "service", "--show-secret"]).await;
    again.refused(1, "works until 2026-11-24T09:00:00.000Z: rotate again then, or with --overlap 0");
    assert!(known(&first).await && known(&second).await);
    instance.clock.advance(Duration::from_secs(24 * 3600)).unwrap();
    assert!(!known(&first).await && known(&second).await);
    let third = rotate("24h").await;
    assert!(known(&second).await && known(&third).await);
    let fourth = rotate("0").await;
    assert!(!known(&second).await && !known(&third).await && known(&fourth).await);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_44_two_who_rotate_at_once_do_not_end_the_secret_in_use() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = town(directory.path()).await;
    let in_use = client(&instance, &operator, "service").await;
    let rotation = ["client", "rotate-secret", "service", "--output", "json"];
    let both = tokio::join!(operator.types(&rotation), operator.types(&rotation));
    let (told, refused): (Vec<Ended>, Vec<Ended>) = [both.0, both.1].into_iter().partition(|ended| ended.code == 0);
    let ([told], [refused]) = (told.as_slice(), refused.as_slice()) else { panic!("{told:?} {refused:?}") };
    refused.refused(1, "secret_retiring");
    let given = told.json()["client_secret"].as_str().unwrap().to_owned();
    for secret in [&in_use.client_secret, &given] {
        let service = RelyingParty::new(&instance, "service", secret, CALLBACK);
        assert_eq!(service.present("no-such-code").await.status, 400, "each of the two works");
    }
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_37_a_new_client_does_not_inherit_what_one_of_its_name_was_given() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = town(directory.path()).await;
    let service = client(&instance, &operator, "service").await;
    let held = hold(&instance, &operator, &service, "a@mairie.example").await;
    operator.asks(&["client", "delete", "service"]).await;
    let again = client(&instance, &operator, "service").await;
    assert_eq!(works(&instance, &again, &held).await, [false, false, true, true]);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_37_what_was_void_stays_void_when_it_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let (instance, operator) = town(directory.path()).await;
    let service = client(&instance, &operator, "service").await;
    let held = hold(&instance, &operator, &service, "a@mairie.example").await;
    operator.asks(&["user", "disable", "a@mairie.example"]).await;
    operator.asks(&["user", "enable", "a@mairie.example"]).await;
    assert_eq!(works(&instance, &service, &held).await, [false; 4]);
    let held = hold(&instance, &operator, &service, "b@mairie.example").await;
    operator.asks(&["client", "update", "service", "--enabled", "false"]).await;
    operator.asks(&["client", "update", "service", "--enabled", "true"]).await;
    assert_eq!(works(&instance, &service, &held).await, [false, false, true, true]);
    instance.stop().await;
}
