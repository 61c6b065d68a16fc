//! Counting attempts, so that guessing is slow: bounded tables in memory, on a clock that is given.
//!
//! An attempt is taken before it is made, so that many at once are no way around. What lasts for five minutes or more
//! is a [`Ban`], which the store keeps through a restart.

mod ban;
mod guesses;
mod limiter;
mod resends;
mod samples;
mod source;
mod surge;
mod table;
#[cfg(test)]
mod tests;
mod windows;

pub use ban::{Ban, Banned, SUSPENSION_LIFETIME};
pub use guesses::{GuessLimits, GuessRefusal, Taken};
pub use limiter::{Limiter, Refusals, SourceLimits};
pub use samples::Samples;
pub use source::{MalformedNetwork, Network, Source};
pub use surge::Surge;
pub use windows::{AttemptLimit, TooManyAttempts};
