//! Whose database this is: format, instance, issuer and mode, checked at every opening.

use std::io;

use serde::{Deserialize, Serialize};

use super::table::Table;
use super::transaction::{Snapshot, Tx};
use crate::protocol::Timestamp;
use crate::store::error::bound;
use crate::store::person::passkey_owners;
use crate::store::{NotTaken, OpenError, StoreError};

/// A change of stored records from one format to the next; part of the transaction that opens the database, so that it
/// takes place whole or not at all.
pub(in crate::store) type Migration = fn(&mut Tx) -> Result<(), StoreError>;

/// What is done about the records of an older format before they are changed (SEC-215); where it fails, nothing is changed.
pub type BeforeMigration<'a> = &'a dyn Fn(&Snapshot) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// The name of the first table of every database.
pub(in crate::store) const NAME: &str = "header";
pub(super) const TABLE: Table<str, Header> = Table::new(NAME);
const KEY: &str = "header";
/// The table that has a row for each passkey.
const PASSKEYS: &str = passkey_owners::OWNERS.name();

/// The first record of every database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// How many migrations the records have been through.
    pub format: u32,
    /// Random name of this database, given when it was made.
    pub instance_id: String,
    /// The issuer that its passkeys and tokens are bound to.
    pub issuer: String,
    /// The mode of running that it belongs to.
    pub mode: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Who wants to open the database.
#[derive(Debug, Clone)]
pub(in crate::store) struct Identity {
    pub(in crate::store) mode: String,
    pub(in crate::store) issuer: String,
    /// Used only when the database is new.
    pub(in crate::store) instance_id: String,
    pub(in crate::store) accept_issuer_change: bool,
    pub(in crate::store) now: Timestamp,
}

/// Checks that the database is the opener's, brings its records to the newest format, and gives its header.
///
/// Writes into `tx` only; on an error the caller drops it and nothing has changed.
pub(super) fn admit(tx: &mut Tx, identity: &Identity, migrations: &[Migration]) -> Result<Header, OpenError> {
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    if tx.is_new().map_err(|error| OpenError::Damaged(error.to_string()))? {
        let header = Header {
            format: known,
            instance_id: identity.instance_id.clone(),
            issuer: identity.issuer.clone(),
            mode: identity.mode.clone(),
            created_at: identity.now,
        };
        TABLE.insert(tx, KEY, &header).map_err(unusable)?;
        return Ok(header);
    }
    let mut header = TABLE.get(tx, KEY).map_err(unusable)?;
    check(&header, identity, known, || tx.count(PASSKEYS))?;
    if header.issuer != identity.issuer {
        let passkeys = lost_passkeys(&header, &identity.issuer, || tx.count(PASSKEYS)).map_err(unusable)?;
        let (before, ended) = (&header.issuer, bound(passkeys));
        tracing::warn!(
            before,
            issuer = identity.issuer,
            passkeys,
            "another issuer takes the database over, and ends {ended}"
        );
    }
    let done = usize::try_from(header.format).unwrap_or(usize::MAX);
    for (migration, format) in migrations.iter().zip(1_u32..).skip(done) {
        tracing::info!(format, of = known, "the records are brought up to date");
        migration(tx).map_err(unusable)?;
    }
    header.format = known;
    header.issuer.clone_from(&identity.issuer);
    TABLE.update(tx, KEY, &header).map_err(unusable)?;
    Ok(header)
}

/// Checks the header of a database that is only looked at; one without a header is new, and nobody else's. `before` sees
/// the records before a migration changes them.
pub(super) fn peek(
    snapshot: &Snapshot,
    identity: &Identity,
    migrations: &[Migration],
    before: BeforeMigration<'_>,
) -> Result<(), OpenError> {
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    let Some(header) = TABLE.find(snapshot, KEY).map_err(unusable)? else { return Ok(()) };
    check(&header, identity, known, || snapshot.count(PASSKEYS))?;
    let stored = header.format;
    if stored == known {
        return Ok(());
    }
    before(snapshot).map_err(|cause| OpenError::NotSaved { stored, known, cause })
}

