//! Development mode: the same provider, with people, organizations and clients to try it with, a list to sign in from,
//! a mailbox, a client of its own, and addresses by which scripts steer it.
//!
//! Refuses to be part of production: its addresses exist in its own mode only (the mailbox also in a sandbox, under an
//! address of its own), and its keys and passwords are public. Doors: [`seed`], [`known_establishments`], [`published_keys`], [`announcement`],
//! [`routes`], [`sandbox_routes`].

#![deny(clippy::wildcard_enum_match_arm)]

mod announcement;
mod another_person;
mod client;
mod control;
mod fixtures;
mod home;
mod inventions;
mod listing;
mod mailbox;
pub mod pages;
mod published_keys;
mod routes;
mod seed_establishment;
mod seed_file;
mod seeds;
mod sign_in;

pub use announcement::announcement;
pub use published_keys::published_keys;
pub use routes::{routes, sandbox_routes};
pub use seeds::{SeedError, known_establishments, seed};
