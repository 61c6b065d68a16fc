//! Stories of people signing in and looking after their account.

mod address_checks;
mod change_password;
mod console;
mod factor_removal;
mod guessing;
mod handles;
mod home;
mod import;
mod invitations;
mod known_browsers;
mod magic_link;
mod organization;
pub(crate) mod organizations;
mod passkeys;
mod reset_password;
mod second_factor;
mod sign_in;
mod sign_up;
mod sources;
mod verify_email;
