//! A few threads that do nothing but hash, a short queue before them, and a fair order in it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::foreign::KnownHash;
use super::hashing::{self, Memory, Parameters};
use super::queue::{Answer, Job, Queue, Task};
use super::text::prepare;
use crate::crypto::{Random, give_way};

/// A thread without work for this long gives its memory back.
const KEEP_MEMORY: Duration = Duration::from_secs(30);

/// The bounds of a lane.
#[derive(Debug, Clone, Copy)]
pub struct LaneLimits {
    /// Hashes at a time.
    pub threads: usize,
    /// Requests that wait.
    pub waiting: usize,
    /// How long one waits.
    pub wait: Duration,
}

impl Default for LaneLimits {
    /// One core is left to everything else, where there are several: at least 1 thread, at most 4, 64 waiting, 5 seconds.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { threads: cores.saturating_sub(1).clamp(1, 4), waiting: 64, wait: Duration::from_secs(5) }
    }
}

impl LaneLimits {
    /// As many threads as take at most two fifths of this memory (SEC-64); `None` where not even one does.
    #[must_use]
    pub fn within(self, memory_bytes: u64, parameters: Parameters) -> Option<Self> {
        let affordable = memory_bytes.saturating_mul(2) / 5 / parameters.memory_bytes().max(1);
        let threads = self.threads.min(usize::try_from(affordable).unwrap_or(usize::MAX));
        (threads > 0).then_some(Self { threads, ..self })
    }
}

/// What comparing a password gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification {
    /// It is the password.
    pub matches: bool,
    /// It is, and its hash is cheaper than the current parameters: hash it anew.
    pub needs_rehash: bool,
}

/// Why nothing was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many wait already, or the wait was too long. No attempt was made: count none.
    #[error("too many passwords are being checked")]
    Busy,
    /// More than 512 bytes or 128 code points.
    #[error("the password is too long")]
    TooLong,
}

/// The lane. Clones share it; its threads end with the last clone.
#[derive(Clone)]
pub struct PasswordLane {
    owner: Arc<Owner>,
}

struct Owner {
    shared: Arc<Shared>,
    random: Random,
    limits: LaneLimits,
}

/// What threads and callers share.
pub(super) struct Shared {
    parameters: Parameters,
    queue: Mutex<Queue>,
    arrived: Condvar,
    hashed: AtomicU64,
    dummies: AtomicU64,
    refused: AtomicU64,
    busy: AtomicU64,
}

impl PasswordLane {
    /// A lane with the ordinary limits; starts its threads.
    pub fn new(parameters: Parameters, random: Random) -> Self {
        Self::with_limits(parameters, random, LaneLimits::default())
    }

    /// A lane with other limits.
    pub fn with_limits(parameters: Parameters, random: Random, limits: LaneLimits) -> Self {
        let shared = Arc::new(Shared::new(parameters));
        for number in 0..limits.threads {
            let shared = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name(format!("password-{number}"));
            if let Err(error) = thread.spawn(move || shared.work()) {
                tracing::error!(%error, "a password thread could not be started");
            }
        }
        Self { owner: Arc::new(Owner { shared, random, limits }) }
    }

    /// Compares `password` with a stored hash. Without one, or with one that cannot be read, a hash at the current
    /// parameters is computed all the same and nothing matches. A password too long to be one matches nothing.
    ///
    /// # Errors
    /// [`HashError::Busy`] only.
    pub async fn verify(&self, source: &str, stored: Option<&str>, password: &str) -> Result<Verification, HashError> {
        let Some(password) = prepare(password) else {
            return Ok(Verification { matches: false, needs_rehash: false });
        };
        match self.run(source, Task::Compare(stored.and_then(KnownHash::parse).map(Box::new)), password).await? {
            Answer::Compared(verification) => Ok(verification),
            Answer::Hashed(_) => Err(HashError::Busy),
        }
    }

    /// Hashes a new password with the current parameters; gives a PHC string.
    ///
    /// # Errors
    /// A full lane or a password that is too long.
    pub async fn hash(&self, source: &str, password: &str) -> Result<String, HashError> {
        let password = prepare(password).ok_or(HashError::TooLong)?;
        let salt = self.owner.random.bytes();
        match self.run(source, Task::Hash { salt }, password).await? {
            Answer::Hashed(Some(hash)) => Ok(hash),
            Answer::Hashed(None) | Answer::Compared(_) => Err(HashError::Busy),
        }
    }

