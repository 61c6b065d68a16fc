//! Large sorted tables that are written once, in a file of their own, and then only read: rows under growing numbers, many
//! of them in one value.
//!
//! A value fills one page of the file, so that tens of millions of rows cost little more than their bytes, and a row is
//! found by one look-up and a walk over one page. A digest over table, key and content makes a damaged value an error.

mod block;
mod error;
mod reader;
mod writer;

#[cfg(test)]
mod tests;

use redb::TableDefinition;

pub use error::BulkError;
pub use reader::{BulkReader, BulkRows};
pub use writer::BulkWriter;

/// What was added in the order of its numbers.
fn sorted(table: &'static str) -> TableDefinition<'static, u64, &'static [u8]> {
    TableDefinition::new(table)
}

/// What came out of that order.
fn late(table: &'static str) -> String {
    format!("{table}_late")
}

/// A note about the whole file.
const NOTES: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("notes");
