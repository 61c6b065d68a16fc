//! The answer to an authorization request and the way that it takes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::response_mode::ResponseMode;
use crate::protocol::error::OAuthError;
use crate::protocol::redirect_uri::RedirectUri;

/// Where and how an answer goes back. Comes out of a trusted request only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnAddress {
    pub(super) redirect_uri: RedirectUri,
    pub(super) response_mode: ResponseMode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<String>,
}

impl ReturnAddress {
    /// The address exactly as the request showed it: the token request must show the same (OIDC Core §3.1.3.2).
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// How the answer travels.
    pub fn response_mode(&self) -> ResponseMode {
        self.response_mode
    }

    /// The client's own value, returned unchanged.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// A refusal that goes back to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationRefusal {
    /// The way back.
    pub return_address: ReturnAddress,
    /// What the client is told.
    pub error: OAuthError,
}

/// The parameters of an answer, on their way. Printing shows names only: one of the values is the code.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationResponse {
    redirect_uri: RedirectUri,
    response_mode: ResponseMode,
    parameters: Vec<(&'static str, String)>,
}

impl AuthorizationResponse {
    /// Success: `code`, `state` if it was sent, `iss` (RFC 6749 §4.1.2, RFC 9207 §2); nothing else.
    pub fn success(return_address: &ReturnAddress, code: &str, issuer: &str) -> Self {
        Self::new(return_address, vec![("code", code.to_owned())], issuer)
    }

    /// Refusal: `error`, `error_description`, `state` if it was sent, `iss` (RFC 6749 §4.1.2.1); nothing else.
    pub fn refusal(return_address: &ReturnAddress, error: &OAuthError, issuer: &str) -> Self {
        let mut parameters = vec![("error", error.code().as_str().to_owned())];
        if !error.description().is_empty() {
            parameters.push(("error_description", error.description().to_owned()));
        }
        Self::new(return_address, parameters, issuer)
    }

    fn new(return_address: &ReturnAddress, mut parameters: Vec<(&'static str, String)>, issuer: &str) -> Self {
        if let Some(state) = return_address.state() {
            parameters.push(("state", state.to_owned()));
        }
        parameters.push(("iss", issuer.to_owned()));
        Self {
            redirect_uri: return_address.redirect_uri.clone(),
            response_mode: return_address.response_mode,
            parameters,
        }
    }

    /// Whether to redirect to [`Self::location`] or to show a form with [`Self::parameters`].
    pub fn response_mode(&self) -> ResponseMode {
        self.response_mode
    }

    /// Where the form posts to: in mode `form_post` the parameters are fields, and only fields.
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// Names and values, decoded, in order.
    pub fn parameters(&self) -> &[(&'static str, String)] {
        &self.parameters
    }

    /// The address with the parameters in its query.
    pub fn location(&self) -> String {
        self.redirect_uri.with_parameters(self.parameters.iter().map(|(name, value)| (*name, value.as_str())))
    }
}

impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuthorizationResponse")
            .field("redirect_uri", &self.redirect_uri)
            .field("response_mode", &self.response_mode)
            .field("parameters", &self.parameters.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .finish()
    }
}
