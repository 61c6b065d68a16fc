//! What one network address may do on the pages of sign-in, alone or shared by an office.

use std::net::Ipv6Addr;
use std::path::Path;
use std::time::Duration;

use http_body_util::Full;
use moncomptepro::acts::{self, By, Entries};
use moncomptepro::config::{Config, DevOptions, Limits};
use moncomptepro::crypto::{LaneLimits, Parameters, PasswordLane, Random};
use moncomptepro::domain::{Actor, AttemptLimit, SourceLimits, User, UserId};
use moncomptepro::site;
use moncomptepro::store::interactions;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

use crate::support::{Instance, Page, Person, hiding, join_all};

const ADDRESS: &str = "user@yopmail.com";
const PASSWORD: &str = "une phrase de passe assez longue";

/// Development mode with the limits of production.
async fn limited(limits: Limits) -> Instance {
    Instance::start(|port| Config { limits, ..hiding(Config::dev(DevOptions::default(), port)) }).await
}

fn failures(attempts: u32) -> Limits {
    let failures = AttemptLimit { attempts, window: Duration::from_secs(3600) };
    let standard = Limits::standard();
    let per_source = standard.per_source.map(|limits| SourceLimits { failures, ..limits });
    Limits { per_source, ..standard }
}

async fn send_address(person: &Person, address: &str) -> Page {
    let page = person.visit("/users/start-sign-in").await;
    person.post(page.form_with("login", None).with("login", address)).await
}

/// A wrong password for an address of one's own choice.
async fn fail(person: &Person, address: &str) -> Page {
    let page = send_address(person, address).await;
    if page.status != 303 {
        return page;
    }
    let asks = person.follow(page).await;
    person.post(asks.form_with("password", None).with("password", "wrong")).await
}

#[test]
fn sec_95_limits_of_production_are_those_of_the_bar() {
    let limits = Limits::standard();
    let of = |limit: AttemptLimit| (limit.attempts, limit.window.as_secs());
    let source = limits.per_source.unwrap();
    assert_eq!((of(source.submissions), of(source.failures)), ((60, 60), (100, 3600)));
    assert_eq!((of(source.begun), of(source.times(20).begun)), ((600, 60), (12_000, 60)));
    assert_eq!((of(source.times(20).submissions), of(source.times(20).failures)), ((1200, 60), (2000, 3600)));
    assert_eq!((of(limits.per_account.free), limits.per_account.in_a_row), ((10, 300), 100));
    let waits = (limits.per_account.first_wait.as_secs(), limits.per_account.longest_wait.as_secs());
    assert_eq!(waits, (30, 3600));
    assert!(limits.shared_sources.is_empty());
    assert_eq!(Config::dev(DevOptions::default(), 3000).limits.per_source, None, "R-7");
}

#[tokio::test]
async fn sec_95_forty_people_of_one_office_sign_in_at_once_and_none_is_refused() {
    // How long a hash takes is the machine's affair: whoever has a place in the queue waits for their turn.
    let patient = LaneLimits { wait: Duration::from_secs(3600), ..LaneLimits::default() };
    let lane = PasswordLane::with_limits(Parameters::floor(), Random::system(), patient);
    let instance = Instance::changed(
        |port| Config { limits: Limits::standard(), ..hiding(Config::dev(DevOptions::default(), port)) },
        |app| app.with(|parts| parts.passwords = lane),
    )
    .await;
    let addresses: Vec<String> = (0..40).map(|number| format!("agent-{number}@mairie.exemple.fr")).collect();
    let hash = instance.app.passwords.hash("here", PASSWORD).await.unwrap();
    let account = |(number, address): (usize, &String)| {
        let id = UserId(5_000 + u64::try_from(number).unwrap());
        let mut user = User::new(id, address.parse().unwrap(), instance.clock.now());
        user.email_verified_at = Some(instance.clock.now());
        user.information.given_name = Some(String::from("Agent"));
        user.information.family_name = Some(String::from("Municipal"));
        (user, Some(hash.clone()))
    };
    let users = addresses.iter().enumerate().map(account).collect();
    acts::enter(&instance.app, &By::local(Actor::System), Entries { users, ..Entries::default() }).await.unwrap();

    for _ in 0..3 {
        // Fresh browsers each time: nobody is known there.
        let people: Vec<(Person, &String)> = addresses.iter().map(|address| (instance.person(), address)).collect();
        let arrivals = people.iter().map(async |(person, address)| {
            let page = person.visit("/users/start-sign-in").await;
            person.submit(page.form_with("login", None).with("login", address)).await
        });
        let asked = join_all(arrivals).await;
        let sign_ins = people.iter().zip(asked).map(async |((person, _), asks)| {
            let home = person.submit(asks.form_with("password", None).with("password", PASSWORD)).await;
            assert_eq!((home.status.as_u16(), home.url.path()), (200, "/"), "{}", home.body);
            person.submit(home.sign_out_form()).await;
        });
        join_all(sign_ins).await;
    }
}

