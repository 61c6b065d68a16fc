//! What the disk would not do: told to whoever asks inside, so that an operator knows what to mend (SEC-190). Outside, nothing
//! of it is said.

use std::cell::Cell;
use std::fmt;
use std::io;

/// Why nothing is written, or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskTrouble {
    /// There is no room.
    Full,
    /// It takes nothing.
    ReadOnly,
    /// It fails, and the system says so.
    Failing(io::ErrorKind),
}

thread_local! {
    /// What this thread met last, until the engine asks for it: the error that comes back says only that there was one.
    static MET: Cell<Option<DiskTrouble>> = const { Cell::new(None) };
}

impl DiskTrouble {
    /// What an error of the system means.
    pub(in crate::store) fn of(cause: &io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            kind => Self::Failing(kind),
        }
    }

    /// Notes what the storage engine ran into, if it was the disk.
    pub(in crate::store) fn note(error: impl Into<redb::Error>) {
        if let redb::Error::Io(cause) = error.into() {
            MET.set(Some(Self::of(&cause)));
        }
    }

    /// What this thread has met since it was asked last.
    pub(in crate::store) fn take() -> Option<Self> {
        MET.take()
    }
}

impl fmt::Display for DiskTrouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => formatter.write_str("the disk is full: make room, and service comes back by itself"),
            Self::ReadOnly => formatter.write_str(
                "the disk is mounted for reading only: see why in the log of the system; once it can be written to, service comes \
                 back by itself",
            ),
            Self::Failing(kind) => write!(
                formatter,
                "the disk fails ({kind}): see the log of the system; once it works, service comes back by itself"
            ),
        }
    }
}
