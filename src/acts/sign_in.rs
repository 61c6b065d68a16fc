//! Signing in: by password, or without one where trying services is what the instance is for.

use super::sessions::{ActiveSession, find_live};
use super::{ActError, By, Circumstances, reserve_attempt};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AssertedAssurance, AuditEvent, BrowserSession, Credentials, Email, Factor, Handle, HandleKey, Interaction,
    MailContent, OutgoingMail, Proof, Session, SessionId, User, UserId,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{StoreError, Tx, browser_sessions, clients, credentials, interactions, outbox, users};

/// How long after the end of a session its record is kept: tokens issued in it look it up.
const RETENTION_AFTER_END: std::time::Duration = std::time::Duration::from_secs(25 * 3600 + 7200);

/// A session that has just begun, or goes on under a new handle.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The session under its new handle.
    pub active: ActiveSession,
}

/// A password given at the password step.
pub struct PasswordAttempt<'a> {
    /// From where, as attempts are counted.
    pub source: &'a str,
    /// Whose.
    pub email: &'a Email,
    /// The text.
    pub password: &'a str,
    /// Whether this person signed in in this browser before: strangers who guess do not slow it down.
    pub is_known_browser: bool,
    /// The sign-in under way.
    pub interaction: HandleKey<Interaction>,
    /// The session of the browser before.
    pub current: Option<&'a ActiveSession>,
    /// The language of the person's mails.
    pub locale: Locale,
}

/// A person to sign in without a credential.
pub struct SignInAs<'a> {
    /// Who.
    pub user_id: UserId,
    /// What to state in place of the computed assurance.
    pub asserted: Option<AssertedAssurance>,
    /// The sign-in under way, if there is one.
    pub interaction: Option<HandleKey<Interaction>>,
    /// The session of the browser before.
    pub current: Option<&'a ActiveSession>,
    /// The language of the person's mails.
    pub locale: Locale,
}

/// Checks a password and begins a session; `None` when address and password do not belong together. An unknown
/// address, a disabled account and an account without password cost the same hash.
///
/// # Errors
/// Too many attempts, a full lane, or a failing store.
pub async fn sign_in_with_password(
    app: &App,
    by: &By,
    attempt: PasswordAttempt<'_>,
) -> Result<Option<NewSession>, ActError> {
    let kind = if attempt.is_known_browser { "account in a known browser" } else { "account" };
    let limit = app.config.limits.per_account;
    let reserved = reserve_attempt(app, kind, attempt.email.as_str(), attempt.source, limit)?;
    let known = app.store.read(|tx| {
        let Some(user) = users::find_by_email(tx, attempt.email)? else { return Ok(None) };
        let known = credentials::find(tx, user.id)?;
        Ok(Some((user, known)))
    })?;
    let (user, known) = known.map_or((None, None), |(user, known)| (Some(user), known));
    let usable = user.as_ref().is_some_and(User::may_sign_in);
    let stored = known.as_ref().and_then(|known| known.password_hash.as_deref()).filter(|_| usable);
    let Ok(verdict) = app.passwords.verify(attempt.source, stored, attempt.password).await else {
        reserved.withdrawn(app);
        return Err(ActError::Busy);
    };
    let Some(user) = user.filter(|_| verdict.matches) else {
        let circumstances = Circumstances::of(app, by);
        let user_id = known.map(|known| known.user_id);
        app.store.write(move |tx| circumstances.record(tx, AuditEvent::SignInFailed { user_id })).await?;
        return Ok(None);
    };
    let renewed_hash = match verdict.needs_rehash {
        true => app.passwords.hash(attempt.source, attempt.password).await.ok(),
        false => None,
    };
    let opening = Opening {
        user_id: user.id,
        asserted: None,
        interaction: Some(attempt.interaction),
        previous: attempt.current.map(|active| active.key),
        renewed_hash,
        locale: attempt.locale,
    };
    let session = open_session(app, by, opening).await?;
    reserved.succeeded(app);
    Ok(session)
}

