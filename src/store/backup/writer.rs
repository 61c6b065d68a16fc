//! Writing a backup: a new file under a temporary name, flushed, read back, and only then given its name.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256, digest};

use super::entries::{self, Entry, NO_TABLE};
use super::frames::{Cipher, FRAME_BYTES, Place};
use super::manifest::{Manifest, Protection, TableEntry};
use super::reader::BackupFile;
use super::{BackupError, BackupKey, MAGIC, MASTER_KEY};
use crate::protocol::Timestamp;
use crate::store::engine::files;
use crate::store::tables::{Keeping, TABLES};
use crate::store::{Snapshot, Store, StoreError, signing_keys};

/// Rows read at once.
const PAGE: usize = 500;
/// After so many bytes what was written is put on the disk: whoever writes to the database meanwhile waits behind no more
/// than that.
const UNSYNCED_BYTES: usize = 1 << 20;

/// What a backup is to say and to hold besides the records.
pub struct Draft<'a> {
    /// The instant.
    pub taken_at: Timestamp,
    /// The id of the instance's master key.
    pub master_key_id: &'a str,
    /// The master key itself, to go inside a protected backup.
    pub master_key: Option<&'a [u8]>,
    /// How the content is protected.
    pub protection: Protection,
    /// The key of that protection.
    pub key: Option<&'a BackupKey>,
    /// Makes the seal of a digest, with the instance's master key.
    pub seal: &'a dyn Fn(&str) -> String,
}

/// Writes a backup of this instant to a file that is not there yet. Blocks; the store goes on writing meanwhile.
///
/// # Errors
/// Why there is none; what was begun is removed.
pub fn write(store: &Store, path: &Path, draft: &Draft<'_>) -> Result<Manifest, BackupError> {
    write_by(path, store.file_bytes(), draft, |fill| store.read_whole(fill))
}

/// The same of a database that is only looked at, and whose file has so many bytes.
///
/// # Errors
/// As `write`.
pub fn write_snapshot(tx: &Snapshot, file_bytes: u64, path: &Path, draft: &Draft<'_>) -> Result<Manifest, BackupError> {
    write_by(path, file_bytes, draft, |fill| fill(tx))
}

/// What fills a backup with what is read.
pub(super) type Filling<'a> = &'a dyn Fn(&Snapshot) -> Result<Result<Manifest, BackupError>, StoreError>;

