//! The pages about organizations.
//!
//! Refuses the protocol of clients. Doors: [`routes`].

#![deny(clippy::wildcard_enum_match_arm)]

pub mod pages;
mod routes;
mod select_organization;

pub use routes::routes;
