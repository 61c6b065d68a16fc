//! What an import of official contacts has made.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::directory::files::Rejected;
use crate::protocol::Timestamp;

/// A public directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Annuaire {
    /// That of public services: town halls and others.
    ServicePublic,
    /// That of schools.
    Education,
}

impl Annuaire {
    /// The tables of its addresses.
    pub(super) fn tables(self) -> &'static [&'static str] {
        match self {
            Self::ServicePublic => &["town_halls", "public_services"],
            Self::Education => &["schools"],
        }
    }
}

/// What became of the records of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactsFile {
    /// Its path.
    pub file: String,
    /// How many there are.
    pub records: u64,
    /// How many gave an address.
    pub kept: u64,
    /// How many give no address, or say of nobody whose it is.
    pub left_out: u64,
    /// How many could not be read.
    pub rejected: u64,
}

/// What was imported of one directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnuaireReport {
    /// When.
    pub imported_at: Timestamp,
    /// From which files.
    pub files: Vec<ContactsFile>,
    /// Of how many communes and establishments there is an address.
    pub subjects: u64,
}

/// What there is of both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactsReport {
    /// By directory; what was not imported is not there.
    pub annuaires: BTreeMap<Annuaire, AnnuaireReport>,
    /// Where the records are listed that could not be read, if there are any.
    pub rejected_file: Option<PathBuf>,
    /// Those records.
    #[serde(skip)]
    pub rejected: Vec<Rejected>,
}
