//! The page of refusals, and what the pages of several rooms show.

use serde::Serialize;

use crate::render::{Page, PageCheck};

/// Every page of this room.
pub fn templates() -> Vec<PageCheck> {
    vec![PageCheck::of::<ErrorPage>()]
}

/// A client as pages name it. Written escaped; an address that is none of the web is left out.
#[derive(Debug, Clone, Serialize)]
pub struct ClientLabel {
    /// Its name.
    pub name: String,
    /// The service for which it asks, as it says itself.
    pub service: Option<String>,
    /// The page of the service.
    pub uri: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// Its terms of use.
    pub tos_uri: Option<String>,
}

impl ClientLabel {
    /// An ordinary client, for samples.
    pub fn sample() -> Self {
        Self { name: String::from("DataPass"), service: None, uri: None, policy_uri: None, tos_uri: None }
    }

    /// The longest name, every address, and one that must not become a link, for samples.
    pub fn sample_long() -> Self {
        Self {
            name: "Démarches <b>simplifiées</b> des collectivités ".repeat(3).chars().take(100).collect(),
            service: Some("Ma banque <b>sûre</b> ".repeat(5).chars().take(100).collect()),
            uri: Some(String::from("javascript:alert(1)")),
            policy_uri: Some(String::from("https://service.example/confidentialite")),
            tos_uri: Some(String::from("https://service.example/conditions")),
        }
    }
}

/// A refusal, on any path.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorPage {
    /// The word that its texts are found by; one without texts of its own gets general ones.
    pub code: String,
    /// What support asks for.
    pub request_id: String,
    /// The status of the answer.
    pub status: u16,
    /// One value that helps: at most 64 printable characters.
    pub detail: Option<String>,
    /// Seconds to wait before another try.
    pub retry_after: Option<u64>,
    /// Where one can go on, other than the home page.
    pub continue_href: Option<String>,
}

/// Every code that has texts of its own, with the status that it comes with.
const SAMPLE_CODES: [(&str, u16); 22] = [
    ("not_found", 404),
    ("method_not_allowed", 405),
    ("bad_request", 400),
    ("unknown_client", 400),
    ("redirect_uri_mismatch", 400),
    ("redirect_uri_missing", 400),
    ("invalid_request", 400),
    ("csrf", 403),
    ("foreign_interaction", 403),
    ("expired_interaction", 410),
    ("payload_too_large", 413),
    ("too_many_cookies", 431),
    ("too_many_requests", 429),
    ("password_suspended", 403),
    ("busy", 503),
    ("storage", 503),
    ("server_error", 500),
    ("invalid_logout_hint", 400),
    ("invalid_post_logout_redirect_uri", 400),
    ("forbidden", 403),
    ("misdirected_host", 421),
    ("unheard_of", 400),
];

impl Page for ErrorPage {
    const TEMPLATE: &'static str = "web/error.html";

    fn samples() -> Vec<Self> {
        let plain = |(code, status): (&str, u16)| Self {
            code: code.to_owned(),
            request_id: String::from("0123456789abcdef"),
            status,
            detail: None,
            retry_after: matches!(status, 429 | 503).then_some(30),
            continue_href: None,
        };
        let mut samples: Vec<Self> = SAMPLE_CODES.into_iter().map(plain).collect();
        samples.push(Self { detail: Some("client_<b>id</b>".repeat(4)), ..plain(("unknown_client", 400)) });
        samples.push(Self {
            continue_href: Some(String::from("/interaction/abc")),
            retry_after: Some(900),
            ..plain(("too_many_requests", 429))
        });
        samples.push(Self { retry_after: Some(82_800), ..plain(("too_many_requests", 429)) });
        samples
    }
}
