//! What can go wrong with such a file. It is not the database of record: its causes are told, not logged.

use thiserror::Error;

/// Why a file cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BulkError {
    /// A value was altered, or lies where it does not belong.
    #[error("a value of `{table}` is damaged or misplaced")]
    Damaged {
        /// Name of the table.
        table: &'static str,
    },
    /// A row is too large for a page.
    #[error("a row of `{table}` is too large")]
    TooLarge {
        /// Name of the table.
        table: &'static str,
    },
    /// The disk or the engine refuses.
    #[error("{0}")]
    Engine(String),
}

macro_rules! from_engine {
    ($($error:ident),*) => {
        $(impl From<redb::$error> for BulkError {
            fn from(error: redb::$error) -> Self {
                Self::Engine(error.to_string())
            }
        })*
    };
}

from_engine!(StorageError, TableError, TransactionError, CommitError);
