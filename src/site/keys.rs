//! The keys of an instance: read where they are kept, made where there are none.

use std::path::Path;

use super::StartError;
use crate::acts::administration::{KeyStoreError, make_keys, read_keys};
use crate::acts::{master_key_place, read_mac_keys};
use crate::app::MacKeys;
use crate::config::Config;
use crate::crypto::{
    KeyError, KeySetError, Keyring, MasterKey, MasterKeyChange, MasterKeyPlace, MasterKeyPlaces, OpenError, Random,
};
use crate::protocol::Timestamp;
use crate::store::Store;

/// The master key; that of an instance in memory ends with it. Where keys were sealed with one, it must be there: a new
/// one would only hide that it is missing.
///
/// `named` is the one that the database names: a change of keys that was cut short is ended by it.
pub(super) fn master(config: &Config, named: Option<&str>, random: &Random) -> Result<MasterKey, StartError> {
    let Some(place) = master_key_place(config) else { return Ok(MasterKey::generate(random)) };
    if named.is_some()
        && let Some(former) = MasterKeyChange::at(&place.path).finish(named)?
    {
        tracing::info!(former = %former.display(), "the change of the master key that was cut short is done");
    }
    let may_be_made = place.may_be_made && named.is_none();
    Ok(MasterKey::at(&MasterKeyPlace { may_be_made, ..place }, random)?)
}

/// The keys of message authentication.
pub(super) fn of_messages(config: &Config, store: &Store, master_key: &MasterKey) -> Result<MacKeys, StartError> {
    let kept = store.read(|tx| Ok(read_mac_keys(tx, master_key)))?;
    let kept = kept.map_err(|cause| unreadable(config, master_key, cause))?;
    Ok(MacKeys::of(master_key, kept.as_ref()))
}

/// Where it lies in a data directory whose configuration nobody asks.
pub(super) fn in_directory(data_directory: &Path) -> std::path::PathBuf {
    MasterKeyPlaces { credentials_directory: None, file: None, data_directory }.place().path
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
