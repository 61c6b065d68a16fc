//! Changes of stored records from one format to the next.
//!
//! Append only: the format of a database is the length of the list when it was last opened. A new field with a
//! default needs no migration.

use super::transaction::Tx;
use crate::store::StoreError;

/// One change; part of the transaction that opens the database, so that it takes place whole or not at all.
pub(super) type Migration = fn(&mut Tx) -> Result<(), StoreError>;

/// The newest format of records that this program knows.
pub(in crate::store) fn known_format() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// All changes, oldest first.
pub(super) const MIGRATIONS: &[Migration] = &[];
