//! Where something that is imported lies, the register or official contacts: each import makes a generation of its own, and one small file says which one counts.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::store;

const CURRENT: &str = "current";
const LOCK: &str = "import.lock";
const PREFIX: &str = "generation-";

/// The directory of all generations.
#[derive(Debug, Clone)]
pub(in crate::directory) struct Place {
    directory: PathBuf,
}

/// Which generation counts, and since when: it differs after every import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::directory) struct Stamp {
    modified: Option<SystemTime>,
    generation: String,
}

/// A generation that is being made; thrown away unless it came to count, so that one that failed takes no room.
#[derive(Debug)]
pub(in crate::directory) struct Generation<'a> {
    place: &'a Place,
    path: PathBuf,
}

/// The right to import here, for as long as this lives.
#[derive(Debug)]
pub(in crate::directory) struct PlaceLock {
    file: File,
}

/// Given back by name: closing the file is not enough while a process that is just being started has a copy of it.
impl Drop for PlaceLock {
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "the lock of an import is given back with the process only");
        }
    }
}

impl Deref for Generation<'_> {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl Drop for Generation<'_> {
    fn drop(&mut self) {
        if let Err(cause) = self.place.clean() {
            tracing::warn!(path = %self.path.display(), %cause, "what an import has left stays until the next one");
        }
    }
}

impl Place {
    /// The place of this name in a data directory.
    pub(in crate::directory) fn of(data_directory: &Path, name: &str) -> Self {
        Self { directory: data_directory.join(name) }
    }

    pub(in crate::directory) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The generation that counts; `None` before the first import.
    pub(in crate::directory) fn current(&self) -> io::Result<Option<(Stamp, PathBuf)>> {
        let path = self.directory.join(CURRENT);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(cause),
        };
        let generation = text.trim();
        let is_name = generation.starts_with(PREFIX)
            && generation.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
        if !is_name {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "names no generation"));
        }
        let modified = fs::metadata(&path)?.modified().ok();
        let stamp = Stamp { modified, generation: generation.to_owned() };
        Ok(Some((stamp, self.directory.join(generation))))
    }

    /// Keeps everybody else from importing for as long as what it gives lives; `None` where somebody else imports.
    pub(in crate::directory) fn lock(&self) -> io::Result<Option<PlaceLock>> {
        store::create_private_directory(&self.directory)?;
        let file = File::options().create(true).truncate(false).write(true).open(self.directory.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(PlaceLock { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(cause),
        }
    }

    /// A new generation, empty. What an import that was killed has left is thrown away.
    pub(in crate::directory) fn begin(&self, name: &str) -> io::Result<Generation<'_>> {
        self.clean()?;
        // The one that counts may have been made in the same second.
        let path = self.directory.join(format!("{PREFIX}{name}"));
        let path = if path.exists() { path.with_file_name(format!("{PREFIX}{name}-again")) } else { path };
        store::create_private_directory(&path)?;
        Ok(Generation { place: self, path })
    }

    /// From now on this generation counts; the one before is thrown away, whoever still reads it reads on.
    pub(in crate::directory) fn publish(&self, generation: &Path) -> io::Result<()> {
        let name = generation.file_name().unwrap_or_default().to_string_lossy().into_owned();
        store::sync_directory(generation)?;
        let temporary = self.directory.join("current.new");
        let mut file = File::create(&temporary)?;
        writeln!(file, "{name}")?;
        file.sync_all()?;
        fs::rename(&temporary, self.directory.join(CURRENT))?;
        store::sync_directory(&self.directory)?;
        self.clean()
    }

    /// Throws away every generation but the one that counts.
    fn clean(&self) -> io::Result<()> {
        let current = self.current().unwrap_or_default().map(|(_, path)| path);
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            let is_generation =
                path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(PREFIX));
            if is_generation && current.as_ref() != Some(&path) {
                fs::remove_dir_all(&path)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_186_the_generation_that_counts_has_its_entry_on_the_disk() {
        let data = tempfile::tempdir().unwrap();
        let place = Place::of(data.path(), "register");
        let _held = place.lock().unwrap().unwrap();
        let generation = place.begin("1").unwrap();
        store::SYNCED.take();
        place.publish(&generation).unwrap();
        assert_eq!(store::SYNCED.take(), [generation.to_path_buf(), place.directory.clone()]);
        assert_eq!(place.current().unwrap().unwrap().1, *generation);
    }

    #[test]
    fn the_right_to_import_is_given_back_whoever_still_has_a_copy_of_its_file() {
        let data = tempfile::tempdir().unwrap();
        let place = Place::of(data.path(), "register");
        let held = place.lock().unwrap().unwrap();
        assert!(place.lock().unwrap().is_none());
        // As a process has one that is just being started.
        let copy = held.file.try_clone().unwrap();
        drop(held);
        assert!(place.lock().unwrap().is_some());
        drop(copy);
    }
}
