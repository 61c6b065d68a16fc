//! The rows of a table of which parts cannot be read.
//!
//! The engine gives up at the first page that is not as it was written. What lies before and behind such a page is found by
//! reading from both ends, and what lies between two of them by looking into the middle, again and again.

use std::cell::Cell;
use std::ops::Bound;
use std::panic;
use std::sync::Once;

use super::record;
use super::still::StillImage;
use super::transaction::{Order, Row, Rows as _, Span};

/// Rows read at once; fewer where that fails, down to one.
const AT_ONCE: [usize; 3] = [256, 16, 1];
/// How often the middle of a stretch is looked into without finding anything: two to the power of this many looks.
const PATIENCE: u32 = 9;
/// The same where nothing says how far a table goes.
const LITTLE_PATIENCE: u32 = 3;
/// Looks at one table; a table without a readable page costs no more.
const MOST_LOOKS: u32 = 200_000;
/// Longer keys than any.
const LONGEST_KEY: usize = 1_024;

type Edge = Bound<Vec<u8>>;

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

static LISTENING: Once = Once::new();

/// Does something over which the engine may panic a thousand times, each of them caught: on this thread nothing is said of
/// them meanwhile.
pub fn quietly<T>(job: impl FnOnce() -> T) -> T {
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            IS_QUIET.set(false);
        }
    }
    LISTENING.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |told| {
            if !IS_QUIET.get() {
                before(told);
            }
        }));
    });
    IS_QUIET.set(true);
    let _loud = Loud;
    job()
}

/// Gives every row away that can be read and is whole, each once. Says how many there were.
pub(in crate::store) fn for_each_whole_row(
    image: &StillImage,
    table: &'static str,
    take: &mut dyn FnMut(&[u8], &[u8]),
) -> u64 {
    let mut search = Search { image, table, take, looks: MOST_LOOKS, found: 0 };
    search.between(Bound::Unbounded, Bound::Unbounded, PATIENCE);
    search.found
}

struct Search<'a> {
    image: &'a StillImage,
    table: &'static str,
    take: &'a mut dyn FnMut(&[u8], &[u8]),
    looks: u32,
    found: u64,
}

