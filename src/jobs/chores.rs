//! What is done again and again; one round of each.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::acts::administration::{
    KeyRotation, RefreshRound, Urgency, carry_out_factor_removals, drop_retired_keys, follow_import,
    forget_old_invitations, keys_due, make_retention_round, refresh_stale_organizations, rotate_keys,
    weigh_waiting_links,
};
use crate::acts::{self, By};
use crate::app::App;
use crate::domain::Actor;
use crate::protocol::Timestamp;
use crate::store::marks;

/// What is retained no longer is deleted, by the time that the clock shows; after a leap of the clock nothing is.
pub(super) async fn purge_expired(app: App, is_steady: bool) {
    if !is_steady {
        return;
    }
    // Before what became of it is forgotten.
    match carry_out_factor_removals(&app).await {
        Ok(0) => {}
        Ok(people) => tracing::info!(people, "second factors were removed, as operators had asked"),
        Err(cause) => tracing::warn!(%cause, "second factors were not removed; it is tried again"),
    }
    match app.store.purge(app.clock.wall()).await {
        Ok(purged) if purged.records > 0 => tracing::debug!(records = purged.records, "purged what had expired"),
        Ok(_) => {}
        Err(cause) => tracing::warn!(%cause, "nothing was purged"),
    }
    if let Err(cause) = forget_old_invitations(&app).await {
        tracing::warn!(%cause, "addresses of old invitations were not forgotten");
    }
    if let Err(cause) = acts::forget_former_addresses(&app).await {
        tracing::warn!(%cause, "addresses that accounts left were not forgotten");
    }
    match acts::drop_stale_mails(&app).await {
        Ok(0) => {}
        Ok(mails) => {
            tracing::warn!(mails, "mails were given up: the code in them was over, or they waited for too long")
        }
        Err(cause) => tracing::warn!(%cause, "stale mails were not dropped"),
    }
}

/// Services are told that sessions are over.
pub(super) async fn tell_of_logouts(app: App) {
    if let Err(cause) = acts::tell_of_logouts(&app).await {
        tracing::warn!(%cause, "services were not told of sign-outs; it is tried again");
    }
}

/// Accounts that nobody uses are announced and erased, and addresses of the audit go; after a leap of the clock nothing does.
pub(super) async fn look_after_retention(app: App, is_steady: bool) {
    if !is_steady {
        return;
    }
    match make_retention_round(&app).await {
        Ok(None) => {}
        Ok(Some(round)) => tracing::info!(
            round = round.number,
            announced = round.announced,
            erased = round.erased,
            addresses = round.addresses_removed,
            "what is kept no longer than it is of use was looked at"
        ),
        Err(cause) => tracing::warn!(%cause, "the round of retention was not made; it is tried again"),
    }
}

/// Organizations of which the register spoke long ago are read anew, a few at a time; after a leap of the clock nothing is.
pub(super) async fn refresh_organizations(app: App, round: Arc<Mutex<RefreshRound>>, is_steady: bool) {
    if !is_steady {
        return;
    }
    let begun = *round.lock().unwrap_or_else(PoisonError::into_inner);
    match refresh_stale_organizations(&app, begun).await {
        Ok(done) => *round.lock().unwrap_or_else(PoisonError::into_inner) = done,
        Err(cause) => tracing::warn!(%cause, "organizations were not read anew; it is tried again"),
    }
}

/// Links that joining left to be weighed later are.
pub(super) async fn weigh_links(app: App) {
    match weigh_waiting_links(&app).await {
        Ok(0) => {}
        Ok(links) => tracing::info!(links, "links were weighed, whose domain was approved while somebody joined"),
        Err(cause) => tracing::warn!(%cause, "links were not weighed; it goes on with the next round"),
    }
}

/// Organizations follow the files of the register when others are imported.
pub(super) async fn follow_imports(app: App, followed: Arc<Mutex<Option<Timestamp>>>) {
    let before = *followed.lock().unwrap_or_else(PoisonError::into_inner);
    match follow_import(&app, before).await {
        Ok(now) => *followed.lock().unwrap_or_else(PoisonError::into_inner) = now,
        Err(cause) => tracing::warn!(%cause, "organizations do not follow the import yet; it is tried again"),
    }
}

/// Keys that have signed for long enough give way to the next ones; what nothing needs any more is published no more.
/// After a leap of the clock, nobody knows how long that was.
pub async fn look_after_keys(app: App, is_steady: bool) {
    if !is_steady {
        return;
    }
    let by = By::local(Actor::System);
    let algorithms = keys_due(&app);
    if !algorithms.is_empty() {
        match rotate_keys(&app, &by, KeyRotation { algorithms, urgency: Urgency::None }).await {
            Ok(Ok(_)) => tracing::info!("signing keys were rotated"),
            Ok(Err(refusal)) => tracing::warn!(?refusal, "signing keys are due and were not rotated"),
            Err(cause) => tracing::warn!(%cause, "signing keys are due and were not rotated"),
        }
    }
    match drop_retired_keys(&app, &by).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "retired signing keys are published no more"),
        Err(cause) => tracing::warn!(%cause, "retired signing keys were not dropped"),
    }
}

/// Makes the backup that is due; after a leap of the clock, none is. Whether it could not be made.
pub async fn back_up(app: App, serving_for: Duration, is_steady: bool) -> bool {
    if !is_steady {
        return false;
    }
    match acts::back_up_when_due(&app, &By::local(Actor::System), serving_for).await {
        Ok(Some(made)) => tracing::info!(path = %made.path.display(), "a backup was made"),
        Ok(None) => {}
        Err(cause) => {
            tracing::error!(%cause, "a backup is due and was not made; it is tried again");
            return true;
        }
    }
    false
}

