//! Secrets at rest: AES-256-GCM under the master key, bound to where they are kept.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::crypto::{MasterKey, Random};

/// A sealed secret. Shows nothing without the master key that it names. The nonce has 192 random bits: the first half
/// gives the record a key of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    key_id: String,
    nonce: String,
    ciphertext: String,
}

/// Why a sealed secret stays closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Another master key sealed it.
    #[error("sealed with another master key")]
    OtherKey,
    /// Damaged, or moved here from another place.
    #[error("damaged or misplaced sealed record")]
    Damaged,
}

impl Sealed {
    /// Seals `plain`. Only the same `context` (the kind and the name of the record) opens it again.
    pub fn seal(key: &MasterKey, random: &Random, context: &str, plain: &[u8]) -> Self {
        let nonce: [u8; 24] = random.bytes();
        let mut ciphertext = plain.to_vec();
        let sealed = cipher(key, &nonce).and_then(|(cipher, nonce)| {
            cipher.seal_in_place_append_tag(nonce, associated(key.id(), context), &mut ciphertext).ok()
        });
        #[expect(clippy::expect_used, reason = "AES-GCM fails only for texts of more than 64 GiB")]
        sealed.expect("a record fits into AES-GCM");
        Self {
            key_id: key.id().to_owned(),
            nonce: URL_SAFE_NO_PAD.encode(nonce),
            ciphertext: URL_SAFE_NO_PAD.encode(ciphertext),
        }
    }

    /// Opens what was sealed for `context`. The result wipes itself.
    pub fn open(&self, key: &MasterKey, context: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        if self.key_id != key.id() {
            return Err(OpenError::OtherKey);
        }
        let nonce = URL_SAFE_NO_PAD.decode(&self.nonce).ok().and_then(|nonce| nonce.try_into().ok());
        let (cipher, nonce) = nonce.and_then(|nonce| cipher(key, &nonce)).ok_or(OpenError::Damaged)?;
        let mut text = Zeroizing::new(URL_SAFE_NO_PAD.decode(&self.ciphertext).map_err(|_| OpenError::Damaged)?);
        let length = cipher
            .open_in_place(nonce, associated(key.id(), context), &mut text)
            .map_err(|_| OpenError::Damaged)?
            .len();
        text.truncate(length);
        Ok(text)
    }

    /// The same under another key; `None` where it is under that one already.
    ///
    /// # Errors
    /// When neither of the two opens it.
    pub fn resealed(
        &self,
        (from, to): (&MasterKey, &MasterKey),
        random: &Random,
        context: &str,
    ) -> Result<Option<Self>, OpenError> {
        if self.key_id == to.id() {
            return Ok(None);
        }
        Ok(Some(Self::seal(to, random, context, &self.open(from, context)?)))
    }

    /// The id of the master key that opens it.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }
}

fn cipher(key: &MasterKey, nonce: &[u8; 24]) -> Option<(LessSafeKey, Nonce)> {
    let (salt, rest) = nonce.split_first_chunk::<12>()?;
    let unbound = UnboundKey::new(&AES_256_GCM, key.record_key(salt).as_slice()).ok()?;
    Some((LessSafeKey::new(unbound), Nonce::try_assume_unique_for_key(rest).ok()?))
}

/// Key ids have a fixed length, so that id and context cannot flow into one another.
fn associated(key_id: &str, context: &str) -> Aad<Vec<u8>> {
    Aad::from([key_id.as_bytes(), context.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_55_a_sealed_secret_opens_with_its_key_in_its_place_only() {
        let random = Random::system();
        let key = MasterKey::generate(&random);
        let sealed = Sealed::seal(&key, &random, "signing key abc", b"private");
        assert_eq!(sealed.open(&key, "signing key abc").unwrap().as_slice(), b"private");
        assert_eq!(sealed.open(&key, "signing key abd").unwrap_err(), OpenError::Damaged);
        assert_eq!(sealed.open(&MasterKey::generate(&random), "signing key abc").unwrap_err(), OpenError::OtherKey);

        let mut renamed = sealed.clone();
        let other = MasterKey::generate(&random);
        renamed.key_id = other.id().to_owned();
        assert_eq!(renamed.open(&other, "signing key abc").unwrap_err(), OpenError::Damaged);
    }

    #[test]
    fn sec_153_a_flipped_bit_is_noticed() {
        let random = Random::system();
        let key = MasterKey::generate(&random);
        let sealed = Sealed::seal(&key, &random, "place", b"private");
        let flip = |text: &str, position: usize| {
            let mut bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
            bytes[position] ^= 1;
            URL_SAFE_NO_PAD.encode(bytes)
        };
        for position in 0..23 {
            let ciphertext = flip(&sealed.ciphertext, position);
            let damaged = Sealed { ciphertext, ..sealed.clone() };
            assert_eq!(damaged.open(&key, "place").unwrap_err(), OpenError::Damaged, "text {position}");
        }
        for position in 0..24 {
            let damaged = Sealed { nonce: flip(&sealed.nonce, position), ..sealed.clone() };
            assert_eq!(damaged.open(&key, "place").unwrap_err(), OpenError::Damaged, "nonce {position}");
        }
        for nonce in ["", "AAAA"] {
            let damaged = Sealed { nonce: nonce.to_owned(), ..sealed.clone() };
            assert_eq!(damaged.open(&key, "place").unwrap_err(), OpenError::Damaged);
        }
    }

    #[test]
    fn the_record_survives_json_and_hides_the_secret() {
        let random = Random::system();
        let key = MasterKey::generate(&random);
        let sealed = Sealed::seal(&key, &random, "place", b"private");
        let text = serde_json::to_string(&sealed).unwrap();
        assert!(!text.contains("private") && text.contains(key.id()));
        let read: Sealed = serde_json::from_str(&text).unwrap();
        assert_eq!(read.open(&key, "place").unwrap().as_slice(), b"private");
        assert_ne!(sealed, Sealed::seal(&key, &random, "place", b"private"));
    }
}
