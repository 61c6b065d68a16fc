//! What happened, in the order of time; written in the transaction of the act that it tells of, and never changed.

use serde::{Deserialize, Serialize};

use super::engine::Table;
use super::{Read, StoreError, Tx, counters};
use crate::domain::AuditRecord;

pub(super) const RECORDS: Table<(u64, u64), AuditEntry> = Table::new("audit");
const COUNTER: &str = "audit";

/// A record with its place in the trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number, counted over all records ever written.
    pub sequence: u64,
    /// What happened.
    pub record: AuditRecord,
}

/// At most `limit` entries after that of this time and number, the oldest first.
pub fn list(tx: &impl Read, at_millis: u64, sequence: u64, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
    RECORDS.list(tx, Some(&(at_millis, sequence)), limit)
}

/// At most `limit` entries older than `before`, the latest first.
pub fn list_latest(tx: &impl Read, before: Option<&AuditEntry>, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
    let before = before.map(|entry| (entry.record.at_millis, entry.sequence));
    RECORDS.list_latest(tx, before.as_ref(), limit)
}

/// The number of the last entry ever written.
pub(super) fn last_sequence(tx: &impl Read) -> Result<u64, StoreError> {
    counters::last(tx, COUNTER)
}

/// Appends a record.
pub fn insert(tx: &mut Tx, record: &AuditRecord) -> Result<(), StoreError> {
    let sequence = counters::next(tx, COUNTER)?;
    let key = (record.at_millis, sequence);
    RECORDS.insert(tx, &key, &AuditEntry { sequence, record: record.clone() })
}
