//! A backup put in the place of the data: built and judged beside it first, and only then exchanged.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::backups::{BackupRefusal, BackupSecret, unlock_backup, verify_backup};
use super::exchange::{FileError, RESTORING, clear, exchange, failed};
use super::master_key::reseal;
use crate::acts::administration::erase;
use crate::crypto::{MasterKey, MasterKeyChange, MasterKeyError, Random};
use crate::domain::{Actor, AuditEvent, AuditRecord, Origin};
use crate::protocol::Timestamp;
use crate::store::backup::{self, BackupError, BackupFile, Lessons, Manifest, Verified};
use crate::store::marks::{self, Mark};
use crate::store::{
    self, DirectoryLock, Location, OpenError, Opening, StillImage, Store, StoreError, audit, signing_keys, users,
};

/// What the file of a database that was replaced ends with, before the time.
const REPLACED: &str = "replaced";
/// Memory for pages while it is built.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// What is to be restored, and where.
pub struct RestoreOrder {
    /// The backup.
    pub backup: PathBuf,
    /// What opens it.
    pub secret: Option<BackupSecret>,
    /// The data directory.
    pub data_directory: PathBuf,
    /// Where it is noted how far the database has come.
    pub high_water: PathBuf,
    /// Where the master key lies.
    pub master_key_place: PathBuf,
    /// The mode of running that the data is for.
    pub mode: String,
    /// The issuer that the data is for.
    pub issuer: String,
    /// Whether a backup of another issuer is taken.
    pub accept_issuer_change: bool,
    /// Whether the data of another instance is replaced.
    pub replace_other_instance: bool,
    /// Who restores.
    pub actor: Actor,
    /// The time.
    pub now: Timestamp,
    /// Random values.
    pub random: Random,
}

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// What the backup says about itself.
    pub manifest: Manifest,
    /// Where the database that was there before lies now.
    pub kept: Option<PathBuf>,
    /// People of the backup who had been erased since, and were erased again.
    pub erased_again: usize,
    /// Whether the database before could say what had been given since the backup.
    pub has_learnt: bool,
}

/// Why nothing was restored. Nothing was replaced.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// What the backup says.
    #[error(transparent)]
    Backup(#[from] BackupRefusal),
    /// The data cannot be taken, or what was built cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What was built cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no master key, and none in the backup.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// Another master key is needed.
    #[error("the backup needs the master key {needed}; {} holds {found}", place.display())]
    OtherMasterKey {
        /// The one that sealed it.
        needed: String,
        /// The one that is there.
        found: String,
        /// Where.
        place: PathBuf,
    },
    /// The backup was not made with the master key that it names.
    #[error("the backup was altered: its seal was not made with the master key {0}")]
    Seal(String),
    /// The data is of another instance.
    #[error(
        "the backup is of instance {backup}, the data of instance {data}: --replace-other-instance takes it all the same"
    )]
    OtherInstance {
        /// That of the backup.
        backup: String,
        /// That of the data.
        data: String,
    },
    /// What was built does not agree with itself.
    #[error("the backup does not agree with itself: {0}")]
    NotSound(String),
    /// A file cannot be made or moved.
    #[error(transparent)]
    File(#[from] FileError),
}

impl From<BackupError> for RestoreError {
    fn from(cause: BackupError) -> Self {
        Self::Backup(BackupRefusal::Backup(cause))
    }
}

