//! A new database, built in a workshop beside the old one, put in its place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::protocol::Timestamp;
use crate::store;

/// A file that cannot be made or moved.
#[derive(Debug, Error)]
#[error("{}: {cause}", path.display())]
pub struct FileError {
    /// The file.
    path: PathBuf,
    /// What the system says.
    #[source]
    cause: io::Error,
}

pub(super) fn failed(path: &Path) -> impl Fn(io::Error) -> FileError + '_ {
    move |cause| FileError { path: path.to_path_buf(), cause }
}

/// Puts the new database in the place of the old one, which is kept beside it as `moncomptepro.redb.{why}-{time}`. At every
/// instant there is one of the two.
pub(super) fn exchange(
    data_directory: &Path,
    workshop: &Path,
    why: &str,
    now: Timestamp,
) -> Result<Option<PathBuf>, FileError> {
    let (current, new) = (store::database_file(data_directory), store::database_file(workshop));
    let kept = match current.try_exists().map_err(failed(&current))? {
        true => {
            let time: String = now.to_iso8601().chars().filter(char::is_ascii_alphanumeric).take(15).collect();
            Some(keep(&current, &format!("redb.{why}-{time}"))?)
        }
        false => None,
    };
    fs::rename(&new, &current).map_err(failed(&current))?;
    store::sync_directory(data_directory).map_err(failed(data_directory))?;
    Ok(kept)
}

/// Gives the file another name beside its own: the first that is free, for two exchanges may fall into one second.
fn keep(current: &Path, extension: &str) -> Result<PathBuf, FileError> {
    let mut kept = current.with_extension(extension);
    let mut number = 2_u32;
    loop {
        match fs::hard_link(current, &kept) {
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                kept = current.with_extension(format!("{extension}-{number}"));
                number = number.saturating_add(1);
            }
            linked => return linked.map(|()| kept.clone()).map_err(failed(&kept)),
        }
    }
}

/// Nothing of an earlier attempt stays.
pub(super) fn clear(workshop: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(workshop) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(failed(workshop)(cause)),
        Ok(()) | Err(_) => Ok(()),
    }
}
