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

/// A data directory, held for as long as this lives.
#[derive(Debug)]
pub struct DirectoryLock {
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
    /// Takes the directory.
    ///
    /// # Errors
    /// `Locked` when another process, or another opening of this one, has it.
    pub fn take(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(FILE_NAME);
        let unusable = |cause| OpenError::Unusable { path: path.clone(), cause };
        let mut file = files::open_private(&path).map_err(unusable)?;
        hold(directory, &mut file)?;
        sign(&mut file).map_err(unusable)?;
        Ok(Self { file })
    }
}

impl DirectoryLock {
    /// Takes the directory for somebody who writes nothing, not even here. `None` where nobody has ever held it.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_as_it_is(directory: &Path) -> Result<Option<Self>, OpenError> {
        let mut file = match File::open(directory.join(FILE_NAME)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(OpenError::Unusable { path: directory.to_path_buf(), cause }),
        };
        hold(directory, &mut file)?;
        Ok(Some(Self { file }))
    }
}

fn hold(directory: &Path, file: &mut File) -> Result<(), OpenError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err(OpenError::Locked { directory: directory.to_path_buf(), holder: read_holder(file) })
        }
        Err(TryLockError::Error(cause)) => Err(OpenError::Unusable { path: directory.to_path_buf(), cause }),
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
