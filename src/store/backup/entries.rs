//! The rows of a backup within its pieces: number of the table, key, record; lengths first.

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// The place of its table in the manifest.
    pub(super) table: u8,
    pub(super) key: &'a [u8],
    pub(super) record: &'a [u8],
}

/// The number that stands for no table: what follows is the master key.
pub(super) const NO_TABLE: u8 = u8::MAX;

/// Appends a row to a piece.
pub(super) fn append(piece: &mut Vec<u8>, entry: &Entry<'_>) {
    piece.push(entry.table);
    for part in [entry.key, entry.record] {
        piece.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        piece.extend(part);
    }
}

/// Takes the first row off a piece; `None` when what is there is no row.
pub(super) fn take<'a>(piece: &mut &'a [u8]) -> Option<Entry<'a>> {
    let (table, rest) = piece.split_first()?;
    let (key, rest) = take_part(rest)?;
    let (record, rest) = take_part(rest)?;
    *piece = rest;
    Some(Entry { table: *table, key, record })
}

fn take_part(piece: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = piece.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}
