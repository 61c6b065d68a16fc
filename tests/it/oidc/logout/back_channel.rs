//! Services are told that a session is over (OpenID Connect Back-Channel Logout 1.0).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use moncomptepro::acts::administration::{self, UserKey};
use moncomptepro::acts::{self, By};
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::domain::{Actor, AuditEvent, AuditRecord};
use moncomptepro::protocol::{SignatureAlgorithm, Timestamp};
use moncomptepro::store::logout_notices::QueuedLogout;
use moncomptepro::store::{logout_notices, marks};
use serde_json::{Value, json};

use crate::durability::faults::until_healthy;
use crate::oidc::{JEAN, MARTIN, signed_in};
use crate::support::service::{Does, Service, with_status};
use crate::support::{Disk, Instance, Page, Person, RelyingParty, deface, jose_header, jose_payload, uri};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Ten people with one password and one organization.
const OTHERS: [&str; 8] = ["10", "11", "12", "13", "14", "15", "16", "17"];

fn takes_it() -> Does {
    with_status("200 OK", "", "")
}

/// A service of this instance that wants to be told, at a path of its own.
async fn declare(instance: &Instance, service: &Service, id: &str, algorithm: SignatureAlgorithm) -> RelyingParty {
    declare_at(instance, ("127.0.0.1", service), id, algorithm).await
}

/// The same, called at this host.
async fn declare_at(
    instance: &Instance,
    (host, service): (&str, &Service),
    id: &str,
    algorithm: SignatureAlgorithm,
) -> RelyingParty {
    let address = uri(&format!("http://{host}:{}/{id}", service.port));
    let change = |client: &mut moncomptepro::domain::Client| {
        client.backchannel_logout_uri = Some(address);
        client.id_token_signed_response_alg = algorithm;
    };
    instance.declare(id, change).await
}

/// What a service learns of whoever comes to it: the claims of the ID token.
async fn comes_to(client: &RelyingParty, person: &Person) -> Value {
    let back = person.visit(&client.authorization("openid", &[])).await;
    let tokens = client.redeem(&client.code(&back)).await;
    client.verified(&tokens.id_token).await;
    jose_payload(&tokens.id_token)
}

async fn signs_out(person: &Person) -> Page {
    person.submit(person.visit("/").await.sign_out_form()).await
}

/// What the periodic work does about it, until there is nothing more.
async fn tell(instance: &Instance) {
    while acts::tell_of_logouts(&instance.app).await.unwrap() > 0 {}
}

/// The logout tokens that were sent, with the paths that they were sent to.
fn sent(service: &Service) -> Vec<(String, String)> {
    let requests = service.asked().into_iter().map(|request| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let line: Vec<&str> = head.lines().next().unwrap().split(' ').collect();
        assert_eq!(line[0], "POST", "{head}");
        assert!(head.contains("content-type: application/x-www-form-urlencoded"), "BCL-1: {head}");
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let [(name, token)] = &fields[..] else { panic!("BCL-1: one parameter, and not {fields:?}") };
        assert_eq!(name, "logout_token");
        (line[1].trim_start_matches('/').to_owned(), token.clone())
    });
    requests.collect()
}

