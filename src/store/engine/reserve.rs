//! Room kept for the day when the disk is full (SEC-190): a file that is given up so that purging, the record of what
//! happened and an orderly end still find some.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files::{self, Space};

/// Name of the file in the data directory.
const FILE_NAME: &str = "reserve";
/// What is kept.
const BYTES: u64 = 16 * 1024 * 1024;
/// With less room than this beside it, the reserve is not made again: it would take what others are about to use.
const COMFORT: u64 = 4 * BYTES;

/// The reserve of a data directory.
#[derive(Debug)]
pub(super) struct Reserve {
    directory: PathBuf,
}

impl Reserve {
    pub(super) fn of(directory: &Path) -> Self {
        Self { directory: directory.to_path_buf() }
    }

    /// Room on the file system; `None` where the system does not tell.
    pub(super) fn space(&self) -> Option<Space> {
        files::space(&self.directory)
    }

    /// Gives the room up if the disk is full. Whether there was any to give.
    pub(super) fn release_when_full(&self) -> bool {
        let is_full = self.space().is_none_or(|space| space.free < BYTES);
        is_full && fs::remove_file(self.path()).is_ok()
    }

    /// Makes the reserve if it is not there and there is room enough.
    pub(super) fn keep(&self) -> io::Result<()> {
        let path = self.path();
        if path.try_exists()? || self.space().is_none_or(|space| space.free < COMFORT) {
            return Ok(());
        }
        let made = files::fill(&path, usize::try_from(BYTES).unwrap_or(usize::MAX));
        if made.is_err() {
            // Half a reserve would never be completed.
            fs::remove_file(&path)?;
        }
        made
    }

    fn path(&self) -> PathBuf {
        self.directory.join(FILE_NAME)
    }
}
