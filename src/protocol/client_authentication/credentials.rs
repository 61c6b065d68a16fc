//! What a client shows to prove itself (RFC 6749 §2.3), read strictly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::method::ClientAuthenticationMethod;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::{Parameters, decode_form};
use crate::protocol::secret::Secret;

/// The `WWW-Authenticate` value of a failed authentication that used the header (RFC 6749 §5.2).
pub const BASIC_CHALLENGE: &str = r#"Basic realm="token", charset="UTF-8""#;

/// Where credentials may stand in a request to the token endpoint.
#[derive(Debug, Clone, Copy)]
pub struct CredentialSources<'a> {
    /// The value of the `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The query, where nothing secret may stand.
    pub query: Option<&'a str>,
    /// The urlencoded body.
    pub body: &'a Parameters,
}

/// Who a client says it is, and the secret that is to prove it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCredentials {
    client_id: String,
    proof: Proof,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Proof {
    Basic(Secret),
    Post(Secret),
    None,
}

impl ClientCredentials {
    /// Reads the credentials of a request.
    ///
    /// # Errors
    /// `invalid_request` for a repeated parameter, for more than one method, and for a secret in the query;
    /// `invalid_client` for everything that proves nothing.
    pub fn parse(sources: CredentialSources<'_>) -> Result<Self, OAuthError> {
        check_query(sources.query)?;
        sources.body.check_unrepeated()?;
        let client_id = sources.body.get("client_id");
        let secret = sources.body.get("client_secret");
        let has_assertion = sources.body.has("client_assertion") || sources.body.has("client_assertion_type");
        match (sources.authorization, secret) {
            (Some(_), Some(_)) => Err(several_methods()),
            (Some(_), None) | (None, Some(_)) if has_assertion => Err(several_methods()),
            (None, None) if has_assertion => Err(unproven("client_assertion is not supported")),
            (Some(header), None) => Self::parse_basic(header, client_id),
            (None, Some(secret)) => Self::new(client_id, Proof::Post(Secret::new(secret))),
            (None, None) => Self::new(client_id, Proof::None),
        }
    }

    /// Who the client says it is.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// How it tries to prove it.
    pub fn method(&self) -> ClientAuthenticationMethod {
        match self.proof {
            Proof::Basic(_) => ClientAuthenticationMethod::Basic,
            Proof::Post(_) => ClientAuthenticationMethod::Post,
            Proof::None => ClientAuthenticationMethod::None,
        }
    }

    /// The secret, never empty; none with [`ClientAuthenticationMethod::None`].
    pub fn secret(&self) -> Option<&Secret> {
        match &self.proof {
            Proof::Basic(secret) | Proof::Post(secret) => Some(secret),
            Proof::None => None,
        }
    }

    /// Base64, split at the first colon, both halves form-decoded (RFC 6749 §2.3.1).
    fn parse_basic(header: &str, body_client_id: Option<&str>) -> Result<Self, OAuthError> {
        let malformed = || unproven("the Authorization header is malformed");
        let (scheme, encoded) = header.split_once(' ').ok_or_else(malformed)?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(unproven("the Authorization header must use Basic"));
        }
        let decoded = STANDARD.decode(encoded.trim_matches(' ')).map_err(|_| malformed())?;
        let mut halves = decoded.splitn(2, |byte| *byte == b':');
        let client_id = decode_form(halves.next().unwrap_or_default()).map_err(|_| malformed())?;
        let secret = decode_form(halves.next().ok_or_else(malformed)?).map_err(|_| malformed())?;
        if body_client_id.is_some_and(|other| other != client_id) {
            return Err(OAuthError::new(ErrorCode::InvalidRequest, "two different values of client_id"));
        }
        Self::new(Some(client_id.as_str()).filter(|id| !id.is_empty()), Proof::Basic(Secret::new(secret)))
    }

    fn new(client_id: Option<&str>, proof: Proof) -> Result<Self, OAuthError> {
        let client_id = client_id.ok_or_else(|| unproven("the client does not say who it is"))?.to_owned();
        let credentials = Self { client_id, proof };
        let is_visible = |text: &str| text.bytes().all(|byte| matches!(byte, 0x20..=0x7E));
        let secret_is_usable =
            credentials.secret().is_none_or(|secret| !secret.expose().is_empty() && is_visible(secret.expose()));
        if is_visible(&credentials.client_id) && secret_is_usable {
            Ok(credentials)
        } else {
            Err(unproven("the credentials are malformed"))
        }
    }
}

/// Nothing that proves anything may stand where it is logged and cached.
fn check_query(query: Option<&str>) -> Result<(), OAuthError> {
    let query = Parameters::parse(query.unwrap_or_default().as_bytes())?;
    let secrets = ["client_secret", "client_assertion", "code", "code_verifier", "refresh_token", "token", "password"];
    match secrets.into_iter().find(|name| query.has(name)) {
        Some(name) => Err(OAuthError::new(ErrorCode::InvalidRequest, format!("{name} must not stand in the query"))),
        None => Ok(()),
    }
}

fn several_methods() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, "more than one method of client authentication")
}

fn unproven(description: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClient, description)
}
