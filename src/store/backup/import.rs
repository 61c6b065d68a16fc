//! A backup read into a database that holds nothing yet, and what a database that it replaces still has to say.

use std::collections::HashMap;

use super::reader::{BackupFile, Verified};
use super::{BackupError, BackupKey};
use crate::domain::{Ban, ClientId, Credentials, SecondFactors, UserId};
use crate::protocol::Timestamp;
use crate::store::marks::{self, Mark};
use crate::store::signing_keys::{self, StoredSigningKey};
use crate::store::{
    Read, StillImage, Store, StoreError, Tx, bans, clients, counters, credentials, users, void_what_was_handed_out,
};

/// Rows of one transaction.
const AT_ONCE: usize = 5_000;
/// By how much numbers go on where nobody knows what was given since the backup.
const UNKNOWN: u64 = 1_000;

type Rows = Vec<(&'static str, Vec<u8>, Vec<u8>)>;

/// Reads a backup into `store`, which is new and serves nobody yet. Blocks.
///
/// # Errors
/// What is wrong with the backup; `store` is not to be used then.
pub fn import(store: &Store, file: BackupFile, key: Option<&BackupKey>) -> Result<Verified, BackupError> {
    let mut rows = Rows::new();
    let verified = file.read(key, |table, key, record| {
        rows.push((table, key.to_vec(), record.to_vec()));
        if rows.len() < AT_ONCE { Ok(()) } else { write(store, std::mem::take(&mut rows)) }
    })?;
    write(store, rows)?;
    Ok(verified)
}

fn write(store: &Store, rows: Rows) -> Result<(), StoreError> {
    store.write_blocking(move |tx| rows.iter().try_for_each(|(table, key, record)| tx.import_row(table, key, record)))
}

/// What a database knows that one from a backup does not: everything that must not be given, or be possible, again.
#[derive(Debug, Clone, Default)]
pub struct Lessons {
    mark: Mark,
    counters: Vec<(String, u64)>,
    erased: Vec<(UserId, Timestamp)>,
    deleted_clients: Vec<(ClientId, u32)>,
    bans: Vec<Ban>,
    signing_keys: Vec<StoredSigningKey>,
    second_factors: HashMap<UserId, SecondFactors>,
}

impl Lessons {
    /// What the database that is about to be replaced has to say.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(replaced: &StillImage) -> Result<Self, StoreError> {
        replaced.read(|tx| {
            Ok(Self {
                mark: marks::get(tx)?,
                counters: counters::list(tx)?,
                erased: users::list_erased(tx)?,
                deleted_clients: clients::list_deleted(tx)?,
                bans: bans::list(tx, None, usize::MAX)?,
                signing_keys: signing_keys::list_all(tx)?,
                second_factors: second_factors(tx)?,
            })
        })
    }

    /// People who were erased.
    pub fn erased(&self) -> &[(UserId, Timestamp)] {
        &self.erased
    }

    /// The mark of the database.
    pub fn mark(&self) -> Mark {
        self.mark
    }

    /// Whether the signing keys that it has to say can be read by whoever `opens` them.
    pub fn keep_signing_keys(&mut self, opens: impl Fn(&StoredSigningKey) -> bool) {
        if !self.signing_keys.iter().all(opens) {
            self.signing_keys.clear();
        }
    }

    /// Teaches a database that was read from a backup of the same one: numbers go on, identifiers of people and clients
    /// that are gone stay taken, bans hold, single codes that were used stay used, and the signing keys are those of the
    /// last day.
    ///
    /// # Errors
    /// When the store fails.
    pub fn teach(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for (counter, last) in &self.counters {
            counters::raise_named(tx, counter, *last)?;
        }
        for (id, epoch) in &self.deleted_clients {
            clients::note_deleted(tx, id, *epoch)?;
        }
        self.bans.iter().try_for_each(|ban| bans::insert(tx, ban))?;
        self.teach_second_factors(tx)?;
        if self.signing_keys.is_empty() {
            return Ok(());
        }
        for key in signing_keys::list_all(tx)? {
            signing_keys::delete(tx, &key.kid)?;
        }
        self.signing_keys.iter().try_for_each(|key| signing_keys::insert(tx, key))
    }

    fn teach_second_factors(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let none = SecondFactors::default();
        change_second_factors(tx, |known| {
            known.second_factors.learn(self.second_factors.get(&known.user_id).unwrap_or(&none));
        })
    }
}

/// Changes those of everybody who ever set one up.
fn change_second_factors(tx: &mut Tx, mut change: impl FnMut(&mut Credentials)) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = credentials::list(tx, after, AT_ONCE)?;
        for mut known in page.iter().filter(|known| !known.second_factors.is_untouched()).cloned() {
            change(&mut known);
            credentials::update(tx, &known)?;
        }
        after = page.last().map(|known: &Credentials| known.user_id);
        if page.len() < AT_ONCE {
            return Ok(());
        }
    }
}

/// Those of everybody who ever set one up.
fn second_factors(tx: &impl Read) -> Result<HashMap<UserId, SecondFactors>, StoreError> {
    let (mut found, mut after) = (HashMap::new(), None);
    loop {
        let page = credentials::list(tx, after, AT_ONCE)?;
        after = page.last().map(|known| known.user_id);
        let is_last = page.len() < AT_ONCE;
        let touched = page.into_iter().filter(|known| !known.second_factors.is_untouched());
        found.extend(touched.map(|known| (known.user_id, known.second_factors)));
        if is_last {
            return Ok(found);
        }
    }
}

/// Where nobody can say what was given since the backup, numbers go on at a distance.
///
/// # Errors
/// When the store fails.
pub fn keep_a_distance(tx: &mut Tx) -> Result<(), StoreError> {
    for (counter, last) in counters::list(tx)? {
        counters::raise_named(tx, &counter, last.saturating_add(UNKNOWN))?;
    }
    Ok(())
}

/// The same for a database that is an earlier state of itself, and serves on: what had been handed out is void, numbers go on
/// at a distance, and codes of applications count after `period` only (SEC-193). Recovery codes are as they were.
///
/// # Errors
/// When the store fails.
pub fn distrust(tx: &mut Tx, period: u64) -> Result<(), StoreError> {
    void_what_was_handed_out(tx)?;
    keep_a_distance(tx)?;
    change_second_factors(tx, |known| known.second_factors.skip_periods(period))
}
