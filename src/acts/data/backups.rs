//! Backups: made while serving, and looked at.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;
use zeroize::Zeroizing;

use super::master_key::sealing_key;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::config::DataLocation;
use crate::crypto::{MasterKey, MasterKeyError, Parameters, Random, derive_key, give_way, normalize_password};
use crate::domain::AuditEvent;
use crate::protocol::Timestamp;
use crate::store::backup::{self, BackupError, BackupFile, BackupKey, Draft, Manifest, Protection, Verified};
use crate::store::create_private_directory;

/// The folder of backups in the data directory.
const FOLDER: &str = "backups";
/// How backups that are named by the program end.
const SUFFIX: &str = ".backup";
/// How those of them end that were made by schedule.
pub(super) const SCHEDULED: &str = "-scheduled.backup";

/// What opens a protected backup.
#[derive(Clone)]
pub enum BackupSecret {
    /// A passphrase that somebody remembers or keeps.
    Passphrase(Zeroizing<String>),
    /// A file with 32 bytes in base64, like a master key.
    KeyFile(PathBuf),
}

impl BackupSecret {
    /// The most bytes of a passphrase; nothing of it is cut.
    pub const MOST_PASSPHRASE_BYTES: usize = 4_096;

    /// The passphrase that stands in one line.
    ///
    /// # Errors
    /// When it is longer than one may be, or holds what nobody types: a file that is no text was named, say.
    pub fn passphrase(line: &[u8]) -> Result<Self, BackupRefusal> {
        if line.len() > Self::MOST_PASSPHRASE_BYTES {
            return Err(BackupRefusal::LongPassphrase);
        }
        let is_typed = |text: &&str| !text.chars().any(|character| character.is_control() && character != '\t');
        let text = str::from_utf8(line).ok().filter(is_typed).ok_or(BackupRefusal::UntypedPassphrase)?;
        Ok(Self::Passphrase(Zeroizing::new(text.to_owned())))
    }
}

/// A backup that somebody wants.
#[derive(Clone, Default)]
pub struct BackupOrder {
    /// The file to write; one in the data directory when absent.
    pub path: Option<PathBuf>,
    /// What is to protect it.
    pub secret: Option<BackupSecret>,
    /// Whether the master key goes inside.
    pub with_master_key: bool,
    /// Whether it is made by schedule, and deleted by it one day; only in the data directory.
    pub is_scheduled: bool,
}

/// A backup that was made.
#[derive(Debug, Clone)]
pub struct BackupMade {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says about itself.
    pub manifest: Manifest,
}

/// Why there is no backup, or it cannot be used.
#[derive(Debug, Error)]
pub enum BackupRefusal {
    /// What the file or the database says.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The key file cannot be used.
    #[error("the key file {}", about_key_file(.0))]
    KeyFile(#[from] MasterKeyError),
    /// The master key was to go into a backup that anybody can read.
    #[error("the master key goes into a backup only under a passphrase: give one")]
    KeyWithoutPassphrase,
    /// An instance in memory has no directory of its own.
    #[error("this instance has no data directory: name the file")]
    Nowhere,
    /// The file was named from a directory that only the asker knows.
    #[error("{0} is not an absolute path")]
    Relative(PathBuf),
    /// The passphrase is too short to withstand guessing.
    #[error("the passphrase needs 12 characters at least")]
    ShortPassphrase,
    /// The passphrase is too long for one.
    #[error(
        "the passphrase has more than {} bytes, and nothing of it is left out",
        BackupSecret::MOST_PASSPHRASE_BYTES
    )]
    LongPassphrase,
    /// The passphrase is no text.
    #[error("the passphrase holds what nobody types, such as NUL: name a file of text")]
    UntypedPassphrase,
    /// A key cannot be derived as the file asks.
    #[error("{0} asks for a derivation that this program does not make")]
    Derivation(PathBuf),
    /// The backup could not be noted.
    #[error(transparent)]
    Act(#[from] ActError),
    /// Making it was cut short.
    #[error("making the backup was cut short")]
    CutShort,
}

