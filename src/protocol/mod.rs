//! OAuth 2.0 and OpenID Connect words, parsing, checks and documents.
//!
//! Pure: no async, no IO, no clock, no randomness. Refuses anything about people, storage or HTTP
//! transport. Doors: the types re-exported here.

mod timestamp;

pub use timestamp::Timestamp;
