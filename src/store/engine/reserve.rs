//! Room kept for the day when the disk is full (SEC-190): a file that is given up so that purging, the record of what
//! happened and an orderly end still find some.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files::{self, Space};
use crate::store::OpenError;

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
    look: fn(&Path) -> Option<Space>,
}

impl Reserve {
    pub(super) fn of(directory: &Path) -> Self {
        Self { directory: directory.to_path_buf(), look: files::space }
    }

    /// Room on the file system; `None` where the system does not tell.
    pub(super) fn space(&self) -> Option<Space> {
        (self.look)(&self.directory)
    }

    /// Gives the room up if the disk is full. Whether there was any to give.
    pub(super) fn release_when_full(&self) -> bool {
        let is_full = self.space().is_none_or(|space| space.free < BYTES);
        let is_released = is_full && fs::remove_file(self.path()).is_ok();
        if is_released {
            tracing::warn!(path = %self.path().display(), "the disk is full: the reserve was given up");
        }
        is_released
    }

    /// Opens; where that fails for want of room and there is some to give up, once more.
    pub(super) fn spend<T>(&self, mut open: impl FnMut() -> Result<T, OpenError>) -> Result<T, OpenError> {
        match open() {
            Err(error) if error.may_want_room() && self.release_when_full() => open(),
            outcome => outcome,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;
    const MIB: u64 = 1 << 20;

    fn with(free: u64) -> Option<Space> {
        Some(Space { free, total: 10 * GIB })
    }

    fn reserve(directory: &Path, look: fn(&Path) -> Option<Space>) -> Reserve {
        Reserve { directory: directory.to_path_buf(), look }
    }

    #[test]
    fn sec_190_room_is_kept_back_in_comfort_given_up_when_the_disk_is_full_and_not_taken_again_from_others() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(FILE_NAME);
        let at = |look| reserve(directory.path(), look);
        at(|_| with(GIB)).keep().unwrap();
        let made = fs::metadata(&file).unwrap();
        assert_eq!(made.len(), 16 * MIB);
        #[cfg(unix)]
        assert!(std::os::unix::fs::MetadataExt::blocks(&made) * 512 >= 16 * MIB, "a hole keeps no room");
        assert!(!at(|_| with(16 * MIB)).release_when_full() && file.exists(), "there is room");
        assert!(at(|_| with(16 * MIB - 1)).release_when_full() && !file.exists());
        assert!(!at(|_| with(0)).release_when_full(), "there was none left to give");
        for look in [|_: &Path| with(64 * MIB - 1), |_: &Path| None] {
            at(look).keep().unwrap();
            assert!(!file.exists(), "it would take what others are about to use");
        }
        at(|_| with(64 * MIB)).keep().unwrap();
        assert!(file.exists());
        assert!(at(|_| None).release_when_full() && !file.exists(), "whoever cannot see gives it up");
    }

    #[test]
    fn sec_190_a_start_without_room_spends_the_reserve_once_and_for_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(FILE_NAME);
        let full = || Err(OpenError::Io(io::ErrorKind::StorageFull.into()));
        let opened = |look: fn(&Path) -> Option<Space>, open: &dyn Fn(u32) -> Result<u32, OpenError>| {
            reserve(directory.path(), |_| with(GIB)).keep().unwrap();
            let mut tries = 0;
            let outcome = reserve(directory.path(), look).spend(|| {
                tries += 1;
                open(tries)
            });
            (outcome.is_ok(), tries)
        };
        assert_eq!(opened(|_| with(0), &|tries| if tries == 1 { full() } else { Ok(tries) }), (true, 2));
        assert!(!file.exists());
        assert_eq!(opened(|_| with(0), &|_| full()), (false, 2), "it was not enough");
        assert_eq!(opened(|_| with(GIB), &|_| full()), (false, 1), "there is room");
        let damaged = |_| Err(OpenError::Damaged(String::from("gone")));
        assert_eq!(opened(|_| with(0), &damaged), (false, 1));
        assert!(file.exists(), "room mends nothing there");
        assert_eq!(opened(|_| with(0), &Ok), (true, 1));
        assert!(file.exists(), "it was not needed");
    }

    #[test]
    fn sec_190_half_a_reserve_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let nowhere = directory.path().join("gone");
        assert!(reserve(&nowhere, |_| with(GIB)).keep().is_err());
        assert!(!nowhere.exists());
        let file = directory.path().join(FILE_NAME);
        fs::write(&file, b"kept").unwrap();
        reserve(directory.path(), |_| with(GIB)).keep().unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"kept", "what is there is not made again");
    }

    #[test]
    fn sec_190_the_alarm_rings_below_a_tenth_and_below_500_mib() {
        let low = |free, total| Space { free, total }.is_low();
        assert!(low(GIB - 1, 10 * GIB) == (GIB - 1 < 500 * MIB));
        assert!(low(500 * MIB - 1, 100 * GIB) && !low(500 * MIB, 100 * GIB));
        assert!(low(100 * MIB - 1, 1000 * MIB) && !low(100 * MIB, 1000 * MIB));
    }
}
