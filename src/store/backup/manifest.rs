//! What a backup says about itself before its content.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::protocol::Timestamp;

/// The manifest of a backup: readable without any key, and covered by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the program that made it.
    pub product: String,
    /// How many migrations its records have been through.
    pub schema: u32,
    /// The database that it was taken from.
    pub instance_id: String,
    /// That database's issuer.
    pub issuer: String,
    /// That database's mode of running.
    pub mode: String,
    /// The instant that it shows.
    pub taken_at: Timestamp,
    /// The id of the master key that its sealed records need.
    pub master_key_id: String,
    /// Whether that key is inside.
    pub holds_master_key: bool,
    /// How its content is protected.
    pub protection: Protection,
    /// Its tables, in the order of the content.
    pub tables: Vec<TableEntry>,
}

/// One table of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEntry {
    /// Its name.
    pub name: String,
    /// Its records.
    pub records: u64,
    /// SHA-256 of all of them, as a check of the database gives it.
    pub digest: String,
}

/// How the content of a backup is protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Protection {
    /// Not at all; the secrets in it are hashed or sealed all the same.
    None,
    /// AES-256-GCM, with a key that argon2id derives from a passphrase.
    Passphrase {
        /// Memory of the derivation in KiB.
        memory_kib: u32,
        /// Passes of the derivation.
        iterations: u32,
        /// Its salt, base64url.
        salt: String,
    },
    /// AES-256-GCM, with a key derived from one in a file.
    KeyFile {
        /// The id of the key in the file.
        key_id: String,
        /// The salt of the derivation, base64url.
        salt: String,
    },
}

impl fmt::Display for Protection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("none"),
            Self::Passphrase { .. } => formatter.write_str("passphrase"),
            Self::KeyFile { key_id, .. } => write!(formatter, "key file ({key_id})"),
        }
    }
}