#[tokio::test]
async fn sec_95_one_source_sends_sixty_forms_a_minute_this_machine_not_exempt() {
    let instance = limited(Limits::standard()).await;
    let person = instance.person();
    for _ in 0..60 {
        assert_eq!(send_address(&person, ADDRESS).await.status, 303);
    }
    instance.clock.advance(Duration::from_secs(10)).unwrap();
    let refused = send_address(&person, ADDRESS).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "50"));
    assert_eq!(send_address(&instance.person(), "malformed").await.status, 429, "another browser there as well");
    let link = "/users/change-password?reset_password_token=x";
    let token = person.visit("/users/start-sign-in").await.attribute("input[name=_csrf]", "value").unwrap();
    let form = person.visit("/users/start-sign-in").await.form_with("login", None);
    let choosing = crate::support::Form { action: form.action.join(link).unwrap(), fields: vec![] };
    assert_eq!(person.post(choosing.with("_csrf", &token)).await.status, 429, "and the page of passwords");
    assert_eq!(send_address(&instance.person_at(0, 9), ADDRESS).await.status, 303, "another source goes on");
    instance.clock.advance(Duration::from_secs(50)).unwrap();
    assert_eq!(send_address(&person, ADDRESS).await.status, 303);
}

#[tokio::test]
async fn sec_95_password_forms_beyond_one_for_each_address_form_are_counted() {
    let instance = limited(Limits::standard()).await;
    let person = instance.person();
    let asks = person.follow(send_address(&person, ADDRESS).await).await;
    let form = asks.form_with("password", None);
    let mut statuses = Vec::new();
    for _ in 0..61 {
        // A new wait of the account is no wait of the source: only forms sent are looked at.
        statuses.push(person.post(form.clone().with("password", "wrong")).await);
    }
    let last = statuses.last().unwrap();
    assert_eq!((last.status.as_u16(), last.header("retry-after")), (429, "60"), "the source's");
    assert_eq!(statuses[59].header("retry-after"), "30", "the account's");
}

#[tokio::test]
async fn sec_95_failures_of_one_source_are_counted_over_all_accounts_and_through_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let kept = async |directory: &Path| {
        let options = DevOptions {
            data_dir: Some(directory.to_owned()),
            issuer: Some("http://localhost:3000".parse().unwrap()),
            ..DevOptions::default()
        };
        Instance::start(|port| Config { limits: failures(5), ..hiding(Config::dev(options, port)) }).await
    };
    let instance = kept(directory.path()).await;
    let person = instance.person();
    for number in 0..5 {
        assert_eq!(fail(&person, &format!("personne-{number}@exemple.fr")).await.status, 400);
    }
    let refused = fail(&person, ADDRESS).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "3600"));
    let now = instance.clock.now();
    instance.stop().await;

    let again = kept(directory.path()).await;
    again.clock.freeze(now).unwrap();
    again.clock.advance(Duration::from_secs(600)).unwrap();
    let refused = fail(&again.person(), ADDRESS).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "3000"));
    assert_eq!(fail(&again.person_at(0, 9), ADDRESS).await.status, 400, "another source goes on");
    again.clock.advance(Duration::from_secs(3000)).unwrap();
    assert_eq!(fail(&again.person(), ADDRESS).await.status, 400);
}

