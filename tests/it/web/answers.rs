//! Every answer there is: each route in each way in which it can be asked, each failure a handler can give, a panic.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use http_body_util::Empty;
use hyper::Version;
use hyper::body::Bytes;
use moncomptepro::app::App;
use moncomptepro::protocol::{ErrorCode, OAuthError};
use moncomptepro::site::{self, Reception};
use moncomptepro::web::{self, Declaration, Error, Guard, OAuthFailure, Response, StatusCode};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};

use crate::support::{Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";
const FORM: (HeaderName, &str) = (CONTENT_TYPE, "application/x-www-form-urlencoded");

/// What the policy of every page says, beside where its forms lead and what it may frame.
const OF_PAGES: [&str; 9] = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
];

/// What SEC-116 wants of an answer to this path.
fn assert_protected(path: &str, status: u16, headers: &HeaderMap) {
    let at = format!("{status} {path}");
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
    let policy = header("content-security-policy");
    for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action "] {
        assert!(policy.contains(directive), "{at}: {directive} in {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{at}: {policy}");
    if header("content-type").starts_with("text/html") {
        let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
        for wanted in OF_PAGES {
            assert!(directives.contains(&wanted), "{at}: {wanted} in {policy}");
        }
        // Forms lead to this site, and to the client of the sign-in under way at most.
        let form = directives.iter().find_map(|directive| directive.strip_prefix("form-action ")).unwrap();
        assert!(form.starts_with("'self'") && form.split(' ').count() <= 2, "{at}: {policy}");
        assert!(directives.len() <= OF_PAGES.len() + 2, "{at}: nothing more is allowed: {policy}");
    }
    assert_eq!(header("x-content-type-options"), "nosniff", "{at}");
    assert_eq!(header("x-frame-options"), "DENY", "{at}");
    assert_eq!(header("referrer-policy"), "same-origin", "{at}: R-18");
    let permissions = header("permissions-policy");
    assert!(permissions.contains("camera=()") && permissions.contains("credentials-get=(self)"), "{at}: {permissions}");
    let is_document = path.starts_with("/.well-known/") || path.starts_with("/oauth/jwks");
    let is_shared = is_document && header("access-control-allow-origin") == "*";
    let resource = if is_shared { "cross-origin" } else { "same-origin" };
    assert_eq!(header("cross-origin-resource-policy"), resource, "{at}");
    let may_be_a_popup = ["/users/", "/interaction/", "/oauth/"].iter().any(|start| path.starts_with(start));
    assert_eq!(header("cross-origin-opener-policy"), if may_be_a_popup { "" } else { "same-origin" }, "{at}");
    let may_be_kept = matches!(status, 200 | 204) && (is_document || path.starts_with("/assets/"));
    assert!(header("cache-control") == "no-store" || may_be_kept, "{at}: {}", header("cache-control"));
}

/// What SEC-88 wants of a cookie: no script reads it, no other site sends it, no other name of the machine has it.
fn assert_kept(path: &str, cookie: &str, over_tls: bool) {
    let mut parts = cookie.split("; ");
    let name = parts.next().unwrap().split('=').next().unwrap();
    let attributes: Vec<&str> = parts.collect();
    for wanted in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(attributes.contains(&wanted), "{path}: {wanted} in {cookie}");
    }
    assert!(!attributes.iter().any(|attribute| attribute.starts_with("Domain")), "{path}: {cookie}");
    assert_eq!(attributes.contains(&"Secure"), over_tls, "{path}: {cookie}");
    assert_eq!(name.starts_with("__Host-"), over_tls, "R-11: {path}: {cookie}");
}

fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
}

/// A browser that asks for everything in every way.
struct Crawler<'a> {
    instance: &'a Instance,
    person: Person,
    /// The token of its forms, a style, and a sign-in under way, of which paths speak.
    token: String,
    style: String,
    sign_in: String,
    seen: BTreeSet<u16>,
    asked: usize,
    cookies: usize,
}

impl<'a> Crawler<'a> {
    async fn begin(instance: &'a Instance, signs_in: bool) -> Self {
        let (person, client) = (instance.person(), instance.standard_client());
        let host = instance.app.config.public_url.authority().to_owned();
        let start = person.get_with("/users/start-sign-in", headers(&[(HOST, &host)])).await;
        let (style, mut token, mut sign_in) = (
            start.attribute("link[rel=stylesheet]", "href").unwrap(),
            start.attribute("input[name=_csrf]", "value").unwrap(),
            String::from("unknown"),
        );
        if signs_in {
            let page = person.visit("/").await;
            let home = person.sign_in(page, ADDRESS, ADDRESS).await;
            token = home.attribute("input[name=_csrf]", "value").unwrap();
            let asks = person.visit(&client.authorization("openid", &[("prompt", "consent")])).await;
            sign_in = asks.url.path().split('/').nth(2).unwrap().to_owned();
        }
        Self { instance, person, token, style, sign_in, seen: BTreeSet::new(), asked: 0, cookies: 0 }
    }

