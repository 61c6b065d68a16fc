//! Backups: one snapshot in one file, with what is needed to judge it before it replaces anything.
//!
//! A file begins with a line that names its kind, then a manifest in JSON, then frames of rows, each sealed when the
//! backup is protected, and ends with a digest of all that came before and a seal made with the instance's master key.
//! Rows are copied as they lie: every record carries its own digest. What time ends (sessions, codes, tokens, links) and
//! the outbox are left out. Refuses secrets of its own: keys and seals come from `crypto`.

mod entries;
mod frames;
mod import;
mod manifest;
mod reader;
mod writer;

#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use zeroize::Zeroizing;

pub use import::{Lessons, distrust, import, keep_a_distance};
pub use manifest::{Manifest, Protection};
pub use reader::{BackupFile, Verified};
pub use writer::{Draft, clear_unfinished, is_backup_of, write, write_snapshot};

use super::StoreError;

/// The key of a protected backup; made for it alone.
pub type BackupKey = Zeroizing<[u8; 32]>;

/// What a backup file begins with.
const MAGIC: &[u8] = b"moncomptepro backup 1\n";
/// The name under which the master key travels in a backup that holds it.
const MASTER_KEY: &str = "master key";

/// Why a backup was not made, or cannot be used. Nothing was changed.
#[derive(Debug, Error)]
pub enum BackupError {
    /// There is a file of this name already.
    #[error("{0} is there already: a backup replaces nothing")]
    Exists(PathBuf),
    /// Another process writes this very file.
    #[error("{0} is being written by another process")]
    BeingWritten(PathBuf),
    /// There is not enough room for it.
    #[error("{path}: {needed_mib} MiB are needed and {free_mib} MiB are free")]
    NoRoom {
        /// Where it was to be written.
        path: PathBuf,
        /// What a backup of this size takes, with a margin.
        needed_mib: u64,
        /// What there is.
        free_mib: u64,
    },
    /// The file cannot be read or written.
    #[error("{path}: {cause}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// It is not a backup of this program.
    #[error("{0} is not a backup of this program")]
    NotABackup(PathBuf),
    /// It is damaged, or was altered.
    #[error("{path} is damaged or was altered: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        what: String,
    },
    /// It is protected, and what was given does not open it.
    #[error("{path}: {what}")]
    Locked {
        /// The file.
        path: PathBuf,
        /// What is needed.
        what: String,
    },
    /// It was made by a newer version of this program.
    #[error("{path} was made by version {product}, with schema {schema}; this program knows schemas up to {known}")]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version that made it.
        product: String,
        /// Its schema.
        schema: u32,
        /// The newest of this program.
        known: u32,
    },
    /// What was written cannot be read back as it was.
    #[error("{0} was not read back as it was written, and has been removed")]
    NotVerified(PathBuf),
    /// The master key was changed for another one before the first record was read.
    #[error("the master key was changed meanwhile: try again")]
    KeyChanged,
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
