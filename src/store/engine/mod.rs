//! The mechanics beneath the nouns: one redb database behind a handle that can be replaced, one writer with group
//! commit, typed tables of digested records, migrations, and purging by range.
//!
//! Refuses to know any noun. Doors: [`Engine`], [`Writer`], [`Table`], [`HandleTable`], [`Read`], [`Snapshot`], [`Tx`].

mod database;
mod handle_table;
mod header;
mod key;
mod medium;
mod migrations;
mod purge;
mod record;
mod table;
mod transaction;
mod writer;

#[cfg(test)]
mod tests;

pub(in crate::store) use database::{BACK_OFF, Engine};
pub(in crate::store) use handle_table::HandleTable;
pub use header::Header;
pub(in crate::store) use header::Identity;
pub(in crate::store) use medium::Medium;
pub use purge::Purged;
pub(in crate::store) use purge::{clear, purge_some};
pub(in crate::store) use table::Table;
pub use transaction::{Read, Snapshot, Tx};
pub(in crate::store) use writer::Writer;
