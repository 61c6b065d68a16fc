//! The claims of an ID token (OIDC Core §2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::protocol::timestamp::Timestamp;

/// What an ID token says. Members without a value are left out, never null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdTokenClaims {
    /// The issuer, exactly as published.
    pub iss: String,
    /// The person: at most 255 ASCII characters, never given to somebody else.
    pub sub: String,
    /// The client, as a plain string.
    pub aud: String,
    /// When the token ends.
    pub exp: Timestamp,
    /// When it was signed.
    pub iat: Timestamp,
    /// When the person last proved a credential.
    pub auth_time: Timestamp,
    /// The request's value, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The level reached.
    pub acr: String,
    /// The proofs made (RFC 8176).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Binds the access token: [`token_hash`] of its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The session at this client.
    pub sid: String,
    /// Claims of the person that `claims.id_token` asked for. Must not hold any of the names above.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// The left half of a digest, base64url: `at_hash` when `digest` is the SHA-256 of an access token under RS256 or ES256
/// (OIDC Core §3.1.3.6).
pub fn token_hash(digest: &[u8; 32]) -> String {
    let (left, _) = digest.split_at(16);
    URL_SAFE_NO_PAD.encode(left)
}
