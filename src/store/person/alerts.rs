//! What administrators hear of: a row for each kind, with what has come of it and what was told (SEC-166).

use crate::domain::{Alert, AlertNote};
use crate::protocol::Timestamp;
use crate::store::engine::Table;
use crate::store::{Read, StoreError, Tx};

pub(in crate::store) const NOTES: Table<str, AlertNote> = Table::new("alerts");

/// Something of this kind came.
pub fn note(tx: &mut Tx, alert: Alert, at: Timestamp) -> Result<(), StoreError> {
    let before = NOTES.find(tx, alert.as_str())?.unwrap_or_else(|| AlertNote::new(alert));
    put(tx, &before.came(at))
}

/// The kinds of which something is to be told now.
pub fn list_due(tx: &impl Read, now: Timestamp) -> Result<Vec<AlertNote>, StoreError> {
    let mut notes = NOTES.list(tx, None, Alert::ALL.len())?;
    notes.retain(|note| note.is_due(now));
    Ok(notes)
}

/// Notes what became of a kind.
pub fn put(tx: &mut Tx, note: &AlertNote) -> Result<(), StoreError> {
    NOTES.put(tx, note.alert.as_str(), note).map(drop)
}
