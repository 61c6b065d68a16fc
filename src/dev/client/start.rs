//! The client sends the browser to sign in.

use serde_json::Value;

use super::exchange::{Exchange, encode};
use super::own_clients::OwnClient;
use super::trials::{Outcome, Pending, Trial, Trials};
use super::{CALLBACK, COOKIE, PAGE};
use crate::app::App;
use crate::crypto;
use crate::dev::pages::StepKind;
use crate::web::{Error, Response, Submission, cookies, paths};

/// The longest request that is sent, in bytes.
const MAX_REQUEST_BYTES: usize = 6 * 1024;

/// What to ask for.
pub(super) struct Request<'a> {
    /// As whom.
    pub(super) client: OwnClient,
    /// What is put over the plain request, one `name=value` a line; an empty value takes a parameter away.
    pub(super) parameters: &'a str,
    /// What stands in the field for parameters of one's own.
    pub(super) typed: &'a str,
}

/// Reads the instance's document and redirects to its authorization endpoint, with `state`, `nonce` and a code
/// challenge.
pub(super) async fn start(
    app: &App,
    trials: &Trials,
    submission: &Submission,
    request: Request<'_>,
) -> Result<Response, Error> {
    let pending = compose(app, &request)?;
    let mut exchange = Exchange::after(&app.config, Vec::new());
    let metadata = exchange.get(StepKind::Discovery, paths::DISCOVERY, Vec::new()).await;
    let endpoint = metadata.and_then(|document| match document.get("authorization_endpoint").and_then(Value::as_str) {
        Some(endpoint) => Ok(endpoint.to_owned()),
        None => Err(String::from("authorization_endpoint: absent")),
    });
    let (outcome, location) = match endpoint {
        Ok(endpoint) => {
            let query = encode(pending.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let location = format!("{endpoint}?{query}");
            exchange.note(StepKind::Authorize, format!("GET {}", location.replace('&', "\n&")), None);
            (Outcome::Open(pending), location)
        }
        Err(reason) => (Outcome::Failed(reason), PAGE.to_owned()),
    };
    let handle = app.random.token();
    let trial = Trial { client: request.client, typed: request.typed.to_owned(), steps: exchange.steps, outcome };
    trials.put(handle.clone(), trial);
    let mut response = submission.browser.redirect(app, &location)?;
    cookies::set(&mut response, &app.config.cookies, COOKIE, &handle, None)?;
    Ok(response)
}

fn compose(app: &App, request: &Request<'_>) -> Result<Pending, Error> {
    let code_verifier = app.random.token();
    let plain = [
        ("response_type", String::from("code")),
        ("client_id", request.client.id.to_owned()),
        ("redirect_uri", app.config.public_url.join(CALLBACK)),
        ("scope", request.client.scope.to_owned()),
        ("state", app.random.token()),
        ("nonce", app.random.token()),
        ("code_challenge", crypto::s256_code_challenge(&code_verifier)),
        ("code_challenge_method", String::from("S256")),
    ];
    let mut parameters: Vec<(String, String)> =
        plain.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for line in request.parameters.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        parameters.retain(|(known, _)| known != name);
        if !value.is_empty() {
            parameters.push((name.to_owned(), value.to_owned()));
        }
    }
    let length: usize = parameters.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum();
    if length > MAX_REQUEST_BYTES {
        return Err(Error::PayloadTooLarge);
    }
    Ok(Pending { parameters, code_verifier })
}
