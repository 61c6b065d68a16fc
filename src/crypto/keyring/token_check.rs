//! Reading back tokens that we signed ourselves (SEC-50, SEC-51).
//!
//! The key decides the algorithm; the token only names the key. Nothing in the token brings a key or leads to one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{KeySet, strict_json};

/// A longer hint is refused before anything is decoded.
const MAX_TOKEN_BYTES: usize = 4096;
/// A longer key id is refused before it is compared.
const MAX_KID_BYTES: usize = 128;
/// Dates of tokens lie before 2170: later ones are a mistake or an attack on arithmetic.
const END_OF_DATES: f64 = 6_311_433_600.0;
/// Header members that bring or lead to a key, change what is signed, or ask for what we do not implement.
const REFUSED_HEADERS: [&str; 8] = ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"];

/// The `typ` that a kind of token carries; one kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// No `typ`, or `JWT`: an ID token.
    IdToken,
    /// Exactly this one, in any case (RFC 7515 §4.1.9).
    Named(&'static str),
}

/// Why a token is not one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not a compact JWS of strict form.
    #[error("not a well-formed token")]
    Malformed,
    /// Its header asks for what we refuse, or it is of another kind.
    #[error("a token of another kind")]
    Refused,
    /// No key of ours has this name.
    #[error("signed by an unknown key")]
    UnknownKey,
    /// The key did not sign this.
    #[error("the signature is wrong")]
    Signature,
}

/// The claims of `token`, if a key of `set` that signs or has signed signed it.
pub(super) fn check(set: &KeySet, token: &str, token_type: TokenType) -> Result<Map<String, Value>, VerifyError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(VerifyError::Malformed);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(VerifyError::Malformed)?;
    let (header, claims) = message.split_once('.').ok_or(VerifyError::Malformed)?;
    // The decoder knows no dot: a fourth part is malformed.
    let (header, claims, signature) = (decode(header)?, decode(claims)?, decode(signature)?);
    let header = strict_json::parse_object(&header).ok_or(VerifyError::Malformed)?;

    check_header(&header, token_type)?;
    let kid = header.get("kid").and_then(Value::as_str).ok_or(VerifyError::UnknownKey)?;
    if kid.len() > MAX_KID_BYTES || !kid.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(VerifyError::UnknownKey);
    }
    let key = set.find_signer(kid).ok_or(VerifyError::UnknownKey)?;
    if header.get("alg").and_then(Value::as_str) != Some(key.algorithm().as_str()) {
        return Err(VerifyError::Refused);
    }
    if !key.has_signed(message.as_bytes(), &signature) {
        return Err(VerifyError::Signature);
    }
    let claims = strict_json::parse_object(&claims).ok_or(VerifyError::Malformed)?;
    check_claims(&claims)?;
    Ok(claims)
}

/// Canonical base64url: no padding, no spare bits, nothing else.
fn decode(part: &str) -> Result<Vec<u8>, VerifyError> {
    if part.is_empty() {
        return Err(VerifyError::Malformed);
    }
    URL_SAFE_NO_PAD.decode(part).map_err(|_| VerifyError::Malformed)
}

fn check_header(header: &Map<String, Value>, token_type: TokenType) -> Result<(), VerifyError> {
    if REFUSED_HEADERS.iter().any(|name| header.contains_key(*name)) {
        return Err(VerifyError::Refused);
    }
    let is_expected = match (header.get("typ"), token_type) {
        (None, TokenType::IdToken) => true,
        (Some(Value::String(typ)), TokenType::IdToken) => typ.eq_ignore_ascii_case("JWT"),
        (Some(Value::String(typ)), TokenType::Named(expected)) => typ.eq_ignore_ascii_case(expected),
        (None, TokenType::Named(_)) | (Some(_), _) => false,
    };
    if is_expected { Ok(()) } else { Err(VerifyError::Refused) }
}

fn check_claims(claims: &Map<String, Value>) -> Result<(), VerifyError> {
    let is_date = |value: &Value| value.as_f64().is_some_and(|date| (0.0..END_OF_DATES).contains(&date));
    let is_audience = |value: &Value| match value {
        Value::String(_) => true,
        Value::Array(values) => !values.is_empty() && values.iter().all(Value::is_string),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    };
    let dates = ["exp", "iat", "nbf", "auth_time"].iter().all(|name| claims.get(*name).is_none_or(is_date));
    let texts = ["iss", "sub", "sid", "nonce"].iter().all(|name| claims.get(*name).is_none_or(Value::is_string));
    if dates && texts && claims.get("aud").is_none_or(is_audience) { Ok(()) } else { Err(VerifyError::Malformed) }
}
