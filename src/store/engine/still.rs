//! A database looked at as it lies, without a byte of it being changed.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase as _, TransactionError};

use super::header::{self, Header};
use super::medium::{Care, FILE_NAME, open_file_over, open_file_read_only};
use super::transaction::Snapshot;
use crate::store::{OpenError, StoreError};

/// Memory for pages while looking.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// A database that is only looked at. What a crash left is repaired in memory alone.
pub struct StillImage {
    database: Opened,
}

enum Opened {
    /// As the engine would serve it, with what it writes kept in memory.
    Repaired(Database),
    /// As it lies there: what is not needed to read is not even looked at.
    AsItLies(ReadOnlyDatabase),
}

impl Opened {
    fn begin_read(&self) -> Result<ReadTransaction, TransactionError> {
        match self {
            Self::Repaired(database) => database.begin_read(),
            Self::AsItLies(database) => database.begin_read(),
        }
    }
}

impl fmt::Debug for StillImage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StillImage").finish_non_exhaustive()
    }
}

impl StillImage {
    /// Looks at the database of a directory that no instance holds.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn of_directory(directory: &Path) -> Result<Self, OpenError> {
        let database = open_file_over(&directory.join(FILE_NAME), CACHE_BYTES, Care::EveryPage)?;
        Ok(Self { database: Opened::Repaired(database) })
    }

    /// The same where only its beginning must be sound: of the rest what can be read is read.
    ///
    /// # Errors
    /// When there is none, or its beginning is damaged too.
    pub(in crate::store) fn of_wreck(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(FILE_NAME);
        // One that was not closed in order must be repaired first, which asks for more of it to be sound.
        let database = match open_file_read_only(&path, CACHE_BYTES) {
            Ok(database) => Opened::AsItLies(database),
            Err(_) => Opened::Repaired(open_file_over(&path, CACHE_BYTES, Care::Roots)?),
        };
        Ok(Self { database })
    }

    /// What its header says.
    ///
    /// # Errors
    /// When it has none.
    pub fn header(&self) -> Result<Header, StoreError> {
        self.read(header::get)
    }

    /// Why an opener of another issuer is refused.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn refusal_of_issuer(&self, issuer: &str) -> Result<Option<OpenError>, StoreError> {
        self.read(|snapshot| header::find_other_issuer(snapshot, issuer))
    }

    /// Runs `job` on what lies there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read<T>(&self, job: impl FnOnce(&Snapshot) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let read = catch_unwind(AssertUnwindSafe(|| {
            let transaction = self.database.begin_read().map_err(|_| StoreError::Unavailable)?;
            job(&Snapshot::of(transaction))
        }));
        read.unwrap_or_else(|_panic| Err(StoreError::Unavailable))
    }
}