    async fn ask(&mut self, method: &Method, path: &str, more: &[(HeaderName, &str)], body: &str) {
        let host = self.instance.app.config.public_url.authority().to_owned();
        let mut sent = headers(&[(HOST, &host)]);
        sent.extend(headers(more));
        let page = self.person.send(method.clone(), path, sent, body).await;
        self.judge(&page);
    }

    fn judge(&mut self, page: &Page) {
        assert_protected(page.url.path(), page.status.as_u16(), &page.headers);
        let insists = self.instance.app.config.insists_on_tls();
        assert_eq!(page.headers.contains_key("strict-transport-security"), insists, "{}", page.url);
        assert!(!page.header("date").is_empty(), "GEN-24");
        for cookie in page.headers.get_all("set-cookie") {
            assert_kept(page.url.path(), cookie.to_str().unwrap(), insists);
            self.cookies += 1;
        }
        self.seen.insert(page.status.as_u16());
        self.asked += 1;
    }

    /// As it should be asked, by another method, by HEAD, under another name, from another site, without a body, with
    /// one that is too large, with a query that is no text, and with one that is too long.
    async fn crawl(&mut self, declaration: &Declaration) {
        let path = declaration.path.replace("/assets/{id}", &self.style).replace("{id}", &self.sign_in);
        let method = &declaration.method;
        let own = self.instance.app.config.public_url.as_str().to_owned();
        let form = format!("_csrf={}", self.token);
        let is_reset = declaration.guard == Guard::Operator && *method == Method::POST;
        if !is_reset && !path.contains("sign-out") {
            self.ask(method, &path, &[(ORIGIN, &own), FORM], &form).await;
        }
        // Somebody who was never here is given what a browser keeps.
        let host = self.instance.app.config.public_url.authority().to_owned();
        let newcomer = self.instance.person().send(method.clone(), &path, headers(&[(HOST, &host)]), "").await;
        self.judge(&newcomer);
        self.ask(&Method::DELETE, &path, &[], "").await;
        self.ask(&Method::HEAD, &path, &[], "").await;
        self.ask(method, &path, &[(HOST, "evil.fr")], "").await;
        self.ask(method, &path, &[(ORIGIN, "https://evil.example"), FORM], &form).await;
        self.ask(method, &path, &[(ORIGIN, &own)], "").await;
        self.ask(method, &format!("{path}?login_hint=%ff"), &[(ORIGIN, &own), FORM], &form).await;
        self.ask(method, &format!("{path}?{}", "x".repeat(17 * 1024)), &[], "").await;
        self.ask(method, &format!("{path};x"), &[], "").await;
        self.ask(method, &format!("{path}nowhere"), &[], "").await;
        self.ask(method, &path, &[(ORIGIN, &own), FORM], &"x".repeat(65 * 1024)).await;
    }
}

#[tokio::test]
async fn sec_88_sec_116_gen_17_every_route_asked_in_every_way_is_answered_with_the_headers() {
    let instance = Instance::dev().await;
    for signs_in in [false, true] {
        let mut crawler = Crawler::begin(&instance, signs_in).await;
        for declaration in site::routes(&instance.app).declarations() {
            crawler.crawl(declaration).await;
        }
        assert!(crawler.asked > 400, "{}", crawler.asked);
        assert!(crawler.cookies > 10, "{}", crawler.cookies);
        for status in [200, 204, 303, 400, 401, 403, 404, 405, 413, 414, 421] {
            assert!(crawler.seen.contains(&status), "{status} is among {:?}", crawler.seen);
        }
        assert!(signs_in || crawler.seen.contains(&410), "{:?}", crawler.seen);
    }
}

#[tokio::test]
async fn sec_88_sec_116_gen_4_in_production_every_route_insists_on_tls_besides() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    assert!(instance.app.config.insists_on_tls());
    let mut crawler = Crawler::begin(&instance, false).await;
    for declaration in site::routes(&instance.app).declarations() {
        crawler.crawl(declaration).await;
    }
    for status in [200, 303, 400, 401, 403, 404, 405, 410, 413, 414, 421] {
        assert!(crawler.seen.contains(&status), "{status} is among {:?}", crawler.seen);
    }
}

/// Every failure that a handler can give, with the status that it becomes for people, clients and programs.
fn failure(name: &str) -> Error {
    match name {
        "absent" => Error::NotFound,
        "method" => Error::MethodNotAllowed(String::from("GET")),
        "refused" => Error::csrf().with_detail("detail").with_way_on("/"),
        "gone" => Error::expired_interaction(),
        "oauth" => Error::oauth(OAuthError::new(ErrorCode::InvalidGrant, "no")),
        "bare" => Error::OAuth(OAuthFailure {
            status: StatusCode::UNAUTHORIZED,
            error: None,
            challenge: Some(String::from("Bearer")),
        }),
        "large" => Error::PayloadTooLarge,
        "media" => Error::UnsupportedMediaType,
        "often" => Error::TooManyRequests(7),
        "busy" => Error::Busy(7),
        "storage" => Error::Storage(7),
        "internal" => Error::internal("a cause in src/secret.rs"),
        _ => panic!("a cause in src/secret.rs"),
    }
}

