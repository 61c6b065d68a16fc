//! Reading a backup: its manifest at once, its content piece by piece, and nothing believed before the end was reached.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use zeroize::Zeroizing;

use super::entries::{self, Entry, NO_TABLE};
use super::frames::{Cipher, MOST_FRAME_BYTES, Place};
use super::manifest::{Manifest, Protection};
use super::writer::{carried, hexadecimal, sha256};
use super::{BackupError, BackupKey, MAGIC};
use crate::store::{StoreError, engine, migrations};

/// The longest manifest.
const MOST_MANIFEST_BYTES: u32 = 64 * 1024;
/// The longest end: a digest, a seal, two line ends.
const MOST_END_BYTES: usize = 512;

/// A backup file whose manifest has been read.
pub struct BackupFile {
    path: PathBuf,
    source: Digesting,
    manifest: Manifest,
    beginning: [u8; 32],
}

/// A backup that was read to its end.
#[derive(Debug, Clone)]
pub struct Verified {
    /// What it says about itself.
    pub manifest: Manifest,
    /// SHA-256 of everything but the end of the file, in hexadecimal digits.
    pub digest: String,
    /// The seal of the digest; only the instance's master key makes the same.
    pub seal: String,
    /// The master key, if it is inside.
    pub master_key: Option<Zeroizing<Vec<u8>>>,
}

/// Reads and digests.
struct Digesting {
    beneath: BufReader<File>,
    context: Context,
}

impl Digesting {
    fn get(&mut self, out: &mut [u8]) -> io::Result<()> {
        self.beneath.read_exact(out)?;
        self.context.update(out);
        Ok(())
    }

    fn length(&mut self) -> io::Result<u32> {
        let mut bytes = [0; 4];
        self.get(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }
}

impl BackupFile {
    /// Opens a file and reads its manifest.
    ///
    /// # Errors
    /// When it cannot be read, or is no backup of this program.
    pub fn open(path: &Path) -> Result<Self, BackupError> {
        let failed = |cause: io::Error| match cause.kind() {
            io::ErrorKind::UnexpectedEof => BackupError::NotABackup(path.to_path_buf()),
            _ => BackupError::Io { path: path.to_path_buf(), cause },
        };
        let file = File::open(path).map_err(failed)?;
        let mut source = Digesting { beneath: BufReader::new(file), context: Context::new(&SHA256) };
        let mut magic = vec![0; MAGIC.len()];
        source.get(&mut magic).map_err(failed)?;
        if magic != MAGIC {
            return Err(BackupError::NotABackup(path.to_path_buf()));
        }
        let length = source.length().map_err(failed)?;
        let damaged = |what: &str| BackupError::Damaged { path: path.to_path_buf(), what: what.to_owned() };
        if length > MOST_MANIFEST_BYTES {
            return Err(damaged("its manifest"));
        }
        let mut text = vec![0; usize::try_from(length).unwrap_or_default()];
        source.get(&mut text).map_err(|_| damaged("its manifest ends too soon"))?;
        let manifest = serde_json::from_slice(&text).map_err(|_| damaged("its manifest"))?;
        let manifest: Manifest = manifest;
        let known = migrations::known_format();
        if manifest.schema > known {
            let (path, product, schema) = (path.to_path_buf(), manifest.product, manifest.schema);
            return Err(BackupError::Newer { path, product, schema, known });
        }
        let beginning = sha256(&[MAGIC, &length.to_be_bytes(), &text].concat());
        Ok(Self { path: path.to_path_buf(), source, manifest, beginning })
    }

    /// What it says about itself; to be believed when the whole has been read.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Reads everything, and believes nothing: every record opens, every table has the records and the digest that the
    /// manifest gives it, and the whole has the digest at its end.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn verify(self, key: Option<&BackupKey>) -> Result<Verified, BackupError> {
        self.read(key, |_, _, _| Ok(()))
    }

