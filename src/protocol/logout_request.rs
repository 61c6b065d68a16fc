//! The request to sign out that a client sends through the browser (RP-Initiated Logout §2).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::{ErrorCode, OAuthError};
use super::locale::Locale;
use super::parameters::Parameters;

/// A request to sign out, as it was sent: the hint is not verified and the address not matched.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogoutRequest {
    /// An ID token of ours. At most 4 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_hint: Option<String>,
    /// Which session is meant, in the client's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logout_hint: Option<String>,
    /// Who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Where the browser is to go afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_logout_redirect_uri: Option<String>,
    /// Returned unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The language that the client asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
}

impl LogoutRequest {
    /// Longest `id_token_hint`, in bytes.
    pub const MAX_HINT_BYTES: usize = 4_096;
    /// Longest of the other values, in bytes.
    pub const MAX_VALUE_BYTES: usize = 2_048;

    /// Reads the request; unknown parameters are ignored.
    ///
    /// # Errors
    /// `invalid_request` for a repeated or oversized parameter.
    pub fn parse(parameters: &Parameters) -> Result<Self, OAuthError> {
        parameters.check_unrepeated()?;
        let text = |name: &str, max_bytes: usize| match parameters.get(name) {
            Some(value) if value.len() > max_bytes => {
                Err(OAuthError::new(ErrorCode::InvalidRequest, format!("{name} is longer than {max_bytes} bytes")))
            }
            value => Ok(value.map(str::to_owned)),
        };
        Ok(Self {
            id_token_hint: text("id_token_hint", Self::MAX_HINT_BYTES)?,
            logout_hint: text("logout_hint", Self::MAX_VALUE_BYTES)?,
            client_id: text("client_id", Self::MAX_VALUE_BYTES)?,
            post_logout_redirect_uri: text("post_logout_redirect_uri", Self::MAX_VALUE_BYTES)?,
            state: text("state", Self::MAX_VALUE_BYTES)?,
            locale: parameters.get("ui_locales").and_then(Locale::from_ui_locales),
        })
    }
}

/// Shows who asks and for which address; hints are about a person.
impl fmt::Debug for LogoutRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LogoutRequest")
            .field("client_id", &self.client_id)
            .field("post_logout_redirect_uri", &self.post_logout_redirect_uri)
            .finish_non_exhaustive()
    }
}
