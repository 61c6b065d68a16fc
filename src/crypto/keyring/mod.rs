//! The keys that sign our tokens: per algorithm one next, one current, some retired.

#![deny(clippy::wildcard_enum_match_arm)]

mod jwt_signer;
mod signing_key;
mod strict_json;
#[cfg(test)]
mod tests;
mod token_check;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jsonwebtoken::Header;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::crypto::MasterKey;
use crate::protocol::{SignatureAlgorithm, Timestamp};

pub use signing_key::{KeyError, KeyState, SigningKey, SigningKeyRecord};
pub use token_check::{TokenType, VerifyError};

/// How the name of a published key begins.
pub const PUBLISHED_PREFIX: &str = "mock-";

/// The thumbprints (RFC 7638) of the signing keys whose private parts stand in the source of this program: whoever reads
/// it can sign with them.
const PUBLISHED: [&str; 2] =
    ["i40bjJqyoBxs3aJELlW10zQ0qUHodCZN2NI8kBltEzA", "yckQ4_iIknBiMjbRo7trncf_dgR-HLxIyKqNupvqPEY"];

/// All keys at one moment. Changes give a new set.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<SigningKey>,
}

/// Why keys do not make a set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Two keys have one name.
    #[error("two signing keys have the same id")]
    SameKid,
    /// Two keys of one algorithm are current, or two are next.
    #[error("two signing keys of one algorithm are at the same point of their life")]
    SameState,
    /// There is no published key that could take over.
    #[error("no next signing key of this algorithm")]
    NoNext,
    /// The private part of a key is known to everybody.
    #[error(
        "signing key {0} comes with this program, to try services with: everybody can sign with it. Put a backup back \
         that was made before it came, or begin with an empty data directory"
    )]
    Published(String),
    /// One of the keys.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl KeySet {
    /// Puts a set together: names differ, each algorithm has at most one next and one current key, and no key is one of
    /// the published ones, whatever its name and wherever it came from.
    pub fn new(keys: Vec<SigningKey>) -> Result<Self, KeySetError> {
        if let Some(published) = keys.iter().find(|key| is_published(key)) {
            return Err(KeySetError::Published(published.kid().to_owned()));
        }
        Self::placed(keys)
    }

    /// The one set that may hold published keys.
    pub fn of_published_keys(keys: Vec<SigningKey>) -> Result<Self, KeySetError> {
        Self::placed(keys)
    }

    fn placed(keys: Vec<SigningKey>) -> Result<Self, KeySetError> {
        let mut kids = HashSet::new();
        let mut places = HashSet::new();
        for key in &keys {
            if !kids.insert(key.kid()) {
                return Err(KeySetError::SameKid);
            }
            let is_alone = match key.state() {
                KeyState::Next { .. } => places.insert((key.algorithm(), "next")),
                KeyState::Current { .. } => places.insert((key.algorithm(), "current")),
                KeyState::Retired { .. } => true,
            };
            if !is_alone {
                return Err(KeySetError::SameState);
            }
        }
        Ok(Self { keys })
    }

    /// Opens stored keys.
    pub fn from_records<'a>(
        records: impl IntoIterator<Item = &'a SigningKeyRecord>,
        master: &MasterKey,
    ) -> Result<Self, KeySetError> {
        let keys: Result<Vec<_>, _> =
            records.into_iter().map(|record| SigningKey::from_record(record, master)).collect();
        Self::new(keys?)
    }

    /// The next key of the algorithm of `new_next` takes over from the current one, which retires; `new_next` is
    /// published for the time after.
    pub fn rotated(&self, new_next: SigningKey, now: Timestamp) -> Result<Self, KeySetError> {
        let algorithm = new_next.algorithm();
        let mut has_next = false;
        let mut keys = Vec::with_capacity(self.keys.len().saturating_add(1));
        for key in self.keys.iter().cloned() {
            keys.push(match key.state() {
                KeyState::Next { .. } if key.algorithm() == algorithm => {
                    has_next = true;
                    key.activated(now)?
                }
                KeyState::Current { .. } if key.algorithm() == algorithm => key.retired(now)?,
                KeyState::Next { .. } | KeyState::Current { .. } | KeyState::Retired { .. } => key,
            });
        }
        if !has_next {
            return Err(KeySetError::NoNext);
        }
        keys.push(new_next);
        Self::new(keys)
    }

    /// Every key.
    pub fn keys(&self) -> &[SigningKey] {
        &self.keys
    }

    /// The key that signs with `algorithm`.
    pub fn find_current(&self, algorithm: SignatureAlgorithm) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.algorithm() == algorithm && matches!(key.state(), KeyState::Current { .. }))
    }

    /// The key of this name that signs or has signed. A key that is only published has signed nothing.
    fn find_signer(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.kid() == kid && !matches!(key.state(), KeyState::Next { .. }))
    }
}

