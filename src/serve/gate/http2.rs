//! Counts the frames of an HTTP/2 peer that cost us work and it nothing.

use tokio::time::Instant;

use super::super::Http2Limits;

const PREFACE_BYTES: usize = 24;
const FRAME_HEADER_BYTES: usize = 9;

/// A reader of the frames of one peer.
pub(super) struct Budget {
    limits: Http2Limits,
    preface_left: usize,
    header: Vec<u8>,
    payload_left: usize,
    window_since: Option<Instant>,
    resets: u32,
    idle_frames: u32,
    /// Window updates that the peer has a reason for.
    credit: u32,
    /// Bytes sent that have not come to a credit yet.
    sent: usize,
}

/// What a frame costs.
#[derive(Debug, PartialEq, Eq)]
enum Price {
    Free,
    Reset,
    Idle,
    /// A request: whoever reads its answer makes room as it comes.
    Request,
    /// Room for what we send: without a use where nothing was asked or sent.
    Room,
}

/// Window updates for each request: an answer in so many pieces is taken piece by piece, on its stream and on the connection.
const CREDIT_FOR_REQUEST: u32 = 16;
/// And one more for so many bytes that were sent.
const SENT_BYTES: usize = 512;
/// What can be saved up.
const MOST_CREDIT: u32 = 100_000;

impl Budget {
    pub(super) fn new(limits: Http2Limits) -> Self {
        Self {
            limits,
            preface_left: PREFACE_BYTES,
            header: Vec::with_capacity(FRAME_HEADER_BYTES),
            payload_left: 0,
            window_since: None,
            resets: 0,
            idle_frames: 0,
            credit: 0,
            sent: 0,
        }
    }

    /// So many bytes were sent to the peer, who has reason to make room for more.
    pub(super) fn earn(&mut self, sent_bytes: usize) {
        let sent = self.sent.saturating_add(sent_bytes);
        self.sent = sent % SENT_BYTES;
        let updates = u32::try_from(sent / SENT_BYTES).unwrap_or(u32::MAX);
        self.credit = self.credit.saturating_add(updates).min(MOST_CREDIT);
    }

    /// Whether these bytes exceed the budget. `now` is asked at most once.
    pub(super) fn is_exceeded_by(&mut self, bytes: &[u8], now: fn() -> Instant) -> bool {
        let (mut resets, mut idle) = (0_u32, 0_u32);
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = if self.preface_left > 0 {
                let used = self.preface_left.min(rest.len());
                self.preface_left -= used;
                used
            } else if self.payload_left > 0 {
                let used = self.payload_left.min(rest.len());
                self.payload_left -= used;
                used
            } else {
                let used = FRAME_HEADER_BYTES.saturating_sub(self.header.len()).min(rest.len());
                self.header.extend(rest.iter().take(used));
                if self.header.len() == FRAME_HEADER_BYTES {
                    match self.end_header() {
                        Price::Free => {}
                        Price::Reset => resets = resets.saturating_add(1),
                        Price::Idle => idle = idle.saturating_add(1),
                        Price::Request => {
                            self.credit = self.credit.saturating_add(CREDIT_FOR_REQUEST).min(MOST_CREDIT);
                        }
                        Price::Room => match self.credit.checked_sub(1) {
                            Some(left) => self.credit = left,
                            None => idle = idle.saturating_add(1),
                        },
                    }
                }
                used
            };
            (_, rest) = rest.split_at(used.min(rest.len()));
        }
        (resets > 0 || idle > 0) && self.spend(resets, idle, now())
    }

    fn end_header(&mut self) -> Price {
        let (length, kind, flags) = match self.header.as_slice() {
            [high, middle, low, kind, flags, ..] => {
                let length = [0, *high, *middle, *low];
                (u32::from_be_bytes(length), *kind, *flags)
            }
            _ => (0, 0, 0),
        };
        self.header.clear();
        self.payload_left = usize::try_from(length).unwrap_or(usize::MAX);
        price(kind, flags, length)
    }

    fn spend(&mut self, resets: u32, idle: u32, now: Instant) -> bool {
        let is_fresh = |since: &Instant| now.saturating_duration_since(*since) < self.limits.window;
        if self.window_since.filter(is_fresh).is_none() {
            self.window_since = Some(now);
            (self.resets, self.idle_frames) = (0, 0);
        }
        self.resets = self.resets.saturating_add(resets);
        self.idle_frames = self.idle_frames.saturating_add(idle);
        self.resets >= self.limits.resets || self.idle_frames >= self.limits.idle_frames
    }
}

