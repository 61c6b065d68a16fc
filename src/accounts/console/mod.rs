//! What a person sees and does about their own account.
//!
//! Refuses to judge how old a proof may be: the guards of the routes do. Door: `routes`.

mod connection_and_account;
mod data_page;
mod delete;
mod email;
mod my_data;
mod notification;
pub mod pages;
mod password;
mod personal_information;
mod routes;
mod services;
mod sessions;
mod sign_in_history;
mod trusted_browsers;

pub use notification::Notification;
pub(super) use routes::routes;
