//! Stories of people signing in and looking after their account.

mod change_password;
pub(crate) mod console;
pub(crate) mod dormant;
mod factor_removal;
mod guessing;
mod handles;
mod home;
mod known_browsers;
mod magic_link;
mod opening;
mod organization;
pub(crate) mod organizations;
mod passkeys;
mod reset_password;
mod second_factor;
mod sign_in;
mod sources;
mod verify_email;
