//! The two kinds of transactions as bytes: a snapshot that never waits, and the writer's.

use std::cell::{Cell, RefCell};
use std::ops::Bound;
use std::time::Duration;

use aws_lc_rs::digest;
use redb::{
    AccessGuard, ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata, StorageError, TableDefinition,
    TableError, TableHandle, WriteTransaction,
};

use super::files::DiskTrouble;
use super::header::{self, Header};
use crate::logs::Stopwatch;
use crate::store::StoreError;

pub(super) type Bytes = &'static [u8];

/// A key and its record.
pub(super) type Row = (Vec<u8>, Vec<u8>);

/// Something to read from: a [`Snapshot`] or the writer's [`Tx`].
pub trait Read: Rows {}

impl Read for Snapshot {}
impl Read for Tx<'_> {}

/// A range of keys, and how many of its rows are wanted, from which end.
pub struct Span<'a> {
    pub(super) from: Bound<&'a [u8]>,
    pub(super) to: Bound<&'a [u8]>,
    pub(super) limit: usize,
    pub(super) order: Order,
}

/// Which rows of a range come first.
#[derive(Clone, Copy)]
pub(super) enum Order {
    Ascending,
    Descending,
}

/// Reading of bytes; a table that was never written is empty.
pub trait Rows {
    /// What `read` makes of the record under `key`, where it lies. It must not read from the same transaction.
    fn row<T>(&self, table: &'static str, key: &[u8], read: impl FnOnce(&[u8]) -> T) -> Result<Option<T>, StoreError>;
    /// The rows of a range.
    fn rows(&self, table: &'static str, span: Span<'_>) -> Result<Vec<Row>, StoreError>;
}

/// The state of the store at one instant. Do not keep it across a wait: pages cannot be used again meanwhile.
pub struct Snapshot {
    transaction: ReadTransaction,
    /// How long it may be read from, and since when it is.
    patience: Option<(Stopwatch, Duration)>,
    /// As those of [`Tx`]; none for a table that does not exist.
    tables: RefCell<Vec<(&'static str, Option<OpenStill>)>>,
}

/// What the tables of a database take of its file, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Pages with records in them.
    pub used: u64,
    /// What of those holds nothing.
    pub fragmented: u64,
}

/// The writer's transaction: sees its own writes, and is kept whole or not at all.
pub struct Tx<'a> {
    transaction: &'a WriteTransaction,
    /// Opening a table costs more than a look into it: what was opened stays so until the end.
    tables: RefCell<Vec<(&'static str, OpenTable<'a>)>>,
    /// Whether somebody is to be told once it is kept.
    rings: Cell<bool>,
    /// What the log is told once it is kept, with how often it came.
    remarks: RefCell<Vec<(&'static str, u64)>>,
}

type OpenTable<'a> = redb::Table<'a, Bytes, Bytes>;
type OpenStill = ReadOnlyTable<Bytes, Bytes>;

impl Snapshot {
    /// What the header says.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn header(&self) -> Result<Header, StoreError> {
        header::get(self)
    }

    /// What all tables take of the file. Looks at every page.
    ///
    /// # Errors
    /// When it cannot be read, or is no longer to be.
    pub(in crate::store) fn held(&self) -> Result<Held, StoreError> {
        let mut held = Held::default();
        for table in self.transaction.list_tables().map_err(|error| fault("tables", error))? {
            self.check_patience()?;
            let rows = self.transaction.open_untyped_table(table).map_err(|error| table_fault("tables", error))?;
            let told = rows.stats().map_err(|error| fault("tables", error))?;
            let used = [told.stored_bytes(), told.metadata_bytes(), told.fragmented_bytes()];
            held.used = used.into_iter().fold(held.used, u64::saturating_add);
            held.fragmented = held.fragmented.saturating_add(told.fragmented_bytes());
        }
        Ok(held)
    }

