//! The removal of the second factors of somebody who lost them: asked for with a reason, announced by mail, and carried
//! out after a delay in which it can be stopped (SEC-73).

use std::time::Duration;

use super::Decided;
use super::audit::record_look;
use super::users::{UserKey, UserRefusal, find};
use crate::acts::account::{credentials_of, find_removal, stop_removal, take_away, tell};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    Actor, AuditEvent, Credentials, FactorRemoval, FactorRemovalState, FactorRemovalStop, HandleKey, MailContent,
    OutgoingMail, RemovalReason, User, UserId,
};
use crate::mail::Enclosure;
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, Tx, credentials, factor_removals, outbox, users};

/// How long what became of a removal is kept.
const KEPT_AFTER: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many records are looked at at once.
const PAGE: usize = 500;

/// A removal that is under way, as operators see it.
#[derive(Debug, Clone)]
pub struct PendingRemoval {
    /// Whose second factors.
    pub user: User,
    /// The removal.
    pub removal: FactorRemoval,
    /// Whether the notice has not left yet: nothing is carried out before.
    pub is_notice_waiting: bool,
}

/// Asks for the removal of somebody's second factors. They are told at once, by a mail whose link stops it.
///
/// # Errors
/// When the store fails.
pub async fn ask_factor_removal(
    app: &App,
    by: &By,
    key: UserKey,
    reason: RemovalReason,
) -> Decided<PendingRemoval, UserRefusal> {
    let Some(user) = app.store.read(|tx| find(tx, &key))? else { return Ok(Err(UserRefusal::Unknown)) };
    let now = app.clock.now();
    let due_at = now.plus(app.config.accounts.factor_removal_delay);
    let handle = crypto::issue_handle::<FactorRemoval>(&app.random, due_at.plus(KEPT_AFTER));
    let href = format!("{}/users/keep-second-factor?keep_factor_token={}", app.config.issuer(), handle.value);
    let secret = Enclosure::new(&app.master_keys, &app.random, &user.email, &href);
    let (circumstances, link) = (Circumstances::of(app, by), handle.key);
    let outcome = app
        .store
        .write(move |tx| {
            // The link was sealed for this address.
            let found = users::find(tx, user.id)?.filter(|found| found.email == user.email);
            let Some(user) = found else { return Ok(Err(UserRefusal::Unknown)) };
            if let Err(refusal) = may_ask(tx, &user)? {
                return Ok(Err(refusal));
            }
            let content = MailContent::FactorRemovalAsked { due_at, reason: reason.as_str().to_owned() };
            let mail = OutgoingMail::notice(user.email.clone(), user.language(), content, now);
            let notice = outbox::insert(tx, &mail.carrying(secret.seal(tx)?, link.retained_until()))?;
            let removal = FactorRemoval {
                user_id: user.id,
                reason: reason.clone(),
                asked_by: circumstances.by.actor.clone(),
                asked_at: now,
                due_at,
                notice,
                state: FactorRemovalState::Pending,
            };
            factor_removals::insert(tx, &link, &removal)?;
            let known = credentials_of(tx, &user, now)?;
            credentials::update(tx, &Credentials { factor_removal: Some(link), ..known })?;
            let event = AuditEvent::FactorRemovalAsked { user_id: user.id, reason: reason.clone(), due_at };
            circumstances.record(tx, event)?;
            Ok(Ok(PendingRemoval { user, removal, is_notice_waiting: true }))
        })
        .await?;
    Ok(outcome)
}

fn may_ask(tx: &impl Read, user: &User) -> Result<Result<(), UserRefusal>, StoreError> {
    if user.second_factor.is_none() {
        return Ok(Err(UserRefusal::NoSecondFactor));
    }
    let is_pending = find_removal(tx, user.id)?.is_some_and(|(_, removal)| removal.is_pending());
    Ok(if is_pending { Err(UserRefusal::RemovalPending) } else { Ok(()) })
}

