//! Services are told that a session is over (OpenID Connect Back-Channel Logout 1.0). Whoever signs out waits for none of them:
//! what is to be told was written in the transaction that ended the session.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::JoinSet;
use url::Url;

use crate::acts::ActError;
use crate::app::App;
use crate::crypto::SignError;
use crate::domain::{Client, ClientId, LogoutNotice};
use crate::fetch::FetchError;
use crate::protocol::{LogoutTokenClaims, Timestamp, logout_events};
use crate::store::logout_notices::{self, QueuedLogout};
use crate::store::{StoreError, clients};

/// How many are looked at when some are chosen: those of a service that is slow are not all there is.
const PAGE: usize = 2_000;
/// How many services are called at one time.
const AT_ONE_TIME: usize = 16;
/// How many of these calls go to one service.
const AT_ONE_SERVICE: usize = 4;
/// How long a logout token is good for.
const LIFETIME: Duration = Duration::from_secs(120);
/// How long is waited where too many calls are under way: none was made.
const WHEN_BUSY: Duration = Duration::from_secs(1);

/// Why nobody was told.
#[derive(Debug, thiserror::Error)]
enum Untold {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Calls some of the services that are due, at one time. Gives how many.
///
/// # Errors
/// When the store fails: they are called again.
pub async fn tell_of_logouts(app: &App) -> Result<usize, ActError> {
    if !app.store.is_healthy() {
        // Nobody is called where that could not be written down: they would be called again and again.
        return Ok(0);
    }
    let now = app.clock.now();
    let due = app.store.read(|tx| logout_notices::list_due(tx, now, PAGE))?;
    let mut of_service: BTreeMap<ClientId, usize> = BTreeMap::new();
    let mut calls = JoinSet::new();
    for queued in due {
        let count = of_service.entry(queued.notice.client_id.clone()).or_default();
        if *count < AT_ONE_SERVICE && calls.len() < AT_ONE_TIME {
            *count = count.saturating_add(1);
            let app = app.clone();
            calls.spawn(async move { tell(&app, queued).await });
        }
    }
    let mut outcome = Ok(calls.len());
    while let Some(call) = calls.join_next().await {
        if let Err(cause) = call.unwrap_or(Err(ActError::Store(StoreError::Panicked))) {
            outcome = Err(cause);
        }
    }
    outcome
}

async fn tell(app: &App, queued: QueuedLogout) -> Result<(), ActError> {
    let notice = &queued.notice;
    let client = app.store.read(|tx| clients::find(tx, &notice.client_id))?;
    let address = client.as_ref().and_then(|client| client.backchannel_logout_uri.as_ref());
    let address = address.and_then(|uri| Url::parse(uri.as_str()).ok());
    let is_worth_it = !notice.expires_at.has_come(app.clock.now());
    let next = match client.zip(address).filter(|_| is_worth_it) {
        Some((client, address)) => call(app, &client, &address, notice).await,
        // Nobody wants to know any more.
        None => None,
    };
    app.store
        .write(move |tx| match next.clone() {
            Some((notice, due_at)) => logout_notices::postpone(tx, &queued, notice, due_at),
            None => logout_notices::delete(tx, &queued).map(drop),
        })
        .await?;
    Ok(())
}

/// Calls a service. Gives what is to be told later, and when.
async fn call(app: &App, client: &Client, address: &Url, notice: &LogoutNotice) -> Option<(LogoutNotice, Timestamp)> {
    let told = match token(app, client, notice) {
        Ok(token) => app.relying_parties.tell(address, &token).await.map_err(Untold::from),
        Err(cause) => Err(cause.into()),
    };
    let client_id = &client.id;
    let later = |wait: Duration| app.clock.now().plus(wait);
    match told {
        Ok(()) => {
            tracing::debug!(%client_id, "a service was told that a session is over");
            None
        }
        Err(Untold::Fetch(FetchError::Busy)) => Some((notice.clone(), later(WHEN_BUSY))),
        // It understood, and will not (OpenID Connect Back-Channel Logout 1.0 §2.8).
        Err(Untold::Fetch(cause @ FetchError::Status(400))) => {
            tracing::warn!(%client_id, %cause, "a service refuses to be told that a session is over");
            None
        }
        Err(cause) => {
            let next = notice.clone().failed();
            let is_last = next.is_none();
            tracing::warn!(%client_id, %cause, is_last, "a service was not told that a session is over");
            next.map(|(notice, wait)| (notice, later(wait)))
        }
    }
}

/// The token that says it, by the algorithm of the service's ID tokens.
fn token(app: &App, client: &Client, notice: &LogoutNotice) -> Result<String, SignError> {
    let algorithm = client.id_token_signed_response_alg;
    let now = app.keyring.date_of_token(algorithm, app.clock.wall());
    let claims = LogoutTokenClaims {
        iss: app.config.issuer().to_owned(),
        sub: notice.user_id.to_string(),
        aud: client.id.to_string(),
        iat: now,
        exp: now.plus(LIFETIME),
        jti: app.random.token(),
        sid: app.keys.sid.tag("sid", &[notice.session_id.0.as_str(), client.id.as_str()]),
        events: logout_events(),
    };
    app.keyring.sign(algorithm, Some("logout+jwt"), &claims)
}
