//! The backup that is made before a newer version changes the records (SEC-215): with it one goes back.

use std::path::Path;

use super::backups::{list_own_backups, place_in};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto::MasterKey;
use crate::domain::{Actor, AuditEvent};
use crate::protocol::Timestamp;
use crate::store::backup::{self, BackupError, Draft, Protection};
use crate::store::{Snapshot, database_file};

/// Writes a backup of records that are about to be brought up to date, for the version that wrote them; one of these very
/// records that lies there is enough, so that a start which fails again and again fills no disk. Gives when it was
/// taken, if it was now. Blocks.
///
/// # Errors
/// Why there is none.
pub fn back_up_before_migration(
    tx: &Snapshot,
    data: &Path,
    master_key: &MasterKey,
    now: Timestamp,
) -> Result<Option<Timestamp>, BackupError> {
    let suffix = format!("-format-{}.backup", tx.header()?.format);
    let earlier =
        list_own_backups(data).into_iter().filter(|path| path.to_str().is_some_and(|text| text.ends_with(&suffix)));
    for path in earlier {
        // One that cannot be read is none of these.
        if backup::is_backup_of(&path, tx).unwrap_or(false) {
            tracing::info!(path = %path.display(), "the records of the version before lie in a backup already");
            return Ok(None);
        }
    }
    // Two in one second have each a name of their own.
    let mut path = place_in(data, now, &suffix)?;
    for number in 2_u32.. {
        if !path.exists() {
            break;
        }
        path = place_in(data, now, &format!("-{number}{suffix}"))?;
    }
    let draft = Draft {
        taken_at: now,
        master_key_id: master_key.id(),
        master_key: None,
        protection: Protection::None,
        key: None,
        seal: &|digest| master_key.backup_seal(digest),
    };
    let file_bytes = std::fs::metadata(database_file(data)).map_or(0, |found| found.len());
    backup::write_snapshot(tx, file_bytes, &path, &draft)?;
    tracing::info!(path = %path.display(), "the records of the version before are in a backup");
    Ok(Some(now))
}

/// Writes into the audit that such a backup was made.
///
/// # Errors
/// When the store fails.
pub async fn note_backup(app: &App, taken_at: Timestamp) -> Result<(), ActError> {
    let circumstances = Circumstances::of(app, &By::local(Actor::System));
    let noted = app.store.write(move |tx| circumstances.record(tx, AuditEvent::BackupCreated { taken_at })).await;
    noted.map_err(ActError::from)
}
