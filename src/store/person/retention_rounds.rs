//! The daily rounds that retention makes, and what each of them did.

use std::collections::BTreeMap;

use crate::domain::RetentionRound;
use crate::store::engine::Table;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const ROUNDS: Table<u64, RetentionRound> = Table::new("retention_rounds");
/// What time deleted since the last round.
pub(in crate::store) const PURGED: Table<u64, BTreeMap<String, u64>> = Table::new("purged_since_round");
/// Where that is.
const HERE: u64 = 0;
/// How many are kept.
const KEPT: u64 = 400;

/// The last round; `None` before the first.
pub fn find_last(tx: &impl Read) -> Result<Option<RetentionRound>, StoreError> {
    Ok(ROUNDS.list_latest(tx, None, 1)?.pop())
}

/// The round of this number, or the first one after it that is kept.
pub fn find_from(tx: &impl Read, number: u64) -> Result<Option<RetentionRound>, StoreError> {
    Ok(ROUNDS.list(tx, Some(&number.saturating_sub(1)), 1)?.pop())
}

/// At most `limit` rounds, the last one first.
pub fn list_latest(tx: &impl Read, limit: usize) -> Result<Vec<RetentionRound>, StoreError> {
    ROUNDS.list_latest(tx, None, limit)
}

/// Enters a round, and forgets one of more than a year ago.
pub fn insert(tx: &mut Tx, round: &RetentionRound) -> Result<(), StoreError> {
    ROUNDS.insert(tx, &round.number, round)?;
    ROUNDS.delete(tx, &round.number.saturating_sub(KEPT)).map(drop)
}

/// Adds to what time deleted since the last round.
pub fn note_purged(tx: &mut Tx, deleted: &[(&'static str, usize)]) -> Result<(), StoreError> {
    if deleted.iter().all(|(_, records)| *records == 0) {
        return Ok(());
    }
    let mut counts = find_purged(tx)?;
    for (table, records) in deleted {
        let count = counts.entry((*table).to_owned()).or_default();
        *count = count.saturating_add(u64::try_from(*records).unwrap_or(u64::MAX));
    }
    PURGED.put(tx, &HERE, &counts).map(drop)
}

/// How many records of which table time deleted since the last round.
pub fn find_purged(tx: &impl Read) -> Result<BTreeMap<String, u64>, StoreError> {
    Ok(PURGED.find(tx, &HERE)?.unwrap_or_default())
}

/// The same, and they are counted from nothing again.
pub fn take_purged(tx: &mut Tx) -> Result<BTreeMap<String, u64>, StoreError> {
    let counts = find_purged(tx)?;
    PURGED.delete(tx, &HERE)?;
    Ok(counts)
}
