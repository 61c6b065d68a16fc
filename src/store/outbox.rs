//! Mails that wait to leave, in the order in which they were written.

use serde::{Deserialize, Serialize};

use super::engine::Table;
use super::{Read, StoreError, Tx, counters, users};
use crate::domain::{OutgoingMail, SealedSecret, UserId};
use crate::protocol::Timestamp;

/// How often a mail is tried before it is set aside (SEC-189).
const MOST_FAILURES: u8 = 3;

/// How often a mail is handed to a server that does not say whether it took it.
const MOST_UNCONFIRMED: u8 = 2;

/// How many places may lie between the oldest mail that waits and the newest (SEC-198).
const MOST_WAITING: u64 = 10_000;

/// From where on nothing is written to many at once: what somebody waits for has the other half.
const BUSY: u64 = MOST_WAITING / 2;

/// How many mails are looked at at once.
const PAGE: usize = 500;

pub(super) const SET_ASIDE: Table<u64, QueuedMail> = Table::new("outbox_set_aside");
pub(super) const MAILS: Table<u64, QueuedMail> = Table::new("outbox");
pub(super) const COUNTER: &str = "outbox";

/// A mail with its place in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedMail {
    /// Its place; never given again.
    pub id: u64,
    /// The mail.
    pub mail: OutgoingMail,
    /// How often it could not be written.
    #[serde(default)]
    pub failures: u8,
    /// How often it was put off.
    #[serde(default)]
    pub delays: u16,
    /// How often the server went away without saying whether it took it.
    #[serde(default)]
    pub unconfirmed: u8,
    /// When it is tried next.
    #[serde(default)]
    pub due_at: Timestamp,
    /// Whether it gave way to others, and nobody has noted that yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_crowded_out: bool,
    /// The person to whom it was written, if they had an account then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<UserId>,
}

/// At most `limit` mails after `after`, the oldest first.
pub fn list(tx: &impl Read, after: Option<u64>, limit: usize) -> Result<Vec<QueuedMail>, StoreError> {
    MAILS.list(tx, after.as_ref(), limit)
}

/// The last place ever given.
pub(super) fn last_id(tx: &impl Read) -> Result<u64, StoreError> {
    counters::last(tx, COUNTER)
}

/// The mail at this place, if it still waits.
pub fn find(tx: &impl Read, id: u64) -> Result<Option<QueuedMail>, StoreError> {
    MAILS.find(tx, &id)
}

/// Puts a mail into the outbox; gives its place. Where ten thousand wait already, the oldest is set aside: nobody who signs
/// in waits for a server of mails that is away. [`take_crowded_out`] tells which those were.
pub fn insert(tx: &mut Tx, mail: &OutgoingMail) -> Result<u64, StoreError> {
    let person = users::find_by_email(tx, &mail.to)?.map(|user| user.id);
    enter(tx, mail, person)
}

/// The same for a mail to a person at an address that is not that of their account.
pub fn insert_for(tx: &mut Tx, mail: &OutgoingMail, person: UserId) -> Result<u64, StoreError> {
    enter(tx, mail, Some(person))
}

fn enter(tx: &mut Tx, mail: &OutgoingMail, person: Option<UserId>) -> Result<u64, StoreError> {
    let id = counters::next(tx, COUNTER)?;
    while let Some(oldest) = first_too_far(tx, &MAILS, id)? {
        MAILS.delete(tx, &oldest.id)?;
        tracing::warn!(id = oldest.id, "too many mails wait: the oldest is given up");
        keep_aside(tx, &QueuedMail { is_crowded_out: true, ..oldest })?;
    }
    let due_at = mail.created_at;
    let queued = QueuedMail {
        id,
        mail: mail.clone(),
        failures: 0,
        delays: 0,
        unconfirmed: 0,
        due_at,
        is_crowded_out: false,
        person,
    };
    MAILS.insert(tx, &id, &queued)?;
    tx.ring();
    Ok(id)
}

/// Whether so many mails wait that those to many at once are put off.
pub fn is_busy(tx: &impl Read) -> Result<bool, StoreError> {
    let oldest = MAILS.list(tx, None, 1)?.pop();
    let newest = last_id(tx)?;
    Ok(oldest.is_some_and(|oldest| newest.saturating_sub(oldest.id) >= BUSY))
}

/// The oldest mail of a table, if it lies too far before the newest.
fn first_too_far(
    tx: &impl Read,
    table: &Table<u64, QueuedMail>,
    newest: u64,
) -> Result<Option<QueuedMail>, StoreError> {
    let oldest = table.list(tx, None, 1)?.pop();
    Ok(oldest.filter(|oldest| newest.saturating_sub(oldest.id) >= MOST_WAITING))
}

/// Keeps a mail beside; where too many are kept, the oldest is forgotten.
fn keep_aside(tx: &mut Tx, queued: &QueuedMail) -> Result<(), StoreError> {
    while let Some(oldest) = first_too_far(tx, &SET_ASIDE, queued.id)? {
        SET_ASIDE.delete(tx, &oldest.id)?;
        tracing::warn!(id = oldest.id, "too many mails are kept that were given up: the oldest is forgotten");
    }
    SET_ASIDE.put(tx, &queued.id, queued).map(drop)
}

