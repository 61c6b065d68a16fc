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

/// Where a restore builds the new database.
pub(super) const RESTORING: &str = "restoring";
/// Where a salvage does.
pub(super) const SALVAGING: &str = "salvaging";

/// Throws away what a restore or a salvage that was killed has left in a data directory that this process holds: a whole
/// database, with people in it who may be erased later. Gives the directories.
///
/// # Errors
/// When the system refuses.
pub fn clear_workshops(data_directory: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut cleared = Vec::new();
    for workshop in [RESTORING, SALVAGING].map(|name| data_directory.join(name)) {
        if workshop.is_dir() {
            clear(&workshop)?;
            cleared.push(workshop);
        }
    }
    Ok(cleared)
}

/// Nothing of an earlier attempt stays.
pub(super) fn clear(workshop: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(workshop) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(failed(workshop)(cause)),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_186_the_new_database_has_its_entry_on_the_disk() {
        let data = tempfile::tempdir().unwrap();
        let workshop = data.path().join(RESTORING);
        fs::create_dir(&workshop).unwrap();
        fs::write(store::database_file(data.path()), "old").unwrap();
        fs::write(store::database_file(&workshop), "new").unwrap();
        store::SYNCED.take();
        let kept = exchange(data.path(), &workshop, "replaced", Timestamp(1)).unwrap();
        assert_eq!(store::SYNCED.take(), [data.path()]);
        assert_eq!(fs::read(store::database_file(data.path())).unwrap(), b"new");
        assert_eq!(fs::read(kept.unwrap()).unwrap(), b"old");
    }

    #[test]
    fn sec_168_only_what_a_kill_has_left_is_thrown_away() {
        let data = tempfile::tempdir().unwrap();
        for name in [RESTORING, SALVAGING, "salvage", "backups"] {
            fs::create_dir(data.path().join(name)).unwrap();
            fs::write(store::database_file(&data.path().join(name)), "people").unwrap();
        }
        assert_eq!(clear_workshops(data.path()).unwrap(), [RESTORING, SALVAGING].map(|name| data.path().join(name)));
        assert_eq!(clear_workshops(data.path()).unwrap(), <[PathBuf; 0]>::default());
        let left = fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut left: Vec<String> = left.collect();
        left.sort();
        assert_eq!(left, ["backups", "salvage"], "what somebody asked for is theirs");
    }
}
