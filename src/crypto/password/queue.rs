//! Who waits for a password thread, and whose turn it is.

use std::collections::VecDeque;

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::foreign::KnownHash;
use super::lane::{HashError, Verification};

/// Who waits: one line for each source, served in turn.
#[derive(Default)]
pub(super) struct Queue {
    lines: VecDeque<Line>,
    pub(super) is_closed: bool,
}

struct Line {
    source: String,
    jobs: VecDeque<Job>,
}

/// One password to hash, and where the outcome goes.
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) password: Zeroizing<String>,
    pub(super) started: oneshot::Sender<()>,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// What is asked.
pub(super) enum Task {
    Compare(Option<Box<KnownHash>>),
    Hash { salt: [u8; 16] },
}

/// What came of it.
pub(super) enum Answer {
    Compared(Verification),
    Hashed(Option<String>),
}

impl Queue {
    pub(super) fn depth(&self) -> usize {
        self.lines.iter().map(|line| line.live_count()).sum()
    }

    /// Puts a job at the end of its source's line. When everything is full, the newest job of the longest line makes
    /// place for a source that has fewer: one source cannot keep all the others out.
    pub(super) fn enter(&mut self, source: &str, job: Job, limit: usize) -> Result<(), HashError> {
        for line in &mut self.lines {
            line.jobs.retain(Job::is_wanted);
        }
        self.lines.retain(|line| !line.jobs.is_empty());
        if self.depth() >= limit {
            let own = self.lines.iter().find(|line| line.source == source).map_or(0, |line| line.jobs.len());
            let longest = self.lines.iter_mut().max_by_key(|line| line.jobs.len());
            match longest {
                Some(line) if line.jobs.len() > own.saturating_add(1) => drop(line.jobs.pop_back()),
                Some(_) | None => return Err(HashError::Busy),
            }
        }
        match self.lines.iter_mut().find(|line| line.source == source) {
            Some(line) => line.jobs.push_back(job),
            None => self.lines.push_back(Line { source: source.to_owned(), jobs: VecDeque::from([job]) }),
        }
        Ok(())
    }

    /// The oldest job of the source whose turn it is; the source goes to the end.
    pub(super) fn next(&mut self) -> Option<Job> {
        while let Some(mut line) = self.lines.pop_front() {
            let job = line.jobs.pop_front();
            if !line.jobs.is_empty() {
                self.lines.push_back(line);
            }
            if let Some(job) = job.filter(Job::is_wanted) {
                return Some(job);
            }
        }
        None
    }
}

impl Line {
    fn live_count(&self) -> usize {
        self.jobs.iter().filter(|job| job.is_wanted()).count()
    }
}

impl Job {
    fn is_wanted(&self) -> bool {
        !self.started.is_closed()
    }
}
