//! Who holds a data directory: a file that its owner locks and signs with its process id (SEC-194).
//!
//! The lock dies with the process, so that none is ever stale; the number in it only says whom to ask.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

use super::files;
use crate::store::OpenError;

/// Name of the lock in its directory.
const FILE_NAME: &str = "instance.lock";

/// Held for as long as this lives.
#[derive(Debug)]
pub(in crate::store) struct DirectoryLock {
    file: File,
}

/// Given back by name: closing the file is not enough while a process that is just being started has a copy of it.
impl Drop for DirectoryLock {
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "the lock of the data directory is given back with the process only");
        }
    }
}

impl DirectoryLock {
    /// Takes the directory. `Locked` when another process, or another opening of this one, has it.
    pub(in crate::store) fn take(directory: &Path) -> Result<Self, OpenError> {
        let mut file = files::open_private(&directory.join(FILE_NAME))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Locked { directory: directory.to_path_buf(), holder: read_holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(OpenError::Io(error)),
        }
        sign(&mut file)?;
        Ok(Self { file })
    }
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// The number that the holder wrote; none where it has not yet.
fn read_holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
