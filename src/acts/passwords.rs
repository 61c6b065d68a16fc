//! Choosing a password by a single-use link.

use std::time::Duration;

use super::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AuditEvent, Credentials, HandleKey, MailContent, OutgoingMail, PasswordFault, PasswordLink, User, UserId,
    check_password,
};
use crate::protocol::Locale;
use crate::store::{credentials, outbox, password_links, users};

/// How long a link works.
const LINK_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// What became of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordChange {
    /// It is the person's password; every session of theirs ended.
    Changed,
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
pub async fn change_password(
    app: &App,
    by: &By,
    value: &str,
    password: &str,
    source: &str,
    locale: Locale,
) -> Result<PasswordChange, ActError> {
    let Some(key) = crypto::parse_handle::<PasswordLink>(value) else { return Ok(PasswordChange::LinkVoid) };
    let Some((user, _)) = find_link(app, &key)? else { return Ok(PasswordChange::LinkVoid) };
    if let Err(fault) = check_password(&crypto::normalize_password(password), &user.email, &app.config.instance_name) {
        return Ok(PasswordChange::Refused(fault));
    }
    let password_hash = app.passwords.hash(source, password).await.map_err(|_| ActError::Busy)?;
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let change = app
        .store
        .write(move |tx| {
            let Some(link) = password_links::find(tx, &key)? else { return Ok(PasswordChange::LinkVoid) };
            let Some(mut user) = users::find(tx, link.user_id)? else { return Ok(PasswordChange::LinkVoid) };
            let Ok(used) = link.redeem(&user, now) else { return Ok(PasswordChange::LinkVoid) };
            password_links::update(tx, &key, &used)?;
            let known =
                Credentials { user_id: user.id, password_hash: Some(password_hash.clone()), password_changed_at: now };
            match credentials::find(tx, user.id)? {
                Some(_) => credentials::update(tx, &known)?,
                None => credentials::insert(tx, &known)?,
            }
            user.epoch = user.epoch.saturating_add(1);
            users::update(tx, &user)?;
            let content = MailContent::PasswordChanged { at: now };
            outbox::insert(tx, &OutgoingMail { to: user.email.clone(), locale, content, created_at: now })?;
            circumstances.record(tx, AuditEvent::PasswordChanged { user_id: user.id })?;
            Ok(PasswordChange::Changed)
        })
        .await?;
    Ok(change)
}
