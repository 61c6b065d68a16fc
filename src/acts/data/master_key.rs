//! The master key, changed for another one: everything that it sealed is sealed anew in one transaction, and the files change
//! places afterwards. Killed at any moment, the data and one of the two keys go together (SEC-55, SEC-206).

use std::path::{Path, PathBuf};

use serde_json::Value;
use thiserror::Error;

use crate::acts::account::reseal_totp;
use crate::acts::administration::KeyStoreError;
use crate::acts::{ActError, By, Circumstances};
use crate::app::{App, MacKeys};
use crate::crypto::{
    KeptMacKeys, KeyError, KeySetError, MasterKey, MasterKeyChange, MasterKeyError, Random, Sealed, SigningKeyRecord,
};
use crate::domain::{AuditEvent, Credentials, UserId};
use crate::mail;
use crate::store::signing_keys::{self, StoredSigningKey};
use crate::store::{Read, StoreError, Tx, credentials, outbox};

const TABLE: &str = "signing_keys";
/// More keys than an instance keeps.
const MOST_KEYS: usize = 1_000;
/// People of one look.
const AT_ONCE: usize = 500;

/// What was sealed anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Signing keys.
    pub signing_keys: u64,
    /// Applications that show codes.
    pub applications: u64,
    /// Mails that wait, or were set aside.
    pub mails: u64,
    /// What could not be opened before, and stays as it is.
    pub unreadable: u64,
}

/// A master key that took the place of another.
#[derive(Debug)]
pub struct RotatedMasterKey {
    /// The id of the new one.
    pub id: String,
    /// The id of the one before.
    pub former_id: String,
    /// Where the one before is kept; `None` where the operator keeps both.
    pub former_file: Option<PathBuf>,
    /// What was sealed anew.
    pub resealed: Resealed,
}

/// Why the master key was not changed.
#[derive(Debug, Error)]
pub enum MasterKeyRotationError {
    /// A key cannot be read.
    #[error(transparent)]
    Key(#[from] MasterKeyError),
    /// The new key cannot be written beside the one in use, or not take its place.
    #[error(
        "{} cannot be replaced here ({reason}): make the new key where you keep keys, (umask 077; openssl rand -base64 32 > \
         FILE), and name it with --new-key-file", place.display()
    )]
    NotReplaceable {
        /// The file of the key in use.
        place: PathBuf,
        /// Why not.
        reason: String,
    },
    /// It is the key in use.
    #[error("the new master key is {0}, which is in use: nothing was changed")]
    InUse(String),
    /// The store failed.
    #[error(transparent)]
    Act(#[from] ActError),
}

/// The id of the master key that sealed what is stored; `None` where nothing is sealed that an instance needs to start.
///
/// # Errors
/// When the store fails.
pub fn sealing_key(tx: &impl Read) -> Result<Option<String>, StoreError> {
    let kept = signing_keys::find_mac_keys(tx)?.and_then(|kept| text_at(&kept, "/key_id"));
    let of_keys = || Ok(signing_keys::list(tx, 1)?.first().and_then(key_id_of));
    kept.map_or_else(of_keys, |kept| Ok(Some(kept)))
}

/// The id of the master key that sealed a signing key.
pub(super) fn key_id_of(stored: &StoredSigningKey) -> Option<String> {
    text_at(&stored.body, "/private/key_id")
}

