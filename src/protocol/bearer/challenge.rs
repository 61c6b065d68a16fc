//! What is answered when an access token does not open (RFC 6750 §3).

use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::scope::ScopeSet;

/// Why access is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BearerChallenge {
    /// No token was shown: status 401 without an error code.
    NoToken,
    /// The request is malformed: status 400.
    InvalidRequest(String),
    /// The token is unknown, expired or revoked: status 401.
    InvalidToken,
    /// The token does not cover this: status 403.
    InsufficientScope(ScopeSet),
    /// The token is not taken from there: status 403.
    WrongSource,
}

impl BearerChallenge {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::InvalidRequest(_) => 400,
            Self::NoToken | Self::InvalidToken => 401,
            Self::InsufficientScope(_) | Self::WrongSource => 403,
        }
    }

    /// The JSON document; none when no token was shown.
    pub fn error(&self) -> Option<OAuthError> {
        match self {
            Self::NoToken => None,
            Self::InvalidRequest(description) => Some(OAuthError::new(ErrorCode::InvalidRequest, description)),
            Self::InvalidToken => {
                Some(OAuthError::new(ErrorCode::InvalidToken, "the access token is unknown, expired or revoked"))
            }
            Self::InsufficientScope(_) => {
                Some(OAuthError::new(ErrorCode::InsufficientScope, "the access token does not cover this"))
            }
            Self::WrongSource => {
                Some(OAuthError::new(ErrorCode::AccessDenied, "the access token is not taken from this address"))
            }
        }
    }

    /// The value of `WWW-Authenticate`. `realm` is a plain word.
    pub fn header(&self, realm: &str) -> String {
        let mut header = format!("Bearer realm=\"{realm}\"");
        if let Some(error) = self.error() {
            header.push_str(&format!(", error=\"{}\", error_description=\"{}\"", error.code(), error.description()));
        }
        if let Self::InsufficientScope(scope) = self {
            header.push_str(&format!(", scope=\"{scope}\""));
        }
        header
    }
}
