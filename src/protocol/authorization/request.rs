//! The authorization request once every check has passed, and the checks in the order of their precedence.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::attempt::TrustedAttempt;
use super::claims_request::ClaimsRequest;
use super::prompt::{Prompt, PromptSet};
use super::response::{AuthorizationRefusal, ReturnAddress};
use super::response_mode::{ResponseMode, ResponseType};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::locale::Locale;
use crate::protocol::parameters::Parameters;
use crate::protocol::pkce::CodeChallenge;
use crate::protocol::scope::{Scope, ScopeSet};

/// What of a client decides about its authorization requests.
#[derive(Debug, Clone, Copy)]
pub struct ClientRules<'a> {
    /// The response types that the client may use.
    pub response_types: &'a [ResponseType],
    /// Whether PKCE is demanded: the client is public, or registered so.
    pub pkce_required: bool,
    /// The scopes that the client may be granted.
    pub allowed_scopes: &'a ScopeSet,
    /// Seconds; applies when the request is silent.
    pub default_max_age: Option<u64>,
    /// Applies when the request is silent.
    pub default_acr_values: &'a [String],
}

/// A checked request with the client's defaults applied. Stored inside an interaction; the browser cannot change it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: String,
    /// Where and how the answer goes.
    pub return_address: ReturnAddress,
    /// What can be granted: asked for, known, and allowed to the client.
    pub scope: ScopeSet,
    /// Goes into the ID token unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The PKCE challenge, S256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<CodeChallenge>,
    /// What the person is to be asked.
    #[serde(default, skip_serializing_if = "PromptSet::is_empty")]
    pub prompt: PromptSet,
    /// The oldest authentication that will do, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// Levels that the client would like, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acr_values: Vec<String>,
    /// Claims asked for by name.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// Who the client thinks will sign in: only prefilled. At most 254 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// An ID token of ours as it was sent, not verified here. At most 4 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_hint: Option<String>,
    /// The language that the client asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// The organization that the client suggests: 14 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub siret_hint: Option<String>,
    /// Whether the client says that the person works for an organization without belonging to it: `is_external_hint=true`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_external_hint: bool,
    /// The service behind a federation, in its own words. At most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sp_name: Option<String>,
}

/// The levels of authentication that a request asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AcrDemand {
    /// The values, best first; empty when any will do.
    pub values: Vec<String>,
    /// Whether the sign-in fails when none of them is reached.
    pub essential: bool,
}

impl AuthorizationRequest {
    /// Longest `nonce`, in bytes.
    pub const MAX_NONCE_BYTES: usize = 512;
    /// Longest `state`, in bytes.
    pub const MAX_STATE_BYTES: usize = 2_048;
    /// Longest `id_token_hint`, in bytes.
    pub const MAX_HINT_BYTES: usize = 4_096;

    /// Whether `openid` was asked for: without it no ID token is made and UserInfo is closed.
    pub fn is_openid(&self) -> bool {
        self.scope.contains(Scope::Openid)
    }

    /// Whether no page may be shown.
    pub fn forbids_pages(&self) -> bool {
        self.prompt.contains(Prompt::None)
    }

    /// The levels asked for; `claims` wins over `acr_values`.
    pub fn acr_demand(&self) -> AcrDemand {
        match self.claims.acr() {
            Some(claim) if !claim.values.is_empty() => {
                AcrDemand { values: claim.texts().map(str::to_owned).collect(), essential: claim.essential }
            }
            _ => AcrDemand { values: self.acr_values.clone(), essential: false },
        }
    }

    pub(super) fn parse(attempt: TrustedAttempt, rules: &ClientRules<'_>) -> Result<Self, Box<AuthorizationRefusal>> {
        match Self::check_all(&attempt, rules) {
            Ok(request) => Ok(request),
            Err(error) => Err(attempt.refuse(error)),
        }
    }

    /// One check a line, in the order in which errors take precedence.
    fn check_all(attempt: &TrustedAttempt, rules: &ClientRules<'_>) -> Result<Self, OAuthError> {
        let parameters = &attempt.parameters;
        check_no_request_object(parameters)?;
        parameters.check_unrepeated()?;
        check_response_mode(parameters)?;
        check_response_type(parameters, rules.response_types)?;
        check_no_registration(parameters)?;
        let scope = parse_scope(parameters, rules.allowed_scopes)?;
        check_length(parameters, "state", Self::MAX_STATE_BYTES)?;
        check_length(parameters, "nonce", Self::MAX_NONCE_BYTES)?;
        let code_challenge = parse_code_challenge(parameters, rules.pkce_required)?;
        let prompt = parameters.get("prompt").map(PromptSet::parse_requested).transpose()?.unwrap_or_default();
        let max_age = parse_max_age(parameters)?.or(rules.default_max_age);
        let claims = parameters.get("claims").map(ClaimsRequest::parse).transpose()?.unwrap_or_default();
        check_length(parameters, "id_token_hint", Self::MAX_HINT_BYTES)?;
        check_no_authorization_details(parameters)?;
        let siret_hint = parse_siret_hint(parameters)?;
        Ok(Self {
            client_id: attempt.client_id.clone(),
            return_address: attempt.return_address.clone(),
            scope,
            nonce: parameters.get("nonce").map(str::to_owned),
            code_challenge,
            prompt,
            max_age,
            acr_values: parse_acr_values(parameters, rules.default_acr_values),
            claims,
            login_hint: parameters.get("login_hint").map(|hint| cut(hint, 254)),
            id_token_hint: parameters.get("id_token_hint").map(str::to_owned),
            locale: parameters.get("ui_locales").and_then(Locale::from_ui_locales),
            siret_hint,
            is_external_hint: parameters.get("is_external_hint") == Some("true"),
            sp_name: parameters
                .get("sp_name")
                .map(|name| cut(&without_invisible(name), 100))
                .filter(|name| !name.is_empty()),
        })
    }
}

