//! The database of record: one redb file, one writer, snapshot reads, typed tables, one file per noun.
//!
//! `read` sees the state of one instant and never waits; `write` is queued, and its answer comes after the commit that
//! made it durable. A job may run more than once, so it has no effect outside its transaction and takes times and
//! random values from outside; its `Err` is a failure of the storage only, and a refusal that writes is a value of `Ok`.
//!
//! Refuses rules (they are in `domain`), the clock, randomness, and any `Durability` but the immediate one. Doors:
//! [`Store`], and the modules of the nouns, whose functions take a [`Snapshot`] or a [`Tx`].

pub mod audit;
pub mod backup;
mod check;
pub mod clients;
pub mod counters;
mod engine;
mod error;
pub mod marks;
mod migrations;
mod organization;
pub mod outbox;
mod person;
pub mod salvage;
pub mod signing_keys;
mod statistics;
mod tables;
mod time_limited;
pub mod users;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use check::{CheckReport, Finding, Problem, TableCount};
use engine::{BACK_OFF, Engine, Identity, Medium, Writer};
pub use engine::{
    BeforeMigration, BulkError, BulkReader, BulkRows, BulkWriter, DirectoryLock, DiskTrouble, Exposed, Header, Held,
    PoorFileSystem, Purged, Read, Snapshot, Space, StillImage, Tx,
};
pub use error::{NotTaken, OpenError, StoreError};
pub use organization::{contact_proofs, email_domains, memberships, moderations, organizations};
pub use person::{
    alerts, credentials, logout_notices, passkey_owners, retention_rounds, sent_mails, service_uses, trusted_browsers,
    user_sessions,
};
pub use redb::StorageBackend;
pub use statistics::Statistics;
pub use time_limited::{
    access_tokens, address_changes, administration_sessions, authorization_codes, bans, browser_sessions, data_links,
    factor_removals, grants, interactions, invitations, known_browsers, magic_links, moderation_links,
    passkey_ceremonies, password_links, pre_sessions,
};

use crate::protocol::Timestamp;

/// Where the database lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In memory, lost with the store.
    Memory,
    /// In the file `moncomptepro.redb` of this directory.
    Directory(PathBuf),
}

/// Makes a directory, and those above it, for its owner only.
///
/// # Errors
/// When the system refuses.
pub fn create_private_directory(path: &Path) -> std::io::Result<()> {
    engine::files::create_directory(path)
}

/// Whether a directory may hold data: it is ours, nobody else may write in it, and others look into nothing of theirs there.
/// Nothing is changed.
///
/// # Errors
/// Why not, with the remedy.
pub fn check_data_directory(path: &Path) -> std::io::Result<()> {
    engine::files::check_own_directory(path).map(drop)
}

/// What speaks against the file system of a directory of data, or of the one above it that is there (SEC-184).
pub fn find_poor_file_system(directory: &Path) -> Option<PoorFileSystem> {
    engine::files::find_poor(directory)
}

/// From now on, whatever this process makes is for its owner only: the files of libraries too (SEC-172).
pub fn keep_new_files_private() {
    engine::files::keep_new_files_private();
}

#[cfg(test)]
pub(crate) use engine::files::SYNCED;

/// Makes the entries of a directory as durable as the files in it.
///
/// # Errors
/// When the system refuses.
pub fn sync_directory(path: &Path) -> std::io::Result<()> {
    engine::files::sync_directory(path)
}

/// The file of the database in a data directory.
pub fn database_file(directory: &Path) -> PathBuf {
    directory.join(engine::FILE_NAME)
}

/// How long is read from one state of the database: what it holds cannot be used again meanwhile, and the file grows.
const READ_WITHIN: Duration = Duration::from_secs(60);
/// The same for a copy of everything.
const READ_WHOLE_WITHIN: Duration = Duration::from_secs(30 * 60);

/// How often a read begins that the opening of the database anew cuts short.
const READ_ATTEMPTS: u32 = 10;

/// How to open the store.
#[derive(Debug, Clone)]
pub struct Opening {
    /// Where the database lies.
    pub location: Location,
    /// Memory for pages.
    pub cache_bytes: usize,
    /// The mode of running; a database of another one is refused.
    pub mode: String,
    /// The issuer; a database of another one is refused unless `accept_issuer_change`.
    pub issuer: String,
    /// Random name for the database if it is new.
    pub instance_id: String,
    /// Whether a database of another issuer becomes this one's.
    pub accept_issuer_change: bool,
    /// The time, for the header of a new database.
    pub now: Timestamp,
}

