//! A disk that remembers in which order it was written, and what was flushed when.

use std::io;
use std::sync::{Arc, Mutex};

use moncomptepro::store::StorageBackend;

/// What was asked of the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    Write { offset: usize, data: Vec<u8> },
    SetLength(usize),
    Flush,
}

impl Operation {
    /// Does to `bytes` what it did to the disk.
    pub(crate) fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write { offset, data } => bytes[*offset..*offset + data.len()].copy_from_slice(data),
            Self::SetLength(length) => bytes.resize(*length, 0),
            Self::Flush => {}
        }
    }
}

/// The disk. Everything asked of it since the beginning is kept.
#[derive(Debug, Default)]
pub(crate) struct RecordingDisk {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    operations: Vec<Operation>,
}

/// A handle for the store; the test keeps another.
#[derive(Debug)]
struct Handle(Arc<RecordingDisk>);

impl RecordingDisk {
    /// A disk that holds `bytes`, all of them flushed.
    pub(crate) fn with(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { bytes, operations: Vec::new() }) })
    }

    pub(crate) fn backend(self: &Arc<Self>) -> Arc<dyn StorageBackend> {
        Arc::new(Handle(Arc::clone(self)))
    }

    /// How many operations there were so far.
    pub(crate) fn position(&self) -> usize {
        self.state.lock().unwrap().operations.len()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.state.lock().unwrap().bytes.clone()
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        self.state.lock().unwrap().operations.clone()
    }
}

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.state.lock().unwrap().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        let state = self.0.state.lock().unwrap();
        let found = state.bytes.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.record(Operation::SetLength(usize::try_from(len).unwrap()));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.record(Operation::Flush);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.record(Operation::Write { offset: usize::try_from(offset).unwrap(), data: data.to_vec() });
        Ok(())
    }
}

impl RecordingDisk {
    fn record(&self, operation: Operation) {
        let mut state = self.state.lock().unwrap();
        operation.apply(&mut state.bytes);
        state.operations.push(operation);
    }
}
