//! The open database behind a handle that can be replaced.
//!
//! After an I/O error redb refuses everything until it is opened again. The engine then says that it is not healthy,
//! and a supervisor closes, waits, opens and probes until the database serves again. Reads go on from what lies on the
//! disk, looked at without writing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use std::thread;
use std::time::Duration;

use redb::{Database, Durability, ReadableDatabase as _, WriteTransaction};

use super::files::{DiskTrouble, Space};
use super::header::{self, BeforeMigration, Header, Identity};
use super::medium::{Care, Medium};
use super::reserve::Reserve;
use super::transaction::{Snapshot, Tx};
use crate::store::migrations::MIGRATIONS;
use crate::store::{OpenError, StoreError};

/// Waits before the attempts to open again; the last one repeats.
pub(in crate::store) const BACK_OFF: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

/// The database, its health, and how to open it again.
pub(in crate::store) struct Engine {
    medium: Medium,
    cache_bytes: usize,
    back_off: [Duration; 3],
    header: Header,
    current: RwLock<Current>,
    is_healthy: AtomicBool,
    is_recovering: AtomicBool,
    /// Why it is out of service, where that is known.
    trouble: Mutex<Option<DiskTrouble>>,
}

struct Current {
    database: Option<Database>,
    /// Counts the openings, so that an error of a database long closed does not accuse the one in use.
    generation: u64,
}

impl Engine {
    /// Opens the database for its owner.
    pub(in crate::store) fn open(
        medium: Medium,
        cache_bytes: usize,
        identity: &Identity,
        back_off: [Duration; 3],
        before: BeforeMigration<'_>,
    ) -> Result<Arc<Self>, OpenError> {
        let (database, header) = medium.with_reserve(|| {
            // A database that is not ours is refused before the engine, which writes at every opening, touches it.
            medium.peek(cache_bytes, |snapshot| header::peek(snapshot, identity, MIGRATIONS, before))?;
            let database = medium.open(cache_bytes, medium.affordable_care())?;
            let header = admit(&database, identity)?;
            Ok((database, header))
        })?;
        let current = RwLock::new(Current { database: Some(database), generation: 0 });
        let (is_healthy, is_recovering) = (AtomicBool::new(true), AtomicBool::new(false));
        Ok(Arc::new(Self {
            medium,
            cache_bytes,
            back_off,
            header,
            current,
            is_healthy,
            is_recovering,
            trouble: Mutex::default(),
        }))
    }

    pub(in crate::store) fn header(&self) -> &Header {
        &self.header
    }

    /// The size of the database's file; 0 where it is not a file.
    pub(in crate::store) fn file_bytes(&self) -> u64 {
        self.medium.file_bytes().unwrap_or(0)
    }

    /// Room on the disk of the database; none where it has no disk, or the system does not tell.
    pub(in crate::store) fn space(&self) -> Option<Space> {
        self.medium.reserve().and_then(Reserve::space)
    }

    /// Keeps some room back for the day when the disk is full.
    pub(in crate::store) fn keep_reserve(&self) -> Result<(), OpenError> {
        Ok(self.medium.reserve().map_or(Ok(()), Reserve::keep)?)
    }

    pub(in crate::store) fn is_healthy(&self) -> bool {
        self.is_healthy.load(Ordering::Acquire)
    }

