//! The endpoints of the provider: what clients call, and where browsers come from and go back to.
//!
//! Refuses to sign anybody in itself: a request that needs the person is stored and handed to `journey`. Doors:
//! [`routes`].

#![deny(clippy::wildcard_enum_match_arm)]

mod answer;
mod authorize;
mod consent;
mod discovery;
mod hint;
mod interaction;
mod jwks;
mod logout;
mod onward;
pub mod pages;
mod proceed;
mod routes;
mod token;
mod userinfo;

pub use routes::routes;
