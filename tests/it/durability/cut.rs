//! What may be left on a disk when the power goes: everything flushed, and of the rest any part in any order.

use super::dice::Dice;
use super::recording::Operation;

/// Disks write sectors whole or not at all; a cautious model tears them too (what is assumed is that no byte outside a
/// write changes).
const SECTOR: usize = 512;

/// How likely it is that something unflushed survived.
#[derive(Debug, Clone, Copy)]
enum Survival {
    Nothing,
    Everything,
    /// Each piece by itself, this many times out of a hundred.
    Pieces(u64),
    /// Each write whole or not at all.
    Writes(u64),
}

impl Survival {
    fn draw(dice: &mut Dice) -> Self {
        match dice.below(8) {
            0 => Self::Nothing,
            1 => Self::Everything,
            2 => Self::Writes(50),
            3 => Self::Writes(90),
            4 => Self::Pieces(10),
            5 => Self::Pieces(50),
            _ => Self::Pieces(95),
        }
    }
}

/// Goes through the operations of a disk, flush by flush.
pub(crate) struct Tape<'a> {
    operations: &'a [Operation],
    /// What is certain to be on the disk, and how many operations that takes.
    flushed: Vec<u8>,
    certain: usize,
}

impl<'a> Tape<'a> {
    /// `bytes` were on the disk before the first operation.
    pub(crate) fn new(bytes: Vec<u8>, operations: &'a [Operation]) -> Self {
        Self { operations, flushed: bytes, certain: 0 }
    }

    /// Winds forward to `position`: what was flushed before it is certain.
    pub(crate) fn wind_to(&mut self, position: usize) {
        assert!(position >= self.certain, "a tape is not wound back");
        let before = &self.operations[..position];
        let flush = before.iter().rposition(|operation| *operation == Operation::Flush);
        if let Some(flush) = flush.filter(|flush| *flush >= self.certain) {
            for operation in &self.operations[self.certain..flush] {
                operation.apply(&mut self.flushed);
            }
            self.certain = flush + 1;
        }
    }

    /// What is certain at this point.
    pub(crate) fn flushed(&self) -> Vec<u8> {
        self.flushed.clone()
    }

    /// What a cut after `position` operations leaves, by chance.
    pub(crate) fn cut(&mut self, position: usize, dice: &mut Dice) -> Vec<u8> {
        self.wind_to(position);
        let loose = &self.operations[self.certain..position];
        let mut bytes = self.flushed.clone();
        let survival = Survival::draw(dice);
        set_length(&mut bytes, loose, survival, dice);
        let mut pieces = surviving_pieces(loose, survival, dice);
        shuffle(&mut pieces, dice);
        for (offset, data) in pieces {
            // What lies beyond the end that survived is lost with it.
            let end = bytes.len().min(offset + data.len());
            if offset < end {
                bytes[offset..end].copy_from_slice(&data[..end - offset]);
            }
        }
        bytes
    }
}

/// The length is one of those that were set since the last flush, or the one before.
fn set_length(bytes: &mut Vec<u8>, loose: &[Operation], survival: Survival, dice: &mut Dice) {
    let lengths: Vec<usize> = loose
        .iter()
        .filter_map(|operation| match operation {
            Operation::SetLength(length) => Some(*length),
            Operation::Write { .. } | Operation::Flush => None,
        })
        .collect();
    let Some(last) = lengths.last() else { return };
    let survives = match survival {
        Survival::Nothing => return,
        Survival::Everything => *last,
        Survival::Pieces(_) | Survival::Writes(_) => match dice.below(lengths.len() + 1) {
            0 => return,
            number => lengths[number - 1],
        },
    };
    bytes.resize(survives, 0);
}

fn surviving_pieces(loose: &[Operation], survival: Survival, dice: &mut Dice) -> Vec<(usize, Vec<u8>)> {
    let mut pieces = Vec::new();
    for operation in loose {
        let Operation::Write { offset, data } = operation else { continue };
        match survival {
            Survival::Nothing => {}
            Survival::Everything => pieces.push((*offset, data.clone())),
            Survival::Writes(times) => {
                if dice.percent(times) {
                    pieces.push((*offset, data.clone()));
                }
            }
            Survival::Pieces(times) => tear(*offset, data, times, dice, &mut pieces),
        }
    }
    pieces
}

/// Sector by sector: kept, lost, or now and then kept up to some byte.
fn tear(offset: usize, data: &[u8], times: u64, dice: &mut Dice, pieces: &mut Vec<(usize, Vec<u8>)>) {
    let mut from = 0;
    while from < data.len() {
        let to = data.len().min(from + SECTOR - (offset + from) % SECTOR);
        if dice.percent(times) {
            let to = if dice.percent(5) { from + dice.below(to - from) } else { to };
            pieces.push((offset + from, data[from..to].to_vec()));
        }
        from = to;
    }
}

/// In which order pieces reached the disk; of two for one place either may have come last.
fn shuffle<T>(pieces: &mut [T], dice: &mut Dice) {
    if dice.percent(30) {
        return;
    }
    for last in (1..pieces.len()).rev() {
        pieces.swap(last, dice.below(last + 1));
    }
}