    /// Whether this key opens it, as far as its first piece tells.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_opened_by(mut self, key: &BackupKey) -> Result<bool, BackupError> {
        self.check_protection(Some(key))?;
        let (place, frame) = self.frame()?;
        Ok(Cipher::new(Some(key), self.beginning).is_some_and(|mut cipher| cipher.open(place, frame).is_some()))
    }

    /// The same as [`Self::verify`], giving each row away: its table, its key, its record. What is given away may not be believed before
    /// this has ended well.
    pub(in crate::store) fn read(
        mut self,
        key: Option<&BackupKey>,
        mut take: impl FnMut(&'static str, &[u8], &[u8]) -> Result<(), StoreError>,
    ) -> Result<Verified, BackupError> {
        self.check_protection(key)?;
        let mut tables = Tables::of(&self.manifest).ok_or_else(|| self.damaged("a table that this program lacks"))?;
        let mut cipher =
            Cipher::new(key, self.beginning).ok_or_else(|| self.locked("the key given is not one of a backup"))?;
        let mut master_key = None;
        loop {
            let (place, frame) = self.frame()?;
            let is_first = tables.is_untouched() && master_key.is_none();
            let piece = Zeroizing::new(cipher.open(place, frame).ok_or_else(|| match is_first {
                true => self.locked("what was given does not open it"),
                false => self.damaged("a piece does not open"),
            })?);
            let mut rest = piece.as_slice();
            while !rest.is_empty() {
                let entry = entries::take(&mut rest).ok_or_else(|| self.damaged("a row is cut short"))?;
                if entry.table == NO_TABLE {
                    master_key = Some(Zeroizing::new(entry.record.to_vec()));
                    continue;
                }
                let table = tables.count(&entry).ok_or_else(|| self.damaged("a row of no table"))?;
                engine::check_record(table, entry.key, entry.record)
                    .map_err(|_| self.damaged(&format!("a record of {table}")))?;
                take(table, entry.key, entry.record)?;
            }
            if place == Place::Last {
                break;
            }
        }
        if let Some(table) = tables.first_that_differs(&self.manifest) {
            return Err(self.damaged(&format!("the records of {table} are not all there")));
        }
        if self.manifest.holds_master_key != master_key.is_some() {
            return Err(self.damaged("the master key that it is to hold"));
        }
        let (digest, seal) = self.end()?;
        Ok(Verified { manifest: self.manifest, digest, seal, master_key })
    }

    fn check_protection(&self, key: Option<&BackupKey>) -> Result<(), BackupError> {
        match (&self.manifest.protection, key) {
            (Protection::None, None) | (Protection::Passphrase { .. } | Protection::KeyFile { .. }, Some(_)) => Ok(()),
            (Protection::None, Some(_)) => Err(self.locked("it is not protected; no passphrase or key belongs to it")),
            (Protection::Passphrase { .. }, None) => Err(self.locked("it is protected by a passphrase")),
            (Protection::KeyFile { key_id, .. }, None) => {
                Err(self.locked(&format!("it is protected by the key {key_id}")))
            }
        }
    }

    fn frame(&mut self) -> Result<(Place, Vec<u8>), BackupError> {
        let mut kind = [0; 1];
        let begun = self.source.get(&mut kind).and_then(|()| self.source.length());
        let length = begun.map_err(|cause| self.cut_short(cause))?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let [kind] = kind;
        let place = Place::of(kind).filter(|_| length <= MOST_FRAME_BYTES).ok_or_else(|| self.damaged("a frame"))?;
        let mut frame = vec![0; length];
        self.source.get(&mut frame).map_err(|cause| self.cut_short(cause))?;
        Ok((place, frame))
    }

    /// The digest and the seal, and nothing after them.
    fn end(&mut self) -> Result<(String, String), BackupError> {
        let digest = hexadecimal(self.source.context.clone().finish().as_ref());
        let mut text = String::new();
        let limit = u64::try_from(MOST_END_BYTES).unwrap_or(u64::MAX);
        let read = self.source.beneath.by_ref().take(limit).read_to_string(&mut text);
        read.map_err(|cause| self.cut_short(cause))?;
        let mut lines = text.split('\n');
        match (lines.next(), lines.next(), lines.next(), lines.next()) {
            (Some(stated), Some(seal), Some(""), None) if stated == digest => Ok((digest, seal.to_owned())),
            _ => Err(self.damaged("its digest is another one")),
        }
    }

    fn cut_short(&self, cause: io::Error) -> BackupError {
        match cause.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged("it ends too soon"),
            io::ErrorKind::InvalidData => self.damaged("its end"),
            _ => BackupError::Io { path: self.path.clone(), cause },
        }
    }

    fn damaged(&self, what: &str) -> BackupError {
        BackupError::Damaged { path: self.path.clone(), what: what.to_owned() }
    }

    fn locked(&self, what: &str) -> BackupError {
        BackupError::Locked { path: self.path.clone(), what: what.to_owned() }
    }
}

/// The tables of a backup while they are counted.
struct Tables {
    names: Vec<&'static str>,
    found: HashMap<u8, (u64, Context)>,
}

impl Tables {
    /// `None` when the manifest names a table that this program does not know.
    fn of(manifest: &Manifest) -> Option<Self> {
        let known = |name: &str| carried().find(|known| *known == name);
        let names: Option<Vec<&'static str>> = manifest.tables.iter().map(|table| known(&table.name)).collect();
        Some(Self { names: names?, found: HashMap::new() })
    }

    fn is_untouched(&self) -> bool {
        self.found.is_empty()
    }

    /// Counts a row; gives the name of its table.
    fn count(&mut self, entry: &Entry<'_>) -> Option<&'static str> {
        let name = self.names.get(usize::from(entry.table))?;
        let (records, context) = self.found.entry(entry.table).or_insert_with(|| (0, Context::new(&SHA256)));
        *records = records.saturating_add(1);
        for part in [entry.key, entry.record] {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        Some(name)
    }

    fn first_that_differs(&self, manifest: &Manifest) -> Option<String> {
        let differs = |number: usize, table: &super::manifest::TableEntry| {
            let found = u8::try_from(number).ok().and_then(|number| self.found.get(&number));
            let (records, context) = found.cloned().unwrap_or_else(|| (0, Context::new(&SHA256)));
            records != table.records || hexadecimal(context.finish().as_ref()) != table.digest
        };
        let mut tables = manifest.tables.iter().enumerate();
        tables.find(|(number, table)| differs(*number, table)).map(|(_, table)| table.name.clone())
    }
}
