//! Deleting what time has passed over, and emptying everything.

use super::header;
use super::transaction::Tx;
use crate::protocol::Timestamp;
use crate::store::StoreError;

/// Records deleted in one transaction, so that no act waits long behind a purge.
const AT_ONCE: usize = 5_000;

/// What a purge deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Records whose retention had ended.
    pub records: usize,
}

/// How many records of which table.
pub(in crate::store) type Deleted = Vec<(&'static str, usize)>;

/// Deletes some records of the tables of time-limited records whose retention has ended at `now`.
///
/// Gives how many of which table, and whether there may be more.
pub(in crate::store) fn purge_some(
    tx: &mut Tx,
    tables: impl Iterator<Item = &'static str>,
    now: Timestamp,
) -> Result<(Deleted, bool), StoreError> {
    // Keys begin with the retention in four bytes: what has ended at `now` lies below the next second.
    let end = u32::try_from(now.0.saturating_add(1)).unwrap_or(u32::MAX).to_be_bytes();
    let (mut left, mut deleted) = (AT_ONCE, Vec::new());
    for table in tables {
        let records = tx.delete_below(table, &end, left)?;
        if records > 0 {
            deleted.push((table, records));
        }
        left = left.saturating_sub(records);
        if left == 0 {
            return Ok((deleted, true));
        }
    }
    Ok((deleted, false))
}

/// Deletes every record of a table.
pub(in crate::store) fn empty(tx: &mut Tx, table: &'static str) -> Result<(), StoreError> {
    tx.delete_table(table)
}

/// Empties every table but the header and `kept`.
pub(in crate::store) fn clear(tx: &mut Tx, kept: &[&'static str]) -> Result<(), StoreError> {
    tx.delete_tables(&[kept, &[header::TABLE.name()]].concat())
}
