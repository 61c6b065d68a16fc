//! One value: a digest, and rows one after the other, each as the step from the number before, its length and its bytes.

use aws_lc_rs::digest;

use super::BulkError;

/// The most bytes of a value: with its key it fills one page of 4,096.
const MAX_BYTES: usize = 4_060;
const DIGEST_BYTES: usize = 8;
/// The most bytes around a row: ten for the step, two for the length.
const MOST_AROUND: usize = 12;
/// The most bytes of a row: two values at least fit into a page of twice the size.
pub(super) const MAX_ROW_BYTES: usize = 3_900;

/// Rows that are put together.
#[derive(Debug)]
pub(super) struct Block {
    first: u64,
    last: u64,
    bytes: Vec<u8>,
}

impl Block {
    /// Begins a value that others are put to.
    pub(super) fn begin(key: u64, row: &[u8]) -> Self {
        Self::of(key, row, MAX_BYTES)
    }

    /// A value of one row.
    pub(super) fn alone(key: u64, row: &[u8]) -> Self {
        Self::of(key, row, row.len().saturating_add(DIGEST_BYTES + MOST_AROUND))
    }

    fn of(key: u64, row: &[u8], room: usize) -> Self {
        let mut block = Self { first: key, last: key, bytes: Vec::with_capacity(room) };
        block.bytes.extend([0; DIGEST_BYTES]);
        block.push(key, row);
        block
    }

    /// Whether another row fits in.
    pub(super) fn has_room(&self, row: &[u8]) -> bool {
        self.bytes.len().saturating_add(row.len()).saturating_add(MOST_AROUND) <= MAX_BYTES
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// How much memory it takes, in bytes.
    pub(super) fn room(&self) -> usize {
        self.bytes.capacity().saturating_add(size_of::<Self>())
    }

    pub(super) fn push(&mut self, key: u64, row: &[u8]) {
        put(&mut self.bytes, key.saturating_sub(self.last));
        put(&mut self.bytes, u64::try_from(row.len()).unwrap_or(u64::MAX));
        self.bytes.extend_from_slice(row);
        self.last = key;
    }

    /// The key and the value.
    pub(super) fn seal(mut self, table: &str) -> (u64, Vec<u8>) {
        let digest = digest_of(table, self.first, self.bytes.get(DIGEST_BYTES..).unwrap_or_default());
        for (slot, byte) in self.bytes.iter_mut().zip(digest) {
            *slot = byte;
        }
        (self.first, self.bytes)
    }
}

/// The rows of a value, in their order.
pub(super) struct Rows<'a> {
    at: u64,
    rest: &'a [u8],
}

impl<'a> Rows<'a> {
    /// Reads the value found under `first` of `table`.
    pub(super) fn open(table: &'static str, first: u64, value: &'a [u8]) -> Result<Self, BulkError> {
        Self::open_late(table, table, first, value)
    }

    /// The same of a value that was sealed for the table of another `name`.
    pub(super) fn open_late(table: &'static str, name: &str, first: u64, value: &'a [u8]) -> Result<Self, BulkError> {
        match value.split_first_chunk::<DIGEST_BYTES>() {
            Some((digest, rest)) if *digest == digest_of(name, first, rest) => Ok(Self { at: first, rest }),
            Some(_) | None => Err(BulkError::Damaged { table }),
        }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<(u64, &'a [u8])> {
        let step = take(&mut self.rest)?;
        let length = usize::try_from(take(&mut self.rest)?).ok()?;
        let (row, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        self.at = self.at.checked_add(step)?;
        Some((self.at, row))
    }
}

/// Seven bits a byte, the lowest first.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn digest_of(table: &str, first: u64, body: &[u8]) -> [u8; DIGEST_BYTES] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(table.as_bytes());
    context.update(&first.to_be_bytes());
    context.update(body);
    context.finish().as_ref().first_chunk().copied().unwrap_or_default()
}