    /// Why it is out of service, where it is the disk.
    pub(in crate::store) fn trouble(&self) -> Option<DiskTrouble> {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_trouble(&self, trouble: Option<DiskTrouble>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// The state now, to be read from for so long, with the number of the opening that it was read from.
    pub(in crate::store) fn snapshot(&self, limit: Duration) -> Result<(Snapshot, u64), StoreError> {
        let current = self.current();
        let database = current.database.as_ref().ok_or(StoreError::Unavailable)?;
        let transaction = database.begin_read().map_err(|error| {
            tracing::error!(%error, "a read transaction cannot begin");
            DiskTrouble::note(error);
            StoreError::Unavailable
        })?;
        Ok((Snapshot::of(transaction).lasting(limit), current.generation))
    }

    /// The number of the opening that is read from now.
    pub(in crate::store) fn generation(&self) -> u64 {
        self.current().generation
    }

    /// A write transaction, with the number of the opening that it belongs to.
    pub(super) fn begin(self: &Arc<Self>) -> Result<(WriteTransaction, u64), StoreError> {
        if !self.is_healthy() {
            self.recover();
            return Err(StoreError::Unavailable);
        }
        let current = self.current();
        let generation = current.generation;
        let begun = current.database.as_ref().ok_or(StoreError::Unavailable).and_then(begin);
        drop(current);
        match begun {
            Ok(transaction) => Ok((transaction, generation)),
            Err(error) => {
                self.report_failure(generation);
                Err(error)
            }
        }
    }

    /// Takes the database out of service after an I/O error and opens it again under supervision.
    pub(in crate::store) fn report_failure(self: &Arc<Self>, generation: u64) {
        let current = self.current_mut();
        let met = DiskTrouble::take();
        if current.generation != generation || !self.is_healthy.swap(false, Ordering::AcqRel) {
            return;
        }
        drop(current);
        let cause = met.map(|met| met.to_string()).unwrap_or_default();
        self.set_trouble(met);
        tracing::error!(cause, "the store is out of service until its database is open again");
        if catch_unwind(AssertUnwindSafe(|| self.read_on())).is_err() {
            tracing::error!("the storage engine panicked while it was closed");
        }
        self.recover();
    }

    fn recover(self: &Arc<Self>) {
        if self.is_recovering.swap(true, Ordering::AcqRel) {
            return;
        }
        let engine = Arc::downgrade(self);
        let back_off = self.back_off;
        let supervisor = thread::Builder::new().name(String::from("store-recovery"));
        if let Err(error) = supervisor.spawn(move || supervise(&engine, back_off)) {
            tracing::error!(%error, "the recovery of the store cannot start; the next write tries again");
            self.is_recovering.store(false, Ordering::Release);
        }
    }

    /// Closes the database, opens it again, and puts it in service if it is the same one and takes writes. If not, the
    /// last good state is read from what lies there. Readers wait for as long as an attempt takes.
    fn reopen(&self) -> Result<(), OpenError> {
        self.medium.reserve().map(Reserve::release_when_full);
        let mut current = self.current_mut();
        drop(current.database.take());
        current.generation = current.generation.wrapping_add(1);
        match self.open_again() {
            Ok(database) => {
                current.database = Some(database);
                self.is_recovering.store(false, Ordering::Release);
                self.is_healthy.store(true, Ordering::Release);
                self.set_trouble(None);
                Ok(())
            }
            Err(error) => {
                current.database = self.open_for_reading();
                let met = match &error {
                    OpenError::Unusable { cause, .. } | OpenError::Io(cause) => Some(DiskTrouble::of(cause)),
                    // What the probe met.
                    OpenError::Damaged(_) => DiskTrouble::take(),
                    OpenError::Locked { .. }
                    | OpenError::OtherMode { .. }
                    | OpenError::OtherIssuer { .. }
                    | OpenError::NewerFormat { .. }
                    | OpenError::NotSaved { .. } => None,
                };
                if met.is_some() {
                    self.set_trouble(met);
                }
                Err(error)
            }
        }
    }

    /// Closes the database, which refuses everything after an I/O error, and reads on from what lies there.
    fn read_on(&self) {
        let mut current = self.current_mut();
        drop(current.database.take());
        current.generation = current.generation.wrapping_add(1);
        current.database = self.open_for_reading();
    }

    fn open_again(&self) -> Result<Database, OpenError> {
        let database = self.medium.open(self.cache_bytes, Care::Roots)?;
        match probe(&database, &self.header) {
            Ok(true) => Ok(database),
            Ok(false) => Err(OpenError::Damaged(String::from("it is another database"))),
            Err(error) => Err(OpenError::Damaged(error.to_string())),
        }
    }

    /// The last good state, read without writing (SEC-190); `None` where that is not possible either.
    fn open_for_reading(&self) -> Option<Database> {
        let database = self.medium.open_over(self.cache_bytes, Care::Roots).ok()?;
        let transaction = database.begin_read().ok()?;
        let is_same = header::is_of(&Snapshot::of(transaction), &self.header);
        is_same.ok().filter(|is_same| *is_same).map(|_| database)
    }

    fn current(&self) -> RwLockReadGuard<'_, Current> {
        self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn current_mut(&self) -> RwLockWriteGuard<'_, Current> {
        self.current.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tries until the engine is open again or nobody holds it any more.
fn supervise(engine: &Weak<Engine>, back_off: [Duration; 3]) {
    let [.., last] = back_off;
    for wait in back_off.into_iter().chain(std::iter::repeat(last)) {
        thread::sleep(wait);
        let Some(engine) = engine.upgrade() else { return };
        match catch_unwind(AssertUnwindSafe(|| engine.reopen())) {
            Ok(Ok(())) => {
                tracing::info!("the store is in service again");
                return;
            }
            Ok(Err(error)) => tracing::error!(%error, "the database cannot be opened again yet"),
            Err(_panic) => tracing::error!("opening the database again panicked"),
        }
    }
}

/// The one place where a write transaction begins (SEC-180): always durable, in two phases, quick to repair.
fn begin(database: &Database) -> Result<WriteTransaction, StoreError> {
    let mut transaction: WriteTransaction = database.begin_write().map_err(|error| {
        tracing::error!(%error, "a write transaction cannot begin");
        DiskTrouble::note(error);
        StoreError::Unavailable
    })?;
    transaction.set_durability(Durability::Immediate).map_err(|error| {
        tracing::error!(%error, "a write transaction cannot be made durable");
        StoreError::Unavailable
    })?;
    transaction.set_two_phase_commit(true);
    transaction.set_quick_repair(true);
    Ok(transaction)
}

fn admit(database: &Database, identity: &Identity) -> Result<Header, OpenError> {
    let transaction = begin(database).map_err(header::unusable)?;
    let header = header::admit(&mut Tx::of(&transaction), identity, MIGRATIONS)?;
    commit(transaction).map_err(header::unusable)?;
    Ok(header)
}

fn probe(database: &Database, header: &Header) -> Result<bool, StoreError> {
    let transaction = begin(database)?;
    let is_same = header::probe(&mut Tx::of(&transaction), header)?;
    commit(transaction)?;
    Ok(is_same)
}

/// Makes everything written durable.
pub(super) fn commit(transaction: WriteTransaction) -> Result<(), StoreError> {
    transaction.commit().map_err(|error| {
        tracing::error!(%error, "a commit failed");
        DiskTrouble::note(error);
        StoreError::Unavailable
    })
}