pub(super) fn write_by(
    path: &Path,
    file_bytes: u64,
    draft: &Draft<'_>,
    read: impl FnOnce(Filling<'_>) -> Result<Result<Manifest, BackupError>, StoreError>,
) -> Result<Manifest, BackupError> {
    let failed = |cause| BackupError::Io { path: path.to_path_buf(), cause };
    if path.try_exists().map_err(failed)? {
        return Err(BackupError::Exists(path.to_path_buf()));
    }
    check_room(file_bytes, files::space(files::directory_of(path)).map(|space| space.free), path)?;
    let temporary = Temporary::make(path)?;
    let manifest = read(&|tx| temporary.fill(tx, draft))??;
    temporary.file.sync_all().map_err(failed)?;
    let verified = BackupFile::open(&temporary.path)?.verify(draft.key)?;
    if verified.manifest != manifest || verified.seal != (draft.seal)(&verified.digest) {
        return Err(BackupError::NotVerified(path.to_path_buf()));
    }
    temporary.name(path)?;
    Ok(manifest)
}

/// A backup is smaller than the database, whose file may hold what was deleted. Where the system does not say how much is
/// free, it is tried.
pub(super) fn check_room(file_bytes: u64, free: Option<u64>, path: &Path) -> Result<(), BackupError> {
    let needed = file_bytes.saturating_add(file_bytes / 5);
    match free {
        Some(free) if free < needed => {
            let needed_mib = needed.div_ceil(1 << 20);
            Err(BackupError::NoRoom { path: path.to_path_buf(), needed_mib, free_mib: free >> 20 })
        }
        _ => Ok(()),
    }
}

/// Removes what crashes left of backups in this folder; what is being written is locked, and stays (SEC-190).
pub fn clear_unfinished(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    for path in paths.filter(|path| path.to_str().is_some_and(|text| text.ends_with(UNFINISHED))) {
        let Ok(file) = File::open(&path) else { continue };
        if file.try_lock().is_ok() {
            match fs::remove_file(&path) {
                Ok(()) => tracing::info!(path = %path.display(), "a backup that was never finished is removed"),
                Err(cause) => tracing::warn!(path = %path.display(), %cause, "a backup that was not finished stays"),
            }
        }
    }
}

/// How the name of a file ends while it is being written.
const UNFINISHED: &str = ".partial";

/// The file while it is being written; removed unless it got its name.
struct Temporary {
    path: PathBuf,
    file: File,
    is_named: std::cell::Cell<bool>,
}

impl Temporary {
    fn make(path: &Path) -> Result<Self, BackupError> {
        let temporary = files::beside(path, UNFINISHED);
        let failed = |cause| BackupError::Io { path: temporary.clone(), cause };
        // One that a crash left is taken over; one that is being written is locked.
        let file = files::open_private(&temporary).map_err(failed)?;
        if file.try_lock().is_err() {
            return Err(BackupError::BeingWritten(path.to_path_buf()));
        }
        Ok(Self { path: temporary, file, is_named: std::cell::Cell::new(false) })
    }

    fn fill(&self, tx: &Snapshot, draft: &Draft<'_>) -> Result<Result<Manifest, BackupError>, StoreError> {
        if signing_keys::sealing_key(tx)?.is_some_and(|named| named != draft.master_key_id) {
            return Ok(Err(BackupError::KeyChanged));
        }
        let manifest = describe(tx, draft)?;
        // What a crash left, or a reading that began again since the database was opened anew.
        if let Err(cause) = (&self.file).rewind().and_then(|()| self.file.set_len(0)) {
            return Ok(Err(self.failed(cause)));
        }
        let mut pieces = match Pieces::begin(&self.file, &manifest, draft.key) {
            Ok(pieces) => pieces,
            Err(cause) => return Ok(Err(self.failed(cause))),
        };
        if let Some(master_key) = draft.master_key
            && let Err(cause) = pieces.add(&Entry { table: NO_TABLE, key: MASTER_KEY.as_bytes(), record: master_key })
        {
            return Ok(Err(self.failed(cause)));
        }
        let mut outcome = Ok(());
        let listed = carried().filter(|name| manifest.tables.iter().any(|table| table.name == *name));
        for (number, table) in (0_u8..).zip(listed) {
            tx.for_each_row(table, PAGE, |key, record| {
                if outcome.is_ok() {
                    outcome = pieces.add(&Entry { table: number, key, record });
                }
                outcome.is_ok()
            })?;
        }
        let finished = outcome.and_then(|()| pieces.end(draft.seal));
        Ok(finished.map(|()| manifest).map_err(|cause| self.failed(cause)))
    }

    fn failed(&self, cause: io::Error) -> BackupError {
        BackupError::Io { path: self.path.clone(), cause }
    }

    /// Gives the file its name, durably.
    fn name(&self, path: &Path) -> Result<(), BackupError> {
        let named = fs::rename(&self.path, path).and_then(|()| files::sync_directory(files::directory_of(path)));
        named.map_err(|cause| self.failed(cause))?;
        self.is_named.set(true);
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_named.get()
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "a backup that was not finished stays");
        }
    }
}

/// The tables that a backup carries.
pub(super) fn carried() -> impl Iterator<Item = &'static str> {
    let is_carried = |keeping: Keeping| match keeping {
        Keeping::Lasting | Keeping::Index | Keeping::Sanction => true,
        Keeping::TimeLimited | Keeping::Passing => false,
    };
    TABLES.iter().filter(move |listed| is_carried(listed.keeping)).map(|listed| listed.name)
}

