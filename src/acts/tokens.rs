//! The one answer to "may this still be honoured?", for codes, tokens and everything issued under a grant.

use super::ActError;
use super::facts::subject_of;
use crate::app::App;
use crate::crypto;
use crate::domain::claims::Subject;
use crate::domain::{AccessToken, Authorization, BrowserSession, Client, HandleKey, User};
use crate::store::{Read, StoreError, access_tokens, browser_sessions, clients, grants, users};

/// How often a session may have been renewed since something was issued in it.
const MAX_RENEWALS: usize = 256;

/// What an access token stands for.
#[derive(Debug, Clone)]
pub struct AuthorizedRequest {
    /// What was authorized.
    pub authorization: Authorization,
    /// The person now.
    pub subject: Subject,
    /// The client now.
    pub client: Client,
}

/// What an access token stands for; `None` when it is malformed, unknown, over, revoked, or somebody behind it is gone.
///
/// # Errors
/// When the store fails.
pub fn find_authorized(app: &App, token: &str) -> Result<Option<AuthorizedRequest>, ActError> {
    let Some(key) = crypto::parse_handle::<AccessToken>(token) else { return Ok(None) };
    let now = app.clock.now();
    let found = app.store.read(|tx| {
        let Some(token) = access_tokens::find(tx, &key)? else { return Ok(None) };
        if token.expires_at.has_come(now) {
            return Ok(None);
        }
        let Some(grant) = grants::find(tx, &token.grant)? else { return Ok(None) };
        if !grant.is_live() {
            return Ok(None);
        }
        let authorization = grant.authorization;
        let Some((user, client)) = find_honoured(tx, &authorization)? else { return Ok(None) };
        let subject = subject_of(tx, user, authorization.organization_id)?;
        Ok(Some(AuthorizedRequest { authorization, subject, client }))
    })?;
    Ok(found)
}

/// Person and client behind an authorization, if both still stand behind it and its session was not ended.
pub(super) fn find_honoured(
    tx: &impl Read,
    authorization: &Authorization,
) -> Result<Option<(User, Client)>, StoreError> {
    let Some(user) = users::find(tx, authorization.user_id)? else { return Ok(None) };
    let Some(client) = clients::find(tx, &authorization.client_id)? else { return Ok(None) };
    if !authorization.is_honoured(&user, &client) || !is_session_open(tx, authorization.session)? {
        return Ok(None);
    }
    Ok(Some((user, client)))
}

/// Whether the session, through its renewals, was not signed out.
fn is_session_open(tx: &impl Read, mut key: HandleKey<BrowserSession>) -> Result<bool, StoreError> {
    for _ in 0..MAX_RENEWALS {
        match browser_sessions::find(tx, &key)? {
            Some(BrowserSession::Live(_)) => return Ok(true),
            Some(BrowserSession::Renewed { by }) => key = by,
            Some(BrowserSession::Ended { .. }) | None => return Ok(false),
        }
    }
    Ok(false)
}
