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

    /// Connections that are open now.
    pub fn open(&self) -> u64 {
        // What has ended is read first: a connection that ends meanwhile is still counted, never one too few.
        let ended = self.get(Event::Ended);
        self.get(Event::Accepted).saturating_sub(ended)
    }
}