/// Restores a backup. No instance may run on the data. Blocks.
///
/// # Errors
/// Why nothing was restored.
pub fn restore(order: &RestoreOrder) -> Result<Restored, RestoreError> {
    // Whoever holds the data is told before the whole backup is read.
    let held = DirectoryLock::take_as_it_is(&order.data_directory)?;
    finish_change_of_keys(order)?;
    drop(held);
    // What cannot be restored leaves no directory behind.
    let verified = verify_backup(&order.backup, order.secret.as_ref())?;
    let master_key = master_key_for(order, &verified)?;
    store::create_private_directory(&order.data_directory).map_err(failed(&order.data_directory))?;
    store::check_data_directory(&order.data_directory).map_err(failed(&order.data_directory))?;
    let held = DirectoryLock::take(&order.data_directory)?;
    let mut before = Before::look(order, &verified.manifest)?;
    if let Some(lessons) = before.lessons.as_mut() {
        let needed = master_key.of_the_instance.as_ref().unwrap_or(&master_key.of_the_backup).id();
        lessons.keep_signing_keys(|stored| stored.sealed_by() == Some(needed));
    }
    let workshop = order.data_directory.join(RESTORING);
    clear(&workshop)?;
    let built = build(order, (&verified, &master_key), &before, &workshop);
    let (erased_again, mark) = match built {
        Ok(built) => built,
        Err(error) => {
            clear(&workshop)?;
            return Err(error);
        }
    };
    if master_key.is_new {
        master_key.of_the_backup.save(&order.master_key_place, &order.random)?;
    }
    let kept = exchange(&order.data_directory, &workshop, REPLACED, order.now)?;
    marks::write_file(&order.high_water, &verified.manifest.instance_id, mark).map_err(failed(&order.high_water))?;
    clear(&workshop)?;
    drop(held);
    Ok(Restored { manifest: verified.manifest, kept, erased_again, has_learnt: before.lessons.is_some() })
}

/// Holds a backup that was read to its end against the master key of an instance: whether it needs that key, and was sealed
/// with it.
///
/// # Errors
/// When there is no key, it is another one, or the backup was altered since.
pub fn check_seal(verified: &Verified, master_key_place: &Path) -> Result<(), RestoreError> {
    let key = MasterKey::load(master_key_place)?;
    let former = find_former(&key, verified, master_key_place);
    check_key(former.as_ref().unwrap_or(&key), verified, master_key_place)
}

/// The key of before that sealed a backup, where it was kept beside the one in use.
fn find_former(in_use: &MasterKey, verified: &Verified, place: &Path) -> Option<MasterKey> {
    let needed = &verified.manifest.master_key_id;
    (in_use.id() != needed).then(|| MasterKeyChange::at(place).find_former(needed)).flatten()
}

/// A change of keys that was cut short is ended first: what is restored goes with the key of the data.
fn finish_change_of_keys(order: &RestoreOrder) -> Result<(), RestoreError> {
    // Data that is not there, or damaged, names no key.
    let Ok(image) = StillImage::of_directory(&order.data_directory) else { return Ok(()) };
    let named = image.read(signing_keys::sealing_key).ok().flatten();
    match MasterKeyChange::at(&order.master_key_place).finish(named.as_deref()) {
        // Whether there has to be a key is seen later.
        Ok(_) | Err(MasterKeyError::Missing(_)) => Ok(()),
        Err(cause) => Err(cause.into()),
    }
}

/// The same with the master key that lies inside. Whether there is one: without it, only the instance can tell.
///
/// # Errors
/// When the backup was altered since.
pub fn check_seal_by_key_inside(verified: &Verified) -> Result<bool, RestoreError> {
    match verified.master_key.as_ref().and_then(|bytes| MasterKey::from_backup(bytes)) {
        Some(key) => check_key(&key, verified, Path::new("-")).map(|()| true),
        None => Ok(false),
    }
}

fn check_key(key: &MasterKey, verified: &Verified, place: &Path) -> Result<(), RestoreError> {
    let needed = &verified.manifest.master_key_id;
    if key.id() != needed {
        let (needed, found, place) = (needed.clone(), key.id().to_owned(), place.to_path_buf());
        return Err(RestoreError::OtherMasterKey { needed, found, place });
    }
    match key.backup_seal(&verified.digest) == verified.seal {
        true => Ok(()),
        false => Err(RestoreError::Seal(needed.clone())),
    }
}

/// The keys of a restore.
struct Keys {
    /// The one that sealed the backup.
    of_the_backup: MasterKey,
    /// Whether it came with it, and has yet to be written.
    is_new: bool,
    /// The one in use, where that is another one: everything is sealed anew with it.
    of_the_instance: Option<MasterKey>,
}