impl Search<'_> {
    /// Everything between two edges. What is still to be looked at waits in a list, the nearest last: in a table of which much
    /// is damaged there may be any number of gaps in gaps.
    fn between(&mut self, from: Edge, to: Edge, patience: u32) {
        let mut waiting = vec![Gap { from, to, patience }];
        while let Some(gap) = waiting.pop() {
            waiting.extend(self.narrow(gap).into_iter().rev());
        }
    }

    /// Takes what lies at both ends of a gap; what is left of it, in order.
    fn narrow(&mut self, gap: Gap) -> Vec<Gap> {
        let Some(from) = self.run(gap.from, gap.to.clone(), Order::Ascending) else { return Vec::new() };
        let Some(to) = self.run(from.edge.clone(), gap.to, Order::Descending) else { return Vec::new() };
        let patience = if from.has_moved || to.has_moved { PATIENCE } else { gap.patience };
        let Some(patience) = patience.checked_sub(1).filter(|_| self.looks > 0) else { return Vec::new() };
        let Bound::Unbounded = to.edge else {
            let Some(middle) = midpoint(key_of(&from.edge), key_of(&to.edge)) else { return Vec::new() };
            let lower = Gap { from: from.edge, to: Bound::Excluded(middle.clone()), patience };
            return vec![lower, Gap { from: Bound::Included(middle), to: to.edge, patience }];
        };
        // The last page cannot be read, so nothing says where the table ends: what lies before that page is looked for
        // at growing distances.
        let start = key_of(&from.edge).to_vec();
        let highs = (0..u64::BITS).map_while(|step| moved(&start, step));
        let mut low = from.edge;
        let gap_to = |high: Vec<u8>| {
            let from = std::mem::replace(&mut low, Bound::Included(high.clone()));
            Gap { from, to: Bound::Excluded(high), patience: LITTLE_PATIENCE }
        };
        highs.map(gap_to).collect()
    }

    /// Rows from one edge until one cannot be read, and the edge that was reached; none where nothing is left.
    fn run(&mut self, from: Edge, to: Edge, order: Order) -> Option<Reached> {
        let (mut from, mut to, mut has_moved) = (from, to, false);
        'rows: loop {
            if is_empty(&from, &to) {
                return None;
            }
            for limit in AT_ONCE {
                let Some(rows) = self.look(&from, &to, limit, order) else { continue };
                let is_last = rows.len() < limit;
                if !are_in_order(&rows, (&from, &to), order) || !self.are_all(&rows, is_last, (&from, &to), order) {
                    continue;
                }
                let (last, _) = rows.last()?;
                let edge = Bound::Excluded(last.clone());
                self.take_whole(&rows);
                has_moved = true;
                match order {
                    Order::Ascending => from = edge,
                    Order::Descending => to = edge,
                }
                if is_last {
                    return None;
                }
                continue 'rows;
            }
            break;
        }
        let edge = match order {
            Order::Ascending => from,
            Order::Descending => to,
        };
        Some(Reached { edge, has_moved })
    }

    fn look(&mut self, from: &Edge, to: &Edge, limit: usize, order: Order) -> Option<Vec<Row>> {
        self.looks = self.looks.checked_sub(1)?;
        let span = Span { from: borrowed(from), to: borrowed(to), limit, order };
        self.image.read(|snapshot| snapshot.rows(self.table, span)).ok()
    }

    /// Whether these rows are all that lie between the edge from which they were read and the last of them, or the other edge
    /// where that was the end: read from there back as well. A page that lies in the place of another one gives rows in
    /// order, which jump over all that is between, or ends the reading before it began.
    fn are_all(&mut self, rows: &[Row], is_last: bool, (from, to): (&Edge, &Edge), order: Order) -> bool {
        let reached = rows.last().filter(|_| !is_last).map(|(last, _)| Bound::Included(last.clone()));
        let limit = rows.len().saturating_add(1);
        let back = match order {
            Order::Ascending => self.look(from, reached.as_ref().unwrap_or(to), limit, Order::Descending),
            Order::Descending => self.look(reached.as_ref().unwrap_or(from), to, limit, Order::Ascending),
        };
        back.is_some_and(|back| back.iter().rev().map(|(key, _)| key).eq(rows.iter().map(|(key, _)| key)))
    }

    fn take_whole(&mut self, rows: &[Row]) {
        for (key, bytes) in rows {
            if record::check_record(self.table, key, bytes).is_ok() {
                self.found = self.found.saturating_add(1);
                (self.take)(key, bytes);
            }
        }
    }
}

/// Whether rows come one after the other between two edges, as those of a sound page do. A page that lies in the place of
/// another one gives rows that nobody asked for, and would lead back for ever.
fn are_in_order(rows: &[Row], (from, to): (&Edge, &Edge), order: Order) -> bool {
    let is_in_order = rows.windows(2).all(|pair| match pair {
        [(one, _), (other, _)] => match order {
            Order::Ascending => one < other,
            Order::Descending => one > other,
        },
        _ => true,
    });
    is_in_order && rows.iter().all(|(key, _)| is_between(key, from, to))
}

/// What lies between two edges and was not found yet.
struct Gap {
    from: Edge,
    to: Edge,
    /// How often its middle is looked into without finding anything.
    patience: u32,
}

/// How far a run came.
struct Reached {
    edge: Edge,
    /// Whether it found any row.
    has_moved: bool,
}

fn borrowed(edge: &Edge) -> Bound<&[u8]> {
    edge.as_ref().map(Vec::as_slice)
}

fn key_of(edge: &Edge) -> &[u8] {
    match edge {
        Bound::Included(key) | Bound::Excluded(key) => key,
        Bound::Unbounded => &[],
    }
}

