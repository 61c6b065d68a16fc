//! What can go wrong while storing, and while opening the store.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a job on the store did not succeed. Causes are logged where they happen; the caller learns what it can
/// act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The engine cannot serve now (an I/O error, a re-opening under way): answer 503, try the act again later.
    /// Whether the write took place is unknown.
    #[error("the store is not available")]
    Unavailable,
    /// A record of this table is damaged, or lies where another one belongs.
    #[error("a record of `{table}` is damaged or misplaced")]
    Damaged {
        /// Name of the table.
        table: &'static str,
    },
    /// The record asked for is not there.
    #[error("no such record in `{table}`")]
    Absent {
        /// Name of the table.
        table: &'static str,
    },
    /// The key or a unique value of the record to insert is in use, or was used by somebody now erased.
    #[error("a key of `{table}` is taken")]
    Taken {
        /// Name of the table.
        table: &'static str,
    },
    /// The value cannot be written as a record.
    #[error("a value for `{table}` cannot be written")]
    Unwritable {
        /// Name of the table.
        table: &'static str,
    },
    /// The reading took too long: what it looked at was kept for it alone, and the file grew meanwhile (SEC-183).
    #[error("the reading took too long, and was given up")]
    Overlong,
    /// The job panicked; nothing that it did was kept.
    #[error("the job panicked")]
    Panicked,
}

/// What is known of a disk that took nothing; the cause was logged where it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("it cannot be written to: the disk is full, fails, or is mounted for reading only")]
pub struct NotTaken;

/// Why the store could not be opened. Nothing was changed.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process holds the data directory.
    #[error(
        "{} is held by {}: one instance at a time, and commands reach one that runs by themselves",
        directory.display(), named(*.holder)
    )]
    Locked {
        /// The data directory.
        directory: PathBuf,
        /// Its process id, where it is known.
        holder: Option<u32>,
    },
    /// The database belongs to another mode of running.
    #[error(
        "the database in data_dir was made by `moncomptepro {stored}`, and belongs to it: name another data_dir, which is made if \
         it is not there"
    )]
    OtherMode {
        /// The mode in the header.
        stored: String,
    },
    /// The database belongs to another issuer, and a change of issuer was not accepted.
    #[error(
        "the database belongs to issuer `{stored}`, and `public_url` names another one: put it back, or \
         --accept-issuer-change makes the database this one's, and ends what is bound to the old name: {}",
        bound(*.passkeys)
    )]
    OtherIssuer {
        /// The issuer in the header.
        stored: String,
        /// How many passkeys are bound to its host, and of no use under another one.
        passkeys: u64,
    },
    /// The database was written by a newer version of this program.
    #[error("the database has format {stored}, this program knows formats up to {known}")]
    NewerFormat {
        /// The format in the header.
        stored: u32,
        /// The newest format of this program.
        known: u32,
    },
    /// The database is of an older version, and what is to be done before it is brought up to date was not.
    #[error(
        "the database is of an older version of this program (format {stored}, which becomes {known}); a backup is made \
         first, and there is none: {cause}. Nothing was changed: make that possible, or go on with the version before"
    )]
    NotSaved {
        /// The format in the header.
        stored: u32,
        /// The newest format of this program.
        known: u32,
        /// Why there is none.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file is not a database, or is damaged. It was left as it is.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The data directory, or the file in it, cannot be read and written.
    #[error("data_dir: {path} cannot be used: {cause}")]
    Unusable {
        /// What cannot be used.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// The system refuses something that opening needs.
    #[error("the database cannot be opened: {0}")]
    Io(#[from] io::Error),
}

impl OpenError {
    /// Whether more room on the disk may be all that is needed.
    pub(super) fn may_want_room(&self) -> bool {
        match self {
            Self::Unusable { .. } | Self::Io(_) | Self::NotSaved { .. } => true,
            Self::Locked { .. }
            | Self::OtherMode { .. }
            | Self::OtherIssuer { .. }
            | Self::NewerFormat { .. }
            | Self::Damaged(_) => false,
        }
    }
}

/// What is bound to the name of an issuer.
pub(in crate::store) fn bound(passkeys: u64) -> String {
    match passkeys {
        0 => String::from("tokens (no passkey is bound to its host)"),
        1 => String::from("tokens, and 1 passkey, whose owner signs in by other means"),
        many => format!("tokens, and {many} passkeys, whose owners sign in by other means"),
    }
}

fn named(holder: Option<u32>) -> String {
    match holder {
        Some(id) => format!("process {id}"),
        None => String::from("another process"),
    }
}
