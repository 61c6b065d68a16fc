//! The numbers of an instance: what they count, and what no label of theirs ever holds.

use std::collections::BTreeSet;
use std::time::Duration;

use moncomptepro::acts;
use moncomptepro::domain::{AuditEvent, AuditRecord, TurnedAway};
use reqwest::Method;
use reqwest::header::HeaderMap;

use crate::support::Instance;

/// The value of a sample.
fn value(text: &str, sample: &str) -> u64 {
    let line = text.lines().find(|line| line.strip_prefix(sample).is_some_and(|rest| rest.starts_with(' ')));
    let line = line.unwrap_or_else(|| panic!("no {sample} in {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{line}"))
}

/// The names of all series, with their labels.
fn series(text: &str) -> BTreeSet<String> {
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

#[tokio::test]
async fn acts_are_counted_by_their_outcome() {
    let instance = Instance::dev().await;
    let (person, service) = (instance.person(), instance.standard_client());
    let before = instance.metrics.expose();
    let page = person.visit(&service.authorization("openid", &[])).await;
    person.sign_in(page, "user@yopmail.com", "not the password of anybody").await;
    let code = service.code(&service.sign_in(&person, "openid", "user@yopmail.com").await);
    service.redeem(&code).await;
    service.present(&code).await;
    service.present("no-such-code").await;
    let stranger = service.bare_token_request(
        &[("content-type", "application/x-www-form-urlencoded")],
        "grant_type=authorization_code&code=x&client_id=standard_client_id&client_secret=wrong",
    );
    assert_eq!(stranger.await.status, 401);
    let after = instance.metrics.expose();
    for (sample, more) in [
        ("moncomptepro_sign_ins_total{outcome=\"refused\"}", 1),
        ("moncomptepro_sign_ins_total{outcome=\"signed_in\"}", 1),
        ("moncomptepro_sign_ins_total{outcome=\"limited\"}", 0),
        ("moncomptepro_codes_total{outcome=\"issued\"}", 1),
        ("moncomptepro_codes_total{outcome=\"redeemed\"}", 1),
        ("moncomptepro_codes_total{outcome=\"replayed\"}", 1),
        ("moncomptepro_codes_total{outcome=\"refused\"}", 1),
        ("moncomptepro_tokens_total{grant=\"authorization_code\"}", 1),
        ("moncomptepro_client_authentications_total{outcome=\"refused\"}", 1),
        ("moncomptepro_client_authentications_total{outcome=\"proved\"}", 3),
        ("moncomptepro_passwords_hashed_total", 2),
    ] {
        assert_eq!(value(&after, sample), value(&before, sample) + more, "{sample}");
    }
    assert!(value(&after, "moncomptepro_store_writes_total") > value(&before, "moncomptepro_store_writes_total"));
    assert_eq!(value(&after, "moncomptepro_requests_total{method=\"POST\",route=\"/oauth/token\",status=\"2xx\"}"), 1);
    assert_eq!(value(&after, "moncomptepro_requests_total{method=\"POST\",route=\"/oauth/token\",status=\"4xx\"}"), 3);
    assert_eq!(value(&after, "moncomptepro_requests_under_way"), 0);
    assert_eq!(value(&after, "moncomptepro_ready"), 1);
}

#[tokio::test]
async fn sec_95_what_a_limit_refuses_is_counted() {
    let instance = Instance::dev().await;
    let (person, service) = (instance.person(), instance.standard_client());
    for _ in 0..11 {
        let page = person.visit(&service.authorization("openid", &[])).await;
        person.sign_in(page, "user@yopmail.com", "not the password of anybody").await;
    }
    let text = instance.metrics.expose();
    assert_eq!(value(&text, "moncomptepro_sign_ins_total{outcome=\"refused\"}"), 10);
    assert_eq!(value(&text, "moncomptepro_sign_ins_total{outcome=\"limited\"}"), 1);
    assert_eq!(value(&text, "moncomptepro_limited_total{limit=\"account\"}"), 1);
    assert!(value(&text, "moncomptepro_limiter_keys") > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_160_ten_thousand_paths_clients_and_people_make_no_series_and_are_in_none() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let shown = |number: usize| {
        let word = format!("chosen-word-{number}");
        match number % 8 {
            0 => (Method::GET, format!("/{word}"), String::new()),
            1 => (Method::GET, format!("/interaction/{word}/{word}"), String::new()),
            2 => (
                Method::GET,
                format!("/oauth/authorize?client_id={word}&redirect_uri=x&login_hint={word}"),
                String::new(),
            ),
            3 => (Method::POST, String::from("/oauth/token"), format!("client_id={word}&client_secret={word}")),
            4 => (Method::GET, format!("/interaction/{word}"), String::new()),
            5 => (word.to_uppercase().parse().unwrap(), String::from("/livez"), String::new()),
            6 => (Method::GET, format!("/assets/{word}.css"), String::new()),
            _ => (Method::POST, String::from("/users/start-sign-in"), format!("login={word}@exemple.fr")),
        }
    };
    let headers: HeaderMap =
        [("content-type".parse().unwrap(), "application/x-www-form-urlencoded".parse().unwrap())].into_iter().collect();
    let ask = async |numbers: std::ops::Range<usize>| {
        for number in numbers {
            let (method, target, body) = shown(number);
            person.send(method, &target, headers.clone(), &body).await;
        }
        instance.metrics.expose()
    };
    let first = series(&ask(0..400).await);
    let text = ask(400..10_000).await;
    assert_eq!(series(&text).difference(&first).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(first.len() < 2_000, "{}", first.len());
    assert!(!text.to_lowercase().contains("chosen-word") && !text.contains("exemple.fr"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_161_what_was_turned_away_is_told_without_waiting_for_somebody_else() {
    let instance = Instance::dev().await;
    for _ in 0..3 {
        let person = instance.person();
        let page = person.visit("/users/start-sign-in").await;
        let forged = page.form_with("login", None).with("_csrf", "forged").with("login", "user@yopmail.com");
        assert_eq!(person.submit(forged).await.status, 403);
    }
    let told = || -> Vec<(u64, bool)> {
        let of = |record: AuditRecord| match record.event {
            AuditEvent::RequestsTurnedAway { reason: TurnedAway::ForeignForm, count } => {
                Some((count, record.origin.source.is_some()))
            }
            _ => None,
        };
        instance.audit().into_iter().filter_map(of).collect()
    };
    assert_eq!(told(), [(1, true)]);
    acts::tell_turned_away(&instance.app, false).await.unwrap();
    assert_eq!(told().len(), 1, "a minute is not over");
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    acts::tell_turned_away(&instance.app, false).await.unwrap();
    acts::tell_turned_away(&instance.app, true).await.unwrap();
    assert_eq!(told(), [(2, false), (1, true)], "a sum is nobody's in particular");
    let text = instance.metrics.expose();
    assert_eq!(value(&text, "moncomptepro_requests_turned_away_total{reason=\"foreign_form\"}"), 3);
}
