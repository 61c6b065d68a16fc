//! Reading a token with nothing but the published keys, as its receiver does.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

/// Why a token does not stand before the published keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublishedKeyError {
    /// Not a token, or not a set of keys.
    #[error("not a well-formed token or set of keys")]
    Malformed,
    /// Signed with an algorithm that we never use.
    #[error("an algorithm that is not expected")]
    Algorithm,
    /// No published key has the name that the token shows.
    #[error("no published key has the token's kid")]
    UnknownKey,
    /// The key did not sign this.
    #[error("the signature is wrong")]
    Signature,
}

/// The claims of `token`, if the key of `jwks` that its `kid` names signed it (OpenID Connect Core §3.1.3.7, point 6).
/// Issuer, audience and times are judged by the caller.
///
/// # Errors
/// The first reason to distrust the token.
pub fn verify_with_jwks(token: &str, jwks: &str) -> Result<Map<String, Value>, PublishedKeyError> {
    let set: JwkSet = serde_json::from_str(jwks).map_err(|_| PublishedKeyError::Malformed)?;
    let header = decode_header(token).map_err(|_| PublishedKeyError::Malformed)?;
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
        return Err(PublishedKeyError::Algorithm);
    }
    let jwk = header.kid.as_deref().and_then(|kid| set.find(kid)).ok_or(PublishedKeyError::UnknownKey)?;
    let key = DecodingKey::from_jwk(jwk).map_err(|_| PublishedKeyError::Malformed)?;
    // The library would judge times by the system's clock.
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    match decode::<Map<String, Value>>(token, &key, &validation) {
        Ok(token) => Ok(token.claims),
        Err(_) => Err(PublishedKeyError::Signature),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;
    use crate::crypto::{KeySet, Keyring, SigningKey};
    use crate::protocol::{SignatureAlgorithm, Timestamp};

    fn keyring() -> Keyring {
        let key = SigningKey::generate(SignatureAlgorithm::Es256, 2048, "", Timestamp(1)).unwrap();
        Keyring::new(KeySet::new(vec![key.activated(Timestamp(1)).unwrap()]).unwrap())
    }

    #[test]
    fn only_what_a_published_key_signed_is_read() {
        let (ours, theirs) = (keyring(), keyring());
        let jwks = ours.jwks().to_string();
        let token = ours.sign(SignatureAlgorithm::Es256, None, &json!({ "sub": "1", "exp": 1 })).unwrap();
        assert_eq!(verify_with_jwks(&token, &jwks).unwrap()["sub"], "1", "times are the caller's to judge");
        let foreign = theirs.sign(SignatureAlgorithm::Es256, None, &json!({ "sub": "1" })).unwrap();
        assert_eq!(verify_with_jwks(&foreign, &jwks), Err(PublishedKeyError::UnknownKey));

        let [header, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
        let changed = URL_SAFE_NO_PAD.encode(r#"{"sub":"2"}"#);
        let forged = format!("{header}.{changed}.{signature}");
        assert_eq!(verify_with_jwks(&forged, &jwks), Err(PublishedKeyError::Signature));
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        assert_eq!(verify_with_jwks(&format!("{none}.{claims}."), &jwks), Err(PublishedKeyError::Malformed));
        let shared = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
        assert_eq!(
            verify_with_jwks(&format!("{shared}.{claims}.{signature}"), &jwks),
            Err(PublishedKeyError::Algorithm)
        );
        assert_eq!(verify_with_jwks(&token, "[]"), Err(PublishedKeyError::Malformed));
    }
}