/// The open store. Cheap to clone; the file is released when the last clone is dropped.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Engine>,
    writer: Arc<Writer>,
    room: Option<Room>,
}

/// Says how much room there is on a backend of the caller's.
pub type Room = Arc<dyn Fn() -> Option<Space> + Send + Sync>;

impl Store {
    /// Opens the database, or makes it where there is none.
    pub fn open(opening: Opening) -> Result<Self, OpenError> {
        Self::open_after(opening, &|_| Ok(()))
    }

    /// The same; `before` sees the records of an older format before they are brought up to date.
    pub fn open_after(opening: Opening, before: BeforeMigration<'_>) -> Result<Self, OpenError> {
        let medium = match &opening.location {
            Location::Memory => Medium::memory(),
            Location::Directory(directory) => Medium::directory(directory)?,
        };
        Self::start(medium, opening, BACK_OFF, before)
    }

    /// Opens the database on a backend of the caller's (its faults and flushes are then his); the location is ignored.
    /// After a fault, `back_off` says how long to wait before the attempts to open it again; the last one repeats.
    pub fn open_on(
        backend: Arc<dyn StorageBackend>,
        opening: Opening,
        back_off: [Duration; 3],
    ) -> Result<Self, OpenError> {
        Self::start(Medium::Backend(backend), opening, back_off, &|_| Ok(()))
    }

    fn start(
        medium: Medium,
        opening: Opening,
        back_off: [Duration; 3],
        before: BeforeMigration<'_>,
    ) -> Result<Self, OpenError> {
        let identity = Identity {
            mode: opening.mode,
            issuer: opening.issuer,
            instance_id: opening.instance_id,
            accept_issuer_change: opening.accept_issuer_change,
            now: opening.now,
        };
        let engine = Engine::open(medium, opening.cache_bytes, &identity, back_off, before)?;
        let writer = Writer::start(Arc::clone(&engine))?;
        Ok(Self { engine, writer: Arc::new(writer), room: None })
    }

    /// The same store; how much room there is on its backend is the caller's to say, as its faults and flushes are.
    #[must_use]
    pub fn with_room(self, room: Room) -> Self {
        Self { room: Some(room), ..self }
    }

    /// What the header says: format, instance, issuer, mode.
    pub fn header(&self) -> &Header {
        self.engine.header()
    }

    /// Whether writes are taken. False after an I/O error until the database is open again.
    pub fn is_healthy(&self) -> bool {
        self.engine.is_healthy()
    }

    /// Why writes are not taken, where it is the disk; `None` while they are.
    pub fn trouble(&self) -> Option<DiskTrouble> {
        self.engine.trouble()
    }

    /// What was read and written since the start.
    pub fn statistics(&self) -> &Statistics {
        self.writer.statistics()
    }

    /// How many writes wait for the writer.
    pub fn queue_depth(&self) -> usize {
        self.writer.waiting()
    }

    /// Ends when a mail was put into the outbox since the last time; for one who waits.
    pub async fn mail_was_queued(&self) {
        self.writer.bell().notified().await;
    }

    /// Room on the disk; `None` in memory, and where the system does not tell.
    pub fn space(&self) -> Option<Space> {
        self.room.as_ref().map_or_else(|| self.engine.space(), |room| room())
    }

