//! What a client gets (RFC 6749 §5.1, OIDC Core §3.1.3.3).

use serde::Serialize;

use crate::protocol::scope::ScopeSet;
use crate::protocol::secret::Secret;

/// The JSON document of a successful token request.
#[derive(Debug, Clone, Serialize)]
pub struct TokenResponse {
    /// Opens UserInfo.
    #[serde(serialize_with = "Secret::serialize_exposed")]
    pub access_token: Secret,
    /// Always `Bearer`.
    pub token_type: TokenType,
    /// Seconds that the access token lives.
    pub expires_in: u64,
    /// Who signed in; only for OpenID requests.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "Secret::serialize_exposed_option")]
    pub id_token: Option<Secret>,
    /// What was granted, always stated.
    pub scope: ScopeSet,
}

/// How an access token is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum TokenType {
    /// Whoever has it may use it (RFC 6750).
    Bearer,
}
