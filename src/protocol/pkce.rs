//! Proof key for code exchange (RFC 7636), method S256 only.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::secret::Secret;

/// What the authorization request showed: base64url of the SHA-256 of a verifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Reads a challenge: 43 to 128 unreserved characters (RFC 7636 §4.2).
    pub fn parse(text: &str) -> Option<Self> {
        is_code_word(text).then(|| Self(text.to_owned()))
    }

    /// Whether this challenge was made from the verifier whose SHA-256, as base64url without padding, is
    /// `verifier_digest`. Takes the same time whatever the answer.
    pub fn matches(&self, verifier_digest: &str) -> bool {
        self.0.as_bytes().ct_eq(verifier_digest.as_bytes()).into()
    }
}

/// What the token request shows: the secret behind a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeVerifier(Secret);

impl CodeVerifier {
    /// Reads a verifier: 43 to 128 unreserved characters (RFC 7636 §4.1).
    pub fn parse(text: &str) -> Option<Self> {
        is_code_word(text).then(|| Self(Secret::new(text)))
    }

    /// The text whose SHA-256 is compared with the challenge.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

fn is_code_word(text: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(is_unreserved)
}
