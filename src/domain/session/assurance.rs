//! `acr` and `amr`: computed from what was proven, never from what was asked.

use serde::{Deserialize, Serialize};

use crate::protocol::Timestamp;

/// What an ID token says of the authentication (OpenID Connect Core §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assurance {
    /// The level reached.
    pub acr: String,
    /// The methods used (RFC 8176), in order of use.
    pub amr: Vec<String>,
    /// When the person last authenticated.
    pub auth_time: Timestamp,
}

/// The words in which `acr` is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AcrVocabulary {
    /// `eidas1`, or `https://refeds.org/profile/mfa` with two factors.
    #[default]
    Moncomptepro,
    /// `eidas0`, or `eidas0-mfa` with two factors: identity declared by the person.
    #[serde(rename = "levels-2026")]
    Levels2026,
    /// For an operator who employs the people: `eidas1`, `eidas1-mfa` with a mailed code, `eidas2` with a second
    /// factor.
    Employer,
}

impl AcrVocabulary {
    /// Every value that this vocabulary can state, lowest first.
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::Moncomptepro => &["eidas1", "https://refeds.org/profile/mfa"],
            Self::Levels2026 => &["eidas0", "eidas0-mfa"],
            Self::Employer => &["eidas1", "eidas1-mfa", "eidas2"],
        }
    }
}

/// The level that a list of methods reaches.
pub fn acr_of(vocabulary: AcrVocabulary, amr: &[String]) -> &'static str {
    let has = |method: &str| amr.iter().any(|used| used == method);
    match (vocabulary, has("mfa")) {
        (AcrVocabulary::Moncomptepro, false) | (AcrVocabulary::Employer, false) => "eidas1",
        (AcrVocabulary::Moncomptepro, true) => "https://refeds.org/profile/mfa",
        (AcrVocabulary::Levels2026, false) => "eidas0",
        (AcrVocabulary::Levels2026, true) => "eidas0-mfa",
        (AcrVocabulary::Employer, true) if has("otp") || has("pop") => "eidas2",
        (AcrVocabulary::Employer, true) => "eidas1-mfa",
    }
}
