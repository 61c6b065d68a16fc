//! The token endpoint (RFC 6749 §3.2, OpenID Connect Core §3.1.3): a client proves itself, and exchanges what it has.

mod authorization_code;
mod issue;

use crate::acts::{self, By, ClientAuthenticationOutcome};
use crate::app::App;
use crate::domain::{Actor, Client};
use crate::protocol::{
    BASIC_CHALLENGE, ClientCredentials, CredentialSources, ErrorCode, OAuthError, Parameters, TokenRequest,
};
use crate::web::{Error, OAuthFailure, Request, Response, StatusCode, cors, json_document, oauth};

/// Gives tokens, or says why not. Scripts of clients may read either.
pub(super) async fn respond(app: App, request: Request) -> Result<Response, Error> {
    let mut response = oauth(exchange(&app, &request).await);
    cors::open_to_clients(&app, &request, &mut response)?;
    Ok(response)
}

/// Lets scripts of clients ask.
pub(super) async fn preflight(app: App, request: Request) -> Result<Response, Error> {
    let mut response = cors::preflight();
    cors::open_to_clients(&app, &request, &mut response)?;
    Ok(response)
}

/// The client first: nothing is said about a grant to whoever has not proved themselves.
async fn exchange(app: &App, request: &Request) -> Result<Response, Error> {
    let body = request.form()?;
    let client = authenticate(app, request, &body).await?;
    let by = By { actor: Actor::Client(client.id.clone()), origin: request.origin(), browser: None };
    let answer = match TokenRequest::parse(&body).map_err(Error::oauth)? {
        TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier } => {
            let exchange = authorization_code::Exchange { code, redirect_uri, code_verifier };
            authorization_code::redeem(app, &by, client, exchange).await?
        }
    };
    let document = serde_json::to_vec(&answer).map_err(Error::internal)?;
    Ok(json_document(StatusCode::OK, document))
}

/// The client that a request proves to come from. Unknown clients and wrong secrets get the same answer.
async fn authenticate(app: &App, request: &Request, body: &Parameters) -> Result<Client, Error> {
    let authorization = request.authorization().map_err(Error::oauth)?;
    let refusal = |error: OAuthError| {
        if error.code() != ErrorCode::InvalidClient {
            return Error::oauth(error);
        }
        let challenge = authorization.map(|_| BASIC_CHALLENGE.to_owned());
        Error::OAuth(OAuthFailure { status: StatusCode::UNAUTHORIZED, error: Some(error), challenge })
    };
    let sources = CredentialSources { authorization, query: Some(&request.query), body };
    let credentials = ClientCredentials::parse(sources).map_err(refusal)?;
    let shown = request.arrival.certificate;
    match acts::authenticate_client(app, &request.visitor(), &credentials, request.source(), shown).await? {
        ClientAuthenticationOutcome::Authenticated(client) => Ok(*client),
        ClientAuthenticationOutcome::Refused => {
            Err(refusal(OAuthError::new(ErrorCode::InvalidClient, "the client is unknown or did not prove itself")))
        }
    }
}