/// Shows what steers the flow, and neither hints about the person nor values that bind the browser.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuthorizationRequest")
            .field("client_id", &self.client_id)
            .field("redirect_uri", self.return_address.redirect_uri())
            .field("scope", &self.scope.to_string())
            .field("prompt", &self.prompt.to_string())
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

fn invalid(description: impl AsRef<str>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, description)
}

fn check_no_request_object(parameters: &Parameters) -> Result<(), OAuthError> {
    match (parameters.get("request"), parameters.get("request_uri")) {
        (Some(_), Some(_)) => Err(invalid("request and request_uri exclude each other")),
        (Some(_), None) => Err(OAuthError::new(ErrorCode::RequestNotSupported, "request is not supported")),
        (None, Some(_)) => Err(OAuthError::new(ErrorCode::RequestUriNotSupported, "request_uri is not supported")),
        (None, None) => Ok(()),
    }
}

fn check_response_mode(parameters: &Parameters) -> Result<(), OAuthError> {
    match parameters.get("response_mode").map(ResponseMode::parse) {
        Some(None) => Err(invalid("response_mode is unknown or not allowed")),
        Some(Some(_)) | None => Ok(()),
    }
}

fn check_response_type(parameters: &Parameters, allowed: &[ResponseType]) -> Result<(), OAuthError> {
    let text = parameters.get("response_type").ok_or_else(|| invalid("response_type is missing"))?;
    let response_type = ResponseType::parse(text)
        .ok_or_else(|| OAuthError::new(ErrorCode::UnsupportedResponseType, "response_type must be code"))?;
    if allowed.contains(&response_type) {
        Ok(())
    } else {
        Err(OAuthError::new(ErrorCode::UnauthorizedClient, "the client may not use this response_type"))
    }
}

fn check_no_registration(parameters: &Parameters) -> Result<(), OAuthError> {
    match parameters.get("registration") {
        Some(_) => Err(OAuthError::new(ErrorCode::RegistrationNotSupported, "registration is not supported")),
        None => Ok(()),
    }
}

/// What is known and allowed of what is asked for; `invalid_scope` when nothing is left.
fn parse_scope(parameters: &Parameters, allowed: &ScopeSet) -> Result<ScopeSet, OAuthError> {
    let requested = ScopeSet::parse_requested(parameters.get("scope").unwrap_or_default())?;
    let scope = requested.intersection(allowed);
    if scope.is_empty() {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "scope holds nothing that this client may be granted"));
    }
    Ok(scope)
}

fn check_length(parameters: &Parameters, name: &str, max_bytes: usize) -> Result<(), OAuthError> {
    match parameters.get(name) {
        Some(value) if value.len() > max_bytes => Err(invalid(format!("{name} is longer than {max_bytes} bytes"))),
        _ => Ok(()),
    }
}

/// S256 only; a missing method means `plain` (RFC 7636 §4.3) and is refused like it.
fn parse_code_challenge(parameters: &Parameters, required: bool) -> Result<Option<CodeChallenge>, OAuthError> {
    let challenge = parameters.get("code_challenge");
    let method = parameters.get("code_challenge_method");
    match (challenge, method) {
        (None, None) if required => Err(invalid("code_challenge is required for this client")),
        (None, None) => Ok(None),
        (None, Some(_)) => Err(invalid("code_challenge is missing")),
        (Some(text), Some("S256")) => {
            CodeChallenge::parse(text).map(Some).ok_or_else(|| invalid("code_challenge is malformed"))
        }
        (Some(_), _) => Err(invalid("code_challenge_method must be S256")),
    }
}

fn parse_max_age(parameters: &Parameters) -> Result<Option<u64>, OAuthError> {
    match parameters.get("max_age") {
        None => Ok(None),
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            // More digits than a u64 holds are still a number: longer than any session.
            Ok(Some(text.parse().unwrap_or(u64::MAX)))
        }
        Some(_) => Err(invalid("max_age is not a non-negative integer")),
    }
}

/// We know no type of authorization details, and ignoring them would grant more than was asked (RFC 9396 §5).
fn check_no_authorization_details(parameters: &Parameters) -> Result<(), OAuthError> {
    match parameters.get("authorization_details") {
        Some(_) => {
            Err(OAuthError::new(ErrorCode::InvalidAuthorizationDetails, "authorization_details is not supported"))
        }
        None => Ok(()),
    }
}

fn parse_siret_hint(parameters: &Parameters) -> Result<Option<String>, OAuthError> {
    match parameters.get("siret_hint") {
        None => Ok(None),
        Some(text) if text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Some(text.to_owned())),
        Some(_) => Err(invalid("siret_hint must be 14 digits")),
    }
}

fn parse_acr_values(parameters: &Parameters, default: &[String]) -> Vec<String> {
    match parameters.get("acr_values") {
        Some(text) => text.split(' ').filter(|value| !value.is_empty()).take(10).map(str::to_owned).collect(),
        None => default.to_vec(),
    }
}

fn cut(text: &str, max_characters: usize) -> String {
    text.chars().take(max_characters).collect()
}

/// The text without control characters and those that change the direction of what surrounds them.
fn without_invisible(text: &str) -> String {
    let is_hidden = |character: char| {
        character.is_control()
            || matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().filter(|character| !is_hidden(*character)).collect()
}
