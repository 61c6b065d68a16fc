//! The master key, changed for another one: everything that it sealed is sealed anew in one transaction, and the files change
//! places afterwards. Killed at any moment, the data and one of the two keys go together (SEC-55, SEC-206).

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::backups::about_key_file;
use crate::acts::account::reseal_totp;
use crate::acts::administration::KeyStoreError;
use crate::acts::{ActError, By, Circumstances};
use crate::app::{App, MacKeys};
use crate::config::{Config, DataLocation};
use crate::crypto::{
    KeptMacKeys, KeyError, KeySetError, MasterKey, MasterKeyChange, MasterKeyError, MasterKeyPlace, MasterKeyPlaces,
    MasterKeys, Random, Sealed, SigningKeyRecord,
};
use crate::domain::{AuditEvent, Credentials, UserId};
use crate::mail;
use crate::store::signing_keys::{self, StoredSigningKey};
use crate::store::{Read, StoreError, Tx, credentials, outbox};

const TABLE: &str = "signing_keys";
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
    /// The key that was given cannot be read.
    #[error("--new-key-file: {}", about_key_file(.0))]
    Given(#[source] MasterKeyError),
    /// Data in memory ends with its key.
    #[error("an instance in memory keeps no key")]
    InMemory,
    /// Another change has not ended yet.
    #[error("the master key is being changed already")]
    UnderWay,
    /// The work on it was cut short.
    #[error("changing the master key was cut short: the next start ends it, or takes it back")]
    CutShort,
    /// It is the key in use.
    #[error("the new master key is {0}, which is in use: nothing was changed")]
    InUse(String),
    /// The store failed.
    #[error(transparent)]
    Act(#[from] ActError),
}

/// The master key under which everything is that is stored: what is sealed in this transaction goes under it.
///
/// # Errors
/// When the store fails, or names a key that nobody holds.
pub(in crate::acts) fn sealing_key(keys: &MasterKeys, tx: &impl Read) -> Result<MasterKey, StoreError> {
    keys.named(signing_keys::sealing_key(tx)?.as_deref()).ok_or(StoreError::Unwritable { table: TABLE })
}

/// Where the master key lies; `None` for data in memory.
pub fn master_key_place(config: &Config) -> Option<MasterKeyPlace> {
    let DataLocation::Directory(data_directory) = &config.data else { return None };
    let credentials_directory = std::env::var_os("CREDENTIALS_DIRECTORY");
    let places = MasterKeyPlaces {
        credentials_directory: credentials_directory.as_deref().map(Path::new),
        file: config.master_key_file.as_deref(),
        data_directory,
    };
    Some(places.place())
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
    for stored in signing_keys::list_all(tx)? {
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
    if known.as_ref().and_then(|known| known.pointer("/key_id")?.as_str()) == Some(to.id()) {
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

/// Changes the master key: a new one takes the place of the one in its file, which is kept beside; or the one in the file that
/// is `given` is used from now on, and no file is touched. An instance that serves meanwhile goes on: whatever is written after
/// the transaction goes under the new key, and what was read before it is opened with the one of before.
///
/// # Errors
/// Why not. Where the store failed, the next start goes by what is stored.
pub async fn rotate_master_key(
    app: &App,
    by: &By,
    given: Option<PathBuf>,
) -> Result<RotatedMasterKey, MasterKeyRotationError> {
    let place = master_key_place(&app.config).ok_or(MasterKeyRotationError::InMemory)?.path;
    let under_way = app.master_keys.begin_change().ok_or(MasterKeyRotationError::UnderWay)?;
    let (app, by) = (app.clone(), by.clone());
    // Whoever asked may go away: what is begun is ended all the same, data and file.
    let changing = tokio::spawn(async move {
        let _no_other_meanwhile = under_way;
        change(&app, &by, &place, given).await
    });
    changing.await.unwrap_or(Err(MasterKeyRotationError::CutShort))
}

async fn change(
    app: &App,
    by: &By,
    place: &Path,
    given: Option<PathBuf>,
) -> Result<RotatedMasterKey, MasterKeyRotationError> {
    let former = app.store.read(|tx| sealing_key(&app.master_keys, tx)).map_err(ActError::from)?;
    let (files, is_given) = (MasterKeyChange::at(place), given.is_some());
    let new = {
        let (files, place, former, random) = (files.clone(), place.to_path_buf(), former.clone(), app.random.clone());
        on_disk(move || match given {
            Some(file) => given_key(&files, &file, &former),
            None => prepared(&files, &place, (&former, &random)),
        })
        .await?
    };
    if new.id() == former.id() {
        return Err(MasterKeyRotationError::InUse(new.id().to_owned()));
    }
    let (id, former_id) = (new.id().to_owned(), former.id().to_owned());
    app.master_keys.admit(new.clone());
    let event = AuditEvent::MasterKeyRotated { from: former_id.clone(), to: id.clone() };
    let (circumstances, random, from) = (Circumstances::of(app, by), app.random.clone(), former.clone());
    let job = move |tx: &mut Tx| {
        let resealed = reseal(tx, (&from, &new), &random)?;
        circumstances.record(tx, event.clone())?;
        Ok(resealed)
    };
    let resealed = app.store.write(job).await.map_err(ActError::from)?;
    app.master_keys.use_from_now(&id);
    let former_file = match is_given {
        true => None,
        false => Some(on_disk(move || Ok(files.take_place(&former)?)).await?),
    };
    Ok(RotatedMasterKey { id, former_id, former_file, resealed })
}

/// Files are flushed: not where requests are answered.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MasterKeyRotationError> + Send + 'static,
) -> Result<T, MasterKeyRotationError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(MasterKeyRotationError::CutShort))
}

/// The key in this file. A change before it whose files could not be moved is ended first: beside the key that is replaced by
/// hand, the one in use would be taken for a leftover.
fn given_key(change: &MasterKeyChange, file: &Path, in_use: &MasterKey) -> Result<MasterKey, MasterKeyRotationError> {
    let given = MasterKey::load(file).map_err(MasterKeyRotationError::Given)?;
    if given.id() != in_use.id() && change.is_cut_short(in_use.id()) {
        change.finish(Some(in_use.id()))?;
    }
    Ok(given)
}

/// The next key, in a file of its own beside the one in use.
fn prepared(
    change: &MasterKeyChange,
    place: &Path,
    (in_use, random): (&MasterKey, &Random),
) -> Result<MasterKey, MasterKeyRotationError> {
    let refused = |reason: String| MasterKeyRotationError::NotReplaceable { place: place.to_path_buf(), reason };
    if !change.is_possible()? {
        return Err(refused(String::from("it is a link to another file")));
    }
    let io = |cause| if let MasterKeyError::Io(_, cause) = cause { refused(cause.to_string()) } else { cause.into() };
    // Under the next key of a change whose files could not be moved lies everything: it is no leftover.
    change.finish(Some(in_use.id())).map_err(io)?;
    if MasterKey::load(place)?.id() != in_use.id() {
        return Err(refused(format!("it holds another key than {}, which is in use", in_use.id())));
    }
    change.prepare(random).map_err(io)
}