fn text_at(document: &Value, pointer: &str) -> Option<String> {
    document.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

/// The keys of message authentication that outlived the master key from which they came; `None` before it was ever changed.
///
/// # Errors
/// When the store fails, or another master key sealed them.
pub fn read_mac_keys(tx: &impl Read, master_key: &MasterKey) -> Result<Option<KeptMacKeys>, KeyStoreError> {
    let Some(stored) = signing_keys::find_mac_keys(tx)? else { return Ok(None) };
    let sealed: Sealed = serde_json::from_value(stored).map_err(|_| StoreError::Damaged { table: TABLE })?;
    let opened = KeptMacKeys::open(&sealed, master_key).map_err(|cause| KeySetError::Key(KeyError::Sealed(cause)))?;
    Ok(Some(opened))
}

/// Seals everything anew that the first key sealed, with the second. What is under the second already stays. The random values
/// are drawn inside: a transaction that runs again draws others, and nobody has seen the first.
///
/// # Errors
/// When the store fails, or a key that an instance needs cannot be opened.
pub(super) fn reseal(tx: &mut Tx, keys: (&MasterKey, &MasterKey), random: &Random) -> Result<Resealed, StoreError> {
    let mut done = Resealed::default();
    let damaged = |_| StoreError::Damaged { table: TABLE };
    for stored in signing_keys::list(tx, MOST_KEYS)? {
        let record: SigningKeyRecord =
            serde_json::from_value(stored.body).map_err(|_| StoreError::Damaged { table: TABLE })?;
        let Some(anew) = record.resealed(keys, random).map_err(damaged)? else { continue };
        let body = serde_json::to_value(anew).map_err(|_| StoreError::Unwritable { table: TABLE })?;
        signing_keys::update(tx, &StoredSigningKey { kid: stored.kid, body })?;
        done.signing_keys = done.signing_keys.saturating_add(1);
    }
    reseal_mac_keys(tx, keys, random)?;
    reseal_applications(tx, keys, random, &mut done)?;
    let mut unreadable = 0_u64;
    done.mails = outbox::change_secrets(tx, |queued| match mail::reseal(keys, random, queued) {
        Ok(anew) => anew,
        Err(cause) => {
            tracing::warn!(%cause, "what a mail carries cannot be opened, and stays as it is");
            unreadable = unreadable.saturating_add(1);
            None
        }
    })?;
    done.unreadable = done.unreadable.saturating_add(unreadable);
    Ok(done)
}

fn reseal_mac_keys(tx: &mut Tx, (from, to): (&MasterKey, &MasterKey), random: &Random) -> Result<(), StoreError> {
    let known = signing_keys::find_mac_keys(tx)?;
    if known.as_ref().and_then(|known| text_at(known, "/key_id")).as_deref() == Some(to.id()) {
        return Ok(());
    }
    let kept = match known {
        Some(_) => read_mac_keys(tx, from).map_err(|_| StoreError::Damaged { table: TABLE })?,
        None => None,
    };
    let sealed = kept.unwrap_or_else(|| KeptMacKeys::of(from, &MacKeys::PURPOSES)).seal(to, random);
    let body = serde_json::to_value(sealed).map_err(|_| StoreError::Unwritable { table: TABLE })?;
    signing_keys::put_mac_keys(tx, &body)
}

fn reseal_applications(
    tx: &mut Tx,
    keys: (&MasterKey, &MasterKey),
    random: &Random,
    done: &mut Resealed,
) -> Result<(), StoreError> {
    let mut after: Option<UserId> = None;
    loop {
        let page: Vec<Credentials> = credentials::list(tx, after, AT_ONCE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.user_id);
        for mut known in page {
            let Some(totp) = &known.second_factors.totp else { continue };
            match reseal_totp(keys, random, known.user_id, totp) {
                Ok(None) => {}
                Ok(Some(anew)) => {
                    known.second_factors.totp = Some(anew);
                    credentials::update(tx, &known)?;
                    done.applications = done.applications.saturating_add(1);
                }
                Err(cause) => {
                    tracing::warn!(user_id = %known.user_id, %cause, "a second factor cannot be opened, and stays as it is");
                    done.unreadable = done.unreadable.saturating_add(1);
                }
            }
        }
    }
}

/// Changes the master key of an instance that serves nobody: a new one takes the place of the one in `place`, which is kept
/// beside; or the one that is `given` is used from now on, and no file is touched.
///
/// # Errors
/// Why not. Where the store failed, the next start goes by what is stored.
pub async fn rotate_master_key(
    app: &App,
    by: &By,
    place: &Path,
    given: Option<MasterKey>,
) -> Result<RotatedMasterKey, MasterKeyRotationError> {
    let (change, is_given) = (MasterKeyChange::at(place), given.is_some());
    let new = match given {
        Some(key) => key,
        None => prepared(&change, place, &app.random)?,
    };
    if new.id() == app.master_key.id() {
        return Err(MasterKeyRotationError::InUse(new.id().to_owned()));
    }
    let (id, former_id) = (new.id().to_owned(), app.master_key.id().to_owned());
    let event = AuditEvent::MasterKeyRotated { from: former_id.clone(), to: id.clone() };
    let (circumstances, former, random) = (Circumstances::of(app, by), app.master_key.clone(), app.random.clone());
    let job = move |tx: &mut Tx| {
        let resealed = reseal(tx, (&former, &new), &random)?;
        circumstances.record(tx, event.clone())?;
        Ok(resealed)
    };
    let resealed = app.store.write(job).await.map_err(ActError::from)?;
    let former_file = match is_given {
        true => None,
        false => Some(change.take_place(&app.master_key)?),
    };
    Ok(RotatedMasterKey { id, former_id, former_file, resealed })
}

fn prepared(change: &MasterKeyChange, place: &Path, random: &Random) -> Result<MasterKey, MasterKeyRotationError> {
    let refused = |reason: String| MasterKeyRotationError::NotReplaceable { place: place.to_path_buf(), reason };
    if !change.is_possible()? {
        return Err(refused(String::from("it is a link to another file")));
    }
    change.prepare(random).map_err(|cause| {
        if let MasterKeyError::Io(_, cause) = cause { refused(cause.to_string()) } else { cause.into() }
    })
}
