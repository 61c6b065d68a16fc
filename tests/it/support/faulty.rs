//! A disk that can be broken, filled, made read-only, and mended.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use moncomptepro::store::{Space, StorageBackend};

/// Bytes in memory, and what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    state: Mutex<State>,
    latch: Mutex<Latch>,
    released: Condvar,
}

/// Flushes that are kept waiting.
#[derive(Debug, Default)]
struct Latch {
    is_shut: bool,
    waiting: usize,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    /// What was written once has its place; a full disk still takes it.
    written: usize,
    fault: Option<Fault>,
    /// What it says of its room.
    room: Option<Space>,
    /// Writes, flushes and changes of length so far.
    calls: usize,
    /// Calls that fail whatever the state of the disk: from this one on, so many.
    failing: Option<(usize, usize)>,
}

/// What a disk does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It writes nothing.
    Broken,
    /// It has no room for what is new.
    Full,
    /// It was mounted again for reading only.
    ReadOnly,
    /// Nothing on it can be read any more.
    Unreadable,
}

/// A handle on it; the test keeps another.
#[derive(Debug)]
struct Handle(Arc<Disk>);

impl Disk {
    /// A disk that holds `bytes`.
    pub(crate) fn with(bytes: Vec<u8>) -> Arc<Self> {
        let written = bytes.len();
        Arc::new(Self { state: Mutex::new(State { bytes, written, ..State::default() }), ..Self::default() })
    }

    pub(crate) fn break_down(&self) {
        self.suffer(Fault::Broken);
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// From now on it says that so much of it is free.
    pub(crate) fn has_room(&self, free: u64, total: u64) {
        self.state().room = Some(Space { free, total });
    }

    pub(crate) fn room(&self) -> Option<Space> {
        self.state().room
    }

    /// After `calls` more writes, flushes and changes of length, so many of them fail.
    pub(crate) fn fail_after(&self, calls: usize, times: usize) {
        let mut state = self.state();
        state.failing = Some((state.calls + calls, times));
    }

    /// Everything works again.
    pub(crate) fn mend(&self) {
        let mut state = self.state();
        state.fault = None;
        state.failing = None;
    }

    /// From now on a flush takes until [`Self::release_flushes`].
    pub(crate) fn hold_flushes(&self) {
        self.latch.lock().unwrap().is_shut = true;
    }

    pub(crate) fn release_flushes(&self) {
        self.latch.lock().unwrap().is_shut = false;
        self.released.notify_all();
    }

    /// How many flushes wait now.
    pub(crate) fn flushes_held(&self) -> usize {
        self.latch.lock().unwrap().waiting
    }

    fn wait_for_release(&self) {
        let mut latch = self.latch.lock().unwrap();
        latch.waiting += 1;
        let mut latch = self.released.wait_while(latch, |latch| latch.is_shut).unwrap();
        latch.waiting -= 1;
    }

    pub(crate) fn calls(&self) -> usize {
        self.state().calls
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// Whether these bytes are anywhere on it.
    pub(crate) fn holds(&self, text: &str) -> bool {
        self.state().bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }

    pub(crate) fn backend(self: &Arc<Self>) -> Arc<dyn StorageBackend> {
        Arc::new(Handle(Arc::clone(self)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    /// Counts a call; one that reaches to `end` and fails says why.
    fn call(&mut self, end: usize) -> io::Result<()> {
        let number = self.calls;
        self.calls += 1;
        if self.failing.is_some_and(|(first, times)| number >= first && number - first < times) {
            return Err(io::Error::other("the disk fails"));
        }
        match self.fault {
            Some(Fault::Broken) => Err(io::Error::other("the disk is broken")),
            Some(Fault::ReadOnly) => Err(io::ErrorKind::ReadOnlyFilesystem.into()),
            Some(Fault::Full) if end > self.written => Err(io::ErrorKind::StorageFull.into()),
            Some(Fault::Full | Fault::Unreadable) | None => Ok(()),
        }
    }
}

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.0.state().bytes.len()).unwrap())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        let state = self.0.state();
        if state.fault == Some(Fault::Unreadable) {
            return Err(io::Error::other("the disk cannot be read"));
        }
        let found = state.bytes.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    /// A file grows without taking room, as on any disk.
    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.0.state();
        state.call(0)?;
        let length = usize::try_from(len).unwrap();
        state.bytes.resize(length, 0);
        state.written = state.written.min(length);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.wait_for_release();
        self.0.state().call(0)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        let end = start + data.len();
        let mut state = self.0.state();
        state.call(end)?;
        state.bytes[start..end].copy_from_slice(data);
        state.written = state.written.max(end);
        Ok(())
    }
}
