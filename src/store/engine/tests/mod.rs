//! The engine on a disk of the tests' own: it counts flushes, fails on demand, and forgets what was not flushed.

mod failures;
mod openings;
mod records;
mod wrecks;
mod writes;

use std::io;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redb::StorageBackend;
use redb::backends::InMemoryBackend;

use super::table::Table;
use super::{Medium, Read};
use crate::protocol::Timestamp;
use crate::store::{Location, Opening, Store, StoreError};

const NUMBERS: Table<u64, String> = Table::new("numbers");

/// A disk whose unflushed writes do not survive a power cut.
#[derive(Debug)]
struct Disk {
    memory: InMemoryBackend,
    flushed: Mutex<Vec<u8>>,
    flushes: AtomicU64,
    /// Writes and flushes that still succeed.
    calls_left: AtomicI64,
    /// Writes and flushes that fail after those.
    faults_left: AtomicI64,
}

impl Disk {
    fn new() -> Arc<Self> {
        Self::with(&[])
    }

    fn with(content: &[u8]) -> Arc<Self> {
        let memory = InMemoryBackend::new();
        memory.set_len(content.len() as u64).unwrap();
        memory.write(0, content).unwrap();
        Arc::new(Self {
            memory,
            flushed: Mutex::new(content.to_vec()),
            flushes: AtomicU64::new(0),
            calls_left: AtomicI64::new(i64::MAX),
            faults_left: AtomicI64::new(0),
        })
    }

    /// A disk that holds only what was flushed.
    fn after_power_cut(&self) -> Arc<Self> {
        Self::with(&self.flushed.lock().unwrap())
    }

    fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::SeqCst)
    }

    /// After `calls` more writes and flushes, `faults` of them fail.
    fn fail_after(&self, calls: i64, faults: i64) {
        self.faults_left.store(faults, Ordering::SeqCst);
        self.calls_left.store(calls, Ordering::SeqCst);
    }

    fn repair(&self) {
        self.fail_after(i64::MAX, 0);
    }

    fn take_part(&self) -> io::Result<()> {
        if self.calls_left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Ok(());
        }
        if self.faults_left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Err(io::Error::other("the disk fails"));
        }
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.memory.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.take_part()?;
        let mut content = vec![0; usize::try_from(self.memory.len()?).unwrap()];
        self.memory.read(0, &mut content)?;
        *self.flushed.lock().unwrap() = content;
        self.flushes.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.take_part()?;
        self.memory.write(offset, data)
    }
}

fn opening() -> Opening {
    Opening {
        location: Location::Memory,
        cache_bytes: 1024 * 1024,
        mode: String::from("serve"),
        issuer: String::from("https://identity.example"),
        instance_id: String::from("first"),
        accept_issuer_change: false,
        now: Timestamp(1_700_000_000),
    }
}

/// A store that recovers without letting the test wait.
fn open(disk: &Arc<Disk>) -> Store {
    let medium = Medium::Backend(Arc::clone(disk) as Arc<dyn StorageBackend>);
    Store::start(medium, opening(), [Duration::from_millis(1); 3], &|_| Ok(())).unwrap()
}

async fn insert(store: &Store, number: u64) -> Result<(), StoreError> {
    store.write(move |tx| NUMBERS.insert(tx, &number, &number.to_string())).await
}

fn find(tx: &impl Read, number: u64) -> Option<String> {
    NUMBERS.find(tx, &number).unwrap()
}

fn numbers(store: &Store) -> Vec<u64> {
    let texts = store.read(|tx| NUMBERS.list(tx, None, usize::MAX)).unwrap();
    texts.iter().map(|text| text.parse().unwrap()).collect()
}
