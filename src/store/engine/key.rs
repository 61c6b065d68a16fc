//! How typed keys become the bytes under which records are sorted.

use crate::domain::{ClientId, EmailDomain, HandleKey, ModerationId, OrganizationId, UserId};

/// A key of a table. Its bytes sort as the keys themselves should.
pub(in crate::store) trait Key {
    /// The bytes of the key.
    fn to_bytes(&self) -> Vec<u8>;
}

/// A key that can stand before another one: its bytes are never the beginning of those of a longer one.
pub(in crate::store) trait Leading: Key {}

impl Key for u64 {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }
}

impl Leading for u64 {}

impl Key for UserId {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }
}

impl Leading for UserId {}

impl Key for OrganizationId {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }
}

impl Leading for OrganizationId {}

impl Key for ModerationId {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }
}

impl Key for EmailDomain {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_str().to_bytes()
    }
}

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

/// A text without zero bytes, ended by one.
pub(in crate::store) struct Ended(pub(in crate::store) String);

impl Key for Ended {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.0.to_bytes();
        bytes.push(0);
        bytes
    }
}

impl Leading for Ended {}

impl<K> Key for HandleKey<K> {
    fn to_bytes(&self) -> Vec<u8> {
        HandleKey::to_bytes(self).to_vec()
    }
}

impl<A: Leading, B: Key> Key for (A, B) {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.0.to_bytes();
        bytes.extend(self.1.to_bytes());
        bytes
    }
}
