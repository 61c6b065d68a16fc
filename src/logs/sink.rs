//! Where lines go: a thread that writes them, and a buffer that nobody waits for.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Bytes of lines that may wait.
const MOST_BYTES: usize = 1 << 20;
/// How long lines are gathered after a write, so that a busy server does not wake the writer for each of them.
const GATHERING: Duration = Duration::from_millis(5);
/// How long the end of the program waits for the last lines.
const LAST_WAIT: Duration = Duration::from_millis(500);

/// A handle on the buffer; clones share it.
#[derive(Debug, Clone)]
pub struct Sink {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// There is something to write, or to finish.
    is_due: Condvar,
    /// Something was written.
    is_written: Condvar,
    /// Lines that were dropped since the start.
    dropped: AtomicU64,
}

/// What is not written yet.
#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Lines that found no place since the last that did.
    dropped: u64,
    /// Whether the writer sleeps until it is told.
    is_idle: bool,
    /// Whether the writer is at work on what it took.
    is_writing: bool,
    /// Whether somebody waits for the last line.
    is_urgent: bool,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink {
    /// Writes to `output` on a thread of its own. `complaint` makes the line that says how many were dropped.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn new(
        output: impl Write + Send + 'static,
        complaint: impl Fn(u64) -> String + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let written = Arc::clone(&shared);
        thread::Builder::new().name(String::from("logs")).spawn(move || write_all(&written, output, complaint))?;
        Ok(Self { shared })
    }

    /// Takes a line, or drops it and counts: whoever logs never waits for what is written.
    pub fn take(&self, line: &str) {
        let mut waiting = self.shared.waiting();
        if waiting.lines.len().saturating_add(line.len()) > MOST_BYTES {
            waiting.dropped = waiting.dropped.saturating_add(1);
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.lines.extend_from_slice(line.as_bytes());
        if std::mem::take(&mut waiting.is_idle) {
            self.shared.is_due.notify_one();
        }
    }

    /// How many lines were dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Waits until what was taken is written, half a second at most.
    pub fn finish(&self) {
        let mut waiting = self.shared.waiting();
        waiting.is_urgent = true;
        self.shared.is_due.notify_one();
        let is_unfinished = |waiting: &mut Waiting| !waiting.lines.is_empty() || waiting.is_writing;
        let outcome = self.shared.is_written.wait_timeout_while(waiting, LAST_WAIT, is_unfinished);
        outcome.unwrap_or_else(PoisonError::into_inner).0.is_urgent = false;
    }
}

fn write_all(shared: &Shared, mut output: impl Write, complaint: impl Fn(u64) -> String) {
    let mut lines = Vec::new();
    loop {
        let dropped = take(shared, &mut lines);
        let lost = write(&mut output, &lines);
        shared.dropped.fetch_add(lost, Ordering::Relaxed);
        let is_told = dropped == 0 || write(&mut output, complaint(dropped).as_bytes()) == 0;
        lines.clear();
        let mut waiting = shared.waiting();
        let untold = if is_told { 0 } else { dropped };
        waiting.dropped = waiting.dropped.saturating_add(lost).saturating_add(untold);
        waiting.is_writing = false;
        shared.is_written.notify_all();
        let gathered = shared.is_due.wait_timeout_while(waiting, GATHERING, |waiting| !waiting.is_urgent);
        drop(gathered.unwrap_or_else(PoisonError::into_inner));
    }
}

/// Waits for lines, takes them all, and says how many were dropped after them.
fn take(shared: &Shared, lines: &mut Vec<u8>) -> u64 {
    let mut waiting = shared.waiting();
    waiting.is_idle = true;
    let nothing = |waiting: &mut Waiting| waiting.lines.is_empty();
    let mut waiting = shared.is_due.wait_while(waiting, nothing).unwrap_or_else(PoisonError::into_inner);
    waiting.is_idle = false;
    waiting.is_writing = true;
    std::mem::swap(&mut waiting.lines, lines);
    std::mem::take(&mut waiting.dropped)
}

/// How many lines were lost: an output that fails, as on a full disk, costs lines and nothing else.
fn write(output: &mut impl Write, lines: &[u8]) -> u64 {
    match output.write_all(lines).and_then(|()| output.flush()) {
        Ok(()) => 0,
        Err(_full_or_gone) => u64::try_from(lines.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u64::MAX),
    }
}
