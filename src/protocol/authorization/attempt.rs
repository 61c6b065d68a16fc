//! An authorization request that nobody has checked, and the same once its address is trusted.

use super::request::{AuthorizationRequest, ClientRules};
use super::response::{AuthorizationRefusal, ReturnAddress};
use super::response_mode::ResponseMode;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::Parameters;
use crate::protocol::redirect_uri::{RedirectUri, RedirectUriPolicy};

/// A request that says who asks. Whatever is wrong up to here is shown on a page of ours, status 400, and nothing goes
/// to the client (RFC 6749 §4.1.2.1).
#[derive(Debug, Clone)]
pub struct AuthorizationAttempt {
    parameters: Parameters,
    client_id: String,
}

/// A request whose redirect URI belongs to its client: from here on refusals are redirected.
#[derive(Debug, Clone)]
pub struct TrustedAttempt {
    pub(super) parameters: Parameters,
    pub(super) client_id: String,
    pub(super) return_address: ReturnAddress,
}

impl AuthorizationAttempt {
    /// Reads who asks.
    ///
    /// # Errors
    /// For our page: a repeated `client_id`, `redirect_uri`, `request` or `request_uri`, or no `client_id`.
    pub fn parse(parameters: Parameters) -> Result<Self, OAuthError> {
        for name in ["client_id", "redirect_uri", "request", "request_uri"] {
            if parameters.is_repeated(name) {
                return Err(OAuthError::new(ErrorCode::InvalidRequest, format!("{name} is repeated")));
            }
        }
        let client_id = parameters
            .get("client_id")
            .ok_or_else(|| OAuthError::new(ErrorCode::InvalidRequest, "client_id is missing"))?
            .to_owned();
        Ok(Self { parameters, client_id })
    }

    /// Who claims to ask.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Where the answer is to go, unchecked.
    pub fn redirect_uri(&self) -> Option<&str> {
        self.parameters.get("redirect_uri")
    }

    /// The request, provided that its redirect URI is one of `registered` under the `policy` of the client.
    ///
    /// # Errors
    /// For our page: the address is missing (even when the client has only one) or does not match.
    pub fn trust(self, registered: &[RedirectUri], policy: RedirectUriPolicy) -> Result<TrustedAttempt, OAuthError> {
        let invalid = |description| OAuthError::new(ErrorCode::InvalidRedirectUri, description);
        let requested = self.redirect_uri().ok_or_else(|| invalid("redirect_uri is missing"))?;
        let redirect_uri = RedirectUri::find_match(registered, requested, policy)
            .ok_or_else(|| invalid("redirect_uri is not registered for this client"))?;
        let return_address = ReturnAddress::new(redirect_uri, &self.parameters);
        Ok(TrustedAttempt { parameters: self.parameters, client_id: self.client_id, return_address })
    }
}

impl TrustedAttempt {
    /// Reads the rest, in the order in which errors take precedence.
    ///
    /// # Errors
    /// The first check that fails, with the way back to the client.
    pub fn parse(self, rules: &ClientRules<'_>) -> Result<AuthorizationRequest, Box<AuthorizationRefusal>> {
        AuthorizationRequest::parse(self, rules)
    }

    /// Refuses the request for a reason of the caller's.
    pub fn refuse(self, error: OAuthError) -> Box<AuthorizationRefusal> {
        Box::new(AuthorizationRefusal { return_address: self.return_address, error })
    }
}

impl ReturnAddress {
    /// The way back as far as it can be known before anything else is checked, so that a refusal travels as the
    /// success would have: a mode that is unknown or repeated falls back to the query, a repeated state is dropped.
    fn new(redirect_uri: RedirectUri, parameters: &Parameters) -> Self {
        let single = |name| parameters.get(name).filter(|_| !parameters.is_repeated(name));
        let response_mode = single("response_mode").and_then(ResponseMode::parse).unwrap_or(ResponseMode::Query);
        Self { redirect_uri, response_mode, state: single("state").map(str::to_owned) }
    }
}