const FAILURES: [(&str, u16); 13] = [
    ("absent", 404),
    ("method", 405),
    ("refused", 403),
    ("gone", 410),
    ("oauth", 400),
    ("bare", 401),
    ("large", 413),
    ("media", 415),
    ("often", 429),
    ("busy", 503),
    ("storage", 503),
    ("internal", 500),
    ("broken", 500),
];

/// The routes of the instance, and three that fail as the path says.
fn failing(app: &App) -> Reception {
    let fail = |_: App, request: web::Request| async move {
        let name = request.path.rsplit('/').next().unwrap_or_default().to_owned();
        Err::<Response, Error>(failure(&name))
    };
    let table = site::routes(app)
        .call((Method::GET, "/failing/page/{id}"), Guard::Public, web::page, fail)
        .call((Method::GET, "/failing/oauth/{id}"), Guard::Public, web::oauth, fail)
        .call((Method::GET, "/failing/api/{id}"), Guard::Public, web::api, fail);
    Reception::new(app.clone(), table)
}

async fn ask(reception: &Reception, request: hyper::http::request::Builder) -> Response {
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    reception.answer(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await
}

#[tokio::test]
async fn sec_116_sec_12_sec_15_every_failure_and_a_panic_carry_the_headers_and_no_cause() {
    let instance = Instance::dev().await;
    let reception = failing(&instance.app);
    for reader in ["page", "oauth", "api"] {
        for (name, expected) in FAILURES {
            let path = format!("/failing/{reader}/{name}");
            let answer = ask(&reception, hyper::Request::get(&path).header("host", "localhost")).await;
            let status = answer.status().as_u16();
            // A client of OAuth hears 400 of a body that is no form (RFC 6749 §5.2).
            let expected = if (reader, name) == ("oauth", "media") { 400 } else { expected };
            assert_eq!(status, expected, "{path}");
            assert_protected(&path, status, answer.headers());
            assert_eq!(answer.headers().contains_key("retry-after"), matches!(status, 429 | 503), "{path}");
            let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(!body.contains("src/") && !body.contains("panic"), "{path}: {body}");
        }
    }
    let after = ask(&reception, hyper::Request::get("/livez").header("host", "localhost")).await;
    assert_eq!(after.status(), 200, "the next request is answered");
}

#[tokio::test]
async fn sec_120_a_request_names_one_host_and_it_is_ours() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let reception = failing(&instance.app);
    let own = "identite.exemple.fr";
    for (target, hosts, status) in [
        ("/readyz", &[][..], 400),
        ("/users/start-sign-in", &[], 400),
        ("/users/start-sign-in", &[own], 200),
        ("/users/start-sign-in", &[own, own], 400),
        ("/users/start-sign-in", &[own, "evil.example"], 400),
        ("/users/start-sign-in", &["evil.example", own], 400),
        ("/users/start-sign-in", &["identite.exemple.fr, evil.example"], 421),
        ("/users/start-sign-in", &["evil.example"], 421),
        ("/users/start-sign-in", &[""], 421),
        ("/users/start-sign-in", &["identite.exemple.fr."], 421),
        ("/users/start-sign-in", &["user@identite.exemple.fr"], 421),
        ("/users/start-sign-in", &["identite.exemple.fr:8443"], 421),
        ("/users/start-sign-in", &["[::1]"], 421),
        ("https://identite.exemple.fr/users/start-sign-in", &[], 200),
        ("https://identite.exemple.fr/users/start-sign-in", &[own], 200),
        ("https://identite.exemple.fr/users/start-sign-in", &["IDENTITE.exemple.fr"], 200),
        ("https://identite.exemple.fr/users/start-sign-in", &["evil.example"], 400),
        ("https://evil.example/users/start-sign-in", &[own], 400),
        ("https://evil.example/users/start-sign-in", &["evil.example"], 421),
        ("https://evil.example/users/start-sign-in", &[], 421),
        ("https://user@identite.exemple.fr/users/start-sign-in", &[], 421),
        ("ftp://identite.exemple.fr/users/start-sign-in", &[], 400),
        ("https://evil.example/.well-known/openid-configuration", &[], 421),
        ("https://evil.example/nowhere", &[], 421),
    ] {
        for version in [Version::HTTP_11, Version::HTTP_2] {
            let mut request = hyper::Request::get(target).version(version);
            for host in hosts {
                request = request.header("host", *host);
            }
            let answer = ask(&reception, request).await;
            let at = format!("{version:?} {target} {hosts:?}");
            assert_eq!(answer.status(), status, "{at}");
            if status == 421 {
                assert!(!answer.headers().contains_key("set-cookie"), "{at}: nothing is set under another name");
                let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
                assert!(body.is_empty(), "{at}: and nothing told");
            }
        }
    }
}
