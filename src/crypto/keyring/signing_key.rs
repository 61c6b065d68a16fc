//! One signing key: its making, its life, its public and its sealed form.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::jwt_signer::{KeyPair, RegisteredPair};
use crate::crypto::digest::sha256;
use crate::crypto::{MasterKey, OpenError, Random, Sealed};
use crate::protocol::{SignatureAlgorithm, Timestamp};

/// Where a key stands in its life: published before it signs, published after it has signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum KeyState {
    /// Published, signs nothing yet.
    Next {
        /// When it was made.
        created_at: Timestamp,
    },
    /// Signs.
    Current {
        /// When it was made.
        created_at: Timestamp,
        /// When it began to sign.
        activated_at: Timestamp,
    },
    /// Signs no more; published for the tokens that it signed.
    Retired {
        /// When it was made.
        created_at: Timestamp,
        /// When it began to sign.
        activated_at: Timestamp,
        /// When it ceased to sign.
        retired_at: Timestamp,
    },
}

impl KeyState {
    /// When the key was made.
    pub fn created_at(self) -> Timestamp {
        match self {
            Self::Next { created_at } | Self::Current { created_at, .. } | Self::Retired { created_at, .. } => {
                created_at
            }
        }
    }

    /// From when on a key that is next may sign, once everybody who keeps keys for `ahead` has seen it; none for others.
    pub fn signs_from(self, ahead: Duration) -> Option<Timestamp> {
        match self {
            Self::Next { created_at } => Some(created_at.plus(ahead)),
            Self::Current { .. } | Self::Retired { .. } => None,
        }
    }

    /// A key that is next begins to sign at `now`; no other key can.
    pub fn activated(self, now: Timestamp) -> Result<Self, KeyError> {
        match self {
            Self::Next { created_at } => Ok(Self::Current { created_at, activated_at: now }),
            Self::Current { .. } | Self::Retired { .. } => Err(KeyError::WrongState),
        }
    }

    /// A key that signs ceases at `now`; no other key can.
    pub fn retired(self, now: Timestamp) -> Result<Self, KeyError> {
        match self {
            Self::Current { created_at, activated_at } => {
                Ok(Self::Retired { created_at, activated_at, retired_at: now })
            }
            Self::Next { .. } | Self::Retired { .. } => Err(KeyError::WrongState),
        }
    }
}

/// Why there is no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// RSA keys have 2048, 3072 or 4096 bits.
    #[error("RSA keys of this size are not made")]
    Size,
    /// The library refused to make it.
    #[error("the key could not be made")]
    Generation,
    /// Not a private key in PKCS#8, or of another algorithm.
    #[error("not a private key of this algorithm")]
    Malformed,
    /// The record's private part stays closed.
    #[error("the private part of the key: {0}")]
    Sealed(#[from] OpenError),
    /// The key is not at the point of its life from which this leads on.
    #[error("the key cannot go on from its state")]
    WrongState,
}

/// A private key that signs, with its name. Does not print its private part.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    algorithm: SignatureAlgorithm,
    state: KeyState,
    pair: Arc<RegisteredPair>,
    public: Arc<PublicKey>,
}

/// What relying parties get.
#[derive(Debug)]
struct PublicKey {
    /// The members of RFC 7638 §3.2, which are those of the thumbprint and of the public key.
    members: Value,
    parsed: ParsedPublicKey,
}

/// A key at rest. The private part opens with the master key and for this `kid` only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKeyRecord {
    /// The key's id.
    pub kid: String,
    /// The algorithm, pinned to the key.
    pub algorithm: SignatureAlgorithm,
    /// Where it stands in its life.
    pub life: KeyState,
    /// PKCS#8, sealed.
    pub private: Sealed,
}

impl SigningKeyRecord {
    /// The same under another master key; `None` where it is under that one already.
    ///
    /// # Errors
    /// When neither of the two opens it.
    pub fn resealed(&self, keys: (&MasterKey, &MasterKey), random: &Random) -> Result<Option<Self>, OpenError> {
        let private = self.private.resealed(keys, random, &seal_context(&self.kid))?;
        Ok(private.map(|private| Self { private, ..self.clone() }))
    }
}

impl SigningKey {
    /// Makes a key that is next. RSA keys of `rsa_bits` (2048, 3072 or 4096) take 50 ms and more: never on a request.
    /// The kid is `kid_prefix` and the thumbprint of RFC 7638.
    pub fn generate(
        algorithm: SignatureAlgorithm,
        rsa_bits: u32,
        kid_prefix: &str,
        now: Timestamp,
    ) -> Result<Self, KeyError> {
        let pair = match algorithm {
            SignatureAlgorithm::Rs256 => {
                let size = match rsa_bits {
                    2048 => KeySize::Rsa2048,
                    3072 => KeySize::Rsa3072,
                    4096 => KeySize::Rsa4096,
                    _ => return Err(KeyError::Size),
                };
                RsaKeyPair::generate(size).map(KeyPair::Rsa)
            }
            SignatureAlgorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(KeyPair::Ec),
        };
        Self::from_pair(pair.map_err(|_| KeyError::Generation)?, kid_prefix, now)
    }

    /// Reads a key that is next from PEM (`BEGIN PRIVATE KEY`, PKCS#8, nothing before or after).
    pub fn from_pkcs8_pem(
        pem: &str,
        algorithm: SignatureAlgorithm,
        kid_prefix: &str,
        now: Timestamp,
    ) -> Result<Self, KeyError> {
        let body = pem
            .trim()
            .strip_prefix("-----BEGIN PRIVATE KEY-----")
            .and_then(|rest| rest.strip_suffix("-----END PRIVATE KEY-----"))
            .ok_or(KeyError::Malformed)?;
        let body: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
        let der = Zeroizing::new(STANDARD.decode(body.as_bytes()).map_err(|_| KeyError::Malformed)?);
        Self::from_pair(parse_pkcs8(&der, algorithm)?, kid_prefix, now)
    }

