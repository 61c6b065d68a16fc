//! Numbers given one after the other, from 1, each once.

use super::engine::Table;
use super::{Read, StoreError, Tx};

/// More counters than there are.
const MOST: usize = 1_000;

/// The last number given, by the name of the counter.
pub(super) const LAST: Table<str, u64> = Table::new("counters");

/// The next number of a counter.
pub fn next(tx: &mut Tx, counter: &'static str) -> Result<u64, StoreError> {
    let last = last(tx, counter)?;
    let next = last.checked_add(1).ok_or(StoreError::Taken { table: LAST.name() })?;
    LAST.put(tx, counter, &next)?;
    Ok(next)
}

/// The last number given; 0 when none was.
pub(super) fn last(tx: &impl Read, counter: &'static str) -> Result<u64, StoreError> {
    Ok(LAST.find(tx, counter)?.unwrap_or(0))
}

/// Every counter with the last number that it gave.
pub(super) fn list(tx: &impl Read) -> Result<Vec<(String, u64)>, StoreError> {
    let rows = LAST.page(tx, None, MOST)?;
    let named = |(key, last): (Vec<u8>, Result<u64, StoreError>)| {
        let name = String::from_utf8(key).map_err(|_| StoreError::Damaged { table: LAST.name() })?;
        Ok((name, last?))
    };
    rows.into_iter().map(named).collect()
}

/// Makes the counter go on after `taken`, whoever gave it.
pub(super) fn raise_named(tx: &mut Tx, counter: &str, taken: u64) -> Result<(), StoreError> {
    if LAST.find(tx, counter)?.unwrap_or(0) < taken {
        LAST.put(tx, counter, &taken)?;
    }
    Ok(())
}

/// Makes the counter go on after `taken`, a number that came from elsewhere.
pub fn raise(tx: &mut Tx, counter: &'static str, taken: u64) -> Result<(), StoreError> {
    raise_named(tx, counter, taken)
}
