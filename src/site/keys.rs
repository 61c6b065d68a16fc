//! The keys of an instance: read where they are kept, made where there are none.

use std::path::Path;

use super::StartError;
use crate::config::{Config, DataLocation};
use crate::crypto::{KeySet, Keyring, MasterKey, MasterKeyPlaces, Random, SigningKey, SigningKeyRecord};
use crate::protocol::{SignatureAlgorithm, Timestamp};
use crate::store::signing_keys::{self, StoredSigningKey};
use crate::store::{Store, StoreError};

/// The most signing keys, retired ones among them.
const MAX_KEYS: usize = 1000;

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
    let stored = store.read(|tx| signing_keys::list(tx, MAX_KEYS))?;
    if stored.is_empty() {
        return made(config, store, master_key, now, random).await;
    }
    let damaged = |_| StoreError::Damaged { table: "signing_keys" };
    let records: Result<Vec<SigningKeyRecord>, StoreError> =
        stored.into_iter().map(|key| serde_json::from_value(key.body).map_err(damaged)).collect();
    Ok(Keyring::new(KeySet::from_records(&records?, master_key)?))
}

async fn made(
    config: &Config,
    store: &Store,
    master_key: &MasterKey,
    now: Timestamp,
    random: &Random,
) -> Result<Keyring, StartError> {
    let rsa_bits = config.rsa_bits;
    let keys =
        tokio::task::spawn_blocking(move || generate(rsa_bits, now)).await.map_err(StartError::Interrupted)??;
    let mut records = Vec::new();
    for key in keys.keys() {
        let body = serde_json::to_value(key.to_record(master_key, random).map_err(crate::crypto::KeySetError::from)?);
        let body = body.map_err(|_| StoreError::Unwritable { table: "signing_keys" })?;
        records.push(StoredSigningKey { kid: key.kid().to_owned(), body });
    }
    store
        .write(move |tx| {
            for record in &records {
                signing_keys::insert(tx, record)?;
            }
            Ok(())
        })
        .await?;
    Ok(Keyring::new(keys))
}

/// RSA keys take a tenth of a second and more each.
fn generate(rsa_bits: u32, now: Timestamp) -> Result<KeySet, crate::crypto::KeySetError> {
    let mut keys = Vec::new();
    for algorithm in SignatureAlgorithm::ALL {
        keys.push(SigningKey::generate(*algorithm, rsa_bits, "", now)?.activated(now)?);
        keys.push(SigningKey::generate(*algorithm, rsa_bits, "", now)?);
    }
    KeySet::new(keys)
}