    /// Opens a stored key.
    pub fn from_record(record: &SigningKeyRecord, master: &MasterKey) -> Result<Self, KeyError> {
        let der = record.private.open(master, &seal_context(&record.kid))?;
        let key = Self::from_pair(parse_pkcs8(&der, record.algorithm)?, "", Timestamp(0))?;
        // The name ends in the thumbprint of the key that it names: a record cannot lend its name to another key.
        if !record.kid.ends_with(&key.kid) {
            return Err(KeyError::Malformed);
        }
        Ok(Self { kid: record.kid.clone(), state: record.life, ..key })
    }

    /// The stored form.
    pub fn to_record(&self, master: &MasterKey, random: &Random) -> Result<SigningKeyRecord, KeyError> {
        let der = match &*self.pair.pair {
            KeyPair::Rsa(pair) => pair.as_der().map(|der| Zeroizing::new(der.as_ref().to_vec())),
            KeyPair::Ec(pair) => pair.to_pkcs8v1().map(|der| Zeroizing::new(der.as_ref().to_vec())),
        };
        let der = der.map_err(|_| KeyError::Generation)?;
        let private = Sealed::seal(master, random, &seal_context(&self.kid), &der);
        Ok(SigningKeyRecord { kid: self.kid.clone(), algorithm: self.algorithm, life: self.state, private })
    }

    fn from_pair(pair: KeyPair, kid_prefix: &str, now: Timestamp) -> Result<Self, KeyError> {
        let (algorithm, public) = match &pair {
            KeyPair::Rsa(pair) => (SignatureAlgorithm::Rs256, PublicKey::of_rsa(pair)?),
            KeyPair::Ec(pair) => (SignatureAlgorithm::Es256, PublicKey::of_ec(pair)?),
        };
        let kid = format!("{kid_prefix}{}", public.thumbprint());
        let pair = Arc::new(RegisteredPair::new(pair));
        Ok(Self { kid, algorithm, state: KeyState::Next { created_at: now }, pair, public: Arc::new(public) })
    }

    /// The key begins to sign.
    pub fn activated(self, now: Timestamp) -> Result<Self, KeyError> {
        Ok(Self { state: self.state.activated(now)?, ..self })
    }

    /// The key ceases to sign.
    pub fn retired(self, now: Timestamp) -> Result<Self, KeyError> {
        Ok(Self { state: self.state.retired(now)?, ..self })
    }

    /// Its name in tokens and in the published set.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The thumbprint of RFC 7638: the same under every name.
    pub(super) fn thumbprint(&self) -> String {
        self.public.thumbprint()
    }

    /// The algorithm that it signs with, and no other.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Where it stands in its life.
    pub fn state(&self) -> KeyState {
        self.state
    }

    /// The public key with `use`, `alg` and `kid` (RFC 7517 §4).
    pub fn public_jwk(&self) -> Value {
        let mut jwk = self.public.members.clone();
        if let Some(members) = jwk.as_object_mut() {
            members.insert("use".to_owned(), json!("sig"));
            members.insert("alg".to_owned(), json!(self.algorithm.as_str()));
            members.insert("kid".to_owned(), json!(self.kid));
        }
        jwk
    }

    /// Whether `signature` is this key's of `message`.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.parsed.verify_sig(message, signature).is_ok()
    }

    pub(super) fn pair(&self) -> &RegisteredPair {
        &self.pair
    }
}

impl PublicKey {
    fn of_rsa(pair: &RsaKeyPair) -> Result<Self, KeyError> {
        let public = pair.public_key();
        let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(public);
        let members = json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e) });
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref());
        Ok(Self { members, parsed: parsed.map_err(|_| KeyError::Malformed)? })
    }

    fn of_ec(pair: &EcdsaKeyPair) -> Result<Self, KeyError> {
        let point = pair.public_key().as_ref();
        // An uncompressed point: 4, then both coordinates in full length (SEC 1 §2.3.3).
        let (x, y) = match point.split_first() {
            Some((4, coordinates)) if coordinates.len() == 64 => coordinates.split_at(32),
            _ => return Err(KeyError::Malformed),
        };
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        let members = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
        Ok(Self { members, parsed: parsed.map_err(|_| KeyError::Malformed)? })
    }

    /// RFC 7638 §3: SHA-256 of the required members in the order of their names, without spaces.
    fn thumbprint(&self) -> String {
        let sorted: std::collections::BTreeMap<&String, &Value> =
            self.members.as_object().into_iter().flatten().collect();
        URL_SAFE_NO_PAD.encode(sha256(json!(sorted).to_string().as_bytes()))
    }
}

fn parse_pkcs8(der: &[u8], algorithm: SignatureAlgorithm) -> Result<KeyPair, KeyError> {
    match algorithm {
        SignatureAlgorithm::Rs256 => RsaKeyPair::from_pkcs8(der).map(KeyPair::Rsa),
        SignatureAlgorithm::Es256 => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(KeyPair::Ec),
    }
    .map_err(|_| KeyError::Malformed)
}

fn seal_context(kid: &str) -> String {
    format!("signing key {kid}")
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({} {} {:?})", self.algorithm.as_str(), self.kid, self.state)
    }
}
