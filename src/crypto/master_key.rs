//! The key that protects the keys: 256 bits in a file of its own, never in the database.

use std::fmt;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::hkdf;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::key_file;
use crate::config::open_named;
use crate::crypto::{MacKey, Random};

/// The name of the key among the credentials of a service manager.
const CREDENTIAL: &str = "master-key";
/// The name of the key in the data directory.
const FILE_NAME: &str = "master.key";
/// A file of 32 bytes in base64 and its line end is shorter than this.
const MAX_FILE_BYTES: u64 = 128;

/// A master key. Does not print and is wiped when dropped; its id may be shown.
#[derive(Clone)]
pub struct MasterKey {
    bytes: Zeroizing<[u8; 32]>,
    id: String,
}

/// Why there is no master key. Each names the file that the operator has to look at.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file is not there.
    #[error(
        "no master key at {0}: put the one there that belongs to the data (a backup names it: `moncomptepro backup verify \
         FILE`); for a new instance, make one: (umask 077; openssl rand -base64 32 > {0})"
    )]
    Missing(PathBuf),
    /// Everybody on the machine may read it.
    #[error("the master key at {0} is readable by everybody: chmod 600")]
    WorldReadable(PathBuf),
    /// It does not hold 32 bytes in base64.
    #[error(
        "the file {0} does not hold a master key: exactly 32 bytes in base64, as `openssl rand -base64 32` makes them"
    )]
    Malformed(PathBuf),
    /// It cannot be read or written.
    #[error("the master key at {0}: {1}")]
    Io(PathBuf, #[source] io::Error),
}

/// Where a master key may lie, in the order in which it is looked for.
#[derive(Debug, Clone, Copy)]
pub struct MasterKeyPlaces<'a> {
    /// `$CREDENTIALS_DIRECTORY` of the service manager; used when it holds `master-key`.
    pub credentials_directory: Option<&'a Path>,
    /// A file that the operator named; it must be there.
    pub file: Option<&'a Path>,
    /// Where `master.key` is made at the first start when neither of the others is given.
    pub data_directory: &'a Path,
}

/// Where the key of an instance lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterKeyPlace {
    /// The file.
    pub path: PathBuf,
    /// Whether it is made at the first start: only in the data directory.
    pub may_be_made: bool,
}

impl MasterKeyPlaces<'_> {
    /// Credential, named file, or the data directory's own file.
    pub fn place(&self) -> MasterKeyPlace {
        let credential = self.credentials_directory.map(|directory| directory.join(CREDENTIAL));
        match (credential.filter(|path| path.exists()), self.file) {
            (Some(path), _) => MasterKeyPlace { path, may_be_made: false },
            (None, Some(file)) => MasterKeyPlace { path: file.to_path_buf(), may_be_made: false },
            (None, None) => MasterKeyPlace { path: self.data_directory.join(FILE_NAME), may_be_made: true },
        }
    }
}

impl MasterKey {
    /// A new random key, kept nowhere.
    pub fn generate(random: &Random) -> Self {
        Self::from_bytes(Zeroizing::new(random.bytes()))
    }

    fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        let id = URL_SAFE_NO_PAD.encode(derive(&bytes, &[b"key id"]).get(..9).unwrap_or_default());
        Self { bytes, id }
    }

    /// The key at a place; made if absent, where it may be.
    ///
    /// # Errors
    /// When it is not there and may not be made, or cannot be used.
    pub fn at(place: &MasterKeyPlace, random: &Random) -> Result<Self, MasterKeyError> {
        if place.may_be_made { Self::load_or_create(&place.path, random) } else { Self::load(&place.path) }
    }

    /// Reads a key. A file that everybody may read is refused.
    pub fn load(path: &Path) -> Result<Self, MasterKeyError> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => MasterKeyError::Missing(path.to_path_buf()),
            _ => MasterKeyError::Io(path.to_path_buf(), error),
        };
        let file = open_named(path).map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        if key_file::is_open_to_everybody(&found) {
            return Err(MasterKeyError::WorldReadable(path.to_path_buf()));
        }
        let malformed = || MasterKeyError::Malformed(path.to_path_buf());
        let mut text = Zeroizing::new(Vec::new());
        file.take(MAX_FILE_BYTES).read_to_end(&mut text).map_err(failed)?;
        let text = text.trim_ascii();
        let decoded = URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD.decode(text)).map(Zeroizing::new);
        let bytes: [u8; 32] = decoded.ok().and_then(|bytes| bytes.as_slice().try_into().ok()).ok_or_else(malformed)?;
        Ok(Self::from_bytes(Zeroizing::new(bytes)))
    }

    /// Reads the key at `path`, or makes one there, readable by its owner only.
    pub fn load_or_create(path: &Path, random: &Random) -> Result<Self, MasterKeyError> {
        match Self::load(path) {
            Err(MasterKeyError::Missing(_)) => {}
            other => return other,
        }
        let key = Self::generate(random);
        match key.write_new(path, random) {
            Ok(()) => Ok(key),
            // Another process was faster: its key is the one.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load(path),
            Err(error) => Err(MasterKeyError::Io(path.to_path_buf(), error)),
        }
    }

    /// Written and flushed under another name, then linked: a power cut leaves a whole key or none.
    fn write_new(&self, path: &Path, random: &Random) -> io::Result<()> {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let temporary = directory.join(format!(".master-key-{}", random.token()));
        let mut file = key_file::create_for_owner(&temporary)?;
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(self.bytes.as_slice()) + "\n");
        let linked = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::hard_link(&temporary, path));
        fs::remove_file(&temporary)?;
        linked?;
        key_file::sync_directory(directory)
    }

    /// Names this key in every record that it seals.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A key of message authentication for one purpose, the same at every start.
    pub fn mac_key(&self, purpose: &str) -> MacKey {
        MacKey::from_bytes(*self.mac_bytes(purpose))
    }

    /// The same, to be kept when this key goes.
    pub(super) fn mac_bytes(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        derive(&self.bytes, &[b"mac", purpose.as_bytes()])
    }

    /// The key of one backup, by its salt, when this key lies in a file for that purpose.
    pub fn backup_key(&self, salt: &[u8; 16]) -> Zeroizing<[u8; 32]> {
        derive(&self.bytes, &[b"backup", salt])
    }

    /// The seal of a backup, which only this key makes.
    pub fn backup_seal(&self, digest: &str) -> String {
        self.mac_key("backup seal").tag("backup", &[digest])
    }

    /// The key itself, to travel inside a protected backup.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// A key that travelled inside a backup; `None` for what cannot be one.
    pub fn from_backup(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; 32] = bytes.try_into().ok()?;
        Some(Self::from_bytes(Zeroizing::new(bytes)))
    }

    /// Writes the key to a file that is not there yet, readable by its owner only.
    ///
    /// # Errors
    /// When the file is there, or cannot be written.
    pub fn save(&self, path: &Path, random: &Random) -> Result<(), MasterKeyError> {
        self.write_new(path, random).map_err(|error| MasterKeyError::Io(path.to_path_buf(), error))
    }

    /// The key of one sealed record. Each record has its own, so that random nonces never meet.
    pub(super) fn record_key(&self, salt: &[u8; 12]) -> Zeroizing<[u8; 32]> {
        derive(&self.bytes, &[b"sealed record", salt])
    }
}

