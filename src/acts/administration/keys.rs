//! Signing keys: rotated, dropped when nothing needs them any more, replaced at once when one is known to others
//! (KEY-11, KEY-12, SEC-53, SEC-205).
//!
//! The database has the last word: a rotation is one transaction, and the keyring in use is read from it again
//! afterwards. Keys are dated by what the clock shows, as what they sign is.

use std::time::Duration;

use thiserror::Error;

use super::Decided;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto::{
    KeyError, KeySet, KeySetError, KeyState, MasterKey, OpenError, Random, SigningKey, SigningKeyRecord,
};
use crate::domain::AuditEvent;
use crate::protocol::{SignatureAlgorithm, Timestamp};
use crate::store::signing_keys::{self, MAX_KEYS, StoredSigningKey};
use crate::store::{Read, StillImage, Store, StoreError};

/// How long a retired key stays published: the longest session and the last ID token in it, which may come back as a
/// hint for sign-out, and an hour.
pub const KEPT_AFTER_RETIREMENT: Duration = Duration::from_secs(26 * 3600);

const TABLE: &str = "signing_keys";

/// Which keys are rotated, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRotation {
    /// The algorithms whose keys change.
    pub algorithms: Vec<SignatureAlgorithm>,
    /// How.
    pub urgency: Urgency,
}

/// How a rotation is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// When the next key has been published for long enough.
    None,
    /// Whatever the next key's age: relying parties that keep keys may refuse its tokens for a while.
    Now,
    /// Every key of the algorithm goes at once, with all that it signed; two new ones take their place.
    Emergency,
}

/// Why no key was rotated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyRefusal {
    /// The keys of this instance are not in its database: they come with the program.
    NotOurs,
    /// The next key has not been published for long enough.
    TooYoung {
        /// Of which algorithm.
        algorithm: SignatureAlgorithm,
        /// From when on it may sign.
        from: Timestamp,
    },
    /// There would be more than [`MAX_KEYS`]: too many of them are still published.
    TooMany,
    /// There were two rotations at one time.
    Conflict,
}

/// Why stored keys cannot be used, or new ones not made.
#[derive(Debug, Error)]
pub enum KeyStoreError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key cannot be read or made.
    #[error(transparent)]
    Keys(#[from] KeySetError),
    /// Making the keys was cut short.
    #[error("making the signing keys was cut short")]
    Interrupted,
}

impl From<KeyError> for KeyStoreError {
    fn from(cause: KeyError) -> Self {
        Self::Keys(cause.into())
    }
}

impl From<KeyStoreError> for ActError {
    fn from(cause: KeyStoreError) -> Self {
        match cause {
            KeyStoreError::Store(cause) => Self::Store(cause),
            cause @ (KeyStoreError::Keys(_) | KeyStoreError::Interrupted) => {
                tracing::error!(%cause, "the signing keys are not in order");
                Self::Store(StoreError::Damaged { table: TABLE })
            }
        }
    }
}

/// The signing keys of a database; none in a new one.
///
/// # Errors
/// When the store fails, or a key cannot be opened.
pub fn read_keys(store: &Store, master_key: &MasterKey) -> Result<Option<KeySet>, KeyStoreError> {
    open_keys(store.read(list)?, master_key)
}

/// The same of a database that is only looked at.
///
/// # Errors
/// As [`read_keys`].
pub fn look_at_keys(image: &StillImage, master_key: &MasterKey) -> Result<Option<KeySet>, KeyStoreError> {
    open_keys(image.read(list)?, master_key)
}

fn open_keys(stored: Vec<StoredSigningKey>, master_key: &MasterKey) -> Result<Option<KeySet>, KeyStoreError> {
    if stored.is_empty() { Ok(None) } else { opened(stored, master_key).map(Some) }
}

fn list(tx: &impl Read) -> Result<Vec<StoredSigningKey>, StoreError> {
    signing_keys::list_all(tx)
}

fn opened(stored: Vec<StoredSigningKey>, master_key: &MasterKey) -> Result<KeySet, KeyStoreError> {
    let damaged = |_| StoreError::Damaged { table: TABLE };
    let records: Result<Vec<SigningKeyRecord>, StoreError> =
        stored.into_iter().map(|key| serde_json::from_value(key.body).map_err(damaged)).collect();
    Ok(KeySet::from_records(&records?, master_key)?)
}

