//! Periodic work: what has expired is deleted, what waits in the outbox leaves, room is kept on the disk, time is noted.
//!
//! Refuses to be waited for: a round that fails or panics is logged, and the next one comes. Doors: [`run`],
//! [`look_after_keys`], [`back_up`].

mod chores;
mod mails;
mod steadiness;
mod supervision;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::app::App;
pub use chores::{back_up, look_after_keys};
use steadiness::Steadiness;
use supervision::{Supervisor, repeat};

/// How long between two purges, and two looks at the disk.
const PURGE_EVERY: Duration = Duration::from_secs(60);
/// How long between two looks at the signing keys.
const KEYS_EVERY: Duration = Duration::from_secs(10 * 60);
/// How long between two looks at what is kept no longer than it is of use; a round is made once a day.
const RETENTION_EVERY: Duration = Duration::from_secs(60 * 60);
/// How long between two looks at the backups.
const BACKUPS_EVERY: Duration = Duration::from_secs(10 * 60);
/// How long after the start before anything is done that rests on the date: a machine that began in the wrong year is set
/// right by then, and that is seen as a leap (SEC-195).
const BELIEVED_AFTER: Duration = Duration::from_secs(60);
/// How long between two notes of the time.
const NOTE_TIME_EVERY: Duration = Duration::from_secs(5 * 60);

/// Works until `stopped` becomes true. `current` gives the instance with the configuration that holds now.
pub async fn run(current: impl Fn() -> App + Send + Sync + 'static, stopped: watch::Receiver<bool>) {
    let current = Arc::new(current);
    let app = current();
    let began = app.clock.elapsed();
    let supervisor = Supervisor::new(&app);
    let steadiness = Arc::new(Mutex::new(Steadiness::begin(&app.clock)));
    let is_steady = {
        let (steadiness, clock) = (Arc::clone(&steadiness), app.clock.clone());
        move || steadiness.lock().unwrap_or_else(PoisonError::into_inner).observe(&clock)
    };
    let purge = {
        let (current, is_steady) = (Arc::clone(&current), is_steady.clone());
        move || chores::purge_expired(current(), is_steady())
    };
    let keys = {
        let (app, is_steady) = (app.clone(), is_steady.clone());
        move || chores::look_after_keys(app.clone(), is_steady())
    };
    let retention = {
        let (current, is_steady) = (Arc::clone(&current), is_steady.clone());
        move || chores::look_after_retention(current(), is_steady())
    };
    let note_time = {
        let (app, is_steady) = (app.clone(), is_steady.clone());
        move || chores::note_time(app.clone(), is_steady())
    };
    let disk = {
        let (app, alarm) = (app.clone(), chores::Alarm::default());
        move || chores::look_at_disk(app.clone(), alarm.clone())
    };
    let backups = {
        let (app, is_steady, started) = (app.clone(), is_steady.clone(), app.clock.now());
        move || chores::back_up(app.clone(), started, is_steady())
    };
    tokio::join!(
        mails::deliver(move || current(), is_steady.clone(), &supervisor, stopped.clone()),
        repeat("purge", PURGE_EVERY, BELIEVED_AFTER, &supervisor, stopped.clone(), purge),
        repeat("disk", PURGE_EVERY, Duration::ZERO, &supervisor, stopped.clone(), disk),
        repeat("retention", RETENTION_EVERY, BELIEVED_AFTER, &supervisor, stopped.clone(), retention),
        repeat("keys", KEYS_EVERY, Duration::ZERO, &supervisor, stopped.clone(), keys),
        repeat("backups", BACKUPS_EVERY, Duration::ZERO, &supervisor, stopped.clone(), backups),
        repeat("time", NOTE_TIME_EVERY, BELIEVED_AFTER, &supervisor, stopped, note_time),
    );
    if app.clock.elapsed().saturating_sub(began) >= BELIEVED_AFTER {
        chores::note_time(app, is_steady()).await;
    }
}