/// Whether a whole backup of these very records lies at this path.
pub fn is_backup_of(path: &Path, tx: &Snapshot) -> Result<bool, BackupError> {
    let file = BackupFile::open(path)?;
    let (header, manifest) = (tx.header()?, file.manifest());
    let is_same = manifest.schema == header.format && manifest.instance_id == header.instance_id;
    Ok(is_same && manifest.tables == digests(tx)? && file.verify(None).is_ok())
}

/// The tables that hold something: one that came with a later format is none of a backup of an earlier one, which the
/// version of that time must know whole.
fn digests(tx: &Snapshot) -> Result<Vec<TableEntry>, StoreError> {
    let mut tables = Vec::new();
    for name in carried() {
        let (records, digest) = tx.digest(name)?;
        if records > 0 {
            tables.push(TableEntry { name: name.to_owned(), records, digest });
        }
    }
    Ok(tables)
}

fn describe(tx: &Snapshot, draft: &Draft<'_>) -> Result<Manifest, StoreError> {
    let header = tx.header()?;
    let tables = digests(tx)?;
    Ok(Manifest {
        product: env!("CARGO_PKG_VERSION").to_owned(),
        schema: header.format,
        instance_id: header.instance_id.clone(),
        issuer: header.issuer.clone(),
        mode: header.mode.clone(),
        taken_at: draft.taken_at,
        master_key_id: draft.master_key_id.to_owned(),
        holds_master_key: draft.master_key.is_some(),
        protection: draft.protection.clone(),
        tables,
    })
}

/// Writes and digests.
struct Digesting<W> {
    beneath: W,
    context: Context,
}

impl<W: Write> Digesting<W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.context.update(bytes);
        self.beneath.write_all(bytes)
    }
}

/// Collects rows into pieces and writes them as frames.
struct Pieces<'a> {
    file: &'a File,
    out: Digesting<BufWriter<&'a File>>,
    cipher: Cipher,
    piece: Vec<u8>,
    unsynced: usize,
}

impl<'a> Pieces<'a> {
    fn begin(file: &'a File, manifest: &Manifest, key: Option<&BackupKey>) -> io::Result<Self> {
        let manifest = serde_json::to_vec(manifest).map_err(io::Error::other)?;
        let length = u32::try_from(manifest.len()).map_err(io::Error::other)?.to_be_bytes();
        let beginning = [MAGIC, &length, &manifest].concat();
        let cipher = Cipher::new(key, sha256(&beginning)).ok_or_else(unusable_key)?;
        let mut out = Digesting { beneath: BufWriter::new(file), context: Context::new(&SHA256) };
        out.put(&beginning)?;
        Ok(Self { file, out, cipher, piece: Vec::with_capacity(FRAME_BYTES), unsynced: 0 })
    }

    fn add(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        entries::append(&mut self.piece, entry);
        if self.piece.len() >= FRAME_BYTES { self.put_frame(Place::Inner) } else { Ok(()) }
    }

    fn put_frame(&mut self, place: Place) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(FRAME_BYTES));
        let frame = self.cipher.seal(place, piece).ok_or_else(unusable_key)?;
        self.out.put(&[place.byte()])?;
        self.out.put(&u32::try_from(frame.len()).map_err(io::Error::other)?.to_be_bytes())?;
        self.out.put(&frame)?;
        self.unsynced = self.unsynced.saturating_add(frame.len());
        if self.unsynced < UNSYNCED_BYTES {
            return Ok(());
        }
        self.unsynced = 0;
        self.out.beneath.flush()?;
        self.file.sync_data()
    }

    /// The last frame, the digest of everything, and its seal.
    fn end(mut self, seal: &dyn Fn(&str) -> String) -> io::Result<()> {
        self.put_frame(Place::Last)?;
        let digest = hexadecimal(self.out.context.finish().as_ref());
        let seal = seal(&digest);
        let mut beneath = self.out.beneath;
        beneath.write_all(format!("{digest}\n{seal}\n").as_bytes())?;
        beneath.flush()
    }
}

fn unusable_key() -> io::Error {
    io::Error::other("the key cannot seal")
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().unwrap_or_default()
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
