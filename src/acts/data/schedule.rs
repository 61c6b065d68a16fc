//! Backups made by schedule: when one is due, and which are kept (SEC-213).

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::backups::{BackupMade, BackupOrder, BackupRefusal, SCHEDULED, create_backup, list_own_backups};
use crate::acts::By;
use crate::app::App;
use crate::config::DataLocation;
use crate::protocol::Timestamp;

/// The first one is made so long after the start, when there is something in the database.
const AFTER_THE_START: Duration = Duration::from_secs(3600);

/// Makes a backup when one is due, and deletes those that are kept no longer. `started`: since when the instance serves.
///
/// # Errors
/// Why there is none; nothing is deleted then.
pub async fn back_up_when_due(app: &App, by: &By, started: Timestamp) -> Result<Option<BackupMade>, BackupRefusal> {
    let (Some(every), DataLocation::Directory(directory)) = (app.config.backups.every, &app.config.data) else {
        return Ok(None);
    };
    let newest = scheduled(directory).into_iter().map(|(taken_at, _)| taken_at).max();
    let due = newest.map_or_else(|| started.plus(AFTER_THE_START.min(every)), |newest| newest.plus(every));
    if !due.has_come(app.clock.now()) {
        return Ok(None);
    }
    let order = BackupOrder { is_scheduled: true, ..BackupOrder::default() };
    let made = create_backup(app, by, order).await?;
    let (directory, retention) = (directory.clone(), app.config.backups.retention);
    let pruning = tokio::task::spawn_blocking(move || {
        let backups = scheduled(&directory);
        let taken: Vec<Timestamp> = backups.iter().map(|(taken_at, _)| *taken_at).collect();
        let doomed = retention.superfluous(&taken);
        for (_, path) in backups.iter().filter(|(taken_at, _)| doomed.contains(taken_at)) {
            match std::fs::remove_file(path) {
                Ok(()) => tracing::info!(path = %path.display(), "a backup is kept no longer"),
                Err(cause) => tracing::warn!(path = %path.display(), %cause, "an old backup cannot be deleted"),
            }
        }
    });
    pruning.await.map_err(|_| BackupRefusal::CutShort)?;
    Ok(Some(made))
}

/// When the newest backup in the folder of a data directory was taken, whoever made it.
pub fn newest_backup(directory: &Path) -> Option<Timestamp> {
    list_own_backups(directory).iter().filter_map(|path| time_of(path)).max()
}

/// Those that were made by schedule.
fn scheduled(directory: &Path) -> Vec<(Timestamp, PathBuf)> {
    let is_scheduled = |path: &PathBuf| path.to_str().is_some_and(|text| text.ends_with(SCHEDULED));
    let backups = list_own_backups(directory).into_iter().filter(is_scheduled);
    backups.filter_map(|path| Some((time_of(&path)?, path))).collect()
}

/// The time in a name: `moncomptepro-20261123T090000…`.
fn time_of(path: &Path) -> Option<Timestamp> {
    let name = path.file_name()?.to_str()?.strip_prefix("moncomptepro-")?;
    let part = |from: usize, to: usize| name.get(from..to);
    let date = format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?);
    Timestamp::parse_iso8601(&format!("{date}T{}:{}:{}Z", part(9, 11)?, part(11, 13)?, part(13, 15)?))
}