/// The key on this machine, or one of before beside it, is held against what the backup needs, and its seal against the key.
fn master_key_for(order: &RestoreOrder, verified: &Verified) -> Result<Keys, RestoreError> {
    let place = &order.master_key_place;
    let inside = verified.master_key.as_ref().and_then(|bytes| MasterKey::from_backup(bytes));
    let (key, is_new) = match (MasterKey::load(place), inside) {
        (Ok(key), _) => (key, false),
        (Err(MasterKeyError::Missing(_)), Some(inside)) => (inside, true),
        (Err(error), _) => return Err(error.into()),
    };
    let (of_the_backup, of_the_instance) = match find_former(&key, verified, place) {
        Some(former) => (former, Some(key)),
        None => (key, None),
    };
    check_key(&of_the_backup, verified, place)?;
    Ok(Keys { of_the_backup, is_new, of_the_instance })
}

/// What is there before.
struct Before {
    /// What it has to say, where it can be read and is of the same instance.
    lessons: Option<Lessons>,
    mark: Mark,
}

impl Before {
    fn look(order: &RestoreOrder, manifest: &Manifest) -> Result<Self, RestoreError> {
        let noted = marks::read_file(&order.high_water, &manifest.instance_id).ok().flatten().unwrap_or_default();
        // What is damaged, or not there, has nothing to say.
        let Ok(image) = StillImage::of_directory(&order.data_directory) else {
            return Ok(Self { lessons: None, mark: noted });
        };
        let Ok(header) = image.header() else { return Ok(Self { lessons: None, mark: noted }) };
        if header.instance_id != manifest.instance_id {
            return match order.replace_other_instance {
                true => Ok(Self { lessons: None, mark: noted }),
                false => {
                    Err(RestoreError::OtherInstance { backup: manifest.instance_id.clone(), data: header.instance_id })
                }
            };
        }
        let lessons = Lessons::of(&image).ok();
        let known = lessons.as_ref().map(Lessons::mark).unwrap_or_default();
        let (term, seen_at) = (noted.term.max(known.term), noted.seen_at.max(known.seen_at));
        let mark = Mark { term, seen_at, ..Mark::default() };
        Ok(Self { lessons, mark })
    }
}

/// Builds the new database and judges it. Gives how many people were erased again, and its mark.
fn build(
    order: &RestoreOrder,
    (verified, keys): (&Verified, &Keys),
    before: &Before,
    workshop: &Path,
) -> Result<(usize, Mark), RestoreError> {
    let opening = Opening {
        location: Location::Directory(workshop.to_path_buf()),
        cache_bytes: CACHE_BYTES,
        mode: order.mode.clone(),
        issuer: order.issuer.clone(),
        instance_id: verified.manifest.instance_id.clone(),
        accept_issuer_change: order.accept_issuer_change,
        now: order.now,
    };
    let file = BackupFile::open(&order.backup)?;
    let key = unlock_backup(&order.backup, file.manifest(), order.secret.as_ref())?;
    let blank = Store::open(opening.clone())?;
    backup::import(&blank, file, key.as_ref())?;
    drop(blank);
    // Opened as any database is: its mode, its issuer and its format are judged, and older records brought up to date.
    let store = Store::open(opening)?;
    let mark = Mark { term: before.mark.term.saturating_add(1), ..before.mark };
    let (lessons, now) = (before.lessons.clone(), order.now);
    let (actor, taken_at) = (order.actor.clone(), verified.manifest.taken_at);
    let (to, from, random) = (keys.of_the_instance.clone(), keys.of_the_backup.clone(), order.random.clone());
    let erased_again = store.write_blocking(move |tx| {
        let mut erased_again = 0;
        match &lessons {
            Some(lessons) => {
                lessons.teach(tx)?;
                for (id, at) in lessons.erased() {
                    if let Some(user) = users::find(tx, *id)? {
                        erase(tx, &user, *at)?;
                        erased_again += 1;
                    }
                    users::note_erased(tx, *id, *at)?;
                }
            }
            None => backup::keep_a_distance(tx)?,
        }
        if let Some(to) = &to {
            reseal(tx, (&from, to), &random)?;
        }
        marks::put(tx, &mark)?;
        let event = AuditEvent::DatabaseRestored { taken_at };
        let at_millis = now.0.saturating_mul(1000);
        audit::insert(tx, &AuditRecord { at_millis, actor: actor.clone(), origin: Origin::default(), event })?;
        Ok(erased_again)
    })?;
    let report = store.check(order.now)?;
    match report.findings.first() {
        Some(finding) => Err(RestoreError::NotSound(finding.to_string())),
        None => Ok((erased_again, mark)),
    }
}
