//! Loads: as much as goes over a few connections, or so many a second.

use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::{JoinHandle, LocalSet};

use super::http::Connection;

/// What one round of work came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Done,
    /// Answered, but not as asked: too many attempts, no place in a queue.
    Refused,
    /// Nothing is left to do.
    Over,
}

/// Work that is done again and again over one connection.
pub(crate) trait Work {
    async fn once(&mut self, connection: &mut Connection) -> Turn;
}

/// What a load came to.
#[derive(Debug, Default, Clone)]
pub(crate) struct Load {
    pub(crate) latencies: Vec<Duration>,
    pub(crate) refused: usize,
    pub(crate) elapsed: Duration,
    /// Processor time of the server meanwhile, where it was looked at.
    pub(crate) processor: Duration,
}

impl Load {
    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that this share of the turns does not exceed.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let place = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
        sorted.get(place).copied().unwrap_or_default()
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.refused += other.refused;
        self.elapsed += other.elapsed;
        self.processor += other.processor;
    }

    /// Processor time of the server for one turn, in microseconds.
    pub(crate) fn processor_micros(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.latencies.len().max(1) as f64
    }
}

/// Each worker does its turns over a connection of its own, without a pause, until the time or the work is over.
pub(crate) async fn at_full_speed<W: Work + 'static>(port: u16, workers: Vec<W>, time: Duration) -> Load {
    let connections = open(port, workers.len()).await;
    let begun = Instant::now();
    let tasks = LocalSet::new();
    let lanes: Vec<JoinHandle<Load>> = workers
        .into_iter()
        .zip(connections)
        .map(|(mut worker, mut connection)| {
            tasks.spawn_local(async move {
                let mut load = Load::default();
                while begun.elapsed() < time {
                    let turn_begun = Instant::now();
                    match worker.once(&mut connection).await {
                        Turn::Done => load.latencies.push(turn_begun.elapsed()),
                        Turn::Refused => load.refused += 1,
                        Turn::Over => break,
                    }
                }
                load
            })
        })
        .collect();
    tasks.await;
    let mut whole = Load::default();
    for lane in lanes {
        whole.absorb(lane.await.unwrap());
    }
    whole.elapsed = begun.elapsed();
    whole
}

/// Begins a turn at every tick whether or not the earlier ones are over; a turn lasts from its tick on, the wait for a
/// free connection included.
pub(crate) async fn at_a_rate<W: Work + 'static>(port: u16, workers: Vec<W>, per_second: u32, time: Duration) -> Load {
    let connections = open(port, workers.len()).await;
    let (give_back, mut free) = tokio::sync::mpsc::unbounded_channel();
    for lane in workers.into_iter().zip(connections) {
        give_back.send(lane).unwrap_or_else(|_| unreachable!("the receiver is here"));
    }
    let period = Duration::from_secs(1) / per_second;
    let turns = (time.as_secs_f64() * f64::from(per_second)) as u32;
    let begun = Instant::now();
    let load = Rc::new(std::cell::RefCell::new(Load::default()));
    let counted = Rc::clone(&load);
    let set = LocalSet::new();
    set.run_until(async move {
        let mut turns_begun = Vec::new();
        for number in 0..turns {
            let tick = begun + period * number;
            tokio::time::sleep_until(tick.into()).await;
            let (mut worker, mut connection) = free.recv().await.unwrap();
            let (give_back, load) = (give_back.clone(), Rc::clone(&counted));
            turns_begun.push(tokio::task::spawn_local(async move {
                let turn = worker.once(&mut connection).await;
                match turn {
                    Turn::Done => load.borrow_mut().latencies.push(tick.elapsed()),
                    Turn::Refused => load.borrow_mut().refused += 1,
                    Turn::Over => panic!("the stock was too small"),
                }
                // The last turns may end after the loop that took the receiver.
                drop(give_back.send((worker, connection)));
            }));
        }
        for turn in turns_begun {
            turn.await.unwrap();
        }
    })
    .await;
    let mut whole = load.borrow().clone();
    whole.elapsed = begun.elapsed();
    whole
}

async fn open(port: u16, count: usize) -> Vec<Connection> {
    let mut connections = Vec::with_capacity(count);
    for _ in 0..count {
        connections.push(Connection::open(port).await);
    }
    connections
}