/// Stops a removal before it is carried out; the person is told.
///
/// # Errors
/// When the store fails.
pub async fn cancel_factor_removal(app: &App, by: &By, key: UserKey) -> Decided<User, UserRefusal> {
    let (now, circumstances) = (app.clock.now(), Circumstances::of(app, by));
    let outcome = app
        .store
        .write(move |tx| {
            let Some(user) = find(tx, &key)? else { return Ok(Err(UserRefusal::Unknown)) };
            let (how, locale) = (FactorRemovalStop::Operator, user.language());
            let is_stopped = stop_removal(tx, &circumstances, &user, how, locale, now)?;
            Ok(if is_stopped { Ok(user) } else { Err(UserRefusal::NoRemoval) })
        })
        .await?;
    Ok(outcome)
}

/// At most `limit` removals that are under way after that of `after`, those that are due first before the others. The look
/// is recorded, once for a listing.
///
/// # Errors
/// When the store fails.
pub async fn list_factor_removals(
    app: &App,
    by: &By,
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<PendingRemoval>, ActError> {
    if after.is_none() {
        record_look(app, by, AuditEvent::FactorRemovalsListed).await?;
    }
    Ok(app.store.read(|tx| {
        let from = match after {
            Some(user_id) => find_removal(tx, user_id)?.map(|(key, _)| key),
            None => None,
        };
        let mut found = Vec::new();
        each_pending(tx, from, |_, removal| {
            if let Some(user) = users::find(tx, removal.user_id)? {
                let is_notice_waiting = outbox::find(tx, removal.notice)?.is_some();
                found.push(PendingRemoval { user, removal, is_notice_waiting });
            }
            Ok(found.len() < limit)
        })?;
        Ok(found)
    })?)
}

/// Walks through what is pending, in the order in which it is due, until `take` says that it is enough.
fn each_pending(
    tx: &impl Read,
    mut after: Option<HandleKey<FactorRemoval>>,
    mut take: impl FnMut(HandleKey<FactorRemoval>, FactorRemoval) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    loop {
        let page = factor_removals::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(*last);
        for (key, removal) in page.into_iter().filter(|(_, removal)| removal.is_pending()) {
            if !take(key, removal)? {
                return Ok(());
            }
        }
    }
}

/// Carries out what is due and was announced. Gives how many people have no second factor any more.
///
/// # Errors
/// When the store fails; what was carried out stays.
pub async fn carry_out_factor_removals(app: &App) -> Result<usize, ActError> {
    // By the time that the clock shows, as everything that is for good.
    let now = app.clock.wall();
    let due = app.store.read(|tx| due_now(tx, now))?;
    let circumstances = Circumstances::of(app, &By::local(Actor::System));
    let mut done = 0_usize;
    for key in due {
        let circumstances = circumstances.clone();
        if app.store.write(move |tx| carry_out(tx, &circumstances, &key, now)).await? {
            done = done.saturating_add(1);
        }
    }
    Ok(done)
}

fn due_now(tx: &impl Read, now: Timestamp) -> Result<Vec<HandleKey<FactorRemoval>>, StoreError> {
    let mut due = Vec::new();
    each_pending(tx, None, |key, removal| {
        let is_due = removal.due_at.has_come(now);
        if is_due {
            due.push(key);
        }
        Ok(is_due)
    })?;
    Ok(due)
}

fn carry_out(
    tx: &mut Tx,
    circumstances: &Circumstances,
    key: &HandleKey<FactorRemoval>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(removal) = factor_removals::find(tx, key)? else { return Ok(false) };
    if outbox::find(tx, removal.notice)?.is_some() {
        return Ok(false);
    }
    let user_id = removal.user_id;
    let Some(done) = removal.done(now) else { return Ok(false) };
    factor_removals::update(tx, key, &done)?;
    let Some(mut user) = users::find(tx, user_id)?.filter(|user| !user.second_factor.is_none()) else {
        return Ok(false);
    };
    take_away(tx, &mut user, now)?;
    user.void_everything();
    users::update(tx, &user)?;
    tell(tx, &user, MailContent::FactorRemovalDone { at: now }, user.language(), now)?;
    circumstances.record(tx, AuditEvent::FactorRemovalDone { user_id })?;
    Ok(true)
}
