//! Systems without modes: files inherit who may read them from their directory, whose entries cannot be flushed.

use std::fs::{File, OpenOptions, create_dir_all};
use std::io;
use std::path::Path;

use super::Space;

/// Makes a directory, and those above it.
pub(in crate::store) fn create_directory(path: &Path) -> io::Result<()> {
    create_dir_all(path)
}

/// Nothing to look at: the system decides who may put files there.
pub(in crate::store) fn check_own_directory(_path: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Nothing to change.
pub(in crate::store) fn close_own_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Nothing to change.
pub(in crate::store) fn keep_new_files_private() {}

/// Opens a file for reading and writing, made if it is not there.
pub(in crate::store) fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

/// Makes a file that is not there yet.
pub(in crate::store) fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

/// Nothing to do: the system keeps the entries of directories itself.
pub(super) fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// The system does not tell.
pub(super) fn kind(_path: &Path) -> Option<i128> {
    None
}

/// The system does not tell.
pub(in crate::store) fn space(_path: &Path) -> Option<Space> {
    None
}
