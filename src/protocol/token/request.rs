//! What a client exchanges for tokens (RFC 6749 §4.1.3).

use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::grant_type::GrantType;
use crate::protocol::parameters::Parameters;
use crate::protocol::pkce::CodeVerifier;
use crate::protocol::secret::Secret;

/// A token request, read after its client has proved itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// An authorization code for tokens.
    AuthorizationCode {
        /// The code.
        code: Secret,
        /// The redirect URI of the authorization request; required there, so absence is a mismatch.
        redirect_uri: Option<String>,
        /// The PKCE verifier.
        code_verifier: Option<CodeVerifier>,
    },
}

impl TokenRequest {
    /// Reads the body.
    ///
    /// # Errors
    /// `invalid_request` for what is missing, repeated or malformed; `unsupported_grant_type`.
    pub fn parse(body: &Parameters) -> Result<Self, OAuthError> {
        let invalid = |description| OAuthError::new(ErrorCode::InvalidRequest, description);
        body.check_unrepeated()?;
        let grant_type = body.get("grant_type").ok_or_else(|| invalid("grant_type is missing"))?;
        match GrantType::parse(grant_type) {
            None => Err(OAuthError::new(ErrorCode::UnsupportedGrantType, "grant_type is not supported")),
            Some(GrantType::AuthorizationCode) => {
                let code = body.get("code").ok_or_else(|| invalid("code is missing"))?;
                let code_verifier = body
                    .get("code_verifier")
                    .map(|text| CodeVerifier::parse(text).ok_or_else(|| invalid("code_verifier is malformed")))
                    .transpose()?;
                let redirect_uri = body.get("redirect_uri").map(str::to_owned);
                Ok(Self::AuthorizationCode { code: Secret::new(code), redirect_uri, code_verifier })
            }
        }
    }

    /// The grant that the client needs.
    pub fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode { .. } => GrantType::AuthorizationCode,
        }
    }
}
