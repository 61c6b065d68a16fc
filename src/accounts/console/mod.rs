//! What a person sees and does about their own account.
//!
//! Refuses to judge how old a proof may be: the guards of the routes do. Doors: [`routes`].

mod connection_and_account;
pub mod pages;
mod routes;

pub(super) use routes::routes;
