//! The claims of a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4).

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::protocol::timestamp::Timestamp;

/// What a service is told of a session that is over. It holds no `nonce`, which tells it from an ID token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogoutTokenClaims {
    /// The issuer, exactly as published.
    pub iss: String,
    /// The person, as in the ID token.
    pub sub: String,
    /// The client, as a plain string.
    pub aud: String,
    /// When it was signed.
    pub iat: Timestamp,
    /// When it is worth nothing any more.
    pub exp: Timestamp,
    /// Never the same twice.
    pub jti: String,
    /// The session at this client, as in the ID token.
    pub sid: String,
    /// [`logout_events`].
    pub events: Map<String, Value>,
}

/// That it is a logout: one member, an empty object.
pub fn logout_events() -> Map<String, Value> {
    Map::from_iter([(String::from("http://schemas.openid.net/event/backchannel-logout"), json!({}))])
}
