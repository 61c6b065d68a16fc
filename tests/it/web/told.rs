//! What a client is told of what it sent: little, and in plain characters.

use moncomptepro::site;
use moncomptepro::web::Guard;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use crate::support::{Instance, Page};

/// Of what was sent, no more is repeated.
const MOST: usize = 64;

/// What ends a word, a line or a header, what nobody sees, and what a terminal obeys; percent signs and all.
const SLY: [&str; 12] = [
    "%C3%A9t%C3%A9",
    "a%0d%0aX-Odd:%20y",
    "%0a%0a",
    "%E2%80%AEabc%E2%80%8B",
    "%22%5C%3Cb%3E",
    "%00%07%7f",
    "%1b%5b31m",
    "%F0%9F%92%A3",
    "%C2%85%C2%9B",
    "%EF%BC%A1",
    "%E2%80%A8",
    "%F3%A0%81%81",
];

/// What clients send.
const NAMES: [&str; 21] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "prompt",
    "max_age",
    "acr_values",
    "claims",
    "response_mode",
    "code_challenge",
    "code_challenge_method",
    "id_token_hint",
    "post_logout_redirect_uri",
    "login_hint",
    "grant_type",
    "code",
    "code_verifier",
    "client_secret",
    "access_token",
];

fn is_plain(text: &str) -> bool {
    text.chars().all(|character| matches!(character, ' '..='~')) && !text.contains(&"n".repeat(MOST + 1))
}

fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(members) => members.values().for_each(|value| texts(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether something of the request may be in it at all; and that it is plain.
fn assert_told(page: &Page, at: &str) -> bool {
    assert!(page.status.as_u16() < 500 && !page.headers.contains_key("x-odd"), "{at}: {}", page.status);
    for (name, value) in &page.headers {
        let is_text = value.as_bytes().iter().all(|byte| matches!(byte, b' '..=b'~'));
        assert!(is_text, "{at}: {name}: {value:?}");
        assert!(name == "location" || is_plain(value.to_str().unwrap()), "{at}: {name}: {value:?}");
    }
    if page.status.is_redirection() {
        // What a client gave to be given back is given back whole; the sentence is ours.
        let told = page.redirect_parameters();
        let sentence = told.get("error_description");
        assert!(sentence.is_none_or(|text| is_plain(text)), "{at}: {sentence:?}");
        return sentence.is_some();
    }
    if page.header("content-type").starts_with("application/json") {
        let document = page.json();
        let mut found = Vec::new();
        texts(&document, &mut found);
        assert!(page.status.is_success() || found.iter().all(|text| is_plain(text)), "{at}: {}", page.body);
        return !page.status.is_success();
    }
    let detail = page.text("main[data-error] code");
    assert!(is_plain(&detail), "{at}: {detail}");
    !detail.is_empty()
}

/// The request with this value in place of its own, and the same with one more thing, said twice.
fn varied(own: &[(String, String)], value: &str) -> Vec<String> {
    let joined = |pairs: &[(String, String)]| {
        let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("&")
    };
    let with = |name: &str| {
        let others = own.iter().filter(|(known, _)| known != name).cloned();
        let pairs: Vec<_> = others.chain([(name.to_owned(), value.to_owned())]).collect();
        joined(&pairs)
    };
    let mut bodies: Vec<String> = NAMES.iter().map(|name| with(name)).collect();
    bodies.push(format!("{}&{value}=1&{value}=2", joined(own)));
    bodies.push(format!("{value}=1&{value}=2"));
    bodies
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_118_what_a_client_is_told_of_its_request_is_plain_and_short() {
    let instance = Instance::dev().await;
    let (person, client) = (instance.person(), instance.standard_client());
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let own = [
        pair("response_type", "code"),
        pair("client_id", &client.client_id),
        pair("redirect_uri", &client.redirect_uri),
        pair("scope", "openid"),
        pair("grant_type", "authorization_code"),
        pair("client_secret", &client.client_secret),
    ];
    let long = "n".repeat(4_000);
    let (mut tried, mut told) = (0, 0);
    for declaration in site::routes(&instance.app).declarations() {
        let is_of_clients = matches!(declaration.guard, Guard::Client | Guard::Bearer | Guard::ClientRequest);
        if !is_of_clients || !matches!(declaration.method, Method::GET | Method::POST) {
            continue;
        }
        for value in SLY.into_iter().chain([long.as_str()]) {
            for fields in varied(&own, value) {
                let mut headers = HeaderMap::new();
                let (target, body) = match declaration.method {
                    Method::GET => (format!("{}?{fields}", declaration.path), ""),
                    _ => (declaration.path.to_owned(), fields.as_str()),
                };
                headers.insert(CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
                let page = person.send(declaration.method.clone(), &target, headers, body).await;
                let at = format!("{} {} {fields:.200}", declaration.method, declaration.path);
                told += usize::from(assert_told(&page, &at));
                tried += 1;
            }
        }
    }
    assert!(tried > 1_500 && told > 500, "{tried} tried, {told} told");
}
