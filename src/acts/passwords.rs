//! Choosing a password by a single-use link.

use std::time::Duration;

use super::attempts::forget_guesses;
use super::pre_sessions::{InBrowser, Renewal, issue_browser_handle, renew};
use super::sessions::find_live;
use super::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AuditEvent, Credentials, Handle, HandleKey, MailContent, OutgoingMail, PasswordFault, PasswordLink, PreSession,
    Source, User, UserId, check_password,
};
use crate::protocol::Locale;
use crate::store::{credentials, outbox, password_links, users};

/// How long a link works.
const LINK_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// A password that a person chooses by a link.
pub struct PasswordChoice<'a> {
    /// The value of the link.
    pub link: &'a str,
    /// The text.
    pub password: &'a str,
    /// From where.
    pub source: Source,
    /// In which browser.
    pub place: InBrowser<'a>,
    /// The language of the person's mails.
    pub locale: Locale,
}

/// What became of a password.
#[derive(Debug, Clone)]
pub enum PasswordChange {
    /// It is the person's password; every session of theirs ended. With the browser's next handle.
    Changed(Handle<PreSession>),
    /// It cannot be: the link still works.
    Refused(PasswordFault),
    /// The link does not work any more, or never did.
    LinkVoid,
}

/// Makes a link by which a person chooses a password; the value goes into the address, once. `None` for nobody.
///
/// # Errors
/// When the store fails.
pub async fn issue_password_link(app: &App, by: &By, user_id: UserId) -> Result<Option<String>, ActError> {
    let circumstances = Circumstances::of(app, by);
    let expires_at = app.clock.now().plus(LINK_LIFETIME);
    let handle = crypto::issue_handle::<PasswordLink>(&app.random, expires_at);
    let key = handle.key;
    let is_known = app
        .store
        .write(move |tx| {
            let Some(user) = users::find(tx, user_id)?.filter(User::may_sign_in) else { return Ok(false) };
            let link = PasswordLink { user_id, user_epoch: user.epoch, expires_at, used_at: None };
            password_links::insert(tx, &key, &link)?;
            circumstances.record(tx, AuditEvent::PasswordLinkIssued { user_id })?;
            Ok(true)
        })
        .await?;
    Ok(is_known.then_some(handle.value))
}

/// The person whose password a link would set now.
///
/// # Errors
/// When the store fails.
pub fn find_password_link(app: &App, value: &str) -> Result<Option<User>, ActError> {
    let Some(key) = crypto::parse_handle::<PasswordLink>(value) else { return Ok(None) };
    Ok(find_link(app, &key)?.map(|(user, _)| user))
}

fn find_link(app: &App, key: &HandleKey<PasswordLink>) -> Result<Option<(User, PasswordLink)>, ActError> {
    let now = app.clock.now();
    let found = app.store.read(|tx| {
        let Some(link) = password_links::find(tx, key)? else { return Ok(None) };
        Ok(users::find(tx, link.user_id)?.map(|user| (user, link)))
    })?;
    Ok(found.filter(|(user, link)| link.check(user, now).is_ok()))
}

/// Uses a link up for a new password. Everything that the person had open ends, and they are told by mail.
///
/// # Errors
/// A full lane, or a failing store.
pub async fn change_password(app: &App, by: &By, choice: PasswordChoice<'_>) -> Result<PasswordChange, ActError> {
    let Some(key) = crypto::parse_handle::<PasswordLink>(choice.link) else { return Ok(PasswordChange::LinkVoid) };
    let Some((user, _)) = find_link(app, &key)? else { return Ok(PasswordChange::LinkVoid) };
    let normalized = crypto::normalize_password(choice.password);
    if let Err(fault) = check_password(&normalized, &user.email, &app.config.instance_name) {
        return Ok(PasswordChange::Refused(fault));
    }
    let password_hash =
        app.passwords.hash(&choice.source.to_string(), choice.password).await.map_err(|_| ActError::Busy)?;
    let circumstances = Circumstances::of(app, by);
    let (now, locale) = (app.clock.now(), choice.locale);
    let (browser, next) = (choice.place.handle, issue_browser_handle(app));
    let (to, session) = (next.key, choice.place.session.map(|active| active.key));
    let is_changed = app
        .store
        .write(move |tx| {
            let Some(link) = password_links::find(tx, &key)? else { return Ok(false) };
            let Some(mut user) = users::find(tx, link.user_id)? else { return Ok(false) };
            let Ok(used) = link.redeem(&user, now) else { return Ok(false) };
            password_links::update(tx, &key, &used)?;
            let known = Credentials::new(user.id, Some(password_hash.clone()), now);
            match credentials::find(tx, user.id)? {
                Some(_) => credentials::update(tx, &known)?,
                None => credentials::insert(tx, &known)?,
            }
            // Whoever else is signed in here goes on; the person's own sessions end with the epoch.
            let others = match session {
                Some(key) => find_live(tx, &key, now)?.filter(|(_, owner)| owner.id != user.id).zip(Some(key)),
                None => None,
            };
            let goes_on = others.as_ref().map(|((session, _), key)| (&session.id, *key));
            renew(tx, &browser, &Renewal { to, session: goes_on, entered: None }, now)?;
            user.epoch = user.epoch.saturating_add(1);
            users::update(tx, &user)?;
            let content = MailContent::PasswordChanged { at: now };
            outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), locale, content, now))?;
            circumstances.record(tx, AuditEvent::PasswordChanged { user_id: user.id })?;
            Ok(true)
        })
        .await?;
    if !is_changed {
        return Ok(PasswordChange::LinkVoid);
    }
    // The link came by mail: whoever used it reads the mailbox, and guesses of before count no more.
    forget_guesses(app, &user.email)?;
    Ok(PasswordChange::Changed(next))
}
