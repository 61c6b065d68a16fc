//! Gives `jsonwebtoken` our parsed keys.
//!
//! That library keeps a private key as bytes and parses it again at every signature, which makes RS256 three times
//! slower. The bytes that we give it are the number of a key that lies parsed in a registry of the process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, aws_lc};
use jsonwebtoken::errors::{ErrorKind, Result, new_error};
use jsonwebtoken::{Algorithm, EncodingKey};
use signature::Signer;

/// A parsed private key. The library wipes it when the last holder drops it.
#[derive(Debug)]
pub(super) enum KeyPair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl KeyPair {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa(_) => Algorithm::RS256,
            Self::Ec(_) => Algorithm::ES256,
        }
    }
}

/// Numbers are never used twice, so that several keyrings live in one process.
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);
static REGISTRY: LazyLock<RwLock<HashMap<u64, Arc<KeyPair>>>> = LazyLock::new(RwLock::default);

/// Whether `jsonwebtoken` signs through the registry. The first use installs it.
static IS_INSTALLED: LazyLock<bool> = LazyLock::new(|| {
    static PROVIDER: LazyLock<CryptoProvider> =
        LazyLock::new(|| CryptoProvider { signer_factory: find_signer, ..aws_lc::DEFAULT_PROVIDER.clone() });
    PROVIDER.install_default().is_ok()
});

/// A key pair in the registry; leaves it when dropped.
#[derive(Debug)]
pub(super) struct RegisteredPair {
    number: u64,
    pub(super) pair: Arc<KeyPair>,
}

impl RegisteredPair {
    pub(super) fn new(pair: KeyPair) -> Self {
        if !*IS_INSTALLED {
            tracing::error!("another provider of jsonwebtoken was installed before ours: nothing can be signed");
        }
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        let pair = Arc::new(pair);
        REGISTRY.write().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::clone(&pair));
        Self { number, pair }
    }

    /// What `jsonwebtoken` is given in place of the key.
    pub(super) fn encoding_key(&self) -> EncodingKey {
        let number = self.number.to_be_bytes();
        match *self.pair {
            KeyPair::Rsa(_) => EncodingKey::from_rsa_der(&number),
            KeyPair::Ec(_) => EncodingKey::from_ec_der(&number),
        }
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.pair.algorithm()
    }
}

impl Drop for RegisteredPair {
    fn drop(&mut self) {
        REGISTRY.write().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

fn find_signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    let number = key.as_bytes().try_into().map(u64::from_be_bytes);
    let pair = number
        .ok()
        .and_then(|number| REGISTRY.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned())
        .ok_or_else(|| new_error(ErrorKind::InvalidKeyFormat))?;
    if pair.algorithm() != *algorithm {
        return Err(new_error(ErrorKind::InvalidAlgorithm));
    }
    Ok(Box::new(PairSigner(pair)))
}

struct PairSigner(Arc<KeyPair>);

impl Signer<Vec<u8>> for PairSigner {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        let digest = digest(&SHA256, message);
        match &*self.0 {
            KeyPair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(&RSA_PKCS1_SHA256, &digest, &mut signature).map_err(signature::Error::from_source)?;
                Ok(signature)
            }
            KeyPair::Ec(pair) => {
                Ok(pair.sign_digest(&digest).map_err(signature::Error::from_source)?.as_ref().to_vec())
            }
        }
    }
}

impl JwtSigner for PairSigner {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;

    use super::*;

    #[test]
    fn a_dropped_key_signs_no_more() {
        let registered =
            RegisteredPair::new(KeyPair::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()));
        let key = registered.encoding_key();
        assert!(find_signer(&Algorithm::ES256, &key).is_ok());
        assert!(find_signer(&Algorithm::RS256, &key).is_err(), "the algorithm belongs to the key");
        drop(registered);
        assert!(find_signer(&Algorithm::ES256, &key).is_err());
    }

    #[test]
    fn a_key_that_is_not_a_number_is_refused() {
        assert!(find_signer(&Algorithm::ES256, &EncodingKey::from_ec_der(b"")).is_err());
        assert!(find_signer(&Algorithm::HS256, &EncodingKey::from_secret(b"12345678")).is_err());
    }
}
