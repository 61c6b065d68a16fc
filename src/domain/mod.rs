//! Users, organizations, memberships, clients, sessions and grants: states, rules, decisions.
//!
//! Pure: no async, no IO, no clock, no randomness; instants and random values come in as arguments.
//! Refuses HTTP, storage and pages. Doors: the types re-exported here.

mod handle;

pub use handle::{Handle, HandleKey};
