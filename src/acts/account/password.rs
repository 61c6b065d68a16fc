//! A person who is signed in chooses another password.

use crate::acts::attempts::forget_guesses;
use crate::acts::mailbox::{Chooser, is_password_of, judge_password, set_password};
use crate::acts::new_session::{NewSession, issue_session_handle};
use crate::acts::pre_sessions::{Renewal, issue_browser_handle, renew};
use crate::acts::sessions::{ActiveSession, find_live, note_session};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AuditEvent, BrowserSession, Handle, HandleKey, KNOWN_BROWSER_LIFETIME, KnownBrowser, MailContent, OutgoingMail,
    PasswordFault, PreSession, Session, Source,
};
use crate::protocol::Locale;
use crate::store::{browser_sessions, known_browsers, outbox, users};

/// A password that a person chooses in a session of theirs. How old the proof in it may be is for the caller to judge.
pub struct OwnPasswordChoice<'a> {
    /// The session.
    pub active: &'a ActiveSession,
    /// The browser that it is open in.
    pub browser: HandleKey<PreSession>,
    /// The text.
    pub password: &'a str,
    /// From where.
    pub source: Source,
    /// The language of the person's mails.
    pub locale: Locale,
}

/// What became of it.
#[derive(Debug, Clone)]
pub enum OwnPasswordChange {
    /// It is the person's password. This session goes on under another handle; everything else that they had open ended.
    Changed(Box<NewSession>),
    /// It cannot be.
    Refused(PasswordFault),
}

/// Changes the password, ends every other session, link, token and known browser of the person, and tells them by mail
/// (SEC-37, SEC-66).
///
/// # Errors
/// A full lane, a session that ended meanwhile, or a failing store.
pub async fn change_own_password(
    app: &App,
    by: &By,
    choice: OwnPasswordChoice<'_>,
) -> Result<OwnPasswordChange, ActError> {
    let user = &choice.active.user;
    let normalized = crypto::normalize_password(choice.password);
    let chooser = Chooser::Known(user.id, &user.information);
    if let Err(fault) = judge_password(app, &normalized, &user.email, chooser).await? {
        return Ok(OwnPasswordChange::Refused(fault));
    }
    let source = choice.source.to_string();
    if is_password_of(app, &source, user.id, choice.password).await? {
        return Ok(OwnPasswordChange::Refused(PasswordFault::SameAsBefore));
    }
    let password_hash = app.passwords.hash(&source, choice.password).await.map_err(|_| ActError::Busy)?;
    let session = put(app, by, &choice, password_hash).await?;
    // Guesses at the one before say nothing about this one.
    forget_guesses(app, &user.email)?;
    Ok(OwnPasswordChange::Changed(Box::new(session)))
}

/// Writes it, and gives session and browser their next handles.
async fn put(
    app: &App,
    by: &By,
    choice: &OwnPasswordChoice<'_>,
    password_hash: String,
) -> Result<NewSession, ActError> {
    let circumstances = Circumstances::of(app, by);
    let (now, locale, old, from) = (app.clock.now(), choice.locale, choice.active.key, choice.browser);
    let Handle { value, key } = issue_session_handle(app);
    let browser = issue_browser_handle(app);
    let known = crypto::issue_handle::<KnownBrowser>(&app.random, now.plus(KNOWN_BROWSER_LIFETIME));
    let (to, known_key) = (browser.key, known.key);
    let changed = app
        .store
        .write(move |tx| {
            let Some((session, mut user)) = find_live(tx, &old, now)? else { return Ok(None) };
            set_password(tx, user.id, password_hash.clone(), now)?;
            user.void_everything();
            // This one goes on: no service is told that it is over.
            browser_sessions::update(tx, &old, &BrowserSession::Renewed { by: key })?;
            users::update(tx, &user)?;
            let session = Session { user_epoch: user.epoch, ..session };
            browser_sessions::insert(tx, &key, &BrowserSession::Live(session.clone()))?;
            note_session(tx, user.id, Some(old), key, now)?;
            renew(tx, &from, &Renewal { to, session: Some((&session.id, key)), entered: None }, now)?;
            known_browsers::insert(tx, &known_key, &KnownBrowser::begin(&user, now))?;
            let content = MailContent::PasswordChanged { at: now };
            outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), locale, content, now))?;
            circumstances.record(tx, AuditEvent::PasswordChanged { user_id: user.id })?;
            Ok(Some((session, user)))
        })
        .await?;
    let (session, user) = changed.ok_or(ActError::Superseded)?;
    let active = ActiveSession { value, key, session, user };
    Ok(NewSession { active, browser, known_browser: Some(known) })
}
