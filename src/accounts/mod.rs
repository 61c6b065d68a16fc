//! The pages on which a person signs in and looks after their account.
//!
//! Refuses the protocol of clients: what a client asked is in the sign-in under way, and `journey` knows where it leads.
//! Doors: [`routes`].

#![deny(clippy::wildcard_enum_match_arm)]

mod change_password;
pub mod console;
mod home;
mod magic_link;
pub mod mailbox_pages;
mod mailed_links;
mod notices;
pub mod pages;
mod personal_information;
mod reset_password;
mod routes;
pub mod second_factor;
mod select_account;
mod sign_in;
mod sign_in_with_passkey;
mod sign_out;
mod sign_up;
mod start_sign_in;
mod verify_email;

pub use routes::routes;