/// The master key under which these are: all under one.
fn sealed_by(app: &App, stored: &[StoredSigningKey]) -> Result<MasterKey, KeyStoreError> {
    let id = stored.first().and_then(StoredSigningKey::sealed_by);
    let key = app.master_keys.named(id).ok_or(KeySetError::Key(KeyError::Sealed(OpenError::OtherKey)))?;
    Ok(key)
}

fn sealed(keys: &KeySet, master_key: &MasterKey, random: &Random) -> Result<Vec<StoredSigningKey>, KeyStoreError> {
    let seal = |key: &SigningKey| -> Result<StoredSigningKey, KeyStoreError> {
        let body = serde_json::to_value(key.to_record(master_key, random)?)
            .map_err(|_| StoreError::Unwritable { table: TABLE })?;
        Ok(StoredSigningKey { kid: key.kid().to_owned(), body })
    };
    keys.keys().iter().map(seal).collect()
}

/// Makes the first keys of a database: a current and a next one of each algorithm.
///
/// # Errors
/// When the store fails, or a key cannot be made.
pub async fn make_keys(
    store: &Store,
    master_key: &MasterKey,
    random: &Random,
    rsa_bits: u32,
    now: Timestamp,
) -> Result<KeySet, KeyStoreError> {
    let keys = generated(move || {
        let mut keys = Vec::new();
        for algorithm in SignatureAlgorithm::ALL {
            keys.extend(fresh_pair(*algorithm, rsa_bits, now)?);
        }
        Ok(KeySet::new(keys)?)
    })
    .await?;
    let records = sealed(&keys, master_key, random)?;
    store.write(move |tx| records.iter().try_for_each(|record| signing_keys::insert(tx, record))).await?;
    Ok(keys)
}

/// RSA keys take a tenth of a second and more each.
async fn generated<T: Send + 'static>(
    make: impl FnOnce() -> Result<T, KeyStoreError> + Send + 'static,
) -> Result<T, KeyStoreError> {
    tokio::task::spawn_blocking(make).await.unwrap_or(Err(KeyStoreError::Interrupted))
}

/// One that signs and one that will.
fn fresh_pair(algorithm: SignatureAlgorithm, rsa_bits: u32, now: Timestamp) -> Result<[SigningKey; 2], KeyStoreError> {
    let current = SigningKey::generate(algorithm, rsa_bits, "", now)?.activated(now)?;
    Ok([current, SigningKey::generate(algorithm, rsa_bits, "", now)?])
}

/// Rotates keys: next becomes current, current retires, a new next one is published. Gives the set in use afterwards.
///
/// # Errors
/// When the store fails, or a key cannot be made.
pub async fn rotate_keys(app: &App, by: &By, rotation: KeyRotation) -> Decided<KeySet, KeyRefusal> {
    let before = app.store.read(list)?;
    if before.is_empty() {
        return Ok(Err(KeyRefusal::NotOurs));
    }
    let known = opened(before.clone(), &sealed_by(app, &before)?)?;
    let now = app.clock.wall();
    if let Some(refusal) = too_young(&known, &rotation, app.config.keys_published_ahead, now) {
        return Ok(Err(refusal));
    }
    let (rsa_bits, wanted) = (app.config.rsa_bits, rotation.clone());
    let after = generated(move || rotated(&known, &wanted, rsa_bits, now)).await?;
    if after.keys().len() > MAX_KEYS {
        return Ok(Err(KeyRefusal::TooMany));
    }
    let events = rotation.algorithms.iter().filter_map(|algorithm| {
        let kid = after.find_current(*algorithm)?.kid().to_owned();
        let is_emergency = rotation.urgency == Urgency::Emergency;
        Some(AuditEvent::SigningKeyRotated { algorithm: *algorithm, kid, is_emergency })
    });
    let events = events.collect();
    if !replace(app, by, before, after, events).await? {
        return Ok(Err(KeyRefusal::Conflict));
    }
    Ok(Ok((*app.keyring.set()).clone()))
}

