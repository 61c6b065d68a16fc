//! Single-use links by which a person chooses a password: handed to an operator, or mailed to the person.

use std::time::Duration;

use super::limits::{give_back_password_link, take_mail, take_password_link};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AuditEvent, Credentials, Email, HandleKey, MailContent, MailedSecret, OutgoingMail, PasswordLink, Source, User,
    UserId,
};
use crate::mail::Enclosure;
use crate::protocol::{Locale, Timestamp};
use crate::store::{Read, StoreError, Tx, credentials, outbox, password_links, users};

/// How long a link works.
pub(in crate::acts) const LINK_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Enters a link. It is the only one of the person that works from then on.
pub(in crate::acts) fn write_link(
    tx: &mut Tx,
    user: &User,
    key: &HandleKey<PasswordLink>,
    is_mailed: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let link = PasswordLink {
        user_id: user.id,
        user_epoch: user.epoch,
        expires_at: key.retained_until(),
        used_at: None,
        is_mailed,
    };
    password_links::insert(tx, key, &link)?;
    match credentials::find(tx, user.id)? {
        Some(known) => credentials::update(tx, &Credentials { password_link: Some(*key), ..known }),
        None => {
            let known = Credentials { password_link: Some(*key), ..Credentials::new(user.id, None, now) };
            credentials::insert(tx, &known)
        }
    }
}

/// A link that works, with the person whose password it sets.
pub(super) fn find_link(
    tx: &impl Read,
    key: &HandleKey<PasswordLink>,
    now: Timestamp,
) -> Result<Option<(User, PasswordLink)>, StoreError> {
    let Some(link) = password_links::find(tx, key)? else { return Ok(None) };
    let Some(user) = users::find(tx, link.user_id)? else { return Ok(None) };
    let newest = credentials::find(tx, user.id)?.and_then(|known| known.password_link);
    let works = newest == Some(*key) && link.check(&user, now).is_ok();
    Ok(works.then_some((user, link)))
}

/// Makes a link by which a person chooses a password; the value goes into the address, once. `None` for nobody.
///
/// # Errors
/// When the store fails.
pub async fn issue_password_link(app: &App, by: &By, user_id: UserId) -> Result<Option<String>, ActError> {
    let circumstances = Circumstances::of(app, by);
    let now = app.clock.now();
    let handle = crypto::issue_handle::<PasswordLink>(&app.random, now.plus(LINK_LIFETIME));
    let key = handle.key;
    let is_known = app
        .store
        .write(move |tx| {
            let Some(user) = users::find(tx, user_id)?.filter(User::may_sign_in) else { return Ok(false) };
            write_link(tx, &user, &key, false, now)?;
            circumstances.record(tx, AuditEvent::PasswordLinkIssued { user_id })?;
            Ok(true)
        })
        .await?;
    Ok(is_known.then_some(handle.value))
}

/// Mails a link to whoever has an account with this address; to nobody else, and nobody learns which it was. The link
/// leads to `page`, to which its value is appended. Gives the seconds to wait where the last one was asked for a moment ago.
///
/// # Errors
/// When too many mails were asked for, or the store fails.
pub async fn mail_password_link(
    app: &App,
    by: &By,
    email: Email,
    source: Source,
    locale: Locale,
    page: &str,
) -> Result<Option<u64>, ActError> {
    let taken = take_mail(app, "entry", &email, source)?;
    if let Some(seconds) = take_password_link(app, &email, taken)? {
        return Ok(Some(seconds));
    }
    let now = app.clock.now();
    let expires_at = now.plus(LINK_LIFETIME);
    let handle = crypto::issue_handle::<PasswordLink>(&app.random, expires_at);
    let href = format!("{}{page}{}", app.config.issuer(), handle.value);
    let sealed = Enclosure::new(&app.master_keys, &app.random, &email, &href);
    let (key, circumstances, to) = (handle.key, Circumstances::of(app, by), email.clone());
    let written = app
        .store
        .write(move |tx| {
            let user = users::find_by_email(tx, &to)?.filter(User::may_sign_in);
            if let Some(user) = &user {
                write_link(tx, user, &key, true, now)?;
                let content = MailContent::PasswordLink { expires_at };
                let mail = OutgoingMail::notice(user.email.clone(), locale, content, now);
                outbox::insert(tx, &mail.carrying(sealed.seal(tx)?, expires_at))?;
            }
            let user_id = user.map(|user| user.id);
            circumstances.record(tx, AuditEvent::SecretMailed { user_id, secret: MailedSecret::PasswordLink })
        })
        .await;
    if written.is_err() {
        give_back_password_link(app, &email)?;
    }
    written?;
    Ok(None)
}