/// What is wrong with the file of a key that is read like a master key, and is not that of the instance.
pub fn about_key_file(cause: &MasterKeyError) -> String {
    match cause {
        MasterKeyError::Missing(path) => format!("{} is not there", path.display()),
        MasterKeyError::WorldReadable(path) => format!("{} is readable by everybody: chmod 600", path.display()),
        MasterKeyError::Malformed(path) => format!("{} does not hold a key (32 bytes in base64)", path.display()),
        MasterKeyError::Io(path, cause) => format!("{}: {cause}", path.display()),
    }
}

/// Writes a backup of this instant. The instance goes on serving meanwhile.
///
/// # Errors
/// Why there is none.
pub async fn create_backup(app: &App, by: &By, order: BackupOrder) -> Result<BackupMade, BackupRefusal> {
    let circumstances = Circumstances::of(app, by);
    let (copy, now) = (app.clone(), app.clock.wall());
    let made = tokio::task::spawn_blocking(move || at_leisure(move || write(&copy, &order, now))).await;
    let made = made.map_err(|_| BackupRefusal::CutShort)??;
    let taken_at = made.manifest.taken_at;
    let noted = app.store.write(move |tx| circumstances.record(tx, AuditEvent::BackupCreated { taken_at })).await;
    noted.map_err(ActError::from)?;
    Ok(made)
}

/// Does it in a thread of its own, which gives way to those that somebody waits for. Blocks.
fn at_leisure<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupRefusal> + Send + 'static,
) -> Result<T, BackupRefusal> {
    let thread = std::thread::Builder::new().name(String::from("backup"));
    let working = thread.spawn(move || {
        give_way();
        work()
    });
    working.ok().and_then(|working| working.join().ok()).unwrap_or(Err(BackupRefusal::CutShort))
}

fn write(app: &App, order: &BackupOrder, now: Timestamp) -> Result<BackupMade, BackupRefusal> {
    if order.with_master_key && !matches!(order.secret, Some(BackupSecret::Passphrase(_))) {
        return Err(BackupRefusal::KeyWithoutPassphrase);
    }
    // What was given is judged before a folder is made.
    let (protection, key) = protect(order.secret.as_ref(), &app.random)?;
    let path = match &order.path {
        Some(path) if path.is_absolute() => path.clone(),
        Some(path) => return Err(BackupRefusal::Relative(path.clone())),
        None => own_place(app, order.is_scheduled, now)?,
    };
    let draw_up = |protection| {
        let master_key = app.store.read(|tx| sealing_key(&app.master_keys, tx))?;
        let draft = Draft {
            taken_at: now,
            master_key_id: master_key.id(),
            master_key: order.with_master_key.then(|| master_key.bytes().as_slice()),
            protection,
            key: key.as_ref(),
            seal: &|digest| master_key.backup_seal(digest),
        };
        backup::write(&app.store, &path, &draft)
    };
    let manifest = match draw_up(protection.clone()) {
        // It is the one of what is stored now.
        Err(BackupError::KeyChanged) => draw_up(protection)?,
        other => other?,
    };
    Ok(BackupMade { path, manifest })
}

/// A name with the time in it, in the folder of backups.
fn own_place(app: &App, is_scheduled: bool, now: Timestamp) -> Result<PathBuf, BackupRefusal> {
    let DataLocation::Directory(data) = &app.config.data else { return Err(BackupRefusal::Nowhere) };
    Ok(place_in(data, now, if is_scheduled { SCHEDULED } else { SUFFIX })?)
}

/// The same for a data directory, ending like this.
pub(super) fn place_in(data: &Path, now: Timestamp, suffix: &str) -> Result<PathBuf, BackupError> {
    let folder = data.join(FOLDER);
    create_private_directory(&folder).map_err(|cause| BackupError::Io { path: folder.clone(), cause })?;
    backup::clear_unfinished(&folder);
    let time: String = now.to_iso8601().chars().filter(char::is_ascii_alphanumeric).take(15).collect();
    Ok(folder.join(format!("moncomptepro-{time}{suffix}")))
}

