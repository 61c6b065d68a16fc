//! Where it is noted how far the database has come.

use std::path::{Path, PathBuf};

use super::StartError;
use crate::config::{Config, DataLocation};
use crate::store::database_file;
use crate::store::marks::{self, FILE_NAME};

/// An empty database must not begin in silence where another one has been.
///
/// # Errors
/// When there is a note of one, and no database.
pub(super) fn check_present(config: &Config) -> Result<(), StartError> {
    let (DataLocation::Directory(data), Some(noted)) = (&config.data, place(config)) else { return Ok(()) };
    let database = database_file(data);
    let holds_something = |path: &Path| std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0);
    match holds_something(&noted) && !holds_something(&database) {
        true => Err(StartError::Vanished { database, noted }),
        false => Ok(()),
    }
}

/// What `check_present` says, without making anything.
pub(super) fn find_vanished(config: &Config) -> Option<StartError> {
    let DataLocation::Directory(data) = &config.data else { return None };
    let database = database_file(data);
    let holds_something = |path: &Path| std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0);
    let beside_the_key = config.master_key_file.as_deref().map(named_after);
    let noted = beside_the_key.into_iter().chain([marks::in_directory(data)]).find(|path| holds_something(path))?;
    (!holds_something(&database)).then_some(StartError::Vanished { database, noted })
}

/// Beside the master key, so that whoever puts the data back does not put this back with it; in the data directory where
/// the key lies there too, or where nothing may be written beside it. `None` for data in memory.
pub(super) fn place(config: &Config) -> Option<PathBuf> {
    let DataLocation::Directory(data) = &config.data else { return None };
    let beside_the_key = config.master_key_file.as_deref().map(named_after).filter(|path| may_be_written(path));
    Some(beside_the_key.unwrap_or_else(|| marks::in_directory(data)))
}

fn named_after(key: &Path) -> PathBuf {
    let mut name = key.file_name().unwrap_or_default().to_os_string();
    name.push(".");
    name.push(FILE_NAME);
    key.with_file_name(name)
}

/// Whether the file is there and can be written, or can be made.
fn may_be_written(path: &Path) -> bool {
    std::fs::OpenOptions::new().append(true).create(true).open(path).is_ok()
}
