//! Where an instance keeps what is not in its database.

use std::path::{Path, PathBuf};

use super::{high_water, keys};
use crate::acts::master_key_place;
use crate::config::Config;
use crate::store::marks;

/// Files of an instance beside its database.
#[derive(Debug, Clone)]
pub struct Places {
    /// The master key.
    pub master_key: PathBuf,
    /// How far the database has come.
    pub high_water: PathBuf,
}

impl Places {
    /// Those of a directory that holds everything of an instance.
    pub fn of_directory(directory: &Path) -> Self {
        Self { master_key: keys::in_directory(directory), high_water: marks::in_directory(directory) }
    }
}

/// The files beside the database; `None` for data in memory.
pub fn places(config: &Config) -> Option<Places> {
    let master_key = master_key_place(config)?.path;
    Some(Places { master_key, high_water: high_water::place(config)? })
}