/// The first algorithm whose next key may not sign yet.
fn too_young(set: &KeySet, rotation: &KeyRotation, ahead: Duration, now: Timestamp) -> Option<KeyRefusal> {
    if rotation.urgency != Urgency::None {
        return None;
    }
    set.keys().iter().filter(|key| rotation.algorithms.contains(&key.algorithm())).find_map(|key| {
        let from = key.state().signs_from(ahead)?;
        (!from.has_come(now)).then_some(KeyRefusal::TooYoung { algorithm: key.algorithm(), from })
    })
}

fn rotated(known: &KeySet, rotation: &KeyRotation, rsa_bits: u32, now: Timestamp) -> Result<KeySet, KeyStoreError> {
    let mut set = known.clone();
    for algorithm in &rotation.algorithms {
        set = match rotation.urgency {
            Urgency::None | Urgency::Now => set.rotated(SigningKey::generate(*algorithm, rsa_bits, "", now)?, now)?,
            Urgency::Emergency => {
                let others = set.keys().iter().filter(|key| key.algorithm() != *algorithm).cloned();
                KeySet::new(others.chain(fresh_pair(*algorithm, rsa_bits, now)?).collect())?
            }
        };
    }
    Ok(set)
}

/// Takes retired keys out when nothing that they signed is good any more. How many.
///
/// # Errors
/// When the store fails.
pub async fn drop_retired_keys(app: &App, by: &By) -> Result<usize, ActError> {
    let now = app.clock.wall();
    let is_over = |key: &SigningKey| match key.state() {
        KeyState::Retired { retired_at, .. } => retired_at.plus(KEPT_AFTER_RETIREMENT).has_come(now),
        KeyState::Next { .. } | KeyState::Current { .. } => false,
    };
    let before = app.store.read(list)?;
    if before.is_empty() || !app.keyring.set().keys().iter().any(is_over) {
        return Ok(0);
    }
    let known = opened(before.clone(), &sealed_by(app, &before)?)?;
    let (over, kept): (Vec<SigningKey>, Vec<SigningKey>) = known.keys().iter().cloned().partition(is_over);
    let events: Vec<AuditEvent> =
        over.iter().map(|key| AuditEvent::SigningKeyDropped { kid: key.kid().to_owned() }).collect();
    let after = KeySet::new(kept).map_err(KeyStoreError::from)?;
    let count = events.len();
    Ok(if replace(app, by, before, after, events).await? { count } else { 0 })
}

/// The algorithms whose current keys have signed for the configured time, and whose next keys may sign now.
pub fn keys_due(app: &App) -> Vec<SignatureAlgorithm> {
    let Some(every) = app.config.key_rotation_every else { return Vec::new() };
    let (now, set) = (app.clock.wall(), app.keyring.set());
    let is_due = |algorithm: &SignatureAlgorithm| {
        let has_signed_enough = set.find_current(*algorithm).is_some_and(|key| match key.state() {
            KeyState::Current { activated_at, .. } => activated_at.plus(every).has_come(now),
            KeyState::Next { .. } | KeyState::Retired { .. } => false,
        });
        let rotation = KeyRotation { algorithms: vec![*algorithm], urgency: Urgency::None };
        has_signed_enough && too_young(&set, &rotation, app.config.keys_published_ahead, now).is_none()
    };
    SignatureAlgorithm::ALL.iter().copied().filter(is_due).collect()
}

/// Writes `after` in place of `before` in one transaction, and uses what is stored then; whether `before` still stood.
async fn replace(
    app: &App,
    by: &By,
    before: Vec<StoredSigningKey>,
    after: KeySet,
    events: Vec<AuditEvent>,
) -> Result<bool, ActError> {
    // Should the master key change meanwhile, `before` stands no more.
    let records = sealed(&after, &sealed_by(app, &before)?, &app.random)?;
    let circumstances = Circumstances::of(app, by);
    let is_replaced = app
        .store
        .write(move |tx| {
            if list(tx)? != before {
                return Ok(false);
            }
            for gone in &before {
                signing_keys::delete(tx, &gone.kid)?;
            }
            for record in &records {
                signing_keys::insert(tx, record)?;
            }
            for event in &events {
                circumstances.record(tx, event.clone())?;
            }
            Ok(true)
        })
        .await?;
    app.keyring.reload(|| {
        let stored = app.store.read(list)?;
        let master_key = sealed_by(app, &stored)?;
        open_keys(stored, &master_key).map(Option::unwrap_or_default)
    })?;
    Ok(is_replaced)
}
