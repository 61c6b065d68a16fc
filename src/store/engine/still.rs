//! A database looked at as it lies, without a byte of it being changed.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{Database, ReadableDatabase as _};

use super::header::{self, Header};
use super::medium::{Care, FILE_NAME, open_file_over};
use super::transaction::Snapshot;
use crate::store::{OpenError, StoreError};

/// Memory for pages while looking.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// A database that is only looked at. What a crash left is repaired in memory alone.
pub struct StillImage {
    database: Database,
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
        Ok(Self { database: open_file_over(&directory.join(FILE_NAME), CACHE_BYTES, Care::EveryPage)? })
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