fn is_published(key: &SigningKey) -> bool {
    key.kid().starts_with(PUBLISHED_PREFIX) || PUBLISHED.contains(&key.thumbprint().as_str())
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// No key of this algorithm signs now.
    #[error("no current signing key for {}", .0.as_str())]
    NoKey(SignatureAlgorithm),
    /// The claims do not serialize, or the library failed.
    #[error("the token was not signed: {0}")]
    Failed(#[source] jsonwebtoken::errors::Error),
}

/// The set of keys in use. Clones share it; it can be replaced while others sign.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    set: Arc<RwLock<Arc<KeySet>>>,
    /// One reload at a time, so that the set that was read last is the one in use.
    reloading: Arc<Mutex<()>>,
}

impl Keyring {
    /// A keyring that uses `set`.
    pub fn new(set: KeySet) -> Self {
        Self { set: Arc::new(RwLock::new(Arc::new(set))), reloading: Arc::default() }
    }

    /// The set in use.
    pub fn set(&self) -> Arc<KeySet> {
        Arc::clone(&self.set.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Uses another set from now on.
    pub fn replace(&self, set: KeySet) {
        *self.set.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(set);
    }

    /// Uses the set that `read` gives from now on; whoever signs meanwhile uses the one before.
    ///
    /// # Errors
    /// Those of `read`; the set in use stays.
    pub fn reload<E>(&self, read: impl FnOnce() -> Result<KeySet, E>) -> Result<(), E> {
        let _one_at_a_time = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        self.replace(read()?);
        Ok(())
    }

    /// Whether every algorithm has a key that signs.
    pub fn is_ready(&self) -> bool {
        let set = self.set();
        SignatureAlgorithm::ALL.iter().all(|algorithm| set.find_current(*algorithm).is_some())
    }

    /// The date of a token that is signed when the clock shows `shown`: never before its key was made, or whoever reads it
    /// would have to doubt one of the two (SEC-195).
    pub fn date_of_token(&self, algorithm: SignatureAlgorithm, shown: Timestamp) -> Timestamp {
        self.set().find_current(algorithm).map_or(shown, |key| shown.max(key.state().created_at()))
    }

    /// Signs `claims` with the current key of `algorithm`: a compact JWS with `alg`, `kid` and, where given, `typ`.
    /// Takes a quarter of a millisecond for RS256: done in place.
    pub fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        typ: Option<&str>,
        claims: &impl Serialize,
    ) -> Result<String, SignError> {
        let set = self.set();
        let key = set.find_current(algorithm).ok_or(SignError::NoKey(algorithm))?;
        let mut header = Header::new(key.pair().algorithm());
        header.typ = typ.map(str::to_owned);
        header.kid = Some(key.kid().to_owned());
        jsonwebtoken::encode(&header, claims, &key.pair().encoding_key()).map_err(SignError::Failed)
    }

    /// The published set (RFC 7517 §5): every key, public members only.
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.set().keys().iter().map(SigningKey::public_jwk).collect::<Vec<_>>() })
    }

    /// The claims of a token that a current or retired key of ours signed. Neither its times nor its audience are
    /// judged: an ID token that comes back as a hint may have expired (OIDC Core §3.1.2.1).
    pub fn verify(&self, token: &str, token_type: TokenType) -> Result<Map<String, Value>, VerifyError> {
        token_check::check(&self.set(), token, token_type)
    }
}
