//! Who is signed in in one browser, by what proofs, and what level of assurance that gives.

mod assurance;
mod browser_session;
#[cfg(test)]
mod tests;

pub use assurance::{AcrVocabulary, Assurance, acr_of};
pub use browser_session::{AssertedAssurance, BrowserSession, Factor, Proof, Session, SessionId};