/// HKDF-SHA-256 (RFC 5869). The pieces of `info` are a fixed word and at most one value, so they cannot be confused.
fn derive(secret: &[u8; 32], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut derived = Zeroizing::new([0; 32]);
    let key = hkdf::Salt::new(hkdf::HKDF_SHA256, b"master key 1").extract(secret);
    let filled = key.expand(info, hkdf::HKDF_SHA256).and_then(|output| output.fill(derived.as_mut_slice()));
    #[expect(clippy::expect_used, reason = "HKDF fails only for outputs longer than 255 digests")]
    filled.expect("32 bytes are one digest");
    derived
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MasterKey({})", self.id)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn sec_55_a_key_is_made_once_readable_by_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        key_file::SYNCED.take();
        let made = MasterKey::load_or_create(&path, &Random::system()).unwrap();
        assert_eq!(key_file::SYNCED.take(), [directory.path()], "SEC-186: its entry is on the disk");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = MasterKey::load_or_create(&path, &Random::system()).unwrap();
        assert_eq!(read.id(), made.id());
        assert_eq!(*read.bytes, *made.bytes);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "the temporary file stays");
    }

    #[test]
    fn sec_55_a_key_that_everybody_may_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        MasterKey::load_or_create(&path, &Random::system()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(MasterKey::load(&path), Err(MasterKeyError::WorldReadable(_))));
    }

    #[test]
    fn a_damaged_file_is_refused_and_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        for text in ["", "short", &"A".repeat(44), &"A".repeat(4_000), "not base64 at all, not at all, not at all !"] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let refused = MasterKey::load_or_create(&path, &Random::system());
            assert!(matches!(refused, Err(MasterKeyError::Malformed(_))), "{text:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn r_6_credential_before_named_file_before_data_directory() {
        let directory = tempfile::tempdir().unwrap();
        let random = Random::system();
        let (credentials, data) = (directory.path().join("credentials"), directory.path().join("data"));
        fs::create_dir(&credentials).unwrap();
        fs::create_dir(&data).unwrap();
        let named = directory.path().join("named");
        let find = |file| {
            let places = MasterKeyPlaces { credentials_directory: Some(&credentials), file, data_directory: &data };
            MasterKey::at(&places.place(), &random)
        };
        assert!(matches!(find(Some(named.as_path())), Err(MasterKeyError::Missing(_))));
        assert!(!data.join("master.key").exists(), "a missing named file must not be replaced by a new key");

        let own = find(None).unwrap();
        let by_name = MasterKey::load_or_create(&named, &random).unwrap();
        assert_eq!(find(Some(named.as_path())).unwrap().id(), by_name.id());
        let credential = MasterKey::load_or_create(&credentials.join("master-key"), &random).unwrap();
        assert_eq!(find(Some(named.as_path())).unwrap().id(), credential.id());
        assert!(own.id() != by_name.id() && by_name.id() != credential.id());
    }

    #[test]
    fn a_key_in_ordinary_base64_is_read_too() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        fs::write(&path, "//////////////////////////////////////////8=\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(*MasterKey::load(&path).unwrap().bytes, [0xff; 32]);
    }

    #[test]
    fn purposes_have_different_keys_and_nothing_prints_the_secret() {
        let key = MasterKey::from_bytes(Zeroizing::new([1; 32]));
        assert_eq!(key.mac_key("a").tag("t", &["x"]), key.mac_key("a").tag("t", &["x"]));
        assert_ne!(key.mac_key("a").tag("t", &["x"]), key.mac_key("b").tag("t", &["x"]));
        assert_eq!(format!("{key:?}"), format!("MasterKey({})", key.id()));
    }
}