/// Kinds and flags are those of RFC 9113 §6.
fn price(kind: u8, flags: u8, length: u32) -> Price {
    const END_STREAM: u8 = 0x1;
    match kind {
        // DATA: an empty one has a use only when it is the last.
        0x0 if length > 0 || flags & END_STREAM != 0 => Price::Free,
        // HEADERS are bounded by streams and by bytes.
        0x1 => Price::Request,
        0x8 => Price::Room,
        0x3 => Price::Reset,
        // PRIORITY, SETTINGS, PUSH_PROMISE, PING, GOAWAY, CONTINUATION, and what no document knows.
        _ => Price::Idle,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock;

    const LIMITS: Http2Limits = Http2Limits {
        streams: 1,
        header_list_bytes: 1024,
        resets: 3,
        idle_frames: 5,
        window: Duration::from_secs(10),
        ping: Duration::from_secs(1),
    };

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
    }

    fn begun() -> Budget {
        let mut budget = Budget::new(LIMITS);
        assert!(!budget.is_exceeded_by(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", clock::machine_instant));
        budget
    }

    #[test]
    fn sec_156_resets_and_frames_without_a_use_have_a_budget_however_they_are_cut() {
        for (kind, flags, payload, allowed) in [
            (0x3, 0, &[0; 4][..], 2),
            (0x6, 0, &[0; 8], 4),
            (0x4, 0, &[], 4),
            (0x2, 0, &[0; 5], 4),
            (0x0, 0, &[], 4),
            (0x9, 0, &[], 4),
            (0x8, 0, &[0, 0, 0, 1], 4),
            (0xee, 0, &[0; 40], 4),
        ] {
            let one = frame(kind, flags, payload);
            let (mut whole, mut cut) = (begun(), begun());
            for _ in 0..allowed {
                assert!(!whole.is_exceeded_by(&one, clock::machine_instant), "{kind}");
                assert!(one.iter().all(|byte| !cut.is_exceeded_by(&[*byte], clock::machine_instant)), "{kind}");
            }
            assert!(whole.is_exceeded_by(&one, clock::machine_instant), "{kind}");
            assert!(one.iter().any(|byte| cut.is_exceeded_by(&[*byte], clock::machine_instant)), "{kind}");
        }
    }

    #[test]
    fn sec_156_honest_frames_cost_nothing_and_the_window_moves_on() {
        let mut budget = begun();
        let room = frame(0x8, 0, &[0, 0, 0, 1]);
        let honest = [frame(0x1, 0x5, &[0; 30]), frame(0x0, 0, &[3; 100]), frame(0x0, 1, &[]), room.repeat(8)];
        assert!(!budget.is_exceeded_by(&honest.concat().repeat(100), clock::machine_instant));
        // A long answer is taken piece by piece.
        let mut budget = begun();
        for _ in 0..10_000 {
            budget.earn(1_024);
            assert!(!budget.is_exceeded_by(&room.repeat(2), clock::machine_instant));
        }
        let resets = frame(0x3, 0, &[0; 4]).repeat(2);
        for _ in 0..10 {
            assert!(!budget.is_exceeded_by(&resets, clock::machine_instant));
            budget.window_since = budget.window_since.map(|since| since - LIMITS.window);
        }
    }
}
