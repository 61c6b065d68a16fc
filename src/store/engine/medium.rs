//! Where the database lies: a file of its own directory, memory, or any other backend.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::InMemoryBackend;
use redb::{Builder, Database, DatabaseError, ReadOnlyDatabase, ReadableDatabase as _, StorageBackend, StorageError};

use super::transaction::Snapshot;
use crate::store::OpenError;

/// Name of the database in its directory.
const FILE_NAME: &str = "moncomptepro.redb";

/// Something that a database can be opened on, again and again.
#[derive(Debug, Clone)]
pub(in crate::store) enum Medium {
    File(PathBuf),
    Backend(Arc<dyn StorageBackend>),
}

impl Medium {
    pub(in crate::store) fn memory() -> Self {
        Self::Backend(Arc::new(InMemoryBackend::new()))
    }

    /// The database of `directory`, both made if they are not there: the directory for its owner only, the file too.
    pub(in crate::store) fn directory(directory: &Path) -> Result<Self, OpenError> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let path = directory.join(FILE_NAME);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        // The file's entry must outlive a power cut as surely as its content.
        File::open(directory)?.sync_all()?;
        Ok(Self::File(path))
    }

    /// The state of a database that was closed well, without writing a byte; `None` where only the real opening can
    /// tell: a new one, one that a crash left, one that another process holds.
    pub(super) fn peek(&self) -> Option<Snapshot> {
        let Self::File(path) = self else { return None };
        let opened = catch_unwind(AssertUnwindSafe(|| ReadOnlyDatabase::open(path)));
        let transaction = opened.ok()?.ok()?.begin_read().ok()?;
        Some(Snapshot { transaction })
    }

    /// Opens the database, or makes it on an empty medium.
    pub(super) fn open(&self, cache_bytes: usize) -> Result<Database, OpenError> {
        // The engine may panic on a file that was altered behind its back.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let mut builder = Builder::new();
            builder.set_cache_size(cache_bytes);
            match self {
                Self::File(path) => builder.create(path),
                Self::Backend(backend) => builder.create_with_backend(Reopenable(Arc::clone(backend))),
            }
        }));
        match opened {
            Ok(opened) => opened.map_err(refusal),
            Err(_panic) => Err(OpenError::Damaged(String::from("the engine gave up while opening it"))),
        }
    }
}

fn refusal(error: DatabaseError) -> OpenError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => OpenError::Locked,
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
