//! What the store asks of the file system: files for their owner only, entries that outlive a power cut, room left.
//!
//! The calls that differ from system to system are in the files beside this one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use other as system;
pub(in crate::store) use system::{
    check_own_directory, close_own_directory, create_directory, create_new, keep_new_files_private, open_private, space,
};
#[cfg(unix)]
use unix as system;

/// What speaks against a directory or a file of data; inside the error of the system's kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Exposed {
    /// Other accounts may write in the directory.
    #[error("other accounts may write in it (mode {mode:03o}): see what lies in it, then `chmod 700 {}`", path.display())]
    Writable {
        /// The directory.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Other accounts may look into the directory, and it is not this program's alone.
    #[error(
        "other accounts may look into it (mode {mode:03o}), and it holds other things than data of this program: name a \
         directory for it alone, or `chmod 700 {}`", path.display()
    )]
    Readable {
        /// The directory.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It belongs to another account.
    #[error(
        "it belongs to account {owner}, and this process works as account {own}: start it under that account, or give it \
         the data with chown"
    )]
    OtherOwner {
        /// The account that owns it.
        owner: u32,
        /// The account of this process.
        own: u32,
    },
    /// It is a symbolic link.
    #[error("it is a symbolic link, which is not followed: put the file itself there")]
    Link,
}

/// Room on the file system of a directory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What may still be written.
    pub free: u64,
    /// The whole.
    pub total: u64,
}

/// Room left below which an operator is warned, as a part of the whole and in bytes: the smaller counts.
const LOW_SHARE: u64 = 10;
const LOW_BYTES: u64 = 500 * 1024 * 1024;

impl Space {
    /// Whether it is time to make room: less than a tenth of the whole and less than 500 MiB.
    pub fn is_low(self) -> bool {
        self.free < (self.total / LOW_SHARE).min(LOW_BYTES)
    }
}

/// Makes the entries of a directory as durable as the files: one that was made or renamed is there after a power cut.
pub(in crate::store) fn sync_directory(path: &Path) -> io::Result<()> {
    system::sync_directory(path)?;
    #[cfg(test)]
    SYNCED.with_borrow_mut(|synced| synced.push(path.to_path_buf()));
    Ok(())
}

#[cfg(test)]
thread_local! {
    /// The directories whose entries this thread has made durable.
    pub(crate) static SYNCED: std::cell::RefCell<Vec<PathBuf>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// The directory in which a file lies.
pub(in crate::store) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path with `suffix` after its name.
pub(in crate::store) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(suffix);
    path.with_file_name(name)
}

/// Writes a small file whole or not at all: under another name first, then in place of the old one.
pub(in crate::store) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = beside(path, ".new");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = create_new(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    sync_directory(directory_of(path))
}

/// Makes a file of this many bytes that really takes its room.
pub(in crate::store) fn fill(path: &Path, bytes: usize) -> io::Result<()> {
    const PIECE: usize = 256 * 1024;
    let mut file: File = create_new(path)?;
    let piece = vec![0xa5; PIECE];
    let mut left = bytes;
    while left > 0 {
        let now = piece.get(..left.min(PIECE)).unwrap_or_default();
        file.write_all(now)?;
        left = left.saturating_sub(now.len());
    }
    file.sync_all()
}
