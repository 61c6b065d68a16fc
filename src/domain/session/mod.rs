//! Who is signed in in one browser, by what proofs, and what level of assurance that gives.

mod administration_session;
mod assurance;
mod browser_hint;
mod browser_session;
mod logout_notice;
#[cfg(test)]
mod tests;

pub use administration_session::{ADMINISTRATION_LIFETIME, AdministrationSession};
pub use assurance::{AcrVocabulary, Assurance, acr_of};
pub use browser_hint::{BrowserHint, BrowserProgram, BrowserSystem};
pub use browser_session::{AssertedAssurance, BrowserSession, Factor, Proof, Session, SessionId, Whereabouts};
pub use logout_notice::LogoutNotice;