fn check(
    header: &Header,
    identity: &Identity,
    known: u32,
    count: impl FnOnce() -> Result<u64, StoreError>,
) -> Result<(), OpenError> {
    if header.format > known {
        return Err(OpenError::NewerFormat { stored: header.format, known });
    }
    if header.mode != identity.mode {
        return Err(OpenError::OtherMode { stored: header.mode.clone() });
    }
    if header.issuer != identity.issuer && !identity.accept_issuer_change {
        return Err(other_issuer(header, &identity.issuer, count).map_err(unusable)?);
    }
    Ok(())
}

/// Why an opener of another issuer is refused, if it is one.
pub(super) fn find_other_issuer(snapshot: &Snapshot, issuer: &str) -> Result<Option<OpenError>, StoreError> {
    let header = get(snapshot)?;
    let is_other = header.issuer != issuer;
    is_other.then(|| other_issuer(&header, issuer, || snapshot.count(PASSKEYS))).transpose()
}

fn other_issuer(
    header: &Header,
    issuer: &str,
    count: impl FnOnce() -> Result<u64, StoreError>,
) -> Result<OpenError, StoreError> {
    let passkeys = lost_passkeys(header, issuer, count)?;
    Ok(OpenError::OtherIssuer { stored: header.issuer.clone(), passkeys })
}

/// How many passkeys are of no use to the opener: all of them where the host is another one, since it is what authenticators
/// keep them for (SEC-87).
fn lost_passkeys(
    header: &Header,
    issuer: &str,
    count: impl FnOnce() -> Result<u64, StoreError>,
) -> Result<u64, StoreError> {
    if host(&header.issuer) == host(issuer) { Ok(0) } else { count() }
}

/// The host of an issuer.
fn host(issuer: &str) -> Option<String> {
    url::Url::parse(issuer).ok()?.host_str().map(str::to_owned)
}

/// The header of a database that is only looked at.
pub(super) fn get(snapshot: &Snapshot) -> Result<Header, StoreError> {
    TABLE.get(snapshot, KEY)
}

/// The format of a database that is only looked at; `None` where its header does not say.
pub(in crate::store) fn find_format(snapshot: &Snapshot) -> Result<Option<u32>, StoreError> {
    match TABLE.find(snapshot, KEY) {
        Ok(header) => Ok(header.map(|header| header.format)),
        Err(StoreError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a database that is only looked at is the one with this header.
pub(super) fn is_of(snapshot: &Snapshot, header: &Header) -> Result<bool, StoreError> {
    Ok(TABLE.find(snapshot, KEY)?.as_ref() == Some(header))
}

/// Whether the database is still the one with this header, and takes writes.
pub(super) fn probe(tx: &mut Tx, header: &Header) -> Result<bool, StoreError> {
    let stored = TABLE.get(tx, KEY)?;
    TABLE.update(tx, KEY, &stored)?;
    Ok(stored == *header)
}

/// Says that the records of a database have been through so many migrations only.
#[cfg(test)]
pub(in crate::store) fn set_format(tx: &mut Tx, format: u32) -> Result<(), StoreError> {
    let header = Header { format, ..TABLE.get(tx, KEY)? };
    TABLE.update(tx, KEY, &header)
}

/// A disk that takes nothing does not make a database a damaged one.
pub(super) fn unusable(error: StoreError) -> OpenError {
    match error {
        StoreError::Unavailable | StoreError::Overlong => OpenError::Io(io::Error::other(NotTaken)),
        StoreError::Damaged { .. }
        | StoreError::Absent { .. }
        | StoreError::Taken { .. }
        | StoreError::Unwritable { .. }
        | StoreError::Panicked => OpenError::Damaged(error.to_string()),
    }
}
