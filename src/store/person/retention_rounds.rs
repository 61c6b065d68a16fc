//! The daily rounds that retention makes, and what each of them did.

use crate::domain::RetentionRound;
use crate::store::engine::Table;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const ROUNDS: Table<u64, RetentionRound> = Table::new("retention_rounds");
/// How many are kept.
const KEPT: u64 = 400;

/// The last round; `None` before the first.
pub fn find_last(tx: &impl Read) -> Result<Option<RetentionRound>, StoreError> {
    Ok(ROUNDS.list_latest(tx, None, 1)?.pop())
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
