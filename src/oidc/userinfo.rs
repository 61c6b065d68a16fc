//! Claims about the person behind an access token (OpenID Connect Core §5.3, RFC 6750).

use serde_json::{Map, Value};

use crate::acts::{self, AuthorizedRequest};
use crate::app::App;
use crate::domain::claims::userinfo_claims;
use crate::protocol::{BearerChallenge, BearerSources, BearerToken, Parameters, Scope};
use crate::web::{
    Error, HeaderValue, Method, OAuthFailure, Request, Response, StatusCode, cors, header, json_response, oauth,
};

pub(super) use super::token::preflight;

const REALM: &str = "userinfo";

/// Answers with the claims, as JSON or signed.
pub(super) async fn respond(app: App, request: Request) -> Result<Response, Error> {
    let mut response = oauth(claims(&app, &request).await);
    cors::open_to_clients(&app, &request, &mut response)?;
    Ok(response)
}

async fn claims(app: &App, request: &Request) -> Result<Response, Error> {
    let AuthorizedRequest { authorization, subject, client } = open(app, request)?;
    if !acts::may_call(app, &request.visitor(), &client, request.source()).await? {
        return Err(refusal(&BearerChallenge::WrongSource));
    }
    if !acts::has_certificate(app, &request.visitor(), &client, request.source(), request.arrival.certificate).await? {
        return Err(refusal(&BearerChallenge::InvalidToken));
    }
    let claims = userinfo_claims(&subject, &client, &authorization.scopes, &authorization.claims);
    match client.userinfo_signed_response_alg {
        None => Ok(json_response(StatusCode::OK, &Value::Object(claims))),
        Some(algorithm) => {
            let mut signed = Map::new();
            signed.insert(String::from("iss"), Value::from(app.config.issuer()));
            signed.insert(String::from("aud"), Value::from(client.id.to_string()));
            signed.extend(claims);
            let token = app.keyring.sign(algorithm, Some("JWT"), &signed).map_err(Error::internal)?;
            let mut response = Response::new(token.into());
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jwt"));
            Ok(response)
        }
    }
}

/// What the access token of a request stands for.
fn open(app: &App, request: &Request) -> Result<AuthorizedRequest, Error> {
    let form = form(request)?;
    let authorization = request.authorization().map_err(|error| malformed(error.description()))?;
    let sources = BearerSources { authorization, query: Some(&request.query), form: form.as_ref() };
    let token = BearerToken::parse(sources).map_err(|challenge| refusal(&challenge))?;
    let authorized =
        acts::find_authorized(app, token.expose())?.ok_or_else(|| refusal(&BearerChallenge::InvalidToken))?;
    if authorized.authorization.scopes.contains(Scope::Openid) {
        Ok(authorized)
    } else {
        let wanted = [Scope::Openid].into_iter().collect();
        Err(refusal(&BearerChallenge::InsufficientScope(wanted)))
    }
}

/// The body of a POST, where it is a form (RFC 6750 §2.2).
fn form(request: &Request) -> Result<Option<Parameters>, Error> {
    if request.method != Method::POST {
        return Ok(None);
    }
    match request.form() {
        Ok(form) => Ok(Some(form)),
        Err(Error::UnsupportedMediaType) => Ok(None),
        Err(Error::Refused(fault)) => Err(malformed(&fault.detail.unwrap_or_default())),
        Err(other) => Err(other),
    }
}

fn malformed(description: &str) -> Error {
    refusal(&BearerChallenge::InvalidRequest(description.to_owned()))
}

fn refusal(challenge: &BearerChallenge) -> Error {
    Error::OAuth(OAuthFailure {
        status: StatusCode::from_u16(challenge.status()).unwrap_or(StatusCode::UNAUTHORIZED),
        error: challenge.error(),
        challenge: Some(challenge.header(REALM)),
    })
}
