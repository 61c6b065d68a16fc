//! The console of administration: the same acts as by command, looked at and done in a browser.
//!
//! Every page is behind `Guard::Administration`, which says the right that it wants; what is looked at and changed is asked
//! for by the officer whom the browser names. Doors: [`routes`], [`pages`].

mod csv;
mod form;
mod home;
mod moderations;
mod organizations;
pub mod pages;
mod routes;
mod sign_in;
mod team;

pub use routes::routes;
