//! What the sockets have seen, for the metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers since the start; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    numbers: Arc<Numbers>,
}

#[derive(Debug, Default)]
struct Numbers {
    accepted: AtomicU64,
    ended: AtomicU64,
    turned_away: AtomicU64,
    handshakes_failed: AtomicU64,
    overdue: AtomicU64,
    floods: AtomicU64,
    refusals_of_the_system: AtomicU64,
    handshakes: AtomicU64,
    requests: AtomicU64,
}

/// Something that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// TLS is being agreed on.
    Handshake,
    /// A request is being answered.
    Request,
}

/// Holds what it counts until it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay {
    counters: Counters,
    work: Work,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.counters.at_work(self.work).fetch_sub(1, Ordering::Relaxed);
    }
}

/// Something that happens to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It was accepted.
    Accepted,
    /// It ended.
    Ended,
    /// Its source had its share already.
    TurnedAway,
    /// No TLS came of it.
    HandshakeFailed,
    /// It was ended because its peer was silent or slow.
    Overdue,
    /// It was ended because its peer did too much.
    Flood,
    /// The system did not hand it over.
    RefusedBySystem,
}

impl Counters {
    fn number(&self, event: Event) -> &AtomicU64 {
        match event {
            Event::Accepted => &self.numbers.accepted,
            Event::Ended => &self.numbers.ended,
            Event::TurnedAway => &self.numbers.turned_away,
            Event::HandshakeFailed => &self.numbers.handshakes_failed,
            Event::Overdue => &self.numbers.overdue,
            Event::Flood => &self.numbers.floods,
            Event::RefusedBySystem => &self.numbers.refusals_of_the_system,
        }
    }

    pub(super) fn count(&self, event: Event) {
        self.number(event).fetch_add(1, Ordering::Relaxed);
    }

    /// How often this has happened.
    pub fn get(&self, event: Event) -> u64 {
        self.number(event).load(Ordering::Relaxed)
    }

    fn at_work(&self, work: Work) -> &AtomicU64 {
        match work {
            Work::Handshake => &self.numbers.handshakes,
            Work::Request => &self.numbers.requests,
        }
    }

    /// Begins something; it ends when what is given is dropped.
    pub(super) fn begin(&self, work: Work) -> UnderWay {
        self.at_work(work).fetch_add(1, Ordering::Relaxed);
        UnderWay { counters: self.clone(), work }
    }

    /// How much of this is under way.
    pub fn under_way(&self, work: Work) -> u64 {
        self.at_work(work).load(Ordering::Relaxed)
    }

    /// Connections that are open now.
    pub fn open(&self) -> u64 {
        // What has ended is read first: a connection that ends meanwhile is still counted, never one too few.
        let ended = self.get(Event::Ended);
        self.get(Event::Accepted).saturating_sub(ended)
    }
}
