//! The names of time-limited records: what the holder shows, and what the store looks up.

use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{AccessToken, AuthorizationCode, Grant};
use crate::protocol::Timestamp;

/// A kind of which many may be made in one second: the names of one second are in the order in which they were made, so
/// that what is written together lies together.
pub trait InOrder {}

impl InOrder for AuthorizationCode {}
impl InOrder for AccessToken {}
impl InOrder for Grant {}

/// The stored name of one record of kind `K`: the end of its retention, then the SHA-256 of the random part of its opaque
/// value; of kinds that are [`InOrder`] the first bytes are the time instead, and where no value leads to a record the
/// others are random. Kinds never mix: a `HandleKey<Code>` is not a `HandleKey<Session>`.
///
/// As a key of the database it is 20 bytes, the retention in 4 bytes big-endian and the first 16 of the digest, so
/// that neighbours in time are neighbours on disk; the whole digest is compared on the record.
pub struct HandleKey<K> {
    retained_until: u32,
    digest: [u8; 32],
    kind: PhantomData<fn() -> K>,
}

impl<K> HandleKey<K> {
    /// Puts a name together from its parts.
    pub fn new(retained_until: Timestamp, digest: [u8; 32]) -> Self {
        let retained_until = u32::try_from(retained_until.0).unwrap_or(u32::MAX);
        Self { retained_until, digest, kind: PhantomData }
    }

    /// When the record may be purged. Says nothing about its expiry, which is in the record.
    pub fn retained_until(&self) -> Timestamp {
        Timestamp(u64::from(self.retained_until))
    }

    /// SHA-256 of the random part of the opaque value, or what stands in its place.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The key of the database: 4 bytes of time, big-endian, then 16 bytes of digest.
    pub fn to_bytes(&self) -> [u8; 20] {
        let mut bytes = [0; 20];
        let (time, digest) = bytes.split_at_mut(4);
        time.copy_from_slice(&self.retained_until.to_be_bytes());
        for (slot, byte) in digest.iter_mut().zip(self.digest) {
            *slot = byte;
        }
        bytes
    }
}

impl<K> Clone for HandleKey<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for HandleKey<K> {}

impl<K> PartialEq for HandleKey<K> {
    fn eq(&self, other: &Self) -> bool {
        self.retained_until == other.retained_until && self.digest == other.digest
    }
}

impl<K> Eq for HandleKey<K> {}

impl<K> fmt::Debug for HandleKey<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "HandleKey({}, …)", self.retained_until)
    }
}

/// As text: base64url of the 4 bytes of time and the 32 of digest.
impl<K> Serialize for HandleKey<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = self.retained_until.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.digest);
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl<'de, K> Deserialize<'de> for HandleKey<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(de::Error::custom)?;
        let (time, digest) = bytes.split_first_chunk::<4>().ok_or_else(|| de::Error::custom("handle key too short"))?;
        let digest = <[u8; 32]>::try_from(digest).map_err(de::Error::custom)?;
        Ok(Self { retained_until: u32::from_be_bytes(*time), digest, kind: PhantomData })
    }
}

/// An opaque value just made, with the name under which its record is stored. The value is shown once.
pub struct Handle<K> {
    /// What the holder gets: 48 characters of base64url.
    pub value: String,
    /// Where its record lies.
    pub key: HandleKey<K>,
}

impl<K> Clone for Handle<K> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), key: self.key }
    }
}

impl<K> fmt::Debug for Handle<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(formatter)
    }
}