#[tokio::test]
async fn sec_95_r_7_a_shared_source_may_twenty_times_that_and_is_counted_on_failures_only() {
    let few = failures(1);
    let submissions = AttemptLimit { attempts: 3, window: Duration::from_secs(60) };
    let per_source = few.per_source.map(|limits| SourceLimits { submissions, ..limits });
    let shared_sources = vec!["127.0.0.0/29".parse().unwrap()];
    let instance = limited(Limits { shared_sources, per_source, ..few }).await;
    let person = instance.person();
    for _ in 0..70 {
        assert_eq!(send_address(&person, ADDRESS).await.status, 303, "forms that do not fail are not counted");
    }
    for number in 0..20 {
        assert_eq!(fail(&person, &format!("personne-{number}@exemple.fr")).await.status, 400, "{number}");
    }
    assert_eq!(fail(&person, ADDRESS).await.status, 429);
    let alone = instance.person_at(0, 9);
    assert_eq!(fail(&alone, ADDRESS).await.status, 400);
    assert_eq!(fail(&alone, ADDRESS).await.status, 429, "outside the network it is one");
}

#[tokio::test]
async fn sec_95_the_addresses_of_one_ipv6_network_are_one_source() {
    let instance = limited(failures(5)).await;
    let reception = site::Reception::new(instance.app.clone(), site::routes(&instance.app));
    let knock = async |address: Ipv6Addr, client: usize| {
        let body = format!("grant_type=authorization_code&client_id=guess-{client}&client_secret=x");
        let request = hyper::Request::post("/oauth/token")
            .header("host", "localhost")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::new(hyper::body::Bytes::from(body)))
            .unwrap();
        reception.answer(request, address.into()).await.status().as_u16()
    };
    for client in 0..5 {
        let suffix = u16::try_from(client * 7919).unwrap();
        let address = Ipv6Addr::new(0x2001, 0xdb8, 1, 2, suffix, 3, 2, 1);
        assert_eq!(knock(address, client).await, 401);
    }
    assert_eq!(knock(Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 9, 9, 9, 9), 6).await, 429, "rotation changes nothing");
    assert_eq!(knock(Ipv6Addr::new(0x2001, 0xdb8, 1, 3, 9, 9, 9, 9), 7).await, 401, "the neighbour's network");
}

/// As many sign-ins begun in a minute as this.
fn begun(attempts: u32) -> Limits {
    let begun = AttemptLimit { attempts, window: Duration::from_secs(60) };
    let standard = Limits::standard();
    Limits { per_source: standard.per_source.map(|limits| SourceLimits { begun, ..limits }), ..standard }
}

#[tokio::test]
async fn sec_95_requests_of_clients_that_leave_a_record_are_counted_for_each_source() {
    let instance = limited(begun(6)).await;
    let client = instance.standard_client();
    let address = client.authorization("openid", &[]);
    let arrive = async |person: Person| person.get(&address).await;
    for _ in 0..6 {
        assert_eq!(arrive(instance.person()).await.status, 303, "each in a browser of its own");
    }
    let records = || instance.app.store.read(|tx| interactions::list(tx, None, 100)).unwrap().len();
    assert_eq!(records(), 6);
    instance.clock.advance(Duration::from_secs(12)).unwrap();
    let refused = arrive(instance.person()).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "48"));
    assert_eq!(refused.error_code().as_deref(), Some("too_many_requests"));
    let form_type = (CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let (endpoint, body) = address.split_once('?').unwrap();
    let posted = instance.person().send(Method::POST, endpoint, HeaderMap::from_iter([form_type]), body).await;
    assert_eq!(posted.status, 429, "and by a form");
    let home = instance.person();
    assert_eq!(send_address(&home, ADDRESS).await.status, 429, "and without a client");
    assert_eq!(records(), 6, "nothing was written");
    assert_eq!(arrive(instance.person_at(0, 9)).await.status, 303, "another source goes on");
    instance.clock.advance(Duration::from_secs(48)).unwrap();
    assert_eq!(arrive(instance.person()).await.status, 303);
}

#[tokio::test]
async fn sec_95_a_sign_in_that_came_to_its_end_is_not_counted_as_begun() {
    let instance = limited(begun(2)).await;
    for _ in 0..4 {
        let person = instance.person();
        let page = person.visit("/users/start-sign-in").await;
        let home = person.sign_in(page, ADDRESS, ADDRESS).await;
        assert_eq!((home.status.as_u16(), home.url.path()), (200, "/"), "{}", home.body);
    }
}
