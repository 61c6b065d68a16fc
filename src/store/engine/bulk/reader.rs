//! Reading such a file.

use std::path::Path;

use redb::{
    Builder, ReadOnlyDatabase, ReadOnlyTable, ReadTransaction, ReadableDatabase as _, TableDefinition, TableError,
};

use super::block::Rows;
use super::{BulkError, NOTES, late, sorted};
use crate::store::OpenError;

/// A finished file. It may be removed while it is read.
pub struct BulkReader {
    // One snapshot serves every look-up: nobody writes.
    transaction: ReadTransaction,
    _database: ReadOnlyDatabase,
}

impl std::fmt::Debug for BulkReader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("BulkReader").finish_non_exhaustive()
    }
}

type Values = ReadOnlyTable<u64, &'static [u8]>;

impl BulkReader {
    /// Opens a file that was finished.
    ///
    /// # Errors
    /// When it is not there, or is none.
    pub fn open(path: &Path, cache_bytes: usize) -> Result<Self, OpenError> {
        if !path.exists() {
            let cause = std::io::Error::from(std::io::ErrorKind::NotFound);
            return Err(OpenError::Unusable { path: path.to_owned(), cause });
        }
        let damaged = |reason: String| OpenError::Damaged(format!("{}: {reason}", path.display()));
        let opened = Builder::new().set_cache_size(cache_bytes).open_read_only(path);
        let database = opened.map_err(|error| damaged(error.to_string()))?;
        let transaction = database.begin_read().map_err(|error| damaged(error.to_string()))?;
        Ok(Self { transaction, _database: database })
    }

    /// The row under this number.
    ///
    /// # Errors
    /// When the file cannot be read, or a value is damaged.
    pub fn find(&self, table: &'static str, key: u64) -> Result<Option<Vec<u8>>, BulkError> {
        let mut found = None;
        self.visit(table, key, key, |_, row| found = Some(row.to_vec()))?;
        Ok(found)
    }

    /// Shows every row from one number to another, both included, in their order; those that came late last.
    ///
    /// # Errors
    /// When the file cannot be read, or a value is damaged.
    pub fn visit(
        &self,
        table: &'static str,
        from: u64,
        to: u64,
        mut show: impl FnMut(u64, &[u8]),
    ) -> Result<(), BulkError> {
        if let Some(values) = self.values(sorted(table))? {
            let first = values.range(..=from)?.next_back().transpose()?.map_or(from, |(key, _)| key.value());
            for entry in values.range(first..=to)? {
                let (key, value) = entry?;
                let within = Rows::open(table, key.value(), value.value())?
                    .skip_while(|(number, _)| *number < from)
                    .take_while(|(number, _)| *number <= to);
                within.for_each(|(number, row)| show(number, row));
            }
        }
        let name = late(table);
        if let Some(values) = self.values(TableDefinition::new(&name))? {
            for entry in values.range(from..=to)? {
                let (key, value) = entry?;
                Rows::open_late(table, &name, key.value(), value.value())?.for_each(|(number, row)| show(number, row));
            }
        }
        Ok(())
    }

    /// Every row of a table from the first to the last, those that came late among them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn rows(&self, table: &'static str) -> Result<BulkRows, BulkError> {
        let name = late(table);
        Ok(BulkRows {
            table,
            sorted: Side::new(self.values(sorted(table))?, table.to_owned())?,
            late: Side::new(self.values(TableDefinition::new(&name))?, name)?,
        })
    }

    /// A note about the file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, BulkError> {
        let table = self.transaction.open_table(NOTES)?;
        Ok(table.get(name)?.map(|note| note.value().to_vec()))
    }

    fn values(&self, definition: TableDefinition<'_, u64, &'static [u8]>) -> Result<Option<Values>, BulkError> {
        match self.transaction.open_table(definition) {
            Ok(table) => Ok(Some(table)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// A walk over a whole table.
pub struct BulkRows {
    table: &'static str,
    sorted: Side,
    late: Side,
}

impl BulkRows {
    /// The next row, in the order of the numbers; of a number that is there twice, the one that came late.
    ///
    /// # Errors
    /// When the file cannot be read, or a value is damaged.
    pub fn advance(&mut self) -> Result<Option<(u64, &[u8])>, BulkError> {
        let (sorted, late) = (self.sorted.peek(self.table)?, self.late.peek(self.table)?);
        match (sorted, late) {
            (Some(number), Some(other)) if other == number => {
                self.sorted.skip();
                Ok(self.late.take())
            }
            (Some(number), Some(other)) if other < number => Ok(self.late.take()),
            (Some(_), _) => Ok(self.sorted.take()),
            (None, _) => Ok(self.late.take()),
        }
    }
}

/// One of the two tables, one value at a time.
struct Side {
    values: Option<redb::Range<'static, u64, &'static [u8]>>,
    name: String,
    /// The rows of the value at hand.
    numbers: Vec<(u64, std::ops::Range<usize>)>,
    bytes: Vec<u8>,
    next: usize,
}

impl Side {
    fn new(table: Option<Values>, name: String) -> Result<Self, BulkError> {
        let values = table.map(|table| table.range(0..=u64::MAX)).transpose()?;
        Ok(Self { values, name, numbers: Vec::new(), bytes: Vec::new(), next: 0 })
    }

    /// The number of the next row.
    fn peek(&mut self, table: &'static str) -> Result<Option<u64>, BulkError> {
        while self.next >= self.numbers.len() {
            let Some(entry) = self.values.as_mut().and_then(Iterator::next) else { return Ok(None) };
            let (key, value) = entry?;
            self.numbers.clear();
            self.bytes.clear();
            self.next = 0;
            for (number, row) in Rows::open_late(table, &self.name, key.value(), value.value())? {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(row);
                self.numbers.push((number, start..self.bytes.len()));
            }
        }
        Ok(self.numbers.get(self.next).map(|(number, _)| *number))
    }

    fn skip(&mut self) {
        self.next = self.next.saturating_add(1);
    }

    fn take(&mut self) -> Option<(u64, &[u8])> {
        let (number, range) = self.numbers.get(self.next)?;
        self.next = self.next.saturating_add(1);
        self.bytes.get(range.clone()).map(|row| (*number, row))
    }
}
