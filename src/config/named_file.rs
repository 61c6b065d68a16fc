//! A file that a key names: opened only where it has an end, read only up to a bound.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use thiserror::Error;

/// Why a file that is there is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unread {
    /// A pipe could be waited for without end, and a device read without end.
    #[error("not a regular file")]
    NotRegular,
    /// It holds something else than what is expected, or never ends.
    #[error("more than {0} bytes are too many for what is expected there")]
    TooLarge(u64),
}

/// Opens a regular file; what else has its name is not even opened.
///
/// # Errors
/// What the system says, or [`Unread::NotRegular`] inside.
pub fn open_named(path: &Path) -> io::Result<File> {
    // Looked at by its name first: opening a pipe is what waits.
    check_regular(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    check_regular(&file.metadata()?)?;
    Ok(file)
}

fn check_regular(found: &fs::Metadata) -> io::Result<()> {
    match (found.is_file(), found.is_dir()) {
        (true, _) => Ok(()),
        (false, true) => Err(io::ErrorKind::IsADirectory.into()),
        (false, false) => Err(io::Error::other(Unread::NotRegular)),
    }
}

/// Reads what is there to its end, if that comes within so many bytes.
///
/// # Errors
/// What the system says, or [`Unread::TooLarge`] inside.
pub fn read_bounded(file: File, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match u64::try_from(read).is_ok_and(|read| read <= most) {
        true => Ok(bytes),
        false => Err(io::Error::other(Unread::TooLarge(most))),
    }
}