/// The sessions that are over, as the services know them.
fn over(service: &Service) -> BTreeSet<String> {
    sent(service).iter().map(|(_, token)| jose_payload(token)["sid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn bcl_1_bcl_2_bcl_3_rpl_13_ses_3_sec_128_every_service_of_a_session_is_told_whose_and_which_one_is_over() {
    let service = Service::start(takes_it()).await;
    let instance = Instance::dev().await;
    let clients = [
        declare(&instance, &service, "rsa", SignatureAlgorithm::Rs256).await,
        declare(&instance, &service, "curve", SignatureAlgorithm::Es256).await,
    ];
    let never_reached = declare(&instance, &service, "unused", SignatureAlgorithm::Rs256).await;
    let silent = instance.declare("silent", |_| {}).await;
    let (person, other) = (signed_in(&instance, JEAN).await, signed_in(&instance, MARTIN).await);
    let mut known = Vec::new();
    for client in &clients {
        comes_to(client, &person).await;
        known.push(comes_to(client, &person).await);
    }
    comes_to(&silent, &person).await;
    comes_to(&never_reached, &other).await;
    signs_out(&person).await;
    assert!(service.asked().is_empty(), "BCL-4: whoever signs out waits for nobody");
    tell(&instance).await;
    let sent = sent(&service);
    assert_eq!(sent.len(), 2, "each once");
    let mut numbers = BTreeSet::new();
    for (client, id_token) in clients.iter().zip(&known) {
        let (_, token) = sent.iter().find(|(path, _)| *path == client.client_id).unwrap();
        client.check_signature(token).await;
        let (header, claims) = (jose_header(token), jose_payload(token));
        let algorithm = if client.client_id == "rsa" { "RS256" } else { "ES256" };
        assert_eq!((&header["typ"], &header["alg"]), (&json!("logout+jwt"), &json!(algorithm)));
        let names: BTreeSet<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = ["aud", "events", "exp", "iat", "iss", "jti", "sid", "sub"];
        assert_eq!(names, BTreeSet::from(expected), "no nonce above all");
        for name in ["iss", "aud", "sub", "sid"] {
            assert_eq!(claims[name], id_token[name], "{name}");
        }
        assert_eq!(claims["events"], json!({ EVENT: {} }));
        assert_eq!(claims["iat"], instance.clock.now().0);
        assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 120);
        numbers.insert(claims["jti"].as_str().unwrap().to_owned());
        let hint = other.visit(&format!("/oauth/logout?id_token_hint={token}")).await;
        assert_eq!(hint.status, 400, "SEC-9: it is no ID token");
    }
    assert_eq!(numbers.len(), 2);
    tell(&instance).await;
    assert_eq!(service.asked().len(), 2, "and no more than once");
}

/// Somebody who is signed in, and came to the service; by which name it knows the session.
async fn guest(instance: &Instance, client: &RelyingParty, number: &str) -> (Person, String) {
    let person = instance.person();
    let page = person.visit("/").await;
    person.sign_in(page, &format!("user{number}@yopmail.com"), "password123").await;
    let sid = comes_to(client, &person).await["sid"].as_str().unwrap().to_owned();
    (person, sid)
}

#[tokio::test]
async fn ses_4_sec_92_sec_94_sec_168_whatever_ends_a_session_is_told_and_of_one_that_goes_on_nothing_is() {
    let service = Service::start(takes_it()).await;
    let instance = Instance::dev().await;
    let client = declare(&instance, &service, "service", SignatureAlgorithm::Es256).await;
    let by = By::local(Actor::Operator);
    let key = |number: &str| -> UserKey { format!("user{number}@yopmail.com").parse().unwrap() };
    let mut expected = BTreeSet::new();
    let mut ends = |sid: String| expected.insert(sid);

    let [number, ..] = OTHERS;
    let (stays, kept) = guest(&instance, &client, number).await;
    let (_, ended) = guest(&instance, &client, number).await;
    let page = stays.visit("/connection-and-account").await;
    stays.submit(page.form_with("session", Some("others")).with("session", "others")).await;
    ends(ended);
    // The same person chooses another password: every other session ends by that, and this one goes on.
    let (_, ended) = guest(&instance, &client, number).await;
    let page = stays.visit("/connection-and-account/password").await;
    let phrase = "une phrase de passe assez longue";
    let form = page.form_with("password", None).with("password", phrase);
    stays.submit(form.with("password_confirmation", phrase)).await;
    assert_eq!(stays.visit("/").await.url.path(), "/");
    ends(ended);

    let (_, ended) = guest(&instance, &client, OTHERS[1]).await;
    administration::sign_out_user(&instance.app, &by, key(OTHERS[1])).await.unwrap().unwrap();
    ends(ended);
    let (_, ended) = guest(&instance, &client, OTHERS[2]).await;
    administration::disable_user(&instance.app, &by, key(OTHERS[2]), false).await.unwrap().unwrap();
    ends(ended);
    let (_, ended) = guest(&instance, &client, OTHERS[3]).await;
    administration::erase_user(&instance.app, &by, key(OTHERS[3]), false).await.unwrap().unwrap();
    ends(ended);
    let (leaves, ended) = guest(&instance, &client, OTHERS[4]).await;
    let page = leaves.visit("/users/delete").await;
    leaves.submit(page.main_form().with("confirmed", "yes")).await;
    ends(ended);
    // Somebody else signs in in the same browser.
    let (browser, ended) = guest(&instance, &client, OTHERS[5]).await;
    let page = browser.visit(&client.authorization("openid", &[("prompt", "login")])).await;
    let back = browser.sign_in(page, JEAN, JEAN).await;
    let tokens = client.redeem(&client.code(&back)).await;
    let begun = jose_payload(&tokens.id_token)["sid"].as_str().unwrap().to_owned();
    ends(ended);
    // A forgotten password is replaced by mail.
    let (_, ended) = guest(&instance, &client, OTHERS[6]).await;
    let owner = instance.person();
    let page = owner.visit("/users/reset-password").await;
    let address = format!("user{}@yopmail.com", OTHERS[6]);
    owner.submit(page.form_with("login", None).with("login", &address)).await;
    let page = owner.visit(&instance.link_of(&address).await).await;
    let form = page.form_with("password", None).with("password", phrase);
    owner.submit(form.with("password_confirmation", phrase)).await;
    ends(ended);

    tell(&instance).await;
    assert_eq!(over(&service), expected);
    assert_eq!(service.asked().len(), expected.len(), "of each once");
    // All at once, those that ended before among them.
    let (_, ended) = guest(&instance, &client, OTHERS[7]).await;
    administration::revoke_every_session(&instance.app, &by).await.unwrap();
    tell(&instance).await;
    let told: BTreeSet<String> = over(&service).difference(&expected).cloned().collect();
    assert_eq!(told, BTreeSet::from([kept, begun, ended]));
    assert_eq!(service.asked().len(), expected.len() + 3);
}

#[tokio::test]
async fn ses_4_sec_105_another_address_ends_every_session_but_the_one_in_which_it_was_given() {
    let service = Service::start(takes_it()).await;
    let instance = Instance::dev().await;
    let client = declare(&instance, &service, "service", SignatureAlgorithm::Es256).await;
    let (person, _) = guest(&instance, &client, OTHERS[0]).await;
    let (_, ended) = guest(&instance, &client, OTHERS[0]).await;
    let page = person.visit("/connection-and-account/email").await;
    let asks = person.submit(page.form_with("email", None).with("email", "autre@mairie.example")).await;
    let code = instance.code_of("autre@mairie.example").await;
    person.submit(asks.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    assert_eq!(person.visit("/").await.url.path(), "/", "this one goes on");
    tell(&instance).await;
    assert_eq!(over(&service), BTreeSet::from([ended]));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_128_sec_189_nobody_is_called_while_that_cannot_be_written_down() {
    let service = Service::start(takes_it()).await;
    let disk = Arc::new(Disk::default());
    let instance = Instance::on_disk(&disk).await;
    let client = declare(&instance, &service, "service", SignatureAlgorithm::Es256).await;
    let person = signed_in(&instance, JEAN).await;
    comes_to(&client, &person).await;
    signs_out(&person).await;
    disk.break_down();
    let failed = instance.app.store.write(|tx| marks::put(tx, &marks::Mark::default())).await;
    assert!(failed.is_err());
    for _ in 0..3 {
        assert_eq!(acts::tell_of_logouts(&instance.app).await.unwrap(), 0);
    }
    assert!(service.asked().is_empty());
    disk.mend();
    until_healthy(&instance.app).await;
    tell(&instance).await;
    assert_eq!(service.asked().len(), 1);
}

#[tokio::test]
async fn bcl_4_bcl_5_sec_128_a_service_that_fails_is_called_three_times_and_one_that_refuses_once() {
    let instance = Instance::dev().await;
    let redirect = |port: u16| with_status("302 Found", &format!("Location: http://127.0.0.1:{port}/there\r\n"), "");
    let (failing, refusing) =
        (Service::start(takes_it()).await, Service::start(with_status("400 Bad Request", "", "")).await);
    failing.does(redirect(failing.port));
    let clients = [
        declare(&instance, &failing, "failing", SignatureAlgorithm::Es256).await,
        declare(&instance, &refusing, "refusing", SignatureAlgorithm::Es256).await,
        declare(&instance, &Service::of_nobody(), "away", SignatureAlgorithm::Es256).await,
    ];
    let person = signed_in(&instance, JEAN).await;
    for client in &clients {
        comes_to(client, &person).await;
    }
    signs_out(&person).await;
    for (seconds, calls) in [(0, 1), (9, 1), (1, 2), (59, 2), (1, 3), (1, 3), (24 * 3600, 3)] {
        instance.clock.advance(Duration::from_secs(seconds)).unwrap();
        tell(&instance).await;
        assert_eq!(failing.asked().len(), calls, "after {seconds} s more; a redirect is not followed");
        assert_eq!(refusing.asked().len(), 1);
    }
    let numbers: BTreeSet<String> =
        sent(&failing).iter().map(|(_, token)| jose_payload(token)["jti"].to_string()).collect();
    assert_eq!(numbers.len(), 3, "each call has a token of its own, which is good for two minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_128_a_service_that_hangs_holds_up_neither_whoever_signs_out_nor_another_service() {
    let (hanging, quick) = (Service::everywhere(Does::Hangs).await, Service::start(takes_it()).await);
    let instance = Instance::dev().await;
    let clients = [
        declare_at(&instance, ("127.0.0.2", &hanging), "hanging", SignatureAlgorithm::Es256).await,
        declare(&instance, &quick, "quick", SignatureAlgorithm::Es256).await,
    ];
    let mut people = Vec::new();
    for _ in 0..7 {
        let person = signed_in(&instance, JEAN).await;
        for client in &clients {
            comes_to(client, &person).await;
        }
        people.push(person);
    }
    let (third, second) = (people.pop().unwrap(), people.pop().unwrap());
    for person in &people {
        signs_out(person).await;
    }
    let app = instance.app.clone();
    let telling = tokio::spawn(async move { acts::tell_of_logouts(&app).await });
    let heard = async |of_hanging, of_quick| {
        while hanging.asked().len() < of_hanging || quick.asked().len() < of_quick {
            assert!(!telling.is_finished(), "the service still hangs");
            tokio::task::yield_now().await;
        }
    };
    heard(4, 5).await;
    let out = signs_out(&second).await;
    assert_eq!(out.status, 200);
    assert_eq!(second.visit("/").await.url.path(), "/users/start-sign-in");
    heard(4, 6).await;
    signs_out(&third).await;
    heard(4, 7).await;
    assert_eq!(hanging.asked().len(), 4, "no service is called more than four times at once");
    let later = instance.clock.now().plus(Duration::from_secs(3600));
    let (waiting, _) = instance.app.store.read(|tx| logout_notices::list_due(tx, later, |_| true)).unwrap();
    let was_in_vain = |queued: &QueuedLogout| queued.notice.failures == 0 && queued.due_at != Timestamp(0);
    assert!(!waiting.iter().any(was_in_vain), "nor more often, to wait for a place: {waiting:?}");
    assert!(!telling.is_finished(), "the quick one hears of the second session while the other hangs");
    telling.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_128_however_many_services_hang_another_one_has_its_turn_before_any_of_them_is_given_up() {
    let (hanging, quick) = (Service::everywhere(Does::Hangs).await, Service::start(takes_it()).await);
    let instance = Instance::dev().await;
    let mut clients = Vec::new();
    for host in ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"] {
        clients.push(declare_at(&instance, (host, &hanging), host, SignatureAlgorithm::Es256).await);
    }
    clients.push(declare(&instance, &quick, "quick", SignatureAlgorithm::Es256).await);
    // As many calls as there are at one time, for the four that come first.
    for _ in 0..4 {
        let person = signed_in(&instance, JEAN).await;
        for client in &clients {
            comes_to(client, &person).await;
        }
    }
    let by = By::local(Actor::Operator);
    administration::sign_out_user(&instance.app, &by, JEAN.parse().unwrap()).await.unwrap().unwrap();
    let app = instance.app.clone();
    let telling = tokio::spawn(async move { acts::tell_of_logouts(&app).await });
    while quick.asked().is_empty() {
        assert!(!telling.is_finished(), "the others still hang");
        tokio::task::yield_now().await;
    }
    let later = instance.clock.now().plus(Duration::from_secs(3600));
    let (waiting, _) = instance.app.store.read(|tx| logout_notices::list_due(tx, later, |_| true)).unwrap();
    assert!(waiting.iter().all(|queued| queued.notice.failures == 0), "nobody had to fail first: {waiting:?}");
    telling.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_128_sec_153_what_was_to_be_told_and_does_not_open_is_deleted_and_holds_up_nobody() {
    let service = Service::start(takes_it()).await;
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let start = async || {
        let issuer = Some("http://localhost:3000".parse().unwrap());
        let options = || DevOptions { issuer, data_dir: Some(data.clone()), ..DevOptions::default() };
        Instance::start(|port| Config::dev(options(), port)).await
    };
    let before = start().await;
    let client = declare(&before, &service, "service", SignatureAlgorithm::Es256).await;
    let person = signed_in(&before, JEAN).await;
    comes_to(&client, &person).await;
    signs_out(&person).await;
    before.stop().await;
    drop(person);
    // Before the first one, as whoever signs out after it has it.
    deface(&data, "logout_notices", &[0; 16], b"?");
    let after = start().await;
    let found = || -> usize {
        let report = after.app.store.check(after.clock.now()).unwrap();
        report.findings.iter().filter(|found| found.table == "logout_notices").count()
    };
    assert_eq!(found(), 1);
    tell(&after).await;
    assert_eq!(found(), 0);
    after.stop().await;
}

#[tokio::test]
async fn ses_4_sec_37_sec_92_of_a_session_that_was_idle_for_too_long_services_hear_when_the_others_are_ended() {
    let service = Service::start(takes_it()).await;
    let instance = Instance::dev().await;
    let client = declare(&instance, &service, "service", SignatureAlgorithm::Es256).await;
    let (_, idle) = guest(&instance, &client, OTHERS[0]).await;
    instance.clock.advance(Duration::from_secs(5 * 3600)).unwrap();
    let (stays, _) = guest(&instance, &client, OTHERS[0]).await;
    let page = stays.visit("/connection-and-account").await;
    assert!(!page.body.contains("value=\"others\""), "nothing that is in use is to be ended: {}", page.body);
    let (_, in_use) = guest(&instance, &client, OTHERS[0]).await;
    let page = stays.visit("/connection-and-account").await;
    stays.submit(page.form_with("session", Some("others")).with("session", "others")).await;
    tell(&instance).await;
    assert_eq!(over(&service), BTreeSet::from([idle, in_use]));
    assert_eq!(service.asked().len(), 2, "of each once");
    assert_eq!(stays.visit("/").await.url.path(), "/", "this one goes on");
    let is_end = |record: &&AuditRecord| matches!(record.event, AuditEvent::SessionRevoked { .. });
    assert_eq!(instance.audit().iter().filter(is_end).count(), 2, "and each is recorded");
}

#[tokio::test]
async fn sec_128_what_a_service_answers_after_its_status_is_not_waited_for() {
    let instance = Instance::dev().await;
    let endless = Service::start(Does::Drowns).await;
    let packed = Service::start(with_status("200 OK", "Content-Encoding: gzip\r\n", "?")).await;
    let person = signed_in(&instance, JEAN).await;
    for (service, id) in [(&endless, "endless"), (&packed, "packed")] {
        comes_to(&declare(&instance, service, id, SignatureAlgorithm::Es256).await, &person).await;
    }
    signs_out(&person).await;
    for _ in 0..3 {
        tell(&instance).await;
        instance.clock.advance(Duration::from_secs(3600)).unwrap();
    }
    assert_eq!((endless.asked().len(), packed.asked().len()), (1, 1), "they took it");
}

#[tokio::test]
async fn sec_128_sec_187_what_is_to_be_told_survives_a_restart() {
    let service = Service::start(takes_it()).await;
    let disk = Arc::new(Disk::default());
    let start = async || {
        let issuer = Some("http://localhost:3000".parse().unwrap());
        let config = |port| Config::dev(DevOptions { issuer, ..DevOptions::default() }, port);
        Instance::on_disk_with(&disk, 64 << 20, config).await
    };
    let before = start().await;
    let client = declare(&before, &service, "service", SignatureAlgorithm::Es256).await;
    let person = signed_in(&before, JEAN).await;
    let known = comes_to(&client, &person).await;
    signs_out(&person).await;
    before.stop().await;
    let after = start().await;
    tell(&after).await;
    let [(path, token)] = &sent(&service)[..] else { panic!("{:?}", service.asked()) };
    assert_eq!((path.as_str(), &jose_payload(token)["sub"]), ("service", &known["sub"]));
}

#[tokio::test]
async fn bcl_7_a_service_that_wants_to_know_no_more_or_is_gone_is_not_called() {
    let service = Service::start(takes_it()).await;
    let instance = Instance::dev().await;
    let client = declare(&instance, &service, "service", SignatureAlgorithm::Es256).await;
    let person = signed_in(&instance, JEAN).await;
    comes_to(&client, &person).await;
    signs_out(&person).await;
    instance.declare("service", |_| {}).await;
    tell(&instance).await;
    assert!(service.asked().is_empty());
}