    /// How long it may be read from; `None` where nobody writes meanwhile.
    pub fn patience(&self) -> Option<Duration> {
        self.patience.as_ref().map(|(_, limit)| *limit)
    }

    /// The same state, to be read from for so long.
    pub(super) fn lasting(self, limit: Duration) -> Self {
        Self { patience: Some((Stopwatch::start(), limit)), ..self }
    }

    fn check_patience(&self) -> Result<(), StoreError> {
        match &self.patience {
            Some((since, limit)) if since.elapsed() >= *limit => Err(StoreError::Overlong),
            Some(_) | None => Ok(()),
        }
    }

    /// How many rows a table has, and SHA-256 of all of them in hexadecimal digits.
    pub(in crate::store) fn digest(&self, table: &'static str) -> Result<(u64, String), StoreError> {
        let mut context = digest::Context::new(&digest::SHA256);
        let mut count: u64 = 0;
        match self.transaction.open_table(definition(table)) {
            Ok(rows) => {
                for row in rows.range::<&[u8]>(..).map_err(|error| fault(table, error))? {
                    self.check_patience()?;
                    let (key, record) = row.map_err(|error| fault(table, error))?;
                    for part in [key.value(), record.value()] {
                        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                        context.update(part);
                    }
                    count = count.saturating_add(1);
                }
            }
            Err(TableError::TableDoesNotExist(_)) => {}
            Err(error) => return Err(table_fault(table, error)),
        }
        Ok((count, context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// How many rows a table has: the engine keeps count, and nothing is read for it.
    pub(in crate::store) fn count(&self, table: &'static str) -> Result<u64, StoreError> {
        match self.transaction.open_table(definition(table)) {
            Ok(rows) => rows.len().map_err(|error| fault(table, error)),
            Err(TableError::TableDoesNotExist(_)) => Ok(0),
            Err(error) => Err(table_fault(table, error)),
        }
    }

    /// Gives every row of a table away, `at_once` read together, until `take` has enough.
    pub(in crate::store) fn for_each_row(
        &self,
        table: &'static str,
        at_once: usize,
        mut take: impl FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), StoreError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let rows =
                self.rows(table, Span { from, to: Bound::Unbounded, limit: at_once, order: Order::Ascending })?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            let next = last.clone();
            if !rows.iter().all(|(key, record)| take(key, record)) {
                return Ok(());
            }
            after = Some(next);
        }
    }

    /// The names of the tables that there are.
    pub(in crate::store) fn table_names(&self) -> Result<Vec<String>, StoreError> {
        let tables = self.transaction.list_tables().map_err(|error| fault("tables", error))?;
        Ok(tables.map(|table| table.name().to_owned()).collect())
    }

    /// Whether a row is there.
    pub(in crate::store) fn has_row(&self, table: &'static str, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.row(table, key, |_| ())?.is_some())
    }

    /// What `database` holds now.
    pub(super) fn of(transaction: ReadTransaction) -> Self {
        Self { transaction, patience: None, tables: RefCell::default() }
    }

    /// Does something with an open table; `None` where it does not exist.
    fn within<T>(
        &self,
        table: &'static str,
        work: impl FnOnce(&OpenStill) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.check_patience()?;
        let mut tables = self.tables.borrow_mut();
        if let Some((_, rows)) = tables.iter().find(|(name, _)| *name == table) {
            return rows.as_ref().map(work).transpose();
        }
        let rows = match self.transaction.open_table(definition(table)) {
            Ok(rows) => Some(rows),
            Err(TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(table_fault(table, error)),
        };
        let done = rows.as_ref().map(work).transpose();
        tables.push((table, rows));
        done
    }
}

impl Rows for Snapshot {
    fn row<T>(&self, table: &'static str, key: &[u8], read: impl FnOnce(&[u8]) -> T) -> Result<Option<T>, StoreError> {
        Ok(self.within(table, |rows| read_row(rows, table, key, read))?.flatten())
    }

    fn rows(&self, table: &'static str, span: Span<'_>) -> Result<Vec<Row>, StoreError> {
        Ok(self.within(table, |rows| list_rows(rows, table, &span))?.unwrap_or_default())
    }
}

impl Tx<'_> {
    /// How many rows a table has: the engine keeps count, and nothing is read for it.
    pub(in crate::store) fn count(&self, table: &'static str) -> Result<u64, StoreError> {
        self.within(table, |rows| rows.len().map_err(|error| fault(table, error)))
    }
}

impl Rows for Tx<'_> {
    fn row<T>(&self, table: &'static str, key: &[u8], read: impl FnOnce(&[u8]) -> T) -> Result<Option<T>, StoreError> {
        self.within(table, |rows| read_row(rows, table, key, read))
    }

