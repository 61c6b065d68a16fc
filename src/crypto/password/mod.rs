//! Password hashing: argon2id with parameters in the hash, in a lane of its own.

mod foreign;
mod guessing;
mod hashing;
mod lane;
mod queue;
#[cfg(test)]
mod tests;
mod text;

pub use foreign::is_password_hash;
pub use guessing::is_easily_guessed;
pub use hashing::{Parameters, derive_key};
pub use lane::{HashError, LaneLimits, PasswordLane, Verification};
pub use text::normalize_password;