    /// Keeps 16 MiB of the disk back; they are given up when it is full, so that the store works again long enough to
    /// purge and to stop in order. Blocks; for periodic work.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn keep_reserve(&self) -> Result<(), OpenError> {
        self.engine.keep_reserve()
    }

    /// Runs `job` on the state of this instant: again where the database was opened anew beneath it. Blocks for as long as
    /// the reading takes: long reads belong on the blocking pool. After a minute nothing more is read (SEC-183).
    pub fn read<T>(&self, job: impl Fn(&Snapshot) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.read_within(READ_WITHIN, job)
    }

    /// The same for what reads everything, a copy or a check: within half an hour.
    pub fn read_whole<T>(&self, job: impl Fn(&Snapshot) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.read_within(READ_WHOLE_WITHIN, job)
    }

    fn read_within<T>(
        &self,
        limit: Duration,
        job: impl Fn(&Snapshot) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut attempts = READ_ATTEMPTS;
        loop {
            let _under_way = self.writer.statistics().begin_read();
            let (snapshot, generation) = self.engine.snapshot(limit)?;
            let result = job(&snapshot);
            if matches!(result, Err(StoreError::Overlong)) {
                self.writer.statistics().note_given_up();
                tracing::error!(seconds = limit.as_secs(), "a reading took too long, and was given up");
            }
            if !matches!(result, Err(StoreError::Unavailable)) {
                return result;
            }
            drop(snapshot);
            attempts = attempts.saturating_sub(1);
            // What was read from was closed meanwhile, which is no fault of the disk.
            if attempts == 0 || self.engine.generation() == generation {
                self.engine.report_failure(generation);
                return result;
            }
        }
    }

    /// The size of the database's file in bytes; 0 in memory.
    pub fn file_bytes(&self) -> u64 {
        self.engine.file_bytes()
    }

    /// The same as [`Self::write`], for a thread of the blocking pool.
    ///
    /// # Errors
    /// As `write`.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Tx) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write_blocking(job)
    }

    /// Runs `job` in the writer's transaction and answers once its writes are durable.
    ///
    /// Dropping the future does not take the job back.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Tx) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(job).await
    }

    /// Reads everything that is stored and compares it with itself, as it is at this instant. Belongs on the blocking pool.
    pub fn check(&self, now: Timestamp) -> Result<CheckReport, StoreError> {
        self.read_whole(|tx| check::run(tx, now))
    }

    /// Looks at what the tables take of the file: at every page of it. Belongs on the blocking pool. The
    /// [`Statistics`] know it from then on.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn measure(&self) -> Result<Held, StoreError> {
        let held = self.read_whole(Snapshot::held)?;
        self.statistics().note_held(held);
        Ok(held)
    }

    /// Deletes the time-limited records whose retention has ended at `now`, some thousands per transaction, and notes how
    /// many for the next round of retention.
    pub async fn purge(&self, now: Timestamp) -> Result<Purged, StoreError> {
        let mut purged = Purged::default();
        loop {
            let purging = move |tx: &mut Tx| {
                let (deleted, may_be_more) = engine::purge_some(tx, tables::ended_by_time(), now)?;
                retention_rounds::note_purged(tx, &deleted)?;
                Ok((deleted.iter().map(|(_, records)| records).sum::<usize>(), may_be_more))
            };
            let (records, may_be_more) = self.write(purging).await?;
            purged.records = purged.records.saturating_add(records);
            if !may_be_more {
                return Ok(purged);
            }
        }
    }
}

/// Gives back what the file of a database that no instance holds has free. Its size in bytes before and after. Blocks.
///
/// # Errors
/// When there is no such database, or it is not one of ours.
pub fn compact(directory: &Path, cache_bytes: usize) -> Result<(u64, u64), OpenError> {
    let (file, known) = (database_file(directory), migrations::known_format());
    let size = || std::fs::metadata(&file).map(|found| found.len());
    let before = size().map_err(|cause| OpenError::Unusable { path: file.clone(), cause })?;
    let medium = Medium::directory(directory)?;
    let header = StillImage::of_directory(directory)?.header();
    match header.map_err(|cause| OpenError::Damaged(cause.to_string()))? {
        Header { format: stored, .. } if stored > known => Err(OpenError::NewerFormat { stored, known }),
        _ => medium.with_reserve(|| medium.compact(cache_bytes)),
    }?;
    Ok((before, size()?))
}

impl StillImage {
    /// Reads everything that lies there and compares it with itself.
    ///
    /// # Errors
    /// When it cannot be read; what is damaged is a finding.
    pub fn check(&self, now: Timestamp) -> Result<CheckReport, StoreError> {
        self.read(|tx| check::run(tx, now))
    }
}

/// Empties every table but the header and the marks.
pub fn clear(tx: &mut Tx) -> Result<(), StoreError> {
    clear_all_but(tx, &[])
}

/// The same, but for the keys: what clients keep of them stays good.
pub fn clear_all_but_keys(tx: &mut Tx) -> Result<(), StoreError> {
    clear_all_but(tx, &[signing_keys::KEYS.name(), signing_keys::KEPT.name()])
}

fn clear_all_but(tx: &mut Tx, kept: &[&'static str]) -> Result<(), StoreError> {
    let mark = marks::get(tx)?;
    engine::clear(tx, kept)?;
    marks::put(tx, &mark)
}

/// Deletes every session, code, token, link and sign-in under way: what was handed out opens nothing any more. Mails that
/// wait may carry such values and go with them.
pub fn void_what_was_handed_out(tx: &mut Tx) -> Result<(), StoreError> {
    let mut doomed = tables::TABLES.iter().filter(|listed| listed.is_void_after_restore()).map(|listed| listed.name);
    doomed.try_for_each(|table| engine::empty(tx, table))
}
