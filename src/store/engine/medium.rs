//! Where the database lies: a file of its own directory, memory, or any other backend.

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{
    Builder, CompactionError, Database, DatabaseError, ReadOnlyDatabase, ReadableDatabase as _, StorageBackend,
    StorageError,
};

use super::files;
use super::lock::DirectoryLock;
use super::overlay::Overlay;
use super::reserve::Reserve;
use super::transaction::Snapshot;
use crate::store::OpenError;

/// Name of the database in its directory.
pub(in crate::store) const FILE_NAME: &str = "moncomptepro.redb";

/// Up to this size every page is looked at whenever the database is opened.
const CHECKED_WHOLE_BYTES: u64 = 16 * 1024 * 1024;

/// Something that a database can be opened on, again and again.
#[derive(Debug, Clone)]
pub(in crate::store) enum Medium {
    /// A file of a data directory.
    File(Arc<Place>),
    /// Anything else.
    Backend(Arc<dyn StorageBackend>),
}

/// A database file, with its directory held for as long as this lives.
#[derive(Debug)]
pub(in crate::store) struct Place {
    path: PathBuf,
    reserve: Reserve,
    _lock: DirectoryLock,
}

/// How closely a database is looked at when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Care {
    /// The checksum of every page (SEC-192): what was altered since it was written is refused.
    EveryPage,
    /// What the engine needs to begin: for a database that was in use a moment ago.
    Roots,
}

impl Medium {
    pub(in crate::store) fn memory() -> Self {
        Self::Backend(Arc::new(InMemoryBackend::new()))
    }

    /// The database of `directory`, both made if they are not there: the directory for its owner only, the file too.
    pub(in crate::store) fn directory(directory: &Path) -> Result<Self, OpenError> {
        let unusable = |cause| OpenError::Unusable { path: directory.to_path_buf(), cause };
        files::create_directory(directory).map_err(unusable)?;
        files::close_own_directory(directory).map_err(unusable)?;
        let lock = DirectoryLock::take(directory)?;
        let path = directory.join(FILE_NAME);
        files::open_private(&path).map_err(|cause| OpenError::Unusable { path: path.clone(), cause })?;
        // The file's entry must outlive a power cut as surely as its content.
        files::sync_directory(directory).map_err(unusable)?;
        Ok(Self::File(Arc::new(Place { path, reserve: Reserve::of(directory), _lock: lock })))
    }

    /// The size of the database's file; none where it is not a file.
    pub(super) fn file_bytes(&self) -> Option<u64> {
        match self {
            Self::File(place) => std::fs::metadata(&place.path).ok().map(|metadata| metadata.len()),
            Self::Backend(_) => None,
        }
    }

    /// The room kept beside the database; none where it is not a file.
    pub(super) fn reserve(&self) -> Option<&Reserve> {
        match self {
            Self::File(place) => Some(&place.reserve),
            Self::Backend(_) => None,
        }
    }

    /// Opens, with the room kept beside the database if there is too little (SEC-190); what cannot be used is named.
    pub(in crate::store) fn with_reserve<T>(
        &self,
        mut open: impl FnMut() -> Result<T, OpenError>,
    ) -> Result<T, OpenError> {
        match self {
            Self::File(place) => place.reserve.spend(open).map_err(|error| named(error, &place.path)),
            Self::Backend(_) => open(),
        }
    }

    /// Lets `judge` see the state of the database, without writing a byte. Where there is none yet, there is nothing to
    /// judge.
    pub(super) fn peek(
        &self,
        cache_bytes: usize,
        judge: impl FnOnce(&Snapshot) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        let Self::File(place) = self else { return Ok(()) };
        if std::fs::metadata(&place.path)?.len() == 0 {
            return Ok(());
        }
        // The engine may panic on a file that was altered behind its back.
        let judged = catch_unwind(AssertUnwindSafe(|| {
            if let Ok(snapshot) = read_only(&place.path, cache_bytes) {
                return judge(&snapshot);
            }
            // A snapshot ends with the database that it was taken from.
            let database = self.open_over(cache_bytes, Care::Roots)?;
            let transaction = database.begin_read().map_err(|error| OpenError::Damaged(error.to_string()))?;
            judge(&Snapshot::of(transaction))
        }));
        judged.unwrap_or_else(|_panic| Err(gave_up()))
    }

    /// How much of the database is looked at when it is opened: all of a small one; of a large one as much as an opening
    /// needs, since each record carries a digest of its own, and `check` looks at every page.
    pub(super) fn affordable_care(&self) -> Care {
        let length = match self {
            Self::File(place) => std::fs::metadata(&place.path).map_or(0, |found| found.len()),
            Self::Backend(backend) => backend.len().unwrap_or(0),
        };
        if length <= CHECKED_WHOLE_BYTES { Care::EveryPage } else { Care::Roots }
    }

