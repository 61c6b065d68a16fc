//! Where an instance keeps what is not in its database.

use std::path::PathBuf;

use super::{high_water, keys};
use crate::config::Config;

/// Files of an instance beside its database.
#[derive(Debug, Clone)]
pub struct Places {
    /// The master key.
    pub master_key: PathBuf,
    /// How far the database has come.
    pub high_water: PathBuf,
}

/// The files beside the database; `None` for data in memory.
pub fn places(config: &Config) -> Option<Places> {
    let master_key = keys::master_key_place(config)?.path;
    Some(Places { master_key, high_water: high_water::place(config)? })
}
