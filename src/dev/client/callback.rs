//! The browser comes back to the client: the answer is judged, the code exchanged, the ID token checked, UserInfo read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::exchange::Exchange;
use super::own_clients::{OwnClient, SECRET};
use super::trials::{Outcome, Pending, SignedIn, Trial, Trials};
use super::{CALLBACK, COOKIE, PAGE};
use crate::app::App;
use crate::crypto;
use crate::dev::pages::StepKind;
use crate::protocol::Parameters;
use crate::web::{Error, Request, Response, cookies, paths, see_other};

/// Takes the answer of the authorization endpoint, from the query or from a posted form, and goes to the page that
/// shows what came of it.
pub(in crate::dev) async fn receive(app: App, trials: Trials, request: Request) -> Result<Response, Error> {
    let answer = if request.method.as_str() == "POST" { request.form()? } else { request.query()? };
    let handle = cookies::find(&request.headers, &app.config.cookies, COOKIE).unwrap_or_default();
    if let Some(trial) = trials.take(handle) {
        trials.put(handle.to_owned(), answered(&app, trial, &answer).await);
    }
    see_other(PAGE)
}

async fn answered(app: &App, trial: Trial, answer: &Parameters) -> Trial {
    let Trial { client, typed, steps, outcome: Outcome::Open(pending) } = trial else { return trial };
    let mut exchange = Exchange::after(&app.config, steps);
    let shown: Vec<String> = answer.iter().map(|(name, value)| format!("{name}={value}")).collect();
    exchange.note(StepKind::Callback, format!("{CALLBACK}\n{}", shown.join("\n")), None);
    let outcome = match conclude(app, client, &mut exchange, &pending, answer).await {
        Ok(signed_in) => Outcome::SignedIn(signed_in),
        Err(reason) => Outcome::Failed(reason),
    };
    Trial { client, typed, steps: exchange.steps, outcome }
}

/// What a careful client does with an answer (OpenID Connect Core §3.1.2.7, §3.1.3, §5.3; RFC 9207 §2.4).
async fn conclude(
    app: &App,
    client: OwnClient,
    exchange: &mut Exchange<'_>,
    pending: &Pending,
    answer: &Parameters,
) -> Result<SignedIn, String> {
    let sent = |name: &str| pending.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    if answer.get("state") != sent("state") {
        return Err(String::from("state: not the one that was sent"));
    }
    if answer.get("iss") != Some(app.config.issuer()) {
        return Err(String::from("iss: not the issuer"));
    }
    if let Some(error) = answer.get("error") {
        return Err(format!("{error}: {}", answer.get("error_description").unwrap_or_default()));
    }
    let code = answer.get("code").ok_or("code: absent")?;

    let basic = STANDARD.encode(format!("{}:{SECRET}", client.id));
    let headers = vec![("authorization", format!("Basic {basic}"))];
    let mut form = vec![("grant_type", "authorization_code"), ("code", code)];
    form.extend(sent("redirect_uri").map(|uri| ("redirect_uri", uri)));
    if sent("code_challenge").is_some() {
        form.push(("code_verifier", &pending.code_verifier));
    }
    let tokens = exchange.post(StepKind::Token, paths::TOKEN, headers, &form).await?;
    let id_token = tokens.get("id_token").and_then(Value::as_str).ok_or("id_token: absent")?.to_owned();
    let access_token = tokens.get("access_token").and_then(Value::as_str).ok_or("access_token: absent")?;

    let jwks = exchange.get(StepKind::Jwks, paths::JWKS, Vec::new()).await?;
    let claims =
        crypto::verify_with_jwks(&id_token, &jwks.to_string()).map_err(|cause| format!("id_token: {cause}"))?;
    check_claims(app, client, &claims, sent("nonce"))?;

    let headers = vec![("authorization", format!("Bearer {access_token}"))];
    let userinfo = exchange.get(StepKind::Userinfo, paths::USERINFO, headers).await?;
    let subject = match userinfo.get("sub") {
        Some(Value::String(subject)) => subject.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    if claims.get("sub").and_then(Value::as_str) != Some(subject.as_str()) {
        return Err(String::from("userinfo: sub is not that of the ID token"));
    }
    Ok(SignedIn { id_token, claims, userinfo })
}

/// OpenID Connect Core §3.1.3.7, points 2 to 11, as far as they concern this client.
fn check_claims(app: &App, client: OwnClient, claims: &Map<String, Value>, nonce: Option<&str>) -> Result<(), String> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let is_audience = match claims.get("aud") {
        Some(Value::String(audience)) => audience == client.id,
        Some(Value::Array(list)) => list.iter().any(|audience| audience.as_str() == Some(client.id)),
        Some(_) | None => false,
    };
    let lives = claims.get("exp").and_then(Value::as_u64).is_some_and(|end| end > app.clock.now().0);
    let checks = [
        ("iss", text("iss") == Some(app.config.issuer())),
        ("aud", is_audience),
        ("azp", text("azp").is_none_or(|party| party == client.id)),
        ("exp", lives),
        ("nonce", text("nonce") == nonce),
    ];
    match checks.into_iter().find(|(_, stands)| !stands) {
        Some((name, _)) => Err(format!("id_token: {name} does not stand")),
        None => Ok(()),
    }
}
