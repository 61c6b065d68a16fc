//! Choosing a password by a single-use link.

use super::limits::forget_password_links;
use super::password_judgement::{Chooser, judge_password};
use super::password_links::find_link;
use crate::acts::attempts::forget_guesses;
use crate::acts::pre_sessions::{InBrowser, Renewal, issue_browser_handle, renew};
use crate::acts::sessions::find_live;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AuditEvent, Credentials, Handle, HandleKey, MailContent, OutgoingMail, PasswordFault, PasswordLink, PreSession,
    Source, User, UserId,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{StoreError, Tx, credentials, outbox, password_links, users};

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

/// The password of a person from now on. What stands beside it stays (SEC-73).
pub(in crate::acts) fn set_password(
    tx: &mut Tx,
    user_id: UserId,
    password_hash: String,
    now: Timestamp,
) -> Result<(), StoreError> {
    match credentials::find(tx, user_id)? {
        Some(known) => credentials::update(tx, &known.with_password(password_hash, now)),
        None => credentials::insert(tx, &Credentials::new(user_id, Some(password_hash), now)),
    }
}

/// The person whose password a link would set now.
///
/// # Errors
/// When the store fails.
pub fn find_password_link(app: &App, value: &str) -> Result<Option<User>, ActError> {
    let Some(key) = crypto::parse_handle::<PasswordLink>(value) else { return Ok(None) };
    Ok(look_for(app, &key)?.map(|(user, _)| user))
}

fn look_for(app: &App, key: &HandleKey<PasswordLink>) -> Result<Option<(User, PasswordLink)>, ActError> {
    let now = app.clock.now();
    Ok(app.store.read(|tx| find_link(tx, key, now))?)
}

/// Whether this is the password that a person has already; `false` where they have none.
pub(in crate::acts) async fn is_password_of(
    app: &App,
    source: &str,
    user_id: UserId,
    password: &str,
) -> Result<bool, ActError> {
    let known = app.store.read(|tx| credentials::find(tx, user_id))?;
    let Some(hash) = known.and_then(|known| known.password_hash) else { return Ok(false) };
    Ok(app.passwords.verify(source, Some(&hash), password).await.map_err(|_| ActError::Busy)?.matches)
}

/// Uses a link up for a new password. Everything that the person had open ends, and they are told by mail.
///
/// # Errors
/// A full lane, or a failing store.
pub async fn change_password(app: &App, by: &By, choice: PasswordChoice<'_>) -> Result<PasswordChange, ActError> {
    let Some(key) = crypto::parse_handle::<PasswordLink>(choice.link) else { return Ok(PasswordChange::LinkVoid) };
    let Some((user, link)) = look_for(app, &key)? else { return Ok(PasswordChange::LinkVoid) };
    let normalized = crypto::normalize_password(choice.password);
    let chooser = Chooser::Known(user.id, &user.information);
    if let Err(fault) = judge_password(app, &normalized, &user.email, chooser).await? {
        return Ok(PasswordChange::Refused(fault));
    }
    let source = choice.source.to_string();
    // Whoever chooses anew may do so because somebody else knows the one before (SEC-66).
    if is_password_of(app, &source, user.id, choice.password).await? {
        return Ok(PasswordChange::Refused(PasswordFault::SameAsBefore));
    }
    let password_hash = app.passwords.hash(&source, choice.password).await.map_err(|_| ActError::Busy)?;
    let circumstances = Circumstances::of(app, by);
    let (now, locale) = (app.clock.now(), choice.locale);
    let (browser, next) = (choice.place.handle, issue_browser_handle(app));
    let (to, session) = (next.key, choice.place.session.map(|active| active.key));
    let is_changed = app
        .store
        .write(move |tx| {
            let Some((mut user, link)) = find_link(tx, &key, now)? else { return Ok(false) };
            let is_mailed = link.is_mailed;
            let Ok(used) = link.redeem(&user, now) else { return Ok(false) };
            password_links::update(tx, &key, &used)?;
            set_password(tx, user.id, password_hash.clone(), now)?;
            // Whoever else is signed in here goes on; the person's own sessions end with the epoch.
            let others = match session {
                Some(key) => find_live(tx, &key, now)?.filter(|(_, owner)| owner.id != user.id).zip(Some(key)),
                None => None,
            };
            let goes_on = others.as_ref().map(|((session, _), key)| (&session.id, *key));
            renew(tx, &browser, &Renewal { to, session: goes_on, entered: None }, now)?;
            user.void_everything();
            // Whoever hands a link over says that the account is the person's (SEC-106).
            let is_freed = !is_mailed && user.vouched_for(now);
            if is_mailed {
                user.proved_mailbox(now);
            }
            users::update(tx, &user)?;
            let content = MailContent::PasswordChanged { at: now };
            outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), locale, content, now))?;
            circumstances.record(tx, AuditEvent::PasswordChanged { user_id: user.id })?;
            if is_freed {
                circumstances.record(tx, AuditEvent::DormantAccountFreed { user_id: user.id })?;
            }
            Ok(true)
        })
        .await?;
    if !is_changed {
        return Ok(PasswordChange::LinkVoid);
    }
    // Whoever used the link is the owner of the account: guesses of before count no more.
    forget_guesses(app, &user.email)?;
    if link.is_mailed {
        forget_password_links(app, &user.email)?;
    }
    Ok(PasswordChange::Changed(next))
}
