//! Which scripts may read which answers.

use moncomptepro::acts::{self, By};
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::domain::{Actor, Client, ClientAuthentication, ClientState};

use crate::support::{Instance, Page, RelyingParty, uri};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// An instance that knows the scripts of its clients only.
async fn instance() -> Instance {
    Instance::start(|port| Config { local_redirects: false, ..Config::dev(DevOptions::default(), port) }).await
}

async fn public(instance: &Instance, id: &str, origin: &str, state: ClientState) -> RelyingParty {
    let address = uri(&format!("{origin}/callback"));
    instance
        .declare(id, |client| {
            client.redirect_uris = vec![address];
            client.authentication = ClientAuthentication::Public;
            client.state = state;
        })
        .await
}

fn is_open_to(page: &Page, origin: &str) -> bool {
    assert_eq!(page.header("access-control-allow-credentials"), "", "CORS-1");
    page.header("access-control-allow-origin") == origin && page.header("vary").contains("Origin")
}

#[tokio::test]
async fn cors_1_cors_2_ui_6_r_20_scripts_of_public_clients_read_answers_and_errors() {
    let instance = instance().await;
    let spa = public(&instance, "spa", "https://spa.example", ClientState::Enabled).await;
    let origin = ("origin", "https://spa.example");
    for path in ["/oauth/token", "/oauth/userinfo"] {
        let asked =
            [origin, ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization")];
        let preflight = spa.bare_request("OPTIONS", path, &asked, "").await;
        assert_eq!(preflight.status, 204, "{path}");
        assert!(is_open_to(&preflight, "https://spa.example"), "{path}");
        for header in ["Authorization", "Content-Type", "Accept"] {
            assert!(preflight.header("access-control-allow-headers").contains(header), "{path} {header}");
        }
        assert!(preflight.header("access-control-allow-methods").contains("POST"), "{path}");
        assert!(!preflight.header("access-control-max-age").is_empty(), "{path}");
    }
    let refused = spa.bare_token_request(&[origin, FORM], "grant_type=authorization_code&client_id=nobody").await;
    assert!(is_open_to(&refused, "https://spa.example"), "an error of the token endpoint");
    let refused = spa.bare_request("GET", "/oauth/userinfo", &[origin], "").await;
    assert!(is_open_to(&refused, "https://spa.example"), "UI-6");
    assert_eq!(refused.header("access-control-expose-headers"), "WWW-Authenticate");
}

#[tokio::test]
async fn sec_120_r_20_other_origins_read_nothing() {
    let instance = instance().await;
    let spa = public(&instance, "spa", "https://spa.example", ClientState::Enabled).await;
    public(&instance, "off", "https://off.example", ClientState::Disabled).await;
    instance.declare("confidential", |client| client.redirect_uris = vec![uri("https://web.example/cb")]).await;
    for origin in [
        "https://evil.example",
        "https://off.example",
        "https://web.example",
        "http://spa.example",
        "https://spa.example:8443",
        "https://SPA.example",
        "null",
        "http://localhost:5173",
    ] {
        for path in ["/oauth/token", "/oauth/userinfo"] {
            let page = spa.bare_request("OPTIONS", path, &[("origin", origin)], "").await;
            assert_eq!(page.header("access-control-allow-origin"), "", "{origin} {path}");
        }
    }
}

/// Origins that are nearly the registered one, or none.
const NEARLY: [&str; 34] = [
    "https://spa.example.evil.example",
    "https://evilspa.example",
    "https://evil.example/spa.example",
    "https://spa.example.",
    "https://spa.example/",
    "https://spa.example/callback",
    "https://spa.example:443",
    "https://spa.example:80",
    "https://spa.example:8443",
    "http://spa.example",
    "http://spa.example:443",
    "HTTPS://spa.example",
    "https://Spa.example",
    "https://user@spa.example",
    "https://spa.example@evil.example",
    "https://spa.example%2eevil.example",
    "https://spa.example%00.evil.example",
    "https://spa.example#",
    "https://spa.example?",
    "https://spa.example, https://evil.example",
    "https://evil.example, https://spa.example",
    "https://spa.example https://evil.example",
    "https://*.example",
    "https://*",
    "*",
    "null",
    "NULL",
    "file://",
    "spa.example",
    "//spa.example",
    "https:spa.example",
    "https://www.spa.example",
    "https://spa.exampl",
    "moz-extension://spa.example",
];

#[tokio::test]
async fn sec_120_no_origin_that_is_nearly_a_registered_one_reads_anything_and_documents_are_everybody_s() {
    let instance = instance().await;
    let spa = public(&instance, "spa", "https://spa.example", ClientState::Enabled).await;
    for origin in NEARLY {
        let sent = [("origin", origin), ("access-control-request-method", "POST")];
        for path in ["/oauth/token", "/oauth/userinfo", "/oauth/authorize"] {
            for method in ["OPTIONS", "GET", "POST"] {
                let page = spa.bare_request(method, path, &sent, "").await;
                let told = |name: &str| page.header(&format!("access-control-allow-{name}")).to_owned();
                assert_eq!([told("origin"), told("credentials")], ["", ""], "{origin} {method} {path}");
            }
        }
        for path in ["/.well-known/openid-configuration", "/oauth/jwks"] {
            let page = spa.bare_request("GET", path, &sent, "").await;
            let told = |name: &str| page.header(&format!("access-control-allow-{name}")).to_owned();
            assert_eq!([told("origin"), told("credentials")], ["*", ""], "{origin} {path}");
        }
    }
    let page = spa.bare_request("OPTIONS", "/oauth/token", &[("origin", "https://spa.example")], "").await;
    assert!(is_open_to(&page, "https://spa.example"));
}

#[tokio::test]
async fn r_20_the_thousandth_client_is_as_open_as_the_first_until_it_is_disabled() {
    let instance = instance().await;
    let spa = |number: usize| {
        let id = format!("spa-{number:04}");
        let mut client = Client::new(id.parse().unwrap(), id.clone(), instance.clock.now());
        client.authentication = ClientAuthentication::Public;
        client.redirect_uris = vec![uri(&format!("https://{id}.example/callback"))];
        client
    };
    let enter = async |clients: Vec<Client>| {
        let entries = acts::Entries { clients, ..acts::Entries::default() };
        acts::enter(&instance.app, &By::local(Actor::System), entries).await
    };
    enter((0..1_200).map(spa).collect()).await.unwrap();
    let client = instance.declare("zzz", |_| {}).await;
    let opened = async |origin: &str| {
        let page = client.bare_request("OPTIONS", "/oauth/token", &[("origin", origin)], "").await;
        is_open_to(&page, origin)
    };
    for (origin, is_open) in [
        ("https://spa-0000.example", true),
        ("https://spa-1199.example", true),
        ("https://spa-1200.example", false),
        ("https://spa-1199.exampl", false),
        ("https://spa-1199.example.evil.example", false),
    ] {
        assert_eq!(opened(origin).await, is_open, "{origin}");
    }
    enter(vec![Client { state: ClientState::Disabled, ..spa(1_199) }]).await.unwrap();
    assert!(!opened("https://spa-1199.example").await);
}

#[tokio::test]
async fn r_20_in_development_every_origin_of_this_machine_may_read() {
    let instance = Instance::dev().await;
    let client = instance.test_client();
    for origin in ["http://localhost:5173", "http://127.0.0.1:8080", "http://[::1]:3000"] {
        let page = client.bare_request("OPTIONS", "/oauth/token", &[("origin", origin)], "").await;
        assert!(is_open_to(&page, origin), "{origin}");
    }
    for origin in ["https://evil.example", "http://localhost.evil.example"] {
        let page = client.bare_request("OPTIONS", "/oauth/token", &[("origin", origin)], "").await;
        assert_eq!(page.header("access-control-allow-origin"), "", "{origin}");
    }
}

#[tokio::test]
async fn sec_120_gen_19_pages_and_the_authorization_endpoint_are_never_read_by_scripts() {
    let instance = Instance::dev().await;
    let client = instance.test_client();
    for path in ["/oauth/authorize", "/oauth/logout", "/users/start-sign-in", "/"] {
        let page = client.bare_request("GET", path, &[("origin", "http://localhost:5173")], "").await;
        assert_eq!(page.header("access-control-allow-origin"), "", "{path}");
    }
}
