//! The keys of an instance: read where they are kept, made where there are none.

use std::path::Path;

use super::StartError;
use crate::acts::administration::{make_keys, read_keys};
use crate::config::{Config, DataLocation};
use crate::crypto::{Keyring, MasterKey, MasterKeyPlaces, Random};
use crate::protocol::Timestamp;
use crate::store::Store;

/// The master key; that of an instance in memory ends with it.
pub(super) fn master(config: &Config, random: &Random) -> Result<MasterKey, StartError> {
    match &config.data {
        DataLocation::Memory => Ok(MasterKey::generate(random)),
        DataLocation::Directory(data_directory) => {
            let credentials_directory = std::env::var_os("CREDENTIALS_DIRECTORY");
            let places = MasterKeyPlaces {
                credentials_directory: credentials_directory.as_deref().map(Path::new),
                file: config.master_key_file.as_deref(),
                data_directory,
            };
            Ok(MasterKey::find(&places, random)?)
        }
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
    let set = match read_keys(store, master_key)? {
        Some(set) => set,
        None => make_keys(store, master_key, random, config.rsa_bits, now).await?,
    };
    Ok(Keyring::new(set))
}
