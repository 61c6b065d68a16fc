//! No parameter of ours is an address to go to: whatever stands in one, every answer leads to a place of ours (SEC-119).

use std::collections::BTreeSet;

use moncomptepro::site;
use moncomptepro::web::{Guard, Input};
use reqwest::Method;
use url::Url;

use crate::support::{Form, Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";

/// Every parameter that a page of ours reads, and those in which other programs carry an address.
const PARAMETERS: [&str; 30] = [
    "interaction",
    "before",
    "after",
    "another",
    "cursor",
    "notification",
    "lang",
    "login_hint",
    "services_after",
    "members_after",
    "moderation_id",
    "name",
    "q",
    "reason",
    "siret",
    "siret_hint",
    "to",
    "ui_locales",
    "magic_link_token",
    "reset_password_token",
    "return_to",
    "returnTo",
    "next",
    "url",
    "redirect",
    "redirect_uri",
    "continue",
    "rd",
    "service",
    "target",
];

/// Addresses of somebody else, as parsers that disagree read them.
const PLACES: [&str; 62] = [
    "https://evil.example",
    "http://evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https:\\\\evil.example",
    "https:/\\evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/%2f/evil.example",
    "/%5cevil.example",
    "%2f%2fevil.example",
    "/%09/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\u{a0}//evil.example",
    "\u{0}//evil.example",
    "/\u{0}/evil.example",
    "//evil.example/%2e%2e",
    "//evil.example%00",
    "//evil.example\\@localhost",
    "//localhost@evil.example",
    "//localhost:3000@evil.example",
    "//localhost%40evil.example",
    "//localhost.evil.example",
    "//evil.example#localhost",
    "//evil.example?localhost",
    "//evil%E3%80%82example",
    "//evil。example",
    "//ｅvil.example",
    "//[::ffff:203.0.113.1]",
    "//3405803777",
    "//0xcb007101",
    "http://0xcb.0x00.0x71.0x01",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\u{1}javascript:alert(1)",
    "javascript://localhost/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://evil.example/1",
    "ftp://evil.example",
    "mailto:x@evil.example",
    "/x\r\nLocation: https://evil.example",
    "/x\r\nSet-Cookie: a=b",
    "x&interaction=//evil.example",
    "é//evil.example",
];

/// The corpus: as they are, and escaped once more.
fn corpus() -> Vec<String> {
    let escaped = PLACES.iter().map(|place| url::form_urlencoded::byte_serialize(place.as_bytes()).collect::<String>());
    let all: BTreeSet<String> = PLACES.iter().map(|place| (*place).to_owned()).chain(escaped).collect();
    all.into_iter().collect()
}

fn query(names: &[&str], value: &str) -> String {
    let pairs = names.iter().map(|name| (*name, value));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Where an answer leads is ours, and nothing of what was asked stands in a header.
fn assert_ours(instance: &Instance, page: &Page, at: &str) {
    assert!(page.status.as_u16() < 500, "{at}: {}", page.status);
    assert!(page.headers.get("set-cookie").is_none_or(|cookie| !cookie.to_str().unwrap().starts_with("a=")), "{at}");
    let Some(location) = page.headers.get("location") else { return };
    let target = page.url.join(location.to_str().unwrap()).unwrap();
    let own = [instance.address.as_str(), instance.app.config.issuer()].map(|text| Url::parse(text).unwrap().origin());
    assert!(own.contains(&target.origin()), "{at}: {target}");
}

async fn signed_in(instance: &Instance) -> Person {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    person
}

#[tokio::test]
async fn sec_119_whatever_stands_in_a_parameter_every_page_leads_to_a_place_of_ours() {
    let instance = Instance::dev().await;
    let table = site::routes(&instance.app);
    let pages: Vec<String> = table
        .declarations()
        .filter(|declaration| declaration.method == Method::GET && declaration.input == Input::Visit)
        .filter(|declaration| !matches!(declaration.guard, Guard::Operator | Guard::ClientRequest))
        .map(|declaration| declaration.path.replace("{id}", "1"))
        .collect();
    let corpus = corpus();
    assert!(corpus.len() >= 100 && pages.len() > 30, "{} and {}", corpus.len(), pages.len());
    let but_the_sign_in: Vec<&str> = PARAMETERS.iter().copied().filter(|name| *name != "interaction").collect();
    let (stranger, person) = (instance.person(), signed_in(&instance).await);
    for (number, value) in corpus.iter().enumerate() {
        // Each value meets a tenth of the pages, so that each page meets a tenth of the values.
        for path in pages.iter().skip(number % 10).step_by(10) {
            for names in [&PARAMETERS[..], &but_the_sign_in] {
                for who in [&stranger, &person] {
                    let target = format!("{path}?{}", query(names, value));
                    let page = who.get(&target).await;
                    assert_ours(&instance, &page, &target);
                }
            }
        }
    }
}

/// What clients send besides.
const OF_CLIENTS: [&str; 14] = [
    "client_id",
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
];

#[tokio::test]
async fn sec_118_four_thousand_bytes_of_markup_in_each_parameter_of_each_page_are_never_obeyed() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    let markup = "'\"></title><marker-x data-marker=1>".repeat(4_000 / 35 + 1);
    assert!(markup.len() >= 4_000);
    let mut tried = 0;
    for declaration in site::routes(&instance.app).declarations() {
        if declaration.method != Method::GET || matches!(declaration.guard, Guard::Operator) {
            continue;
        }
        let path = declaration.path.replace("{id}", "1");
        let names = match declaration.guard {
            Guard::ClientRequest => [&PARAMETERS[..], &OF_CLIENTS].concat(),
            _ => PARAMETERS.to_vec(),
        };
        for name in names {
            let target = format!("{path}?{}", query(&[name], &markup));
            let page = person.get(&target).await;
            assert!(page.status.as_u16() < 500, "{path} {name}: {}", page.status);
            assert!(!page.body.contains("<marker-x"), "{path} {name}: {}", page.body);
            tried += 1;
        }
    }
    assert!(tried > 1_000, "{tried}");
}

/// Bytes that no careful program sends: they come as they are written here, percent signs and all.
const ODD: [&str; 18] = [
    "%00",
    "%01%02%7f",
    "%80",
    "%c0%af",
    "%ed%a0%80",
    "%f4%90%80%80",
    "%ff%fe",
    "%E2%80%AE%E2%80%8B%EF%BB%BF",
    "%0d%0aX-Odd:%20yes%0d%0a%0d%0a%3Cmarker-x%3E",
    "%3Cmarker-x%20onload=1%3E",
    "%26lt;marker-x%26gt;",
    "%253Cmarker-x%253E",
    "{{1787*1787}}{%25%20raw%20%25}",
    "${1787*1787}%23{1787*1787}",
    "%u003cmarker-x%u003e",
    "%",
    "%zz",
    "+;,/?:@&=+$",
];

/// What a page may be made of by a request is refused or shown as text, and the page goes on to the end.
fn assert_plain(page: &Page, at: &str) {
    assert!(page.status.as_u16() < 500, "{at}: {}", page.status);
    assert!(page.headers.get("x-odd").is_none(), "{at}");
    assert!(!page.body.contains("<marker-x") && !page.body.contains("3193369"), "{at}: {}", page.body);
    let is_page = !page.status.is_redirection() && page.header("content-type").starts_with("text/html");
    assert!(!is_page || page.body.trim_end().ends_with("</html>"), "{at}: {}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_118_odd_bytes_in_each_parameter_of_each_page_are_refused_or_shown_as_text() {
    let instance = Instance::dev().await;
    let person = signed_in(&instance).await;
    let mut tried = 0;
    for declaration in site::routes(&instance.app).declarations() {
        if declaration.method != Method::GET || matches!(declaration.guard, Guard::Operator) {
            continue;
        }
        let names = match declaration.guard {
            Guard::ClientRequest => [&PARAMETERS[..], &OF_CLIENTS].concat(),
            _ => PARAMETERS.to_vec(),
        };
        let path = declaration.path.replace("{id}", "1");
        for (number, name) in names.iter().enumerate() {
            // Each page meets all of them, each parameter a third.
            for odd in ODD.iter().skip(number % 3).step_by(3) {
                let target = format!("{path}?{name}={odd}");
                assert_plain(&person.get(&target).await, &target);
                tried += 1;
            }
        }
        if declaration.path.contains("{id}") {
            for odd in ODD {
                let target = declaration.path.replacen("{id}", odd, 1).replace("{id}", "1");
                assert_plain(&person.get(&target).await, &target);
            }
        }
    }
    assert!(tried > 5_000, "{tried}");
}

/// What the forms of this site hold, beside what hides in them, and those of programs.
const FIELDS: [&str; 40] = [
    "login",
    "email",
    "password",
    "password_confirmation",
    "verify_email_token",
    "totpToken",
    "recovery_code",
    "given_name",
    "family_name",
    "phone_number",
    "job",
    "name",
    "siret",
    "reason",
    "comment",
    "decision",
    "choice",
    "confirmed",
    "correctable",
    "browser",
    "session",
    "client_id",
    "client_secret",
    "organization_id",
    "user_id",
    "domain",
    "role",
    "force2fa",
    "purpose",
    "ceremony",
    "webauthn_authentication_response_string",
    "webauthn_registration_response_string",
    "official_contact_email_verification_token",
    "magic_link_token",
    "reset_password_token",
    "invitation_token",
    "grant_type",
    "code",
    "code_verifier",
    "id_token_hint",
];

#[tokio::test(flavor = "multi_thread")]
async fn sec_118_four_thousand_bytes_of_markup_in_each_field_of_each_form_are_never_obeyed() {
    let instance = Instance::dev().await;
    let (stranger, person) = (instance.person(), signed_in(&instance).await);
    let markup = "'\"></title><marker-x data-marker=1>".repeat(4_000 / 35 + 1);
    let odd = "\u{0}\u{1}\u{202e}\u{fffe}<marker-x>\r\nX-Odd: yes";
    let token = person.visit("/personal-information").await.attribute("input[name=_csrf]", "value").unwrap();
    let start = stranger.visit("/users/start-sign-in").await.attribute("input[name=_csrf]", "value").unwrap();
    let mut tried = 0;
    for declaration in site::routes(&instance.app).declarations() {
        let leaves = ["/users/sign-out", "/_dev"].iter().any(|path| declaration.path.starts_with(path));
        if declaration.method != Method::POST || matches!(declaration.guard, Guard::Operator) || leaves {
            continue;
        }
        let action = Url::parse(&instance.address).unwrap().join(&declaration.path.replace("{id}", "1")).unwrap();
        let of_strangers = matches!(declaration.guard, Guard::Visitor | Guard::Link | Guard::Client);
        let (who, token) = if of_strangers { (&stranger, &start) } else { (&person, &token) };
        for (number, value) in [(0, markup.as_str()), (1, odd)] {
            // Alone, each field is the first that is read; together, all of them are.
            let alone = FIELDS.iter().skip(number).step_by(2).map(|name| vec![*name]);
            for names in alone.chain([FIELDS.to_vec()]) {
                let mut fields = vec![(String::from("_csrf"), token.clone())];
                fields.extend(names.iter().map(|name| ((*name).to_owned(), value.to_owned())));
                let page = who.post(Form { action: action.clone(), fields }).await;
                let at = format!("{} {names:?}", declaration.path);
                assert_plain(&page, &at);
                assert!(!page.location().contains('<'), "{at}: {}", page.location());
                tried += 1;
            }
        }
    }
    assert_eq!(person.visit("/personal-information").await.status, 200, "and nobody was signed out by any of them");
    assert!(tried > 2_000, "{tried}");
}

#[tokio::test]
async fn sec_119_whoever_begins_with_such_an_address_signs_in_and_is_at_home() {
    let instance = Instance::dev().await;
    let but_the_sign_in: Vec<&str> = PARAMETERS.iter().copied().filter(|name| *name != "interaction").collect();
    for value in PLACES.iter().step_by(3) {
        let person = instance.person();
        let start = person.visit(&format!("/users/start-sign-in?{}", query(&but_the_sign_in, value))).await;
        assert_eq!(start.status, 200, "{value:?}");
        let more: Vec<(&str, &str)> = but_the_sign_in.iter().map(|name| (*name, *value)).collect();
        let filled = |form: Form| more.iter().fold(form, |form, (name, value)| form.with(name, value));
        let asks = person.submit(filled(start.form_with("login", None)).with("login", ADDRESS)).await;
        let answer = person.post(filled(asks.form_with("password", None)).with("password", ADDRESS)).await;
        assert_ours(&instance, &answer, value);
        assert_eq!(person.follow(answer).await.url.path(), "/", "{value:?}");
    }
}

#[tokio::test]
async fn sec_119_a_form_sent_to_an_address_with_such_a_parameter_leads_to_a_place_of_ours() {
    let instance = Instance::dev().await;
    let paths = ["start-sign-in", "sign-in", "sign-up", "verify-email", "send-magic-link", "reset-password"];
    for value in &corpus() {
        let person = instance.person();
        let start = person.visit("/users/start-sign-in").await;
        for path in paths {
            let mut form = start.form_with("login", None).with("login", ADDRESS).with("password", ADDRESS);
            form.action.set_path(&format!("/users/{path}"));
            form.action.set_query(Some(&query(&PARAMETERS, value)));
            assert_ours(&instance, &person.post(form).await, &format!("{path} {value:?}"));
        }
    }
}
