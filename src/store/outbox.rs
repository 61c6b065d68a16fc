//! Mails that wait to leave, in the order in which they were written.

use serde::{Deserialize, Serialize};

use super::engine::Table;
use super::{Read, StoreError, Tx, counters};
use crate::domain::OutgoingMail;

const MAILS: Table<u64, QueuedMail> = Table::new("outbox");
const COUNTER: &str = "outbox";

/// A mail with its place in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedMail {
    /// Its place; never given again.
    pub id: u64,
    /// The mail.
    pub mail: OutgoingMail,
}

/// At most `limit` mails after `after`, the oldest first.
pub fn list(tx: &impl Read, after: Option<u64>, limit: usize) -> Result<Vec<QueuedMail>, StoreError> {
    MAILS.list(tx, after.as_ref(), limit)
}

/// Puts a mail into the outbox; gives its place.
pub fn insert(tx: &mut Tx, mail: &OutgoingMail) -> Result<u64, StoreError> {
    let id = counters::next(tx, COUNTER)?;
    MAILS.insert(tx, &id, &QueuedMail { id, mail: mail.clone() })?;
    Ok(id)
}

/// Takes a mail out; says whether it was there.
pub fn delete(tx: &mut Tx, id: u64) -> Result<bool, StoreError> {
    MAILS.delete(tx, &id)
}