    /// Opens the database, or makes it on an empty medium.
    pub(super) fn open(&self, cache_bytes: usize, care: Care) -> Result<Database, OpenError> {
        opened(|| {
            let builder = builder(cache_bytes, care);
            match self {
                Self::File(place) => builder.create(&place.path),
                Self::Backend(backend) => builder.create_with_backend(Reopenable(Arc::clone(backend))),
            }
        })
    }

    /// Moves what the file holds together, and gives the rest of it back. Killed at any moment, the records are there.
    pub(in crate::store) fn compact(&self, cache_bytes: usize) -> Result<(), OpenError> {
        let mut database = self.open(cache_bytes, self.affordable_care())?;
        let compacted = catch_unwind(AssertUnwindSafe(|| database.compact()));
        match compacted.map_err(|_panic| gave_up())? {
            Ok(_) => Ok(()),
            Err(CompactionError::Storage(error)) => Err(refusal(DatabaseError::Storage(error))),
            Err(error) => Err(OpenError::Io(io::Error::other(error))),
        }
    }

    /// Opens the database as it lies there, without writing a byte: what the engine writes stays in memory.
    pub(in crate::store) fn open_over(&self, cache_bytes: usize, care: Care) -> Result<Database, OpenError> {
        match self {
            Self::File(place) => open_file_over(&place.path, cache_bytes, care),
            Self::Backend(backend) => {
                let overlay = Overlay::new(Reopenable(Arc::clone(backend)))?;
                opened(|| builder(cache_bytes, care).create_with_backend(overlay))
            }
        }
    }
}

/// Opens a file as it lies there, without writing a byte.
pub(in crate::store) fn open_file_over(path: &Path, cache_bytes: usize, care: Care) -> Result<Database, OpenError> {
    let unusable = |cause| OpenError::Unusable { path: path.to_path_buf(), cause };
    let file = File::open(path).map_err(unusable)?;
    if file.metadata().map_err(unusable)?.len() == 0 {
        return Err(OpenError::Damaged(String::from("the file is empty")));
    }
    let backend = FileBackend::new(file).map_err(refusal)?;
    let overlay = Overlay::new(backend).map_err(unusable)?;
    opened(|| builder(cache_bytes, care).create_with_backend(overlay))
}

/// Opens a file that was closed in order, without writing a byte and without looking at more than is read.
pub(in crate::store) fn open_file_read_only(path: &Path, cache_bytes: usize) -> Result<ReadOnlyDatabase, OpenError> {
    let open = || Builder::new().set_cache_size(cache_bytes).open_read_only(path).map_err(refusal);
    catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|_panic| Err(gave_up()))
}

fn builder(cache_bytes: usize, care: Care) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(cache_bytes).set_check_integrity_on_open(care == Care::EveryPage);
    builder
}

fn read_only(path: &Path, cache_bytes: usize) -> Result<Snapshot, OpenError> {
    let database = open_file_read_only(path, cache_bytes)?;
    let transaction = database.begin_read().map_err(|error| OpenError::Damaged(error.to_string()))?;
    Ok(Snapshot::of(transaction))
}

/// The engine may panic on a file that was altered behind its back.
fn opened(open: impl FnOnce() -> Result<Database, DatabaseError>) -> Result<Database, OpenError> {
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(opened) => opened.map_err(refusal),
        Err(_panic) => Err(gave_up()),
    }
}

/// The same with the file that cannot be used.
fn named(error: OpenError, path: &Path) -> OpenError {
    match error {
        OpenError::Io(cause) => OpenError::Unusable { path: path.to_path_buf(), cause },
        error => error,
    }
}

fn gave_up() -> OpenError {
    OpenError::Damaged(String::from("the engine gave up while opening it"))
}

/// What an opening that failed means: a disk that takes or gives nothing does not make a database a damaged one.
pub(super) fn refusal(error: DatabaseError) -> OpenError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => OpenError::Locked { directory: PathBuf::from(FILE_NAME), holder: None },
        DatabaseError::Storage(StorageError::Io(error)) => match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => OpenError::Damaged(error.to_string()),
            _ => OpenError::Io(error),
        },
        error => OpenError::Damaged(error.to_string()),
    }
}

/// Lets a backend outlive the database that was opened on it, so that it can be opened again.
#[derive(Debug)]
struct Reopenable(Arc<dyn StorageBackend>);

impl StorageBackend for Reopenable {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}