/// A time after a leap of the clock is not noted as one that was seen: the next start must not believe it.
pub(super) async fn note_time(app: App, is_steady: bool) {
    let seen_at = is_steady.then(|| app.clock.wall());
    if let Err(cause) = acts::note_time(&app, seen_at).await {
        tracing::warn!(%cause, "the time was not noted");
    }
}

/// The latest time that earlier runs have seen; none where that cannot be read, which stops nothing.
pub(super) fn time_seen(app: &App) -> Timestamp {
    app.store.read(marks::get).map(|mark| mark.seen_at).unwrap_or_default()
}

/// The operator is told, once, that the clock was set back while the instance serves (SEC-195).
pub(super) async fn look_at_clock(app: App, alarm: Alarm) {
    let seconds = app.clock.seconds_behind();
    match (seconds > 0, alarm.0.swap(seconds > 0, Ordering::AcqRel)) {
        (true, false) => tracing::warn!(
            seconds,
            "the clock of this machine was set back while the instance serves: time goes on from where it was. Set it right; \
             if it is right now, restart the instance"
        ),
        (false, true) => tracing::info!("the clock of this machine has caught up"),
        (true, true) | (false, false) => {}
    }
}

/// Whether the operator has been told.
#[derive(Debug, Clone, Default)]
pub(super) struct Alarm(Arc<AtomicBool>);

/// What was turned away is in the audit within two minutes, whoever comes after it.
pub(super) async fn tell_turned_away(app: App, is_ending: bool) {
    if let Err(cause) = acts::tell_turned_away(&app, is_ending).await {
        tracing::warn!(%cause, "what was turned away is not in the audit");
    }
}

/// What the operator has been told of the disk and of the file of the database.
#[derive(Debug, Clone, Default)]
pub(super) struct DiskWatch {
    room: Alarm,
    reading: Alarm,
    file: Alarm,
    rounds: Arc<AtomicU32>,
}

/// Every page of the file is looked at in the second round and in each of so many after it: every six hours.
const ROUNDS: u32 = 360;

/// Room is kept back, and the operator is told in time, once.
pub(super) async fn look_at_disk(app: App, watch: DiskWatch) {
    look_at_file(&app, &watch).await;
    let alarm = watch.room;
    let store = app.store.clone();
    match tokio::task::spawn_blocking(move || store.keep_reserve()).await {
        Ok(Ok(())) => {}
        Ok(Err(cause)) => tracing::warn!(%cause, "no room could be kept back on the disk"),
        Err(cause) => tracing::error!(%cause, "keeping room on the disk ended badly"),
    }
    let Some(space) = app.store.space() else { return };
    match (space.is_low(), alarm.0.swap(space.is_low(), Ordering::AcqRel)) {
        (true, false) => {
            let (free_mib, total_mib) = (space.free >> 20, space.total >> 20);
            tracing::warn!(free_mib, total_mib, "the disk of the data directory is almost full: make room");
        }
        (false, true) => tracing::info!("the disk of the data directory has room again"),
        (true, true) | (false, false) => {}
    }
}

/// The operator hears of a reading that keeps the file growing, and of a file most of which is free (SEC-183).
async fn look_at_file(app: &App, watch: &DiskWatch) {
    let reading = app.store.statistics().oldest_read();
    let is_long = reading >= LONG_READING;
    match (is_long, watch.reading.0.swap(is_long, Ordering::AcqRel)) {
        (true, false) => tracing::warn!(
            seconds = reading.as_secs(),
            "a reading of the database has been under way for long: its file grows meanwhile"
        ),
        (false, true) => tracing::info!("no reading keeps the file of the database growing any more"),
        (true, true) | (false, false) => {}
    }
    if watch.rounds.fetch_add(1, Ordering::AcqRel) % ROUNDS != 1 {
        return;
    }
    let store = app.store.clone();
    let held = match tokio::task::spawn_blocking(move || store.measure()).await {
        Ok(Ok(held)) => held,
        Ok(Err(cause)) => return tracing::warn!(%cause, "what the file of the database holds was not looked at"),
        Err(cause) => return tracing::error!(%cause, "looking at the file of the database ended badly"),
    };
    let file_bytes = app.store.file_bytes();
    let is_free = is_mostly_free(file_bytes, held.used);
    if is_free && !watch.file.0.swap(is_free, Ordering::AcqRel) {
        let (file_mib, used_mib) = (file_bytes >> 20, held.used >> 20);
        tracing::warn!(
            file_mib,
            used_mib,
            "more than half of the database's file is free: `moncomptepro compact`, with the instance stopped, gives it back"
        );
    }
}

/// From when on a reading keeps the file growing.
const LONG_READING: Duration = Duration::from_secs(60);
/// A smaller file is not worth stopping for.
const WORTH_COMPACTING: u64 = 64 << 20;

fn is_mostly_free(file_bytes: u64, used: u64) -> bool {
    file_bytes >= WORTH_COMPACTING && used < file_bytes / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_183_compacting_is_advised_where_more_than_half_of_a_large_file_is_free() {
        let mib = 1 << 20;
        assert!(is_mostly_free(100 * mib, 49 * mib) && !is_mostly_free(100 * mib, 50 * mib));
        assert!(is_mostly_free(64 * mib, 0) && !is_mostly_free(64 * mib - 1, 0));
    }
}
