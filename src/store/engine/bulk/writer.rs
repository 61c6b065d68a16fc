//! Writing such a file.

use std::collections::BTreeMap;
use std::path::Path;

use redb::{Builder, Database, TableDefinition, WriteTransaction};

use super::block::{Block, MAX_ROW_BYTES};
use super::{BulkError, NOTES, late};
use crate::store::OpenError;
use crate::store::engine::files;
use crate::store::engine::medium::refusal;

/// After how many bytes what was added is put on the disk: it bounds the memory.
const COMMIT_BYTES: usize = 32 * 1024 * 1024;

/// A file that is being written. Nobody reads it before it is finished; one that was not finished is thrown away.
pub struct BulkWriter {
    database: Database,
    blocks: BTreeMap<&'static str, Block>,
    /// Values that are ready.
    ready: Vec<(&'static str, u64, Vec<u8>)>,
    /// Rows that came out of order.
    late: Vec<(&'static str, u64, Vec<u8>)>,
    waiting_bytes: usize,
}

impl BulkWriter {
    /// Makes a file; its directory is there.
    ///
    /// # Errors
    /// When the system or the engine refuses, or a file is there already.
    pub fn create(path: &Path, cache_bytes: usize) -> Result<Self, OpenError> {
        drop(files::create_new(path).map_err(|cause| OpenError::Unusable { path: path.to_owned(), cause })?);
        let created = Builder::new().set_cache_size(cache_bytes).create(path);
        let database = created.map_err(|error| match refusal(error) {
            OpenError::Io(cause) => OpenError::Unusable { path: path.to_owned(), cause },
            error => error,
        })?;
        Ok(Self { database, blocks: BTreeMap::new(), ready: Vec::new(), late: Vec::new(), waiting_bytes: 0 })
    }

    /// Adds a row; a number that was added already is replaced where it comes out of order, and kept where it comes twice
    /// in a row. Numbers that do not grow cost more.
    ///
    /// # Errors
    /// When the row is too large, or the disk does not take it.
    pub fn add(&mut self, table: &'static str, key: u64, row: &[u8]) -> Result<(), BulkError> {
        if row.len() > MAX_ROW_BYTES {
            return Err(BulkError::TooLarge { table });
        }
        match self.blocks.get_mut(table) {
            Some(block) if key <= block.last() => {
                let (_, value) = Block::begin(key, row).seal(&late(table));
                self.waiting_bytes = self.waiting_bytes.saturating_add(value.len());
                self.late.push((table, key, value));
            }
            Some(block) if block.has_room(row) => block.push(key, row),
            Some(_) | None => {
                if let Some(full) = self.blocks.insert(table, Block::begin(key, row)) {
                    self.close(table, full);
                }
            }
        }
        if self.waiting_bytes >= COMMIT_BYTES { self.commit(&[]) } else { Ok(()) }
    }

    /// Puts everything on the disk, with these notes about it.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn finish(mut self, notes: &[(&str, Vec<u8>)]) -> Result<(), BulkError> {
        for (table, block) in std::mem::take(&mut self.blocks) {
            self.close(table, block);
        }
        self.commit(notes)
    }

    fn close(&mut self, table: &'static str, block: Block) {
        let (key, value) = block.seal(table);
        self.waiting_bytes = self.waiting_bytes.saturating_add(value.len());
        self.ready.push((table, key, value));
    }

    fn commit(&mut self, notes: &[(&str, Vec<u8>)]) -> Result<(), BulkError> {
        let transaction = self.database.begin_write()?;
        insert(&transaction, std::mem::take(&mut self.ready), |table| table.to_owned())?;
        insert(&transaction, std::mem::take(&mut self.late), late)?;
        {
            let mut table = transaction.open_table(NOTES)?;
            for (name, note) in notes {
                table.insert(*name, note.as_slice())?;
            }
        }
        transaction.commit()?;
        self.waiting_bytes = 0;
        Ok(())
    }
}

fn insert(
    transaction: &WriteTransaction,
    mut values: Vec<(&'static str, u64, Vec<u8>)>,
    name: impl Fn(&'static str) -> String,
) -> Result<(), BulkError> {
    // Of one number the last that came stays.
    values.sort_by_key(|(table, key, _)| (*table, *key));
    let mut values = values.into_iter().peekable();
    while let Some(table) = values.peek().map(|(table, _, _)| *table) {
        let name = name(table);
        let mut open = transaction.open_table(TableDefinition::<u64, &[u8]>::new(&name))?;
        while let Some((_, key, value)) = values.next_if(|(other, _, _)| *other == table) {
            open.insert(key, value.as_slice())?;
        }
    }
    Ok(())
}
