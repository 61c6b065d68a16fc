//! What a client is told when something is refused.

use std::fmt;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::word::words;

words! {
    /// The `error` values of RFC 6749 §4.1.2.1 and §5.2, OIDC Core §3.1.2.6, RFC 6750 §3.1 and their extensions.
    pub enum ErrorCode {
        /// Malformed, missing, repeated or conflicting parameters.
        InvalidRequest => "invalid_request",
        /// The client may not use this response type or grant.
        UnauthorizedClient => "unauthorized_client",
        /// The person or a policy refused.
        AccessDenied => "access_denied",
        /// Response type unknown or switched off.
        UnsupportedResponseType => "unsupported_response_type",
        /// Malformed scope, or none that can be granted.
        InvalidScope => "invalid_scope",
        /// In place of a status 500 that cannot travel through the browser.
        ServerError => "server_error",
        /// In place of a status 503.
        TemporarilyUnavailable => "temporarily_unavailable",
        /// A page is needed and the client asked for none.
        InteractionRequired => "interaction_required",
        /// Nobody is signed in, or not recently enough, or somebody else than expected.
        LoginRequired => "login_required",
        /// Several sessions and no hint.
        AccountSelectionRequired => "account_selection_required",
        /// Consent is missing and the client asked for no page.
        ConsentRequired => "consent_required",
        /// Bad reference to a pushed request.
        InvalidRequestUri => "invalid_request_uri",
        /// The request object does not verify.
        InvalidRequestObject => "invalid_request_object",
        /// `request` is switched off.
        RequestNotSupported => "request_not_supported",
        /// `request_uri` is switched off.
        RequestUriNotSupported => "request_uri_not_supported",
        /// `registration` is switched off.
        RegistrationNotSupported => "registration_not_supported",
        /// Bad `resource` (RFC 8707 §2).
        InvalidTarget => "invalid_target",
        /// Bad `authorization_details` (RFC 9396 §5).
        InvalidAuthorizationDetails => "invalid_authorization_details",
        /// The demanded authentication level cannot be met.
        UnmetAuthenticationRequirements => "unmet_authentication_requirements",
        /// Only on our own pages: the redirect URI is not registered (named by RFC 7591 §3.2.2).
        InvalidRedirectUri => "invalid_redirect_uri",
        /// The client is unknown or failed to prove itself.
        InvalidClient => "invalid_client",
        /// Code, verifier, redirect URI or refresh token does not hold.
        InvalidGrant => "invalid_grant",
        /// Grant type unknown or switched off.
        UnsupportedGrantType => "unsupported_grant_type",
        /// Access token malformed, expired or revoked.
        InvalidToken => "invalid_token",
        /// The access token does not cover this.
        InsufficientScope => "insufficient_scope",
        /// The authentication behind the access token is too weak or too old (RFC 9470 §3).
        InsufficientUserAuthentication => "insufficient_user_authentication",
    }
}

/// A refusal as the client reads it: JSON, redirect parameters or a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    code: ErrorCode,
    description: String,
}

impl OAuthError {
    /// A refusal with one sentence for the developer of the client. Characters that `error_description` may not
    /// hold (RFC 6749 §4.1.2.1) are replaced.
    pub fn new(code: ErrorCode, description: impl AsRef<str>) -> Self {
        let description = description.as_ref().chars().take(300).map(|character| match character {
            '"' => '\'',
            '\\' => '/',
            ' '..='~' => character,
            _ => '?',
        });
        Self { code, description: description.collect() }
    }

    /// The machine's word.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The developer's sentence; printable ASCII without `"` and `\`.
    pub fn description(&self) -> &str {
        &self.description
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.description)
    }
}

impl std::error::Error for OAuthError {}

/// The JSON document of RFC 6749 §5.2.
impl Serialize for OAuthError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("OAuthError", 2)?;
        document.serialize_field("error", &self.code)?;
        document.serialize_field("error_description", &self.description)?;
        document.end()
    }
}
