//! What is kept of the mails to a person that are done with: the latest of them, for some months (SEC-169, SEC-167).

use super::retention_rounds;
use crate::domain::{MailOutcome, SentMail, UserId};
use crate::protocol::Timestamp;
use crate::store::engine::Table;
use crate::store::outbox::QueuedMail;
use crate::store::{Read, StoreError, Tx, users};

pub(in crate::store) const MAILS: Table<(UserId, u64), SentMail> = Table::new("sent_mails");
/// The same by the time at which they ended.
pub(in crate::store) const BY_TIME: Table<(u64, u64), (UserId, u64)> = Table::new("sent_mails_by_time");

/// The most of one person.
pub const OF_ONE_USER: usize = 200;

/// Keeps what became of a mail, where it was written to a person who is there still. Over the most of one person, the
/// oldest are forgotten.
pub fn insert(tx: &mut Tx, queued: &QueuedMail, outcome: MailOutcome, now: Timestamp) -> Result<(), StoreError> {
    let Some(user_id) = queued.person else { return Ok(()) };
    if users::find(tx, user_id)?.is_none() {
        return Ok(());
    }
    let sent = SentMail {
        user_id,
        number: queued.id,
        kind: queued.mail.content.name().to_owned(),
        to: queued.mail.to.clone(),
        written_at: queued.mail.created_at,
        ended_at: now,
        outcome,
    };
    // One that is settled twice ended the last time.
    if let Some(before) = MAILS.find(tx, &(user_id, queued.id))? {
        delete(tx, &before)?;
    }
    MAILS.put(tx, &(user_id, sent.number), &sent)?;
    index(tx, &sent)?;
    let all = list_of_user(tx, user_id)?;
    all.iter().skip(OF_ONE_USER).try_for_each(|old| delete(tx, old))
}

/// Where one lies in the index.
pub(in crate::store) fn place(sent: &SentMail) -> (u64, u64) {
    (sent.ended_at.0, sent.number)
}

/// Puts one into its index.
pub(in crate::store) fn index(tx: &mut Tx, sent: &SentMail) -> Result<(), StoreError> {
    BY_TIME.put(tx, &place(sent), &(sent.user_id, sent.number)).map(drop)
}

/// Those of a person, the latest first.
pub fn list_of_user(tx: &impl Read, user_id: UserId) -> Result<Vec<SentMail>, StoreError> {
    MAILS.list_latest_within(tx, &user_id, None, OF_ONE_USER.saturating_add(1))
}

fn delete(tx: &mut Tx, sent: &SentMail) -> Result<(), StoreError> {
    BY_TIME.delete(tx, &place(sent))?;
    MAILS.delete(tx, &(sent.user_id, sent.number)).map(drop)
}

/// Forgets those of a person.
pub fn delete_of_user(tx: &mut Tx, user_id: UserId) -> Result<(), StoreError> {
    list_of_user(tx, user_id)?.iter().try_for_each(|sent| delete(tx, sent))
}

/// Forgets at most `limit` of those that ended before `until`, and notes how many for the round of retention. How many.
pub fn forget_old(tx: &mut Tx, until: Timestamp, limit: usize) -> Result<usize, StoreError> {
    let mut count = 0_usize;
    for (user_id, number) in BY_TIME.list(tx, None, limit)? {
        let Some(sent) = MAILS.find(tx, &(user_id, number))? else { continue };
        if sent.ended_at >= until {
            break;
        }
        delete(tx, &sent)?;
        count = count.saturating_add(1);
    }
    if count > 0 {
        retention_rounds::note_purged(tx, &[(MAILS.name(), count)])?;
    }
    Ok(count)
}
