//! Signing in: by password, or without one where trying services is what the instance is for.

use super::new_session::{NewSession, Opening, open_session};
use super::pre_sessions::InBrowser;
use super::{ActError, By, Circumstances, reserve_attempt};
use crate::app::App;
use crate::domain::{AssertedAssurance, AuditEvent, Email, HandleKey, Interaction, User, UserId};
use crate::protocol::Locale;
use crate::store::{credentials, users};

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
    /// In which browser.
    pub place: InBrowser<'a>,
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
    /// In which browser.
    pub place: InBrowser<'a>,
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
        browser: attempt.place.handle,
        previous: attempt.place.session.map(|active| active.key),
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
        browser: request.place.handle,
        previous: request.place.session.map(|active| active.key),
        renewed_hash: None,
        locale: request.locale,
    };
    open_session(app, by, opening).await
}
