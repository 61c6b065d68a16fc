//! Each guard with each thing that it may find: all but one are a refusal, an empty list and a failing disk among them.

use std::sync::Arc;

use moncomptepro::acts::{self, By, ClientAuthenticationOutcome};
use moncomptepro::crypto;
use moncomptepro::domain::{
    Actor, BrowserSession, Client, ClientAuthentication, HandleKey, Interaction, PreSession, SecretDigest, Session,
    Source, User, UserId,
};
use moncomptepro::protocol::{ClientAuthenticationMethod, ClientCredentials, CredentialSources, Parameters, Timestamp};
use moncomptepro::store::{browser_sessions, interactions, pre_sessions, users};

use crate::support::{Disk, Fault, Instance, Person};

const ADDRESS: &str = "user@yopmail.com";

async fn signed_in(instance: &Instance) -> Person {
    let person = instance.person();
    let page = person.visit("/").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    person
}

fn value(cookie: &str) -> String {
    cookie.split_once('=').unwrap().1.to_owned()
}

#[tokio::test]
async fn sec_1_of_all_that_a_session_can_be_one_opens() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    let cookie = value(&person.session_cookie());
    let key: HandleKey<BrowserSession> = crypto::parse_handle(&cookie).unwrap();
    let store = instance.app.store.clone();
    let found = store.read(|tx| browser_sessions::find(tx, &key)).unwrap();
    let Some(BrowserSession::Live(live)) = found else { panic!("the session of a person") };
    let user = store.read(|tx| users::find(tx, UserId(1))).unwrap().unwrap();
    let ago = |seconds: u64| Timestamp(instance.clock.now().0 - seconds);
    let nobody = Session { user_id: UserId(999), ..live.clone() };
    let idle = Session { last_used_at: ago(4 * 3600), ..live.clone() };
    let old = Session { started_at: ago(24 * 3600), ..live.clone() };
    let later = User { epoch: user.epoch + 1, ..user.clone() };
    let cases = [
        ("live", BrowserSession::Live(live.clone()), user.clone(), true),
        ("renewed", BrowserSession::Renewed { by: key }, user.clone(), false),
        ("ended", BrowserSession::Ended { at: ago(0) }, user.clone(), false),
        ("idle for too long", BrowserSession::Live(idle), user.clone(), false),
        ("too old", BrowserSession::Live(old), user.clone(), false),
        ("of nobody", BrowserSession::Live(nobody), user.clone(), false),
        ("of an epoch that is over", BrowserSession::Live(live.clone()), later, false),
        ("live again", BrowserSession::Live(live), user, true),
    ];
    for (name, record, user, opens) in cases {
        let write = move |tx: &mut moncomptepro::store::Tx| {
            users::update(tx, &user)?;
            browser_sessions::update(tx, &key, &record)
        };
        store.write(write).await.unwrap();
        let session = acts::find_session(&instance.app, &cookie).await.unwrap();
        assert_eq!(session.is_some(), opens, "{name}");
        assert_eq!(person.visit("/").await.url.path() == "/", opens, "{name}");
    }
    for nothing in ["", "x", &"A".repeat(48)] {
        assert!(acts::find_session(&instance.app, nothing).await.unwrap().is_none(), "{nothing}");
    }
}

#[tokio::test]
async fn sec_1_of_all_that_a_sign_in_under_way_can_be_one_goes_on() {
    let instance = Instance::dev().await;
    let (person, client) = (signed_in(&instance).await, instance.standard_client());
    let page = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
    let id = page.url.path().split('/').nth(2).unwrap().to_owned();
    let key: HandleKey<Interaction> = crypto::parse_handle(&id).unwrap();
    let store = instance.app.store.clone();
    let open = store.read(|tx| interactions::find(tx, &key)).unwrap().unwrap();
    let now = instance.clock.now();
    let elsewhere = acts::issue_browser_handle(&instance.app).key;
    let cases = [
        ("open", open.clone(), 200),
        ("finished", Interaction { finished_at: Some(now), ..open.clone() }, 410),
        ("over", Interaction { expires_at: now, ..open.clone() }, 410),
        ("of another browser", Interaction { browser: Some(elsewhere), ..open.clone() }, 403),
        ("open again", open, 200),
    ];
    for (name, record, status) in cases {
        store.write(move |tx| interactions::update(tx, &key, &record)).await.unwrap();
        assert_eq!(person.get(page.url.as_str()).await.status, status, "{name}");
    }
    let handle: HandleKey<PreSession> = crypto::parse_handle(&value(&person.browser_cookie())).unwrap();
    let replaced = PreSession::Replaced { by: elsewhere, session: None };
    store.write(move |tx| pre_sessions::put(tx, &handle, &replaced)).await.unwrap();
    assert_eq!(person.get(page.url.as_str()).await.status, 403, "under a handle that was replaced");
}

/// What a client shows in the body of a token request.
fn shown(secret: Option<&str>) -> ClientCredentials {
    let body =
        secret.map_or(String::from("client_id=service"), |secret| format!("client_id=service&client_secret={secret}"));
    let body = Parameters::parse(body.as_bytes()).unwrap();
    ClientCredentials::parse(CredentialSources { authorization: None, query: None, body: &body }).unwrap()
}