    fn rows(&self, table: &'static str, span: Span<'_>) -> Result<Vec<Row>, StoreError> {
        self.within(table, |rows| list_rows(rows, table, &span))
    }
}

impl<'a> Tx<'a> {
    /// What jobs are given; the transaction is kept or dropped by its owner, after this is gone.
    pub(super) fn of(transaction: &'a WriteTransaction) -> Self {
        Self { transaction, tables: RefCell::default(), rings: Cell::new(false), remarks: RefCell::default() }
    }

    /// Whoever waits for mails is told once the transaction is durable.
    pub(in crate::store) fn ring(&self) {
        self.rings.set(true);
    }

    /// The log is told this once the transaction is durable: once, with how often it came.
    pub(in crate::store) fn remark(&self, remark: &'static str) {
        let mut remarks = self.remarks.borrow_mut();
        match remarks.iter_mut().find(|(known, _)| *known == remark) {
            Some((_, times)) => *times = times.saturating_add(1),
            None => remarks.push((remark, 1)),
        }
    }

    /// What is to be told then.
    pub(super) fn take_remarks(&self) -> Vec<(&'static str, u64)> {
        self.remarks.take()
    }

    /// Whether that was asked for.
    pub(super) fn rings(&self) -> bool {
        self.rings.get()
    }

