//! Access tokens shown to us, and the challenge when they do not hold (RFC 6750).

mod challenge;
#[cfg(test)]
mod tests;

pub use challenge::BearerChallenge;

use super::error::OAuthError;
use super::parameters::Parameters;
use super::secret::Secret;

/// Where an access token may stand in a request.
#[derive(Debug, Clone, Copy)]
pub struct BearerSources<'a> {
    /// The value of the `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The query, where no token may stand.
    pub query: Option<&'a str>,
    /// The body of a POST with the type `application/x-www-form-urlencoded`.
    pub form: Option<&'a Parameters>,
}

/// An access token as it was shown, of the right characters, otherwise unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BearerToken(Secret);

impl BearerToken {
    /// Finds the one access token of a request.
    ///
    /// # Errors
    /// [`BearerChallenge::NoToken`], or [`BearerChallenge::InvalidRequest`] for a token in the query, two tokens, or a
    /// malformed one.
    pub fn parse(sources: BearerSources<'_>) -> Result<Self, BearerChallenge> {
        let query = Parameters::parse(sources.query.unwrap_or_default().as_bytes()).map_err(unreadable)?;
        if query.has("access_token") {
            return Err(BearerChallenge::InvalidRequest("access_token must not stand in the query".to_owned()));
        }
        if let Some(form) = sources.form {
            form.check_unrepeated().map_err(unreadable)?;
        }
        let in_header = sources.authorization.and_then(bearer_credentials);
        let in_form = sources.form.and_then(|form| form.get("access_token"));
        let token = match (in_header, in_form) {
            (Some(_), Some(_)) => return Err(BearerChallenge::InvalidRequest("two access tokens".to_owned())),
            (None, None) => return Err(BearerChallenge::NoToken),
            (Some(token), None) | (None, Some(token)) => token,
        };
        if is_token(token) {
            Ok(Self(Secret::new(token)))
        } else {
            Err(BearerChallenge::InvalidRequest("the access token is malformed".to_owned()))
        }
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

fn unreadable(error: impl Into<OAuthError>) -> BearerChallenge {
    BearerChallenge::InvalidRequest(error.into().description().to_owned())
}

/// What follows the scheme, when the scheme is `Bearer` in any case; another scheme shows no token.
fn bearer_credentials(header: &str) -> Option<&str> {
    let (scheme, credentials) = header.split_once(' ').unwrap_or((header, ""));
    scheme.eq_ignore_ascii_case("bearer").then(|| credentials.trim_matches(' '))
}

/// `b64token` of RFC 6750 §2.1.
fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    !body.is_empty() && body.bytes().all(is_allowed)
}
