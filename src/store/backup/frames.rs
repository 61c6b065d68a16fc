//! The content of a backup in pieces, each sealed by itself when there is a key: AES-256-GCM, the number of the piece as
//! its nonce, and whether it is the last one among what is authenticated, so that none can be left out, added or moved.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, Nonce, UnboundKey};

use super::BackupKey;

/// Bytes of one piece before it is sealed.
pub(super) const FRAME_BYTES: usize = 256 * 1024;
/// The most bytes of a frame that is read: a piece may be longer by one row.
pub(super) const MOST_FRAME_BYTES: usize = 16 * 1024 * 1024;

/// Whether more pieces follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Inner,
    Last,
}

impl Place {
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Inner => 0,
            Self::Last => 1,
        }
    }

    pub(super) fn of(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Inner),
            1 => Some(Self::Last),
            _ => None,
        }
    }
}

/// Seals or opens the pieces of one backup, one after the other.
pub(super) struct Cipher {
    key: Option<LessSafeKey>,
    /// SHA-256 of everything before the first piece.
    beginning: [u8; 32],
    number: u64,
}

impl Cipher {
    /// `None` for a key that cannot be one.
    pub(super) fn new(key: Option<&BackupKey>, beginning: [u8; 32]) -> Option<Self> {
        let key = match key {
            Some(key) => Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice()).ok()?)),
            None => None,
        };
        Some(Self { key, beginning, number: 0 })
    }

    fn next(&mut self, place: Place) -> (Nonce, Aad<Vec<u8>>) {
        let mut nonce = [0; 12];
        let (_, counter) = nonce.split_at_mut(4);
        counter.copy_from_slice(&self.number.to_be_bytes());
        self.number = self.number.saturating_add(1);
        let associated = [self.beginning.as_slice(), &[place.byte()]].concat();
        (Nonce::assume_unique_for_key(nonce), Aad::from(associated))
    }

    /// The piece as it is written; `None` when it cannot be sealed.
    pub(super) fn seal(&mut self, place: Place, mut piece: Vec<u8>) -> Option<Vec<u8>> {
        let (nonce, associated) = self.next(place);
        if let Some(key) = &self.key {
            key.seal_in_place_append_tag(nonce, associated, &mut piece).ok()?;
        }
        Some(piece)
    }

    /// The piece as it was; `None` when it is not that one, or not of this key.
    pub(super) fn open(&mut self, place: Place, mut frame: Vec<u8>) -> Option<Vec<u8>> {
        let (nonce, associated) = self.next(place);
        if let Some(key) = &self.key {
            let length = key.open_in_place(nonce, associated, &mut frame).ok()?.len();
            debug_assert_eq!(length + MAX_TAG_LEN, frame.len());
            frame.truncate(length);
        }
        Some(frame)
    }
}