/// The backups in the folder of a data directory, the newest first.
pub fn list_own_backups(data_directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(data_directory.join(FOLDER)) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut backups: Vec<PathBuf> =
        paths.filter(|path| path.to_str().is_some_and(|text| text.ends_with(SUFFIX))).collect();
    backups.sort_unstable_by(|one, other| other.cmp(one));
    backups
}

fn protect(secret: Option<&BackupSecret>, random: &Random) -> Result<(Protection, Option<BackupKey>), BackupRefusal> {
    let salt: [u8; 16] = random.bytes();
    let text = URL_SAFE_NO_PAD.encode(salt);
    match secret {
        None => Ok((Protection::None, None)),
        Some(BackupSecret::Passphrase(passphrase)) => {
            let passphrase = normalize_password(passphrase);
            if passphrase.chars().count() < 12 {
                return Err(BackupRefusal::ShortPassphrase);
            }
            let cost = Parameters::standard();
            let protection =
                Protection::Passphrase { memory_kib: cost.memory_kib, iterations: cost.iterations, salt: text };
            let key = derive_key(cost, &salt, &passphrase).ok_or(BackupRefusal::CutShort)?;
            Ok((protection, Some(key)))
        }
        Some(BackupSecret::KeyFile(path)) => {
            let file = MasterKey::load(path)?;
            let protection = Protection::KeyFile { key_id: file.id().to_owned(), salt: text };
            Ok((protection, Some(file.backup_key(&salt))))
        }
    }
}

/// The key of a backup, from what somebody gives to open it. `None` when nothing was given.
///
/// # Errors
/// When what was given is of another kind, or cannot be read.
pub fn unlock_backup(
    path: &Path,
    manifest: &Manifest,
    secret: Option<&BackupSecret>,
) -> Result<Option<BackupKey>, BackupRefusal> {
    let locked = |what: String| BackupError::Locked { path: path.to_path_buf(), what };
    let salt_of = |text: &str| -> Option<[u8; 16]> { URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok() };
    match (&manifest.protection, secret) {
        (Protection::Passphrase { memory_kib, iterations, salt }, Some(BackupSecret::Passphrase(passphrase))) => {
            let cost = Parameters { memory_kib: *memory_kib, iterations: *iterations };
            let derived = |spelling: &str| {
                let key = salt_of(salt).and_then(|salt| derive_key(cost, &salt, spelling));
                key.ok_or_else(|| BackupRefusal::Derivation(path.to_path_buf()))
            };
            let spelling = normalize_password(passphrase);
            let key = derived(&spelling)?;
            // Earlier versions took the bytes as they were given.
            let is_it = spelling == *passphrase || BackupFile::open(path)?.is_opened_by(&key)?;
            Ok(Some(if is_it { key } else { derived(passphrase)? }))
        }
        (Protection::KeyFile { key_id, salt }, Some(BackupSecret::KeyFile(file))) => {
            let key = MasterKey::load(file)?;
            if key.id() != key_id {
                let what = format!("the key {key_id} is needed, {} holds {}", file.display(), key.id());
                return Err(locked(what).into());
            }
            let salt = salt_of(salt).ok_or_else(|| BackupRefusal::Derivation(path.to_path_buf()))?;
            Ok(Some(key.backup_key(&salt)))
        }
        (Protection::Passphrase { .. }, Some(BackupSecret::KeyFile(_))) => {
            Err(locked(String::from("it is protected by a passphrase, not by a key file")).into())
        }
        (Protection::KeyFile { key_id, .. }, Some(BackupSecret::Passphrase(_))) => {
            Err(locked(format!("it is protected by the key {key_id}, not by a passphrase")).into())
        }
        (Protection::None, Some(_)) => {
            Err(locked(String::from("it is not protected; no passphrase or key belongs to it")).into())
        }
        (_, None) => Ok(None),
    }
}

/// Reads a backup to its end and believes nothing of it. Blocks.
///
/// # Errors
/// What is wrong with it.
pub fn verify_backup(path: &Path, secret: Option<&BackupSecret>) -> Result<Verified, BackupRefusal> {
    let file = BackupFile::open(path)?;
    let key = unlock_backup(path, file.manifest(), secret)?;
    Ok(file.verify(key.as_ref())?)
}
