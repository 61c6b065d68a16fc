//! The one writer: many jobs in one transaction, one commit for all, answers only after it.
//!
//! Batches form by themselves while the last flush runs, and take in what comes while they run. A job that fails or
//! panics costs its batch one more round, in which every job has its own transaction, and harms only itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::{Notify, mpsc, oneshot};

use super::database::{Engine, commit};
use super::transaction::Tx;
use crate::logs::Stopwatch;
use crate::store::{OpenError, Statistics, StoreError};

/// Jobs that may wait; more senders wait at the door.
const QUEUE: usize = 1024;
/// Jobs in one transaction.
const BATCH: usize = 256;

/// The queue to the writer's thread, and the thread.
pub(in crate::store) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    statistics: Arc<Statistics>,
    bell: Arc<Notify>,
}

impl Writer {
    pub(in crate::store) fn start(engine: Arc<Engine>) -> Result<Self, OpenError> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let statistics = Arc::new(Statistics::default());
        let bell = Arc::new(Notify::new());
        let desk = Desk { statistics: Arc::clone(&statistics), bell: Arc::clone(&bell) };
        let thread = thread::Builder::new().name(String::from("store-writer"));
        let thread = thread.spawn(move || serve(&engine, &desk, jobs))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), statistics, bell })
    }

    /// Runs `run` in a transaction; the result comes after the commit that made its writes durable.
    pub(in crate::store) async fn write<T, F>(&self, run: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Tx) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Queued { run, result: None, reply });
        let queue = self.queue.as_ref().ok_or(StoreError::Unavailable)?;
        queue.send(job).await.map_err(|_closed| StoreError::Unavailable)?;
        answer.await.map_err(|_lost| StoreError::Unavailable)?
    }

    /// The same for a thread that may block, outside the runtime.
    pub(in crate::store) fn write_blocking<T, F>(&self, run: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Tx) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Queued { run, result: None, reply });
        let queue = self.queue.as_ref().ok_or(StoreError::Unavailable)?;
        queue.blocking_send(job).map_err(|_closed| StoreError::Unavailable)?;
        answer.blocking_recv().map_err(|_lost| StoreError::Unavailable)?
    }

    /// How many jobs wait.
    pub(in crate::store) fn waiting(&self) -> usize {
        self.queue.as_ref().map_or(0, |queue| queue.max_capacity().saturating_sub(queue.capacity()))
    }

    pub(in crate::store) fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Rung after a commit that holds something which somebody waits for.
    pub(in crate::store) fn bell(&self) -> &Notify {
        &self.bell
    }
}

/// What the writer's thread tells others.
struct Desk {
    statistics: Arc<Statistics>,
    bell: Arc<Notify>,
}

/// Jobs already queued are finished before the thread ends and the file is released.
impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        let Some(writer) = self.thread.take() else { return };
        // A job may hold the last handle to the store: the thread cannot wait for itself.
        if writer.thread().id() != thread::current().id() && writer.join().is_err() {
            tracing::error!("the writer of the store had panicked");
        }
    }
}

/// A job without its types.
trait Job: Send {
    /// Runs in `tx`; may happen more than once, and only the last time counts.
    fn run(&mut self, tx: &mut Tx) -> Result<(), StoreError>;
    /// Hands out the result: its writes are durable.
    fn acknowledge(self: Box<Self>);
    /// Says that nothing was kept, or that nobody knows.
    fn refuse(self: Box<Self>, error: StoreError);
}