/// Begins a session for a person who is not asked for a credential; `None` when there is no such usable account.
///
/// # Errors
/// When the store fails.
pub async fn sign_in_as(app: &App, by: &By, request: SignInAs<'_>) -> Result<Option<NewSession>, ActError> {
    let opening = Opening {
        user_id: request.user_id,
        asserted: request.asserted,
        interaction: request.interaction,
        previous: request.current.map(|active| active.key),
        renewed_hash: None,
        locale: request.locale,
    };
    open_session(app, by, opening).await
}

#[derive(Clone)]
struct Opening {
    user_id: UserId,
    asserted: Option<AssertedAssurance>,
    interaction: Option<HandleKey<Interaction>>,
    previous: Option<HandleKey<BrowserSession>>,
    renewed_hash: Option<String>,
    locale: Locale,
}

/// What a write job needs, drawn before it because it may run more than once.
struct Drawn {
    key: HandleKey<BrowserSession>,
    fresh_id: SessionId,
    proof: Proof,
}

async fn open_session(app: &App, by: &By, opening: Opening) -> Result<Option<NewSession>, ActError> {
    let now = app.clock.now();
    let Handle { value, key } = crypto::issue_handle::<BrowserSession>(&app.random, now.plus(RETENTION_AFTER_END));
    let drawn =
        Drawn { key, fresh_id: SessionId(app.random.token()), proof: Proof { factor: Factor::Password, at: now } };
    let circumstances = Circumstances::of(app, by);
    let outcome = app
        .store
        .write(move |tx| {
            let Some(mut user) = users::find(tx, opening.user_id)?.filter(User::may_sign_in) else { return Ok(None) };
            let (session, is_new) = renew_or_begin(tx, &opening, &drawn, &user, now)?;
            browser_sessions::insert(tx, &drawn.key, &BrowserSession::Live(session.clone()))?;
            user.signed_in(now);
            users::update(tx, &user)?;
            if let Some(password_hash) = opening.renewed_hash.clone()
                && let Some(known) = credentials::find(tx, user.id)?
            {
                credentials::update(tx, &Credentials { password_hash: Some(password_hash), ..known })?;
            }
            let interaction = enter_interaction(tx, &opening, &session)?;
            let client_id =
                interaction.as_ref().and_then(Interaction::authorization).map(|pending| pending.client_id.clone());
            if is_new {
                let service = match &client_id {
                    Some(id) => clients::find(tx, id)?.map(|client| client.name),
                    None => None,
                };
                let content = MailContent::NewSignIn { at: now, service };
                let mail = OutgoingMail { to: user.email.clone(), locale: opening.locale, content, created_at: now };
                outbox::insert(tx, &mail)?;
            }
            circumstances.record(tx, AuditEvent::SignedIn { user_id: user.id, client_id })?;
            Ok(Some((session, user)))
        })
        .await?;
    Ok(outcome.map(|(session, user)| NewSession { active: ActiveSession { value, key, session, user } }))
}

/// The same person goes on with their session under a new handle; anybody else's session in this browser ends.
fn renew_or_begin(
    tx: &mut Tx,
    opening: &Opening,
    drawn: &Drawn,
    user: &User,
    now: Timestamp,
) -> Result<(Session, bool), StoreError> {
    let begin = || Session::begin(drawn.fresh_id.clone(), user.id, user.epoch, drawn.proof);
    let previous = match opening.previous {
        Some(previous) => find_live(tx, &previous, now)?.map(|(session, _)| (previous, session)),
        None => None,
    };
    let (session, is_new) = match previous {
        Some((previous, session)) if session.user_id == user.id => {
            browser_sessions::update(tx, &previous, &BrowserSession::Renewed { by: drawn.key })?;
            (session.reauthenticated(drawn.proof), false)
        }
        Some((previous, _)) => {
            browser_sessions::update(tx, &previous, &BrowserSession::Ended { at: now })?;
            (begin(), true)
        }
        None => (begin(), true),
    };
    Ok((Session { asserted: opening.asserted.clone(), ..session }, is_new))
}

fn enter_interaction(tx: &mut Tx, opening: &Opening, session: &Session) -> Result<Option<Interaction>, StoreError> {
    let Some(key) = opening.interaction else { return Ok(None) };
    let Some(mut interaction) = interactions::find(tx, &key)? else { return Ok(None) };
    interaction.signed_in(session.id.clone());
    interactions::update(tx, &key, &interaction)?;
    Ok(Some(interaction))
}
