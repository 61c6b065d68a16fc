//! Taking away what is known about oneself: asked for with a fresh proof, mailed as a link, used once by whoever is signed in
//! as that person (SEC-169).

use super::personal_data::gather;
use crate::acts::mailbox::take_mail;
use crate::acts::sessions::{ActiveSession, find_live};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AuditEvent, Credentials, DATA_LINK_LIFETIME, DataLink, Handle, HandleKey, MailContent, MailedSecret, OutgoingMail,
    PersonalData, Source, User,
};
use crate::mail::Enclosure;
use crate::protocol::{Locale, Timestamp};
use crate::store::{Read, StoreError, Tx, credentials, data_links, outbox};

/// A link that works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingDataLink {
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Mails a link to the address of the account; the one before does not work any more. `page` is the address of the page, to
/// which the value of the link is appended.
///
/// # Errors
/// When too many mails were asked for, the session ended meanwhile, or the store fails.
pub async fn mail_data_link(
    app: &App,
    by: &By,
    active: &ActiveSession,
    source: Source,
    (locale, page): (Locale, &str),
) -> Result<(), ActError> {
    let taken = take_mail(app, "data", &active.user.email, source)?;
    let now = app.clock.now();
    let expires_at = now.plus(DATA_LINK_LIFETIME);
    let Handle { value, key } = crypto::issue_handle::<DataLink>(&app.random, expires_at);
    let email = active.user.email.clone();
    let href = format!("{}{page}{value}", app.config.issuer());
    let sealed = Enclosure::new(&app.master_keys, &app.random, &email, &href);
    let (circumstances, session) = (Circumstances::of(app, by), active.key);
    let is_mailed = app
        .store
        .write(move |tx| {
            let live = find_live(tx, &session, now)?.filter(|(_, user)| user.email == email);
            let Some((_, user)) = live else { return Ok(false) };
            let link = DataLink { user_id: user.id, user_epoch: user.epoch, asked_at: now, expires_at };
            write_link(tx, &user, (&key, &link), now)?;
            let mail = OutgoingMail::notice(email.clone(), locale, MailContent::DataLink { expires_at }, now);
            outbox::insert(tx, &mail.carrying(sealed.seal(tx)?, expires_at))?;
            let (user_id, secret) = (Some(user.id), MailedSecret::DataLink);
            circumstances.record(tx, AuditEvent::SecretMailed { user_id, secret })?;
            Ok(true)
        })
        .await?;
    if !is_mailed {
        taken.given_back(app)?;
        return Err(ActError::Superseded);
    }
    Ok(())
}

/// Enters a link; it is the only one of the person.
fn write_link(
    tx: &mut Tx,
    user: &User,
    (key, link): (&HandleKey<DataLink>, &DataLink),
    now: Timestamp,
) -> Result<(), StoreError> {
    data_links::insert(tx, key, link)?;
    let Some(known) = credentials::find(tx, user.id)? else {
        let known = Credentials { data_link: Some(*key), ..Credentials::new(user.id, None, now) };
        return credentials::insert(tx, &known);
    };
    if let Some(before) = known.data_link {
        data_links::delete(tx, &before)?;
    }
    credentials::update(tx, &Credentials { data_link: Some(*key), ..known })
}

/// The link of a person that works.
fn find_good(
    tx: &impl Read,
    user: &User,
    now: Timestamp,
) -> Result<Option<(HandleKey<DataLink>, DataLink)>, StoreError> {
    let Some(key) = credentials::find(tx, user.id)?.and_then(|known| known.data_link) else { return Ok(None) };
    let link = data_links::find(tx, &key)?.filter(|link| link.is_good(user, now));
    Ok(link.map(|link| (key, link)))
}

/// The link that was mailed to the person and works still.
///
/// # Errors
/// When the store fails.
pub fn find_data_link(app: &App, active: &ActiveSession) -> Result<Option<PendingDataLink>, ActError> {
    let now = app.clock.now();
    let found = app.store.read(|tx| find_good(tx, &active.user, now))?;
    Ok(found.map(|(_, link)| PendingDataLink { asked_at: link.asked_at, expires_at: link.expires_at }))
}

/// Whether a link would give this person their data. Looking does not use it up.
///
/// # Errors
/// When the store fails.
pub fn is_data_link_good(app: &App, active: &ActiveSession, value: &str) -> Result<bool, ActError> {
    let Some(key) = crypto::parse_handle::<DataLink>(value) else { return Ok(false) };
    let now = app.clock.now();
    Ok(app.store.read(|tx| find_good(tx, &active.user, now))?.is_some_and(|(own, _)| own == key))
}

/// Uses a link up, and gives the person their data. `None` where it is not a link of theirs that works.
///
/// # Errors
/// When the session ended meanwhile, or the store fails.
pub async fn redeem_data_link(
    app: &App,
    by: &By,
    active: &ActiveSession,
    value: &str,
) -> Result<Option<PersonalData>, ActError> {
    let Some(key) = crypto::parse_handle::<DataLink>(value) else { return Ok(None) };
    let (now, session, circumstances) = (app.clock.now(), active.key, Circumstances::of(app, by));
    let is_redeemed = app
        .store
        .write(move |tx| {
            let Some((_, user)) = find_live(tx, &session, now)? else { return Ok(None) };
            let found = find_good(tx, &user, now)?.filter(|(own, _)| *own == key);
            let Some(known) = credentials::find(tx, user.id)?.filter(|_| found.is_some()) else {
                return Ok(Some(false));
            };
            data_links::delete(tx, &key)?;
            credentials::update(tx, &Credentials { data_link: None, ..known })?;
            circumstances.record(tx, AuditEvent::PersonalDataExported { user_id: user.id })?;
            Ok(Some(true))
        })
        .await?;
    match is_redeemed {
        Some(true) => gather(app, active).await.map(Some),
        Some(false) => Ok(None),
        None => Err(ActError::Superseded),
    }
}
