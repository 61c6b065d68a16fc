//! Random values, digests, message authentication, sealed records, signing keys, tokens and passwords.
//!
//! Refuses storage, HTTP and configuration files: keys and records come in and go out as values. One library does
//! the work, aws-lc-rs. Doors: the types re-exported here and the functions of `digest` and `opaque`.

pub mod digest;
mod mac;
mod master_key;
pub mod opaque;
mod random;
mod sealed;

pub use mac::MacKey;
pub use master_key::{MasterKey, MasterKeyError, MasterKeyPlaces};
pub use random::Random;
pub use sealed::{OpenError, Sealed};
