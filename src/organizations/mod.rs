//! The pages about organizations.
//!
//! Refuses the protocol of clients. Doors: [`routes`].

pub mod pages;
mod routes;
mod select_organization;

pub use routes::routes;
