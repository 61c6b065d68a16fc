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
/// A backup whose name is further in the future than this was made by a wrong date: it counts for nothing.
const AHEAD: Duration = Duration::from_secs(3600);

/// Makes a backup when one is due, and deletes those that are kept no longer. `serving_for`: since when the instance serves.
/// What the clock shows counts, set back or not: so are backups named.
///
/// # Errors
/// Why there is none; nothing is deleted then.
pub async fn back_up_when_due(app: &App, by: &By, serving_for: Duration) -> Result<Option<BackupMade>, BackupRefusal> {
    let (Some(every), DataLocation::Directory(directory)) = (app.config.backups.every, &app.config.data) else {
        return Ok(None);
    };
    let now = app.clock.wall();
    let is_due = match scheduled(directory, now).into_iter().map(|(taken_at, _)| taken_at).max() {
        Some(newest) => newest.plus(every).has_come(now),
        None => serving_for >= AFTER_THE_START.min(every),
    };
    if !is_due {
        return Ok(None);
    }
    let order = BackupOrder { is_scheduled: true, ..BackupOrder::default() };
    let made = create_backup(app, by, order).await?;
    let (directory, retention) = (directory.clone(), app.config.backups.retention);
    let pruning = tokio::task::spawn_blocking(move || {
        let backups = scheduled(&directory, now);
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

/// When the newest backup in the folder of a data directory was taken, whoever made it; one from the future is none.
pub fn newest_backup(directory: &Path, now: Timestamp) -> Option<Timestamp> {
    let times = list_own_backups(directory).into_iter().filter_map(|path| time_of(&path));
    times.filter(|taken_at| has_been(*taken_at, now)).max()
}

fn has_been(taken_at: Timestamp, now: Timestamp) -> bool {
    taken_at <= now.plus(AHEAD)
}

/// Those that were made by schedule.
fn scheduled(directory: &Path, now: Timestamp) -> Vec<(Timestamp, PathBuf)> {
    let is_scheduled = |path: &PathBuf| path.to_str().is_some_and(|text| text.ends_with(SCHEDULED));
    let backups = list_own_backups(directory).into_iter().filter(is_scheduled);
    let dated = backups.filter_map(|path| Some((time_of(&path)?, path)));
    dated.filter(|(taken_at, _)| has_been(*taken_at, now)).collect()
}

/// The time in a name: `moncomptepro-20261123T090000…`.
fn time_of(path: &Path) -> Option<Timestamp> {
    let name = path.file_name()?.to_str()?.strip_prefix("moncomptepro-")?;
    let part = |from: usize, to: usize| name.get(from..to);
    let date = format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?);
    Timestamp::parse_iso8601(&format!("{date}T{}:{}:{}Z", part(9, 11)?, part(11, 13)?, part(13, 15)?))
}
