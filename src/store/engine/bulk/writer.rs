//! Writing such a file: rows are put together where they come from, and put on the disk in a thread of their own meanwhile.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder as ThreadBuilder, JoinHandle};

use redb::{Builder, Database, TableDefinition, WriteTransaction};

use super::block::{Block, MAX_ROW_BYTES};
use super::{BulkError, NOTES, late};
use crate::store::OpenError;
use crate::store::engine::files;
use crate::store::engine::medium::refusal;

/// After how many bytes what was added is put on the disk. It bounds the memory: as much again is being written meanwhile.
const COMMIT_BYTES: usize = 16 * 1024 * 1024;

/// A file that is being written. Nobody reads it before it is finished; one that was not finished is thrown away.
pub struct BulkWriter {
    blocks: BTreeMap<&'static str, Block>,
    waiting: Batch,
    waiting_bytes: usize,
    /// Takes one batch while another is written; `None` once nothing more comes.
    batches: Option<SyncSender<Batch>>,
    thread: Option<JoinHandle<Result<(), BulkError>>>,
}

/// What goes on the disk at once.
#[derive(Default)]
struct Batch {
    /// Values that are ready.
    ready: Vec<(&'static str, Block)>,
    /// Rows that came out of order, one in each.
    late: Vec<(&'static str, Block)>,
    notes: Vec<(String, Vec<u8>)>,
}

impl BulkWriter {
    /// Makes a file; its directory is there.
    ///
    /// # Errors
    /// When the system or the engine refuses, or a file is there already.
    pub fn create(path: &Path, cache_bytes: usize) -> Result<Self, OpenError> {
        let unusable = |cause| OpenError::Unusable { path: path.to_owned(), cause };
        drop(files::create_new(path).map_err(unusable)?);
        let created = Builder::new().set_cache_size(cache_bytes).create(path);
        let database = created.map_err(|error| match refusal(error) {
            OpenError::Io(cause) => unusable(cause),
            error => error,
        })?;
        let (batches, coming) = sync_channel(0);
        let thread =
            ThreadBuilder::new().name(String::from("bulk-writer")).spawn(move || write_all(&database, &coming));
        Ok(Self {
            blocks: BTreeMap::new(),
            waiting: Batch::default(),
            waiting_bytes: 0,
            batches: Some(batches),
            thread: Some(thread.map_err(unusable)?),
        })
    }

    /// Adds a row; a number that was added already is replaced where it comes out of order, and kept where it comes twice
    /// in a row. Numbers that do not grow cost more.
    ///
    /// # Errors
    /// When the row is too large, or the disk does not take it or what came before it.
    pub fn add(&mut self, table: &'static str, key: u64, row: &[u8]) -> Result<(), BulkError> {
        if row.len() > MAX_ROW_BYTES {
            return Err(BulkError::TooLarge { table });
        }
        match self.blocks.get_mut(table) {
            Some(block) if key <= block.last() => {
                let alone = Block::alone(key, row);
                self.waiting_bytes = self.waiting_bytes.saturating_add(alone.room());
                self.waiting.late.push((table, alone));
            }
            Some(block) if block.has_room(row) => block.push(key, row),
            Some(_) | None => {
                if let Some(full) = self.blocks.insert(table, Block::begin(key, row)) {
                    self.close(table, full);
                }
            }
        }
        if self.waiting_bytes >= COMMIT_BYTES { self.hand_over() } else { Ok(()) }
    }

    /// Puts everything on the disk, with these notes about it.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn finish(mut self, notes: &[(&str, Vec<u8>)]) -> Result<(), BulkError> {
        for (table, block) in std::mem::take(&mut self.blocks) {
            self.close(table, block);
        }
        self.waiting.notes = notes.iter().map(|(name, note)| ((*name).to_owned(), note.clone())).collect();
        self.hand_over()?;
        self.end()
    }

    fn close(&mut self, table: &'static str, block: Block) {
        self.waiting_bytes = self.waiting_bytes.saturating_add(block.room());
        self.waiting.ready.push((table, block));
    }

    /// Gives what waits to the thread, once it has done with what it was given before.
    fn hand_over(&mut self) -> Result<(), BulkError> {
        self.waiting_bytes = 0;
        let batch = std::mem::take(&mut self.waiting);
        match &self.batches {
            Some(batches) if batches.send(batch).is_ok() => Ok(()),
            // It ends before its time for a reason only.
            Some(_) | None => self.end().and(Err(BulkError::Engine(String::from("nothing more is written")))),
        }
    }

    /// Waits until everything that was handed over is on the disk.
    fn end(&mut self) -> Result<(), BulkError> {
        drop(self.batches.take());
        match self.thread.take() {
            Some(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            None => Ok(()),
        }
    }
}

/// The file is closed when this is gone, finished or not.
impl Drop for BulkWriter {
    fn drop(&mut self) {
        drop(self.batches.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn write_all(database: &Database, coming: &Receiver<Batch>) -> Result<(), BulkError> {
    coming.iter().try_for_each(|batch| {
        let transaction = database.begin_write()?;
        insert(&transaction, batch.ready, |table| table.to_owned())?;
        insert(&transaction, batch.late, late)?;
        {
            let mut table = transaction.open_table(NOTES)?;
            for (name, note) in &batch.notes {
                table.insert(name.as_str(), note.as_slice())?;
            }
        }
        Ok(transaction.commit()?)
    })
}

fn insert(
    transaction: &WriteTransaction,
    mut blocks: Vec<(&'static str, Block)>,
    name: impl Fn(&'static str) -> String,
) -> Result<(), BulkError> {
    // Of one number the last that came stays.
    blocks.sort_by_key(|(table, block)| (*table, block.first()));
    let mut blocks = blocks.into_iter().peekable();
    while let Some(table) = blocks.peek().map(|(table, _)| *table) {
        let name = name(table);
        let mut open = transaction.open_table(TableDefinition::<u64, &[u8]>::new(&name))?;
        while let Some((_, block)) = blocks.next_if(|(other, _)| *other == table) {
            let (key, value) = block.seal(&name);
            open.insert(key, value.as_slice())?;
        }
    }
    Ok(())
}