fn is_between(key: &[u8], from: &Edge, to: &Edge) -> bool {
    let is_behind = match from {
        Bound::Included(from) => key >= from.as_slice(),
        Bound::Excluded(from) => key > from.as_slice(),
        Bound::Unbounded => true,
    };
    is_behind
        && match to {
            Bound::Included(to) => key <= to.as_slice(),
            Bound::Excluded(to) => key < to.as_slice(),
            Bound::Unbounded => true,
        }
}

fn is_empty(from: &Edge, to: &Edge) -> bool {
    match (from, to) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => from >= to,
    }
}

/// A key half-way between two; none where there is no room.
fn midpoint(low: &[u8], high: &[u8]) -> Option<Vec<u8>> {
    let length = low.len().max(high.len()).saturating_add(1).min(LONGEST_KEY);
    let digit = |key: &[u8], place: usize| u16::from(key.get(place).copied().unwrap_or(0));
    let mut sum = vec![0_u16; length];
    let mut carry = 0;
    for place in (0..length).rev() {
        let total = digit(low, place).saturating_add(digit(high, place)).saturating_add(carry);
        carry = total >> 8;
        *sum.get_mut(place)? = total & 0xff;
    }
    let mut middle = Vec::with_capacity(length);
    for digit in sum {
        let half = (carry << 8 | digit) >> 1;
        carry = digit & 1;
        middle.push(u8::try_from(half).ok()?);
    }
    (middle.as_slice() > low && middle.as_slice() < high).then_some(middle)
}

/// The number in the first eight bytes of a key, two to the power of `step` further on.
fn moved(start: &[u8], step: u32) -> Option<Vec<u8>> {
    let mut first = [0; 8];
    first.iter_mut().zip(start).for_each(|(slot, byte)| *slot = *byte);
    let moved = u64::from_be_bytes(first).checked_add(1_u64.checked_shl(step)?)?;
    Some(moved.to_be_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_half_way_lies_between_the_two() {
        for (low, high) in
            [(&b""[..], &b"a"[..]), (b"a", b"b"), (b"agent-1", b"agent-2"), (&[0, 0, 0, 7], &[0, 0, 0, 9])]
        {
            let middle = midpoint(low, high).unwrap();
            assert!(low < middle.as_slice() && middle.as_slice() < high, "{low:?} {middle:?} {high:?}");
        }
        assert_eq!(midpoint(&[7], &[7]), None);
        assert_eq!(midpoint(&[0, 0, 0, 7], &[0, 0, 0, 9]).unwrap(), [0, 0, 0, 8, 0]);
    }

    #[test]
    fn sec_192_rows_that_nobody_asked_for_or_that_lead_back_are_none_of_a_sound_page() {
        let row = |key: &[u8]| -> Row { (key.to_vec(), Vec::new()) };
        let edges = (Bound::Excluded(b"b".to_vec()), Bound::Included(b"d".to_vec()));
        let are = |rows: &[&[u8]], order| {
            let rows: Vec<Row> = rows.iter().map(|key| row(key)).collect();
            are_in_order(&rows, (&edges.0, &edges.1), order)
        };
        assert!(are(&[b"ba", b"c", b"d"], Order::Ascending) && are(&[b"d", b"c", b"ba"], Order::Descending));
        assert!(!are(&[b"d", b"c"], Order::Ascending) && !are(&[b"c", b"d"], Order::Descending));
        assert!(!are(&[b"c", b"c"], Order::Ascending), "each comes once");
        for outside in [&b"b"[..], b"a", b"da"] {
            assert!(!are(&[outside], Order::Ascending) && !are(&[outside], Order::Descending), "{outside:?}");
        }
    }

    #[test]
    fn distances_grow_until_there_are_no_more_numbers() {
        assert_eq!(moved(&40_u64.to_be_bytes(), 3).unwrap(), 48_u64.to_be_bytes());
        assert_eq!(moved(b"", 0).unwrap(), 1_u64.to_be_bytes());
        assert_eq!(moved(&u64::MAX.to_be_bytes(), 0), None);
    }
}
