//! The removal of second factors that an operator asked for, as the person meets it: a link stops it, and so does giving
//! the second factor (SEC-73).

use super::{credentials_of, tell};
use crate::acts::sessions::{ActiveSession, find_live};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AuditEvent, FactorRemoval, FactorRemovalState, FactorRemovalStop, HandleKey, MailContent, SecondFactorUse, User,
    UserId,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{Read, StoreError, Tx, credentials, factor_removals, passkey_owners, users};

/// The removal that was asked for last, whatever became of it.
pub(in crate::acts) fn find_removal(
    tx: &impl Read,
    user_id: UserId,
) -> Result<Option<(HandleKey<FactorRemoval>, FactorRemoval)>, StoreError> {
    let Some(key) = credentials::find(tx, user_id)?.and_then(|known| known.factor_removal) else { return Ok(None) };
    Ok(factor_removals::find(tx, &key)?.map(|removal| (key, removal)))
}

/// Stops a removal that is pending, and tells the person. Whether there was one.
pub(in crate::acts) fn stop_removal(
    tx: &mut Tx,
    circumstances: &Circumstances,
    user: &User,
    how: FactorRemovalStop,
    locale: Locale,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some((key, removal)) = find_removal(tx, user.id)? else { return Ok(false) };
    let Some(stopped) = removal.stopped(now) else { return Ok(false) };
    factor_removals::update(tx, &key, &stopped)?;
    tell(tx, user, MailContent::FactorRemovalStopped { at: now }, locale, now)?;
    circumstances.record(tx, AuditEvent::FactorRemovalStopped { user_id: user.id, how })?;
    Ok(true)
}

/// The removal that the person can stop now.
///
/// # Errors
/// When the store fails.
pub fn find_pending_removal(tx: &impl Read, user: &User) -> Result<Option<FactorRemoval>, StoreError> {
    // Most people have nothing to remove.
    if user.second_factor.is_none() {
        return Ok(None);
    }
    Ok(find_removal(tx, user.id)?.map(|(_, removal)| removal).filter(FactorRemoval::is_pending))
}

/// Stops the removal in a session of the person, who keeps what protects their account. Whether there was one.
///
/// # Errors
/// When the store fails.
pub async fn keep_own_second_factors(
    app: &App,
    by: &By,
    active: &ActiveSession,
    locale: Locale,
) -> Result<bool, ActError> {
    let (now, key, circumstances) = (app.clock.now(), active.key, Circumstances::of(app, by));
    let is_stopped = app
        .store
        .write(move |tx| {
            let Some((session, user)) = find_live(tx, &key, now)? else { return Ok(false) };
            let circumstances = circumstances.in_session(&session);
            stop_removal(tx, &circumstances, &user, FactorRemovalStop::Session, locale, now)
        })
        .await?;
    Ok(is_stopped)
}

/// Takes everything away that stands beside the password, in the record of the person too, which the caller writes.
pub(in crate::acts) fn take_away(tx: &mut Tx, user: &mut User, now: Timestamp) -> Result<(), StoreError> {
    let mut known = credentials_of(tx, user, now)?;
    for passkey in known.second_factors.take_all() {
        passkey_owners::delete(tx, &passkey.id)?;
    }
    credentials::update(tx, &known)?;
    user.second_factor = SecondFactorUse::None;
    Ok(())
}

/// What a link that stops a removal is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorRemovalPlace {
    /// It stops the removal, which is carried out then.
    Pending {
        /// When.
        due_at: Timestamp,
    },
    /// The removal was stopped.
    Stopped,
    /// It was carried out.
    Done,
    /// The link is none, or too old.
    Void,
}

/// Looks at such a link. Looking changes nothing: programs look at links too.
///
/// # Errors
/// When the store fails.
pub fn look_at_factor_removal(app: &App, value: &str) -> Result<FactorRemovalPlace, ActError> {
    let Some(key) = crypto::parse_handle::<FactorRemoval>(value) else { return Ok(FactorRemovalPlace::Void) };
    let Some(removal) = app.store.read(|tx| factor_removals::find(tx, &key))? else {
        return Ok(FactorRemovalPlace::Void);
    };
    Ok(match removal.state {
        FactorRemovalState::Pending => FactorRemovalPlace::Pending { due_at: removal.due_at },
        FactorRemovalState::Stopped { .. } => FactorRemovalPlace::Stopped,
        FactorRemovalState::Done { .. } => FactorRemovalPlace::Done,
    })
}

/// Stops the removal by its link. What holds afterwards.
///
/// # Errors
/// When the store fails.
pub async fn keep_second_factors(
    app: &App,
    by: &By,
    value: &str,
    locale: Locale,
) -> Result<FactorRemovalPlace, ActError> {
    let Some(key) = crypto::parse_handle::<FactorRemoval>(value) else { return Ok(FactorRemovalPlace::Void) };
    let (now, circumstances) = (app.clock.now(), Circumstances::of(app, by));
    app.store
        .write(move |tx| {
            let Some(removal) = factor_removals::find(tx, &key)? else { return Ok(()) };
            let Some(user) = users::find(tx, removal.user_id)? else { return Ok(()) };
            // An earlier one is over: what its link leads to says so.
            if find_removal(tx, user.id)?.is_some_and(|(newest, _)| newest == key) {
                stop_removal(tx, &circumstances, &user, FactorRemovalStop::Link, locale, now)?;
            }
            Ok(())
        })
        .await?;
    look_at_factor_removal(app, value)
}