    /// Does something with an open table.
    fn within<T>(
        &self,
        table: &'static str,
        work: impl FnOnce(&mut OpenTable<'a>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut tables = self.tables.borrow_mut();
        if let Some((_, rows)) = tables.iter_mut().find(|(name, _)| *name == table) {
            return work(rows);
        }
        let mut rows = self.transaction.open_table(definition(table)).map_err(|error| table_fault(table, error))?;
        let done = work(&mut rows);
        tables.push((table, rows));
        done
    }

    /// Writes a row; says whether there was one.
    pub(super) fn put_row(&mut self, table: &'static str, key: &[u8], record: &[u8]) -> Result<bool, StoreError> {
        Ok(self.exchange_row(table, key, record, |_| ())?.is_some())
    }

    /// Writes a row; what `read` makes of the record that it takes the place of.
    pub(super) fn exchange_row<T>(
        &mut self,
        table: &'static str,
        key: &[u8],
        record: &[u8],
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>, StoreError> {
        self.within(table, |rows| {
            let before = rows.insert(key, record).map_err(|error| fault(table, error))?;
            Ok(before.map(|before| read(before.value())))
        })
    }

    /// Writes a row as it was read from a database of ours.
    pub(in crate::store) fn import_row(
        &mut self,
        table: &'static str,
        key: &[u8],
        record: &[u8],
    ) -> Result<(), StoreError> {
        self.put_row(table, key, record).map(|_| ())
    }

    /// Deletes a row; says whether there was one.
    pub(in crate::store) fn delete_row(&mut self, table: &'static str, key: &[u8]) -> Result<bool, StoreError> {
        self.within(table, |rows| {
            let before = rows.remove(key).map_err(|error| fault(table, error))?;
            Ok(before.is_some())
        })
    }

    /// Deletes the first rows below `end`, at most `limit`; says how many.
    pub(super) fn delete_below(&mut self, table: &'static str, end: &[u8], limit: usize) -> Result<usize, StoreError> {
        self.within(table, |rows| {
            let doomed = rows.extract_from_if(..end, |_, _| true).map_err(|error| fault(table, error))?;
            let mut deleted = 0;
            for row in doomed.take(limit) {
                row.map_err(|error| fault(table, error))?;
                deleted += 1;
            }
            Ok(deleted)
        })
    }

    /// Empties a table.
    pub(super) fn delete_table(&mut self, table: &'static str) -> Result<(), StoreError> {
        self.tables.get_mut().retain(|(name, _)| *name != table);
        match self.transaction.delete_table(definition(table)) {
            Ok(_) => Ok(()),
            Err(error) => Err(table_fault(table, error)),
        }
    }

    /// Empties every table but `kept`.
    pub(super) fn delete_tables(&mut self, kept: &[&'static str]) -> Result<(), StoreError> {
        const EVERY: &str = "every table";
        self.tables.get_mut().clear();
        let tables: Vec<_> = self.transaction.list_tables().map_err(|error| fault(EVERY, error))?.collect();
        for table in tables.into_iter().filter(|table| !kept.contains(&table.name())) {
            self.transaction.delete_table(table).map_err(|error| table_fault(EVERY, error))?;
        }
        Ok(())
    }

    /// Whether nothing was ever written.
    pub(super) fn is_new(&self) -> Result<bool, StorageError> {
        Ok(self.transaction.list_tables()?.next().is_none())
    }
}

fn definition(table: &'static str) -> TableDefinition<'static, Bytes, Bytes> {
    TableDefinition::new(table)
}

fn read_row<T>(
    rows: &impl ReadableTable<Bytes, Bytes>,
    table: &'static str,
    key: &[u8],
    read: impl FnOnce(&[u8]) -> T,
) -> Result<Option<T>, StoreError> {
    let record = rows.get(key).map_err(|error| fault(table, error))?;
    Ok(record.map(|record| read(record.value())))
}

fn list_rows(
    rows: &impl ReadableTable<Bytes, Bytes>,
    table: &'static str,
    span: &Span<'_>,
) -> Result<Vec<Row>, StoreError> {
    if is_empty(span) {
        return Ok(Vec::new());
    }
    let range = rows.range::<&[u8]>((span.from, span.to)).map_err(|error| fault(table, error))?;
    let copy = |row: Result<(AccessGuard<'_, Bytes>, AccessGuard<'_, Bytes>), StorageError>| {
        let (key, record) = row.map_err(|error| fault(table, error))?;
        Ok((key.value().to_vec(), record.value().to_vec()))
    };
    match span.order {
        Order::Ascending => range.take(span.limit).map(copy).collect(),
        Order::Descending => range.rev().take(span.limit).map(copy).collect(),
    }
}

/// A cursor beyond the end of its range leaves nothing; the engine would call it a mistake.
fn is_empty(span: &Span<'_>) -> bool {
    match (span.from, span.to) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => from >= to,
    }
}

fn table_fault(table: &'static str, error: TableError) -> StoreError {
    match error {
        TableError::Storage(error) => fault(table, error),
        error => {
            tracing::error!(table, %error, "a table cannot be opened");
            StoreError::Damaged { table }
        }
    }
}

/// Logs what the engine says, and tells the caller what it can act on.
pub(super) fn fault(table: &'static str, error: StorageError) -> StoreError {
    match error {
        StorageError::Corrupted(reason) => {
            tracing::error!(table, reason, "the database is damaged");
            StoreError::Damaged { table }
        }
        StorageError::ValueTooLarge(bytes) => {
            tracing::error!(table, bytes, "a value is too large");
            StoreError::Unwritable { table }
        }
        error => {
            tracing::error!(table, %error, "the storage engine failed");
            DiskTrouble::note(error);
            StoreError::Unavailable
        }
    }
}
