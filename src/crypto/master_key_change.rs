//! The file of the master key, changed for another one. The data changes hands in one commit, the file in one renaming, and
//! between the two both keys lie side by side: whichever the data names is taken (SEC-206).

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::key_file::sync_directory;
use super::{MasterKey, MasterKeyError, Random};

/// What the file of the next key ends with, beside that of the key in use.
const NEXT: &str = "next";

/// A change of the key in one file.
#[derive(Debug, Clone)]
pub struct MasterKeyChange {
    place: PathBuf,
}

impl MasterKeyChange {
    /// That of the key in this file.
    pub fn at(place: &Path) -> Self {
        Self { place: place.to_path_buf() }
    }

    /// Another file beside it.
    fn beside(&self, extension: &str) -> PathBuf {
        let mut name = self.place.file_name().unwrap_or_default().to_os_string();
        name.push(".");
        name.push(extension);
        self.place.with_file_name(name)
    }

    fn failed(&self) -> impl Fn(io::Error) -> MasterKeyError + '_ {
        |cause| MasterKeyError::Io(self.place.clone(), cause)
    }

    /// Whether the file is one that can be changed for another: not a link to where somebody else keeps the key.
    ///
    /// # Errors
    /// When the system refuses to say.
    pub fn is_possible(&self) -> Result<bool, MasterKeyError> {
        Ok(fs::symlink_metadata(&self.place).map_err(self.failed())?.is_file())
    }

    /// Makes the next key, in a file of its own. One that an attempt has left under which nothing was sealed is replaced.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn prepare(&self, random: &Random) -> Result<MasterKey, MasterKeyError> {
        let next = self.beside(NEXT);
        match fs::remove_file(&next) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(MasterKeyError::Io(next, cause)),
            Ok(()) | Err(_) => {}
        }
        let key = MasterKey::generate(random);
        key.save(&next, random)?;
        Ok(key)
    }

    /// Puts the next key in the place of the one of before, which is kept under its id. Gives that file.
    ///
    /// # Errors
    /// When a file cannot be moved.
    pub fn take_place(&self, former: &MasterKey) -> Result<PathBuf, MasterKeyError> {
        let kept = self.beside(former.id());
        match fs::hard_link(&self.place, &kept) {
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            linked => linked.map_err(self.failed())?,
        }
        fs::rename(self.beside(NEXT), &self.place).map_err(self.failed())?;
        let directory = self.place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        sync_directory(directory).map_err(self.failed())?;
        Ok(kept)
    }

    /// The key in the file; the next one where that is the one that the data names.
    ///
    /// # Errors
    /// When there is none that can be used.
    pub fn look(&self, named: Option<&str>) -> Result<MasterKey, MasterKeyError> {
        let found = MasterKey::load(&self.place)?;
        Ok(self.find_next(&found, named).unwrap_or(found))
    }

    /// Ends a change that was cut short after the data had changed hands. Gives the file of the key of before, if it was.
    ///
    /// # Errors
    /// When there is no key, or a file cannot be moved.
    pub fn finish(&self, named: Option<&str>) -> Result<Option<PathBuf>, MasterKeyError> {
        let found = MasterKey::load(&self.place)?;
        self.find_next(&found, named).map(|_| self.take_place(&found)).transpose()
    }

    /// Whether the key that the data names still lies in the file of the next one, whatever the other file holds.
    pub fn is_cut_short(&self, named: &str) -> bool {
        self.next_with(named).is_some()
    }

    fn find_next(&self, found: &MasterKey, named: Option<&str>) -> Option<MasterKey> {
        self.next_with(named.filter(|named| *named != found.id())?)
    }

    fn next_with(&self, id: &str) -> Option<MasterKey> {
        MasterKey::load(&self.beside(NEXT)).ok().filter(|next| next.id() == id)
    }

    /// The key of before with this id, if it lies beside the one in use.
    pub fn find_former(&self, id: &str) -> Option<MasterKey> {
        // An id that came from elsewhere is a name, and no path.
        let is_name = Path::new(id).file_name() == Some(OsStr::new(id));
        let former = is_name.then(|| MasterKey::load(&self.beside(id)).ok()).flatten();
        former.filter(|former| former.id() == id)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn sec_206_between_the_two_steps_the_key_that_the_data_names_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let (place, random) = (directory.path().join("master.key"), Random::system());
        let before = MasterKey::load_or_create(&place, &random).unwrap();
        let change = MasterKeyChange::at(&place);
        drop(change.prepare(&random).unwrap());
        let next = change.prepare(&random).unwrap();
        for named in [None, Some(before.id()), Some("of nobody")] {
            assert_eq!(change.look(named).unwrap().id(), before.id(), "{named:?}");
            assert!(change.finish(named).unwrap().is_none(), "{named:?}");
        }
        assert_eq!(change.look(Some(next.id())).unwrap().id(), next.id());
        assert_eq!(MasterKey::load(&place).unwrap().id(), before.id(), "only looked at");
        let kept = change.finish(Some(next.id())).unwrap().unwrap();
        assert_eq!(MasterKey::load(&place).unwrap().id(), next.id());
        assert_eq!(MasterKey::load(&kept).unwrap().id(), before.id());
        assert!(change.finish(Some(next.id())).unwrap().is_none());
        assert_eq!(change.find_former(before.id()).unwrap().id(), before.id());
        assert!(change.find_former("../master.key").is_none() && change.find_former("of nobody").is_none());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn sec_206_a_link_to_where_somebody_else_keeps_the_key_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (place, link) = (directory.path().join("elsewhere"), directory.path().join("master.key"));
        MasterKey::load_or_create(&place, &Random::system()).unwrap();
        std::os::unix::fs::symlink(&place, &link).unwrap();
        assert!(!MasterKeyChange::at(&link).is_possible().unwrap());
        assert!(MasterKeyChange::at(&place).is_possible().unwrap());
    }
}
