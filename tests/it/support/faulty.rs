//! A disk that can be broken and mended.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use moncomptepro::store::StorageBackend;

/// Bytes in memory; while it is broken nothing is written.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    bytes: Mutex<Vec<u8>>,
    is_broken: AtomicBool,
}

/// A handle on it; the test keeps another.
#[derive(Debug)]
struct Handle(Arc<Disk>);

impl Disk {
    pub(crate) fn break_down(&self) {
        self.is_broken.store(true, Ordering::SeqCst);
    }

    /// Whether these bytes are anywhere on it.
    pub(crate) fn holds(&self, text: &str) -> bool {
        self.bytes.lock().unwrap().windows(text.len()).any(|window| window == text.as_bytes())
    }

    pub(crate) fn backend(self: &Arc<Self>) -> Arc<dyn StorageBackend> {
        Arc::new(Handle(Arc::clone(self)))
    }

    fn check(&self) -> io::Result<()> {
        match self.is_broken.load(Ordering::SeqCst) {
            true => Err(io::Error::other("the disk is broken")),
            false => Ok(()),
        }
    }
}

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.0.bytes.lock().unwrap().len()).unwrap())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        let bytes = self.0.bytes.lock().unwrap();
        let found = bytes.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.check()?;
        self.0.bytes.lock().unwrap().resize(usize::try_from(len).unwrap(), 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.check()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.check()?;
        let start = usize::try_from(offset).unwrap();
        self.0.bytes.lock().unwrap()[start..start + data.len()].copy_from_slice(data);
        Ok(())
    }
}
