//! The one answer to "may this still be honoured?", for codes, tokens and everything issued under a grant.

use super::ActError;
use super::facts::subject_of;
use crate::app::App;
use crate::crypto;
use crate::domain::claims::Subject;
use crate::domain::{AccessToken, Authorization, BrowserSession, Client, HandleKey, Session, User};
use crate::store::{Read, StoreError, access_tokens, browser_sessions, clients, grants, service_uses, users};

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
    let Some(key) = crypto::parse_handle_in_order::<AccessToken>(token) else { return Ok(None) };
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
        let Some(Honoured { user, client, .. }) = find_honoured(tx, &authorization)? else { return Ok(None) };
        let authorization = authorization.narrowed_to(&client);
        let subject = subject_of(tx, user, authorization.organization_id)?;
        Ok(Some(AuthorizedRequest { authorization, subject, client }))
    })?;
    Ok(found)
}

/// Who stands behind an authorization.
pub(super) struct Honoured {
    pub(super) user: User,
    pub(super) client: Client,
    pub(super) session: Session,
}

/// Person and client behind an authorization, if both still stand behind it, the person did not take it back, and its
/// session was not ended.
pub(super) fn find_honoured(tx: &impl Read, authorization: &Authorization) -> Result<Option<Honoured>, StoreError> {
    let Some(user) = users::find(tx, authorization.user_id)? else { return Ok(None) };
    let Some(client) = clients::find(tx, &authorization.client_id)? else { return Ok(None) };
    if !authorization.is_honoured(&user, &client) {
        return Ok(None);
    }
    let known = service_uses::find(tx, user.id, &client.id)?;
    if known.map_or(0, |known| known.epoch) != authorization.service_epoch {
        return Ok(None);
    }
    let session = find_open(tx, authorization.session)?;
    Ok(session.map(|session| Honoured { user, client, session }))
}

/// The session, through its renewals, if it was not signed out.
fn find_open(tx: &impl Read, mut key: HandleKey<BrowserSession>) -> Result<Option<Session>, StoreError> {
    for _ in 0..MAX_RENEWALS {
        match browser_sessions::find(tx, &key)? {
            Some(BrowserSession::Live(session)) => return Ok(Some(session)),
            Some(BrowserSession::Renewed { by }) => key = by,
            Some(BrowserSession::Ended { .. }) | None => return Ok(None),
        }
    }
    Ok(None)
}
