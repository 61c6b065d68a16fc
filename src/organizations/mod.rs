//! The pages about organizations: joining one, proving it, waiting for a moderator, choosing among several, leaving.
//!
//! Refuses the protocol of clients, and to decide who joins what. Doors: [`routes`], [`pages`].

#![deny(clippy::wildcard_enum_match_arm)]

mod former_pages;
mod join_organization;
mod joining_refused;
mod manage_organizations;
mod official_contact;
mod organization_info;
pub mod pages;
mod place;
mod requests;
mod routes;
mod select_organization;
mod welcome;

pub use routes::routes;