struct Queued<T, F> {
    run: F,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: Fn(&mut Tx) -> Result<T, StoreError> + Send> Job for Queued<T, F> {
    fn run(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.result = None;
        self.result = Some((self.run)(tx)?);
        Ok(())
    }

    fn acknowledge(self: Box<Self>) {
        answer(self.reply, self.result.ok_or(StoreError::Unavailable));
    }

    fn refuse(self: Box<Self>, error: StoreError) {
        answer(self.reply, Err(error));
    }
}

/// A caller that went away does not undo its write; there is only nobody to tell.
fn answer<T>(reply: oneshot::Sender<Result<T, StoreError>>, result: Result<T, StoreError>) {
    if reply.send(result).is_err() {
        tracing::debug!("nobody waits for a write any more");
    }
}

fn serve(engine: &Arc<Engine>, desk: &Desk, mut queue: mpsc::Receiver<Box<dyn Job>>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
        settle(engine, desk, std::mem::take(&mut batch), &mut || queue.try_recv().ok());
    }
}

/// Runs a batch, with what `more` gives meanwhile, and answers every job of it.
fn settle(engine: &Arc<Engine>, desk: &Desk, mut jobs: Vec<Box<dyn Job>>, more: &mut More<'_>) {
    let since = Stopwatch::start();
    match attempt(engine, &mut jobs, more) {
        Ok(Told { rings, remarks }) => {
            desk.statistics.note(since, jobs.len());
            if rings {
                desk.bell.notify_one();
            }
            for (remark, times) in remarks {
                tracing::warn!(times, "{remark}");
            }
            jobs.into_iter().for_each(Job::acknowledge);
        }
        // Of what is unavailable the outcome is unknown: repeating blindly could do things twice.
        Err(error) if error == StoreError::Unavailable || jobs.len() == 1 => {
            desk.statistics.note_refused(jobs.len());
            jobs.into_iter().for_each(|job| job.refuse(error));
        }
        Err(_) => jobs.into_iter().for_each(|job| settle(engine, desk, vec![job], &mut || None)),
    }
}

/// What others hear of a transaction that is durable.
#[derive(PartialEq)]
struct Told {
    /// Whether the bell is to be rung.
    rings: bool,
    /// What the log is told, with how often it came.
    remarks: Vec<(&'static str, u64)>,
}

/// The next job of those that came while a batch ran; none where nobody waits.
type More<'a> = dyn FnMut() -> Option<Box<dyn Job>> + 'a;

/// Runs every job. What comes meanwhile is added and runs too, as long as there is room in a batch: a commit costs the
/// same for many as for few.
fn run_all(tx: &mut Tx, jobs: &mut Vec<Box<dyn Job>>, more: &mut More<'_>) -> Result<(), StoreError> {
    jobs.iter_mut().try_for_each(|job| job.run(tx))?;
    while jobs.len() < BATCH
        && let Some(job) = more()
    {
        // It is one of them before it runs, so that it is answered even if it panics.
        jobs.push(job);
        jobs.last_mut().map_or(Ok(()), |job| job.run(tx))?;
    }
    Ok(())
}

/// One transaction for all jobs and for those that `more` adds to them. `Unavailable` is the engine's failure, anything
/// else that of one job.
fn attempt(engine: &Arc<Engine>, jobs: &mut Vec<Box<dyn Job>>, more: &mut More<'_>) -> Result<Told, StoreError> {
    let (transaction, generation) = engine.begin()?;
    let run = catch_unwind(AssertUnwindSafe(|| {
        let mut tx = Tx::of(&transaction);
        run_all(&mut tx, jobs, more).map(|()| Told { rings: tx.rings(), remarks: tx.take_remarks() })
    }));
    let run = run.unwrap_or_else(|_panic| {
        tracing::error!("a write job panicked");
        Err(StoreError::Panicked)
    });
    let finished = catch_unwind(AssertUnwindSafe(|| match run {
        Ok(told) => commit(transaction).map(|()| told),
        Err(error) => {
            drop(transaction);
            Err(error)
        }
    }));
    let outcome = finished.unwrap_or_else(|_panic| {
        tracing::error!("the storage engine panicked");
        Err(StoreError::Unavailable)
    });
    if outcome == Err(StoreError::Unavailable) {
        engine.report_failure(generation);
    }
    outcome
}
