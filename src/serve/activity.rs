//! What a connection is doing, and until when it may go on like that.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::Limits;
use super::admission::Admitted;
use super::places::Places;
use crate::clock;

/// Shared by the two ends of a connection: the stream that reads, and the requests that are answered.
pub(super) struct Activity {
    limits: Limits,
    admitted: Admitted,
    places: Places,
    state: Mutex<State>,
}

struct State {
    /// Since when nothing has happened that counts.
    since: Instant,
    /// Since when the headers of a request are coming in.
    head_since: Option<Instant>,
    has_asked: bool,
    /// Requests that are being answered.
    under_way: usize,
    /// Answers that are not wholly taken yet, each with the last time that the peer took some of it.
    untaken: Vec<(u64, Instant)>,
    next_answer: u64,
    is_flooding: bool,
}

impl Activity {
    pub(super) fn begin(limits: Limits, admitted: Admitted, places: Places) -> Arc<Self> {
        let state = State {
            since: clock::machine_instant(),
            head_since: None,
            has_asked: false,
            under_way: 0,
            untaken: Vec::new(),
            next_answer: 0,
            is_flooding: false,
        };
        Arc::new(Self { limits, admitted, places, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of requests came in. `is_in_head`: the last of them belong to headers that are not complete;
    /// `is_another`: they are not those that were coming in before.
    pub(super) fn note_head(&self, is_in_head: bool, is_another: bool) {
        let mut state = self.state();
        state.head_since = match state.head_since {
            _ if !is_in_head => None,
            Some(since) if !is_another => Some(since),
            Some(_) | None => Some(clock::machine_instant()),
        };
    }

    /// The peer took some of what is sent to it.
    pub(super) fn note_progress(&self) {
        let now = clock::machine_instant();
        let mut state = self.state();
        state.since = now;
        state.untaken.iter_mut().for_each(|(_, since)| *since = now);
    }

    /// The peer does more than any honest one.
    pub(super) fn note_flood(&self) {
        self.state().is_flooding = true;
    }

    pub(super) fn is_flooding(&self) -> bool {
        self.state().is_flooding
    }

    /// A request came in whole; it is under way until the guard is dropped or turned into an answer.
    pub(super) fn begin_request(self: &Arc<Self>) -> UnderWay {
        let mut state = self.state();
        state.has_asked = true;
        state.under_way += 1;
        UnderWay { activity: Arc::clone(self) }
    }

    /// When the connection has to end if nothing changes; `None` while the next move is ours.
    fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        // An answer that is not taken is not excused by what happens beside it.
        if let Some(oldest) = state.untaken.iter().map(|(_, since)| *since).min() {
            return Some(oldest + self.limits.write_stall);
        }
        if state.under_way > 0 {
            return None;
        }
        let end = if let Some(head_since) = state.head_since {
            head_since.max(state.since) + self.limits.headers
        } else if state.has_asked {
            state.since + self.idle()
        } else {
            state.since + self.limits.headers
        };
        Some(end)
    }

    /// How long it may rest between two requests: shorter where there is little room for others.
    fn idle(&self) -> Duration {
        let Limits { idle, crowded_idle, .. } = self.limits;
        if self.places.are_short() { idle.min(crowded_idle) } else { idle }
    }

    /// When to look at the deadline again: room may have become short meanwhile.
    fn next_look(&self, deadline: Instant) -> Instant {
        deadline.min(clock::machine_instant() + self.limits.crowded_idle)
    }

    /// Ready when the connection has had its time. To be asked after everything that may change the deadline.
    pub(super) fn poll_over(
        &self,
        timer: &mut Option<std::pin::Pin<Box<Sleep>>>,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            let Some(deadline) = self.deadline() else { return Poll::Pending };
            let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(self.next_look(deadline))));
            // A timer that goes off too early is only set anew: most requests never touch it.
            if timer.deadline() > deadline {
                timer.as_mut().reset(deadline);
            }
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            if clock::machine_instant() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(self.next_look(deadline));
        }
    }
}

/// A request that is being answered.
pub(super) struct UnderWay {
    activity: Arc<Activity>,
}

impl UnderWay {
    /// There is an answer: the peer has shown that it is one.
    pub(super) fn answered(self) -> Untaken {
        self.activity.admitted.prove();
        let mut state = self.activity.state();
        let id = state.next_answer;
        state.next_answer = id.wrapping_add(1);
        state.untaken.push((id, clock::machine_instant()));
        Untaken { activity: Arc::clone(&self.activity), id }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        state.under_way = state.under_way.saturating_sub(1);
        state.since = clock::machine_instant();
    }
}

/// An answer that the peer has not wholly taken.
pub(super) struct Untaken {
    activity: Arc<Activity>,
    id: u64,
}

impl Untaken {
    /// The peer took some of this answer.
    pub(super) fn note_progress(&self) {
        let now = clock::machine_instant();
        let mut state = self.activity.state();
        state.since = now;
        state.untaken.iter_mut().filter(|(id, _)| *id == self.id).for_each(|(_, since)| *since = now);
    }
}

impl Drop for Untaken {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        state.untaken.retain(|(id, _)| *id != self.id);
        state.since = clock::machine_instant();
    }
}
