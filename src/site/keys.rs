//! The keys of an instance: read where they are kept, made where there are none.

use std::path::Path;

use super::StartError;
use crate::acts::administration::{KeyStoreError, make_keys, read_keys};
use crate::config::{Config, DataLocation};
use crate::crypto::{KeyError, KeySetError, Keyring, MasterKey, MasterKeyPlace, MasterKeyPlaces, OpenError, Random};
use crate::protocol::Timestamp;
use crate::store::{Read, Store, StoreError, signing_keys};

/// The master key; that of an instance in memory ends with it. Where keys were sealed with one, it must be there: a new
/// one would only hide that it is missing.
pub(super) fn master(config: &Config, seals: bool, random: &Random) -> Result<MasterKey, StartError> {
    let Some(place) = master_key_place(config) else { return Ok(MasterKey::generate(random)) };
    let may_be_made = place.may_be_made && !seals;
    Ok(MasterKey::at(&MasterKeyPlace { may_be_made, ..place }, random)?)
}

/// Whether there are keys of the database that a master key has sealed.
pub(super) fn are_sealed(tx: &impl Read) -> Result<bool, StoreError> {
    Ok(!signing_keys::list(tx, 1)?.is_empty())
}

/// Where it lies in a data directory whose configuration nobody asks.
pub(super) fn in_directory(data_directory: &Path) -> std::path::PathBuf {
    MasterKeyPlaces { credentials_directory: None, file: None, data_directory }.place().path
}

/// Where the master key lies; `None` for data in memory.
pub(super) fn master_key_place(config: &Config) -> Option<MasterKeyPlace> {
    let DataLocation::Directory(data_directory) = &config.data else { return None };
    let credentials_directory = std::env::var_os("CREDENTIALS_DIRECTORY");
    let places = MasterKeyPlaces {
        credentials_directory: credentials_directory.as_deref().map(Path::new),
        file: config.master_key_file.as_deref(),
        data_directory,
    };
    Some(places.place())
}

/// Why the keys of a database cannot be read with a master key.
pub(super) fn unreadable(config: &Config, master_key: &MasterKey, cause: KeyStoreError) -> StartError {
    match cause {
        KeyStoreError::Keys(KeySetError::Key(KeyError::Sealed(OpenError::OtherKey))) => {
            let place = master_key_place(config).map(|place| place.path).unwrap_or_default();
            StartError::OtherMasterKey { place, found: master_key.id().to_owned() }
        }
        other @ (KeyStoreError::Store(_) | KeyStoreError::Keys(_) | KeyStoreError::Interrupted) => other.into(),
    }
}

/// The signing keys of the database; a current and a next one of each algorithm where there are none.
pub(super) async fn stored(
    config: &Config,
    store: &Store,
    master_key: &MasterKey,
    now: Timestamp,
    random: &Random,
) -> Result<Keyring, StartError> {
    let read = read_keys(store, master_key).map_err(|cause| unreadable(config, master_key, cause))?;
    let set = match read {
        Some(set) => set,
        None => make_keys(store, master_key, random, config.rsa_bits, now).await?,
    };
    Ok(Keyring::new(set))
}