    async fn run(&self, source: &str, task: Task, password: Zeroizing<String>) -> Result<Answer, HashError> {
        let (started, has_started) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        let shared = &self.owner.shared;
        let entered = shared.lock().enter(source, Job { task, password, started, answer }, self.owner.limits.waiting);
        entered.inspect_err(|_| shared.refuse())?;
        shared.arrived.notify_one();
        // Dropping the receivers on the way out takes the job back: a thread skips what nobody waits for.
        match tokio::time::timeout(self.owner.limits.wait, has_started).await {
            Ok(Ok(())) => answered.await.map_err(|_| HashError::Busy),
            Ok(Err(_)) | Err(_) => {
                shared.refuse();
                Err(HashError::Busy)
            }
        }
    }

    /// How many requests were refused because too many waited, or for too long.
    pub fn refused_count(&self) -> u64 {
        self.owner.shared.refused.load(Ordering::Relaxed)
    }

    /// How many threads hash.
    pub fn threads(&self) -> usize {
        self.owner.limits.threads
    }

    /// How many of them are at work now.
    pub fn busy(&self) -> u64 {
        self.owner.shared.busy.load(Ordering::Relaxed)
    }

    /// The parameters of new hashes.
    pub fn parameters(&self) -> Parameters {
        self.owner.shared.parameters
    }

    /// The most memory that hashing takes at the current parameters, in bytes.
    pub fn worst_case_bytes(&self) -> u64 {
        self.parameters().memory_bytes().saturating_mul(self.owner.limits.threads as u64)
    }

    /// How many hashes were computed, dummies included.
    pub fn hashed_count(&self) -> u64 {
        self.owner.shared.hashed.load(Ordering::Relaxed)
    }

    /// How many hashes were computed for nobody.
    pub fn dummy_count(&self) -> u64 {
        self.owner.shared.dummies.load(Ordering::Relaxed)
    }

    /// How many requests wait now.
    pub fn depth(&self) -> usize {
        self.owner.shared.lock().depth()
    }
}

impl std::fmt::Debug for PasswordLane {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PasswordLane").field("parameters", &self.parameters()).finish_non_exhaustive()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.arrived.notify_all();
    }
}

impl Shared {
    pub(super) fn new(parameters: Parameters) -> Self {
        Self {
            parameters,
            queue: Mutex::default(),
            arrived: Condvar::new(),
            hashed: AtomicU64::new(0),
            dummies: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            busy: AtomicU64::new(0),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// The life of one thread.
    fn work(&self) {
        give_way();
        let mut memory = Memory::default();
        while let Some(job) = self.wait_for_job(&mut memory) {
            // A panic costs this request its answer and nothing else.
            self.busy.fetch_add(1, Ordering::Relaxed);
            if catch_unwind(AssertUnwindSafe(|| self.serve(job, &mut memory))).is_err() {
                tracing::error!("a password hash panicked");
                memory.release();
            }
            self.busy.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The next job, now or later; none when the lane is closed. The memory is clean while nothing is done.
    pub(super) fn wait_for_job(&self, memory: &mut Memory) -> Option<Job> {
        if let Some(job) = self.lock().next() {
            return Some(job);
        }
        memory.wipe();
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.next() {
                return Some(job);
            }
            if queue.is_closed {
                return None;
            }
            let (again, waited) = self.arrived.wait_timeout(queue, KEEP_MEMORY).unwrap_or_else(PoisonError::into_inner);
            queue = again;
            if waited.timed_out() {
                memory.release();
            }
        }
    }

    /// The price of a hash, so that time does not tell who has an account (SEC-97).
    fn compute_for_nobody(&self, memory: &mut Memory, password: &str) {
        hashing::hash(memory, self.parameters, &[0; 16], password);
        self.dummies.fetch_add(1, Ordering::Relaxed);
    }

    fn serve(&self, job: Job, memory: &mut Memory) {
        if job.started.send(()).is_err() {
            return;
        }
        let answer = match job.task {
            Task::Compare(Some(stored)) => {
                let matches = stored.matches(memory, &job.password);
                let is_below = stored.is_below(self.parameters);
                if !matches && is_below {
                    // A hash that is cheaper than ours would tell by its time that somebody has it.
                    self.compute_for_nobody(memory, &job.password);
                }
                let needs_rehash = matches && is_below;
                Answer::Compared(Verification { matches, needs_rehash })
            }
            Task::Compare(None) => {
                self.compute_for_nobody(memory, &job.password);
                Answer::Compared(Verification { matches: false, needs_rehash: false })
            }
            Task::Hash { salt } => Answer::Hashed(hashing::hash(memory, self.parameters, &salt, &job.password)),
        };
        memory.shrink_to(self.parameters);
        self.hashed.fetch_add(1, Ordering::Relaxed);
        // The request may have gone away meanwhile; then nobody wants the answer.
        drop(job.answer.send(answer));
    }
}