/// The mails that gave way to others since this was asked last.
pub fn take_crowded_out(tx: &mut Tx) -> Result<Vec<QueuedMail>, StoreError> {
    let crowded_out = list_crowded_out(tx)?;
    for queued in &crowded_out {
        SET_ASIDE.update(tx, &queued.id, &QueuedMail { is_crowded_out: false, ..queued.clone() })?;
    }
    Ok(crowded_out)
}

/// The mails that gave way to others, and of which nobody has taken note.
pub fn list_crowded_out(tx: &impl Read) -> Result<Vec<QueuedMail>, StoreError> {
    let mut aside = SET_ASIDE.list(tx, None, usize::MAX)?;
    aside.retain(|queued| queued.is_crowded_out);
    Ok(aside)
}

/// Notes that a mail could not be written; the third time it is set aside, so that it holds up nobody else. Whether it
/// was.
pub fn note_failure(tx: &mut Tx, id: u64) -> Result<bool, StoreError> {
    let Some(mut queued) = MAILS.find(tx, &id)? else { return Ok(false) };
    queued.failures = queued.failures.saturating_add(1);
    if queued.failures < MOST_FAILURES {
        MAILS.update(tx, &id, &queued)?;
        return Ok(false);
    }
    set_aside(tx, id)?;
    Ok(true)
}

/// Puts a mail off until `due_at`.
pub fn postpone(tx: &mut Tx, id: u64, due_at: Timestamp) -> Result<(), StoreError> {
    let Some(queued) = MAILS.find(tx, &id)? else { return Ok(()) };
    let delays = queued.delays.saturating_add(1);
    MAILS.update(tx, &id, &QueuedMail { delays, due_at, ..queued })
}

/// Notes that nobody knows whether a mail was taken. It is tried once more, at `due_at`; the second time it is set aside
/// (SEC-198: at most one duplicate). Whether it was.
pub fn note_unconfirmed(tx: &mut Tx, id: u64, due_at: Timestamp) -> Result<bool, StoreError> {
    let Some(queued) = MAILS.find(tx, &id)? else { return Ok(false) };
    let unconfirmed = queued.unconfirmed.saturating_add(1);
    if unconfirmed < MOST_UNCONFIRMED {
        MAILS.update(tx, &id, &QueuedMail { unconfirmed, due_at, ..queued })?;
        return Ok(false);
    }
    set_aside(tx, id)?;
    Ok(true)
}

/// Takes a mail out of the outbox and keeps it beside; says whether it was there.
pub fn set_aside(tx: &mut Tx, id: u64) -> Result<bool, StoreError> {
    let Some(queued) = MAILS.find(tx, &id)? else { return Ok(false) };
    MAILS.delete(tx, &id)?;
    keep_aside(tx, &queued)?;
    Ok(true)
}

/// Forgets every mail that was set aside and is `old`; how many.
pub fn forget_set_aside(tx: &mut Tx, is_old: impl Fn(&OutgoingMail) -> bool) -> Result<usize, StoreError> {
    delete_from(tx, &SET_ASIDE, |queued| is_old(&queued.mail))
}

/// At most `limit` mails that were set aside.
pub fn list_set_aside(tx: &impl Read, limit: usize) -> Result<Vec<QueuedMail>, StoreError> {
    SET_ASIDE.list(tx, None, limit)
}

/// Takes a mail out; says whether it was there.
pub fn delete(tx: &mut Tx, id: u64) -> Result<bool, StoreError> {
    MAILS.delete(tx, &id)
}

/// Takes out every mail that `is_doomed`, whether it waits or was set aside.
pub fn delete_where(tx: &mut Tx, is_doomed: impl Fn(&OutgoingMail) -> bool) -> Result<(), StoreError> {
    for table in [&MAILS, &SET_ASIDE] {
        delete_from(tx, table, |queued| is_doomed(&queued.mail))?;
    }
    Ok(())
}

/// Takes out every mail that was written to a person, at whatever address, whether it waits or was set aside.
pub fn delete_of_person(tx: &mut Tx, person: UserId) -> Result<(), StoreError> {
    for table in [&MAILS, &SET_ASIDE] {
        delete_from(tx, table, |queued| queued.person == Some(person))?;
    }
    Ok(())
}

/// Writes what mails carry anew, of those that wait and those that were set aside; how many. `change` gives what takes the place
/// of what a mail carries, if anything does.
pub fn change_secrets(
    tx: &mut Tx,
    mut change: impl FnMut(&OutgoingMail) -> Option<SealedSecret>,
) -> Result<u64, StoreError> {
    let mut count = 0_u64;
    for table in [&MAILS, &SET_ASIDE] {
        let mut after = None;
        loop {
            let page = table.list(tx, after.as_ref(), PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for mut queued in page {
                let Some(secret) = change(&queued.mail) else { continue };
                let Some(carried) = queued.mail.carries.as_mut() else { continue };
                carried.secret = secret;
                table.update(tx, &queued.id, &queued)?;
                count = count.saturating_add(1);
            }
        }
    }
    Ok(count)
}

fn delete_from(
    tx: &mut Tx,
    table: &Table<u64, QueuedMail>,
    is_doomed: impl Fn(&QueuedMail) -> bool,
) -> Result<usize, StoreError> {
    let (mut after, mut count) = (None, 0_usize);
    loop {
        let page = table.list(tx, after.as_ref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(count) };
        after = Some(last.id);
        for queued in page.iter().filter(|queued| is_doomed(queued)) {
            table.delete(tx, &queued.id)?;
            count = count.saturating_add(1);
        }
    }
}
