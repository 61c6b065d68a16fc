//! The headers and cookies of every answer.

use moncomptepro::config::DevOptions;
use reqwest::header::{COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};

use crate::support::{Instance, Person};

const ADDRESS: &str = "user@yopmail.com";

#[tokio::test]
async fn sec_116_forms_of_a_sign_in_may_lead_to_its_client_and_nowhere_else() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let page = person.visit(&instance.standard_client().authorization("openid", &[])).await;
    assert!(page.header("content-security-policy").contains("form-action 'self' http://localhost:4000;"));
    let own = instance.person().visit("/users/start-sign-in").await;
    assert!(own.header("content-security-policy").contains("form-action 'self';"));
}

#[tokio::test]
async fn sec_88_ses_1_r_11_cookies_have_their_attributes_and_hold_handles_only() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let start = person.visit("/users/start-sign-in").await;
    let asks = person.submit(start.form_with("login", None).with("login", ADDRESS)).await;
    let home = person.post(asks.form_with("password", None).with("password", ADDRESS)).await;
    let port = instance.app.config.port;
    let cookies: Vec<_> = [&start, &home].iter().flat_map(|page| page.headers.get_all("set-cookie")).collect();
    assert_eq!(cookies.len(), 4, "the browser's twice: sign-in renews it");
    for cookie in cookies {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with(&format!("dev-{port}-")), "{cookie}");
        for attribute in ["; Path=/", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain") && !cookie.contains("Secure"), "{cookie}");
        let value = cookie.split(['=', ';']).nth(1).unwrap();
        assert!(matches!(value.len(), 43 | 48), "{cookie}");
    }
}

#[tokio::test]
async fn sec_88_a_second_cookie_of_one_name_opens_nothing() {
    let instance = Instance::dev().await;
    let (person, stranger) = (signed_in(&instance).await, signed_in(&instance).await);
    let (own, tossed) = (person.session_cookie(), stranger.session_cookie());
    for (lines, opens) in [
        (vec![own.clone()], true),
        (vec![format!("{own}; {own}")], true),
        (vec![format!("{own}; {tossed}")], false),
        (vec![format!("{tossed}; {own}")], false),
        (vec![own.clone(), tossed.clone()], false),
        (vec![format!("{own}; other=1; {tossed}")], false),
    ] {
        let headers: HeaderMap = lines.iter().map(|line| (COOKIE, HeaderValue::from_str(line).unwrap())).collect();
        let page = instance.person().get_with("/", headers).await;
        assert_eq!(page.status, if opens { 200 } else { 303 }, "{lines:?}");
    }
}

async fn signed_in(instance: &Instance) -> Person {
    let person = instance.person();
    let page = person.visit("/").await;
    person.sign_in(page, ADDRESS, ADDRESS).await;
    person
}

#[tokio::test]
async fn sec_88_gen_4_in_production_cookies_are_bound_to_host_and_tls() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let host = HeaderMap::from_iter([(HOST, HeaderValue::from_static("identite.exemple.fr"))]);
    let page = instance.person().get_with("/users/start-sign-in", host).await;
    let cookie = page.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-browser=") && cookie.contains("; Secure") && cookie.contains("; Path=/"),
        "{cookie}"
    );
    assert!(page.header("strict-transport-security").contains("max-age=31536000"), "GEN-4");
}

#[tokio::test]
async fn sec_120_only_our_own_names_are_answered() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    for (host, status) in [
        ("identite.exemple.fr", 200),
        ("evil.example", 421),
        ("identite.exemple.fr.evil.example", 421),
        ("localhost", 421),
        ("IDENTITE.exemple.fr:443", 200),
        ("identite.exemple.fr:80", 421),
        ("identite.exemple.fr:443:443", 421),
    ] {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_str(host).unwrap())]);
        let page = instance.person().get_with("/users/start-sign-in", headers).await;
        assert_eq!(page.status, status, "{host}");
        assert!(!page.body.contains("evil.example"), "nothing is built from the name that was asked");
    }
    for path in ["/livez", "/readyz"] {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("10.0.0.7:8080"))]);
        assert_eq!(instance.person().get_with(path, headers).await.status, 200, "{path}: probes ask by address");
    }
}

#[tokio::test]
async fn sec_72_sec_120_sec_179_a_name_that_comes_to_lead_here_gets_nothing_of_a_trial() {
    let trial = |strict: bool, listen: &[&str]| {
        let listen = listen.iter().map(|ip| ip.parse().unwrap()).collect();
        Instance::dev_with(DevOptions { strict, listen, ..DevOptions::default() })
    };
    let (loose, strict) = (trial(false, &[]).await, trial(true, &[]).await);
    let (exposed, everywhere) = (trial(false, &["192.0.2.7"]).await, trial(true, &["0.0.0.0"]).await);
    // By anybody's choice; strict; on an address of the network; strict on every address.
    for (host, statuses) in [
        ("127.0.0.1:3000", [200, 200, 200, 200]),
        ("[::1]:3000", [200, 200, 200, 200]),
        ("LocalHost:3000", [200, 200, 200, 200]),
        ("essai.localhost", [200, 200, 200, 200]),
        ("provider", [200, 421, 200, 421]),
        ("Mock.TEST:3000", [200, 421, 200, 421]),
        ("mock.internal", [200, 421, 200, 421]),
        ("192.0.2.7:3000", [421, 421, 200, 421]),
        ("192.0.2.8:3000", [421, 421, 421, 421]),
        ("evil.fr:3000", [421, 421, 421, 421]),
        ("127.0.0.1.evil.fr", [421, 421, 421, 421]),
        ("localhost.evil.fr:3000", [421, 421, 421, 421]),
    ] {
        for (instance, expected) in [&loose, &strict, &exposed, &everywhere].into_iter().zip(statuses) {
            for path in ["/users/start-sign-in", "/_dev/api/mailbox"] {
                let headers = HeaderMap::from_iter([
                    (HOST, HeaderValue::from_str(host).unwrap()),
                    (ORIGIN, HeaderValue::from_str(&format!("http://{host}")).unwrap()),
                    (HeaderName::from_static("sec-fetch-site"), HeaderValue::from_static("same-origin")),
                ]);
                let page = instance.person().get_with(path, headers).await;
                assert_eq!(page.status, expected, "{host} {path} {:?}", instance.app.config.names);
            }
        }
    }
    let listening = trial(false, &["0.0.0.0"]).await;
    let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("192.0.2.8:3000"))]);
    let page = listening.person().get_with("/users/start-sign-in", headers).await;
    assert_eq!(page.status, 200, "an address of its own is no name");
}

#[tokio::test]
async fn sec_123_styles_are_embedded_under_a_name_that_never_changes_meaning() {
    let instance = Instance::dev().await;
    let person = instance.person();
    let href = person.visit("/users/start-sign-in").await.attribute("link[rel=stylesheet]", "href").unwrap();
    let style = person.get(&href).await;
    assert_eq!(style.status, 200);
    assert!(
        style.header("content-type").starts_with("text/css") && style.header("cache-control").contains("immutable")
    );
    for path in [
        "/assets/",
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/assets/style.00000000.css",
        "/assets/x%00.css",
    ] {
        assert!(matches!(person.get(path).await.status.as_u16(), 400 | 404), "{path}");
    }
}
