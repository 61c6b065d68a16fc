//! The signing keys of development mode: published, so that anybody can check its tokens, and make them.

use crate::crypto::{KeySet, KeySetError, PUBLISHED_PREFIX, SigningKey};
use crate::protocol::{SignatureAlgorithm, Timestamp};

const KEYS: [(SignatureAlgorithm, &str); 2] = [
    (SignatureAlgorithm::Rs256, include_str!("../../assets/dev/rs256.pem")),
    (SignatureAlgorithm::Es256, include_str!("../../assets/dev/es256.pem")),
];

/// One key for each algorithm, signing since `now`. The same in every instance.
///
/// # Errors
/// Never for the embedded files.
pub fn published_keys(now: Timestamp) -> Result<KeySet, KeySetError> {
    let signing = KEYS
        .into_iter()
        .map(|(algorithm, pem)| SigningKey::from_pkcs8_pem(pem, algorithm, PUBLISHED_PREFIX, now)?.activated(now))
        .collect::<Result<Vec<_>, _>>()?;
    KeySet::of_published_keys(signing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Keyring, verify_with_jwks};
    use serde_json::json;

    #[test]
    fn r_12_published_keys_sign_and_their_names_say_what_they_are() {
        let keyring = Keyring::new(published_keys(Timestamp(1)).unwrap());
        let jwks = keyring.jwks();
        let keys = jwks["keys"].as_array().unwrap();
        assert_eq!(keys.len(), SignatureAlgorithm::ALL.len());
        assert!(keys.iter().all(|key| key["kid"].as_str().unwrap().starts_with("mock-") && key.get("d").is_none()));
        for algorithm in SignatureAlgorithm::ALL {
            let token = keyring.sign(*algorithm, None, &json!({ "sub": "154" })).unwrap();
            assert_eq!(verify_with_jwks(&token, &jwks.to_string()).unwrap()["sub"], "154");
        }
    }

    #[test]
    fn sec_178_r_12_no_other_set_takes_a_published_key_whatever_its_name() {
        for (algorithm, pem) in KEYS {
            for prefix in ["", PUBLISHED_PREFIX, "ours-"] {
                let key = SigningKey::from_pkcs8_pem(pem, algorithm, prefix, Timestamp(1)).unwrap();
                let kid = key.kid().to_owned();
                assert_eq!(KeySet::new(vec![key]).unwrap_err(), KeySetError::Published(kid), "{prefix}");
            }
        }
        let own = SigningKey::generate(SignatureAlgorithm::Es256, 2048, PUBLISHED_PREFIX, Timestamp(1)).unwrap();
        assert!(matches!(KeySet::new(vec![own]), Err(KeySetError::Published(_))), "nor one that calls itself so");
    }
}
