//! How typed keys become the bytes under which records are sorted.

use crate::domain::{ClientId, HandleKey, OrganizationId, UserId};

/// A key of a table. Its bytes sort as the keys themselves should.
pub(in crate::store) trait Key {
    /// The bytes of the key.
    fn to_bytes(&self) -> Vec<u8>;
}

/// A key whose bytes always have the same length, so that it can stand before another one.
pub(in crate::store) trait FixedWidth: Key {}

impl Key for u64 {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }
}

impl FixedWidth for u64 {}

impl Key for UserId {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }
}

impl FixedWidth for UserId {}

impl Key for OrganizationId {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }
}

impl FixedWidth for OrganizationId {}

impl Key for ClientId {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_str().to_bytes()
    }
}

impl Key for str {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl<K> Key for HandleKey<K> {
    fn to_bytes(&self) -> Vec<u8> {
        HandleKey::to_bytes(self).to_vec()
    }
}

impl<A: FixedWidth, B: Key> Key for (A, B) {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.0.to_bytes();
        bytes.extend(self.1.to_bytes());
        bytes
    }
}