#[tokio::test]
async fn sec_1_of_all_that_a_client_may_be_registered_with_only_its_own_secret_or_none_at_all_proves_it() {
    let instance = Instance::dev().await;
    let right = SecretDigest(crypto::sha256(b"right"));
    let other = SecretDigest(crypto::sha256(b"other"));
    let secret = |methods: &[ClientAuthenticationMethod], digests: &[SecretDigest]| ClientAuthentication::Secret {
        methods: methods.to_vec(),
        digests: digests.to_vec(),
    };
    let (post, basic) = (ClientAuthenticationMethod::Post, ClientAuthenticationMethod::Basic);
    let cases = [
        ("its secret", secret(&[post], std::slice::from_ref(&right)), [true, false, false]),
        ("one of two", secret(&[post], &[other.clone(), right.clone()]), [true, false, false]),
        ("no secret at all", secret(&[post], &[]), [false; 3]),
        ("no method at all", secret(&[], std::slice::from_ref(&right)), [false; 3]),
        ("another method", secret(&[basic], std::slice::from_ref(&right)), [false; 3]),
        ("another secret", secret(&[post], &[other]), [false; 3]),
        ("public", ClientAuthentication::Public, [false, false, true]),
    ];
    for (name, authentication, expected) in cases {
        instance.declare("service", |client| client.authentication = authentication).await;
        let proofs = [shown(Some("right")), shown(Some("wrong")), shown(None)];
        for (proof, expected) in proofs.into_iter().zip(expected) {
            let source = Source::of([192, 0, 2, 1].into());
            let outcome = acts::authenticate_client(&instance.app, &By::local(Actor::Visitor), &proof, source, None)
                .await
                .unwrap();
            let is_authenticated = matches!(outcome, ClientAuthenticationOutcome::Authenticated(_));
            assert_eq!(is_authenticated, expected, "{name}");
        }
    }
}

#[tokio::test]
async fn sec_1_a_client_with_empty_lists_gets_nothing() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    instance.declare("nowhere", |client: &mut Client| client.post_logout_redirect_uris.clear()).await;
    let target = format!("/oauth/logout?client_id=nowhere&post_logout_redirect_uri={}", crate::support::SIGNED_OUT);
    assert_eq!(person.visit(&target).await.status, 400, "no address is not any address");
    let silent = instance.declare("silent", |client: &mut Client| client.scopes = Default::default()).await;
    let page = person.visit(&silent.authorization("openid email", &[])).await;
    assert!(!page.location().contains("code="), "no scope is not any scope: {}", page.location());
}

#[tokio::test]
async fn sec_1_when_the_disk_cannot_be_read_no_guard_lets_anybody_through() {
    let disk = Arc::new(Disk::default());
    let instance = Instance::on_disk_with_cache(&disk, 0).await;
    let (person, client) = (signed_in(&instance).await, instance.declare("service", |_| {}).await);
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let tokens = client.redeem(&client.code(&person.visit(&client.authorization("openid", &[])).await)).await;
    let consent = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
    let allow = consent.form_with("decision", Some("allow")).with("decision", "allow");
    let leave = person.visit("/").await.sign_out_form();
    let link = acts::issue_password_link(&instance.app, &By::local(Actor::Operator), UserId(1)).await.unwrap().unwrap();
    let choosing = format!("/users/change-password?reset_password_token={link}");
    let asks = person.visit(&choosing).await;
    let choose = asks.form_with("password", None).with("password", "une phrase de passe assez longue");
    let visitor = instance.person();
    let page = visitor.visit("/users/start-sign-in").await;
    let asked = visitor.submit(page.form_with("login", None).with("login", ADDRESS)).await;
    let password = asked.form_with("password", None).with("password", ADDRESS);

    let bare = instance.person();
    bare.plant_cookie(&person.session_cookie());

    disk.suffer(Fault::Unreadable);
    let logout = format!("/oauth/logout?id_token_hint={}", tokens.id_token);
    let mut answers = Vec::new();
    for target in ["/", "/users/select-account", consent.url.path(), &choosing, &logout] {
        answers.push((target.to_owned(), person.get(target).await));
    }
    for form in [allow, leave, choose] {
        answers.push((form.action.path().to_owned(), person.post(form).await));
    }
    answers.push((String::from("a session without more"), bare.get("/").await));
    answers.push((String::from("password"), visitor.post(password).await));
    answers.push((String::from("authorize"), person.get(&client.authorization("openid", &[])).await));
    answers.push((String::from("token"), client.present(&code).await));
    answers.push((String::from("userinfo"), client.userinfo(&tokens.access_token).await));
    for (name, answer) in answers {
        assert!(matches!(answer.status.as_u16(), 500 | 503), "{name}: {}", answer.status);
        assert!(answer.headers.get("set-cookie").is_none(), "{name}");
        assert!(!answer.body.contains(ADDRESS) && !answer.body.contains("disk"), "{name}: SEC-15");
    }
}
