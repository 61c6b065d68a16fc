//! How accounts begin: people open them, are invited, or come from another system.

mod address_checks;
mod codes;
mod existence;
pub(super) mod import;
mod invitations;
mod leaked_passwords;
mod notices;
mod passwords;
mod sign_up;
