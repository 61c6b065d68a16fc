//! The mechanics beneath the nouns: one redb database behind a handle that can be replaced, one writer with group
//! commit, typed tables of digested records, migrations, and purging by range.
//!
//! Refuses to know any noun. Doors: [`Engine`], [`Writer`], [`Table`], [`HandleTable`], [`Read`], [`Snapshot`], [`Tx`].

mod bulk;
mod database;
pub(in crate::store) mod files;
mod handle_table;
mod header;
mod key;
mod lock;
mod medium;
mod overlay;
mod purge;
mod record;
mod remembered;
mod reserve;
mod still;
mod table;
mod transaction;
mod wreck;
mod writer;

#[cfg(test)]
mod tests;

pub use bulk::{BulkError, BulkReader, BulkRows, BulkWriter};
pub(in crate::store) use database::{BACK_OFF, Engine};
pub use files::{DiskTrouble, Exposed, PoorFileSystem, Space};
pub(in crate::store) use handle_table::HandleTable;
#[cfg(test)]
pub(in crate::store) use header::set_format;
pub use header::{BeforeMigration, Header};
pub(in crate::store) use header::{Identity, Migration, NAME as HEADER_TABLE, find_format};
pub(in crate::store) use key::{Ended, Key};
pub use lock::DirectoryLock;
pub(in crate::store) use medium::{FILE_NAME, Medium};
pub use purge::Purged;
pub(in crate::store) use purge::{clear, empty, purge_some};
pub(in crate::store) use record::{check_record, fingerprint};
pub use still::StillImage;
pub(in crate::store) use table::Table;
pub use transaction::{Held, Read, Snapshot, Tx};
pub(in crate::store) use wreck::for_each_whole_row;
pub use wreck::quietly;
pub(in crate::store) use writer::Writer;
