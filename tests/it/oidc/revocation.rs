//! What ends a person's or a client's standing ends it at every endpoint at once, and what could open it again is
//! nowhere to be read.

use std::sync::Arc;

use moncomptepro::acts::{self, By, InBrowser, PasswordChange, PasswordChoice};
use moncomptepro::domain::{Actor, ClientState, Source, UserId};
use moncomptepro::protocol::{Locale, Scope};

use super::{JEAN, signed_in};
use crate::support::{Disk, Instance, Person};

#[derive(Debug, Clone, Copy)]
enum Event {
    AccountDisabled,
    ClientDisabled,
    SignedOut,
    PasswordChanged,
}

async fn bring_about(event: Event, instance: &Instance, person: &Person) {
    match event {
        Event::AccountDisabled => instance.disable(JEAN).await,
        Event::ClientDisabled => {
            instance.declare("service", |client| client.state = ClientState::Disabled).await;
        }
        Event::SignedOut => {
            person.submit(person.visit("/").await.sign_out_form()).await;
        }
        Event::PasswordChanged => {
            let by = By::local(Actor::Operator);
            let link = acts::issue_password_link(&instance.app, &by, UserId(1)).await.unwrap().unwrap();
            let password = "a long and quiet walk by the sea";
            let place = InBrowser { handle: acts::issue_browser_handle(&instance.app).key, session: None };
            let source = Source::of([192, 0, 2, 7].into());
            let choice = PasswordChoice { link: &link, password, source, place, locale: Locale::Fr };
            let change = acts::change_password(&instance.app, &by, choice).await.unwrap();
            assert!(matches!(change, PasswordChange::Changed(_)));
        }
    }
}

#[tokio::test]
async fn sec_2_sec_37_at_8_cli_7_ui_8_every_end_is_an_end_everywhere() {
    for event in [Event::AccountDisabled, Event::ClientDisabled, Event::SignedOut, Event::PasswordChanged] {
        let instance = Instance::dev().await;
        let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
        let asking = client.authorization("openid", &[]);
        let tokens = client.redeem(&client.code(&person.visit(&asking).await)).await;
        client.verified(&tokens.id_token).await;
        let code = client.code(&person.visit(&asking).await);
        let consent = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);

        bring_about(event, &instance, &person).await;

        assert_eq!(client.userinfo(&tokens.access_token).await.json()["error"], "invalid_token", "{event:?}");
        let refused = client.present(&code).await;
        assert!(matches!(refused.status.as_u16(), 400 | 401), "{event:?}: {}", refused.body);
        let silent = person.visit(&client.authorization("openid", &[("prompt", "none")])).await;
        let resumed = person.visit(consent.url.as_str()).await;
        let allow = consent.form_with("decision", Some("allow")).with("decision", "allow");
        let allowed = person.submit(allow).await;
        for page in [&silent, &resumed, &allowed] {
            assert!(!page.location().contains("code="), "{event:?}: {}", page.location());
        }
        if !matches!(event, Event::ClientDisabled) {
            assert_eq!(client.error(&silent), "login_required", "{event:?}");
        }
    }
}

#[tokio::test]
async fn sec_2_sec_130_a_scope_taken_from_a_client_releases_nothing_more_by_what_it_holds() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let asking = client.authorization("openid email profile", &[]);
    let tokens = client.redeem(&client.code(&person.visit(&asking).await)).await;
    let code = client.code(&person.visit(&asking).await);
    let told = async |token: &str| client.userinfo(token).await.json();
    assert!(told(&tokens.access_token).await["email"].is_string());

    let only = |scopes: &[Scope]| scopes.iter().copied().collect();
    instance.declare("service", |client| client.scopes = only(&[Scope::Openid, Scope::Email])).await;
    let document = told(&tokens.access_token).await;
    assert!(document["email"].is_string() && document.get("family_name").is_none(), "{document}");
    let answer = client.present(&code).await.json();
    assert_eq!(answer["scope"], "openid email", "{answer}");
    let later = answer["access_token"].as_str().unwrap();
    assert_eq!(told(later).await, document);

    instance.declare("service", |client| client.scopes = only(&[Scope::Email])).await;
    for token in [&tokens.access_token, later] {
        assert_eq!(told(token).await["error"], "insufficient_scope");
    }
}

#[tokio::test]
async fn gen_13_sec_34_the_disk_holds_nothing_that_opens_anything() {
    let disk = Arc::new(Disk::default());
    let instance = Instance::on_disk(&disk).await;
    let (person, client) = (signed_in(&instance, JEAN).await, instance.declare("service", |_| {}).await);
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let tokens = client.redeem(&code).await;
    client.verified(&tokens.id_token).await;
    let waiting = person.visit(&client.authorization("openid", &[("prompt", "login")])).await;
    let interaction = waiting.url.query().unwrap().trim_start_matches("interaction=").to_owned();
    let cookie = person.session_cookie();
    let session = cookie.split_once('=').unwrap().1;
    assert!(disk.holds("nonce-of-the-client"), "requests are kept");
    for secret in [code.as_str(), &tokens.access_token, &tokens.id_token, &interaction, session, &client.client_secret]
    {
        let tail = secret.get(secret.len().saturating_sub(24)..).unwrap();
        assert!(!disk.holds(tail), "{secret}");
    }
}
