//! What can still be read of a damaged database, put into a new one (SEC-192).
//!
//! Only what the database itself leads to is taken: of records that lie about in the file nobody can say whether they are
//! the newest of their kind. Every record carries its own digest, so that what is taken is what was written. Sessions,
//! codes, tokens, links and mails that wait are left behind, indexes are built anew, and what belongs to a record that is
//! lost goes with it. Whoever lost their credentials is disabled: nobody could say any more whether they had a second
//! factor.

mod settle;

use std::path::Path;

use serde::Serialize;

use super::engine::{HEADER_TABLE, Header, for_each_whole_row};
use super::tables::{Keeping, TABLES};
use super::{OpenError, StillImage, Store, StoreError, migrations};

pub use super::engine::quietly;
pub use settle::{Settled, settle};

/// Rows of one transaction.
const AT_ONCE: usize = 2_000;

/// What became of the records of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SalvagedTable {
    /// Its name.
    pub table: &'static str,
    /// Records in the new database.
    pub kept: u64,
    /// Records that cannot be read, or belong to one that cannot; `None` where nobody can say how many there were.
    pub lost: Option<u64>,
    /// Whether its records are left behind on purpose.
    pub is_left_behind: bool,
}

/// A damaged database that is only read.
#[derive(Debug)]
pub struct Wreck {
    image: StillImage,
    header: Option<Header>,
}

impl Wreck {
    /// Looks at the database of a directory that no instance holds.
    ///
    /// # Errors
    /// When there is none, its beginning cannot be read, or a newer program made it.
    pub fn of_directory(directory: &Path) -> Result<Self, OpenError> {
        let image = StillImage::of_wreck(directory)?;
        let header = image.header().ok();
        let known = migrations::known_format();
        match header {
            Some(Header { format, .. }) if format > known => Err(OpenError::NewerFormat { stored: format, known }),
            header => Ok(Self { image, header }),
        }
    }

    /// Whose database it is, where that can be read.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// How far it had come, where that can be read.
    pub fn mark(&self) -> super::marks::Mark {
        self.image.read(super::marks::get).unwrap_or_default()
    }

    /// Reads everything that lasts into `store`, which is new and serves nobody. Its indexes are not built: open it anew
    /// and let [`settle`] do so. Blocks.
    ///
    /// # Errors
    /// When `store` cannot be written.
    pub fn pour_into(&self, store: &Store) -> Result<Vec<SalvagedTable>, StoreError> {
        let mut tables = Vec::new();
        for listed in TABLES {
            let is_left_behind = match listed.keeping {
                Keeping::Lasting | Keeping::Sanction => false,
                Keeping::TimeLimited | Keeping::Passing => true,
                Keeping::Index => continue,
            };
            let there = self.image.read(|snapshot| snapshot.count(listed.name)).ok();
            let kept = if is_left_behind { 0 } else { self.pour_table(listed.name, store)? };
            if listed.name == HEADER_TABLE {
                continue;
            }
            let lost = match is_left_behind {
                true => there,
                false => there.map(|there| there.saturating_sub(kept)),
            };
            tables.push(SalvagedTable { table: listed.name, kept, lost, is_left_behind });
        }
        Ok(tables)
    }

    fn pour_table(&self, table: &'static str, store: &Store) -> Result<u64, StoreError> {
        let mut rows: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut written = Ok(());
        let found = for_each_whole_row(&self.image, table, &mut |key, record| {
            rows.push((key.to_vec(), record.to_vec()));
            if rows.len() >= AT_ONCE && written.is_ok() {
                written = write(store, table, std::mem::take(&mut rows));
            }
        });
        written?;
        write(store, table, rows)?;
        Ok(found)
    }
}

fn write(store: &Store, table: &'static str, rows: Vec<(Vec<u8>, Vec<u8>)>) -> Result<(), StoreError> {
    store.write_blocking(move |tx| rows.iter().try_for_each(|(key, record)| tx.import_row(table, key, record)))
}
