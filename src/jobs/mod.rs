//! Periodic work: what has expired is deleted, what waits in the outbox leaves, room is kept on the disk, time is noted.
//!
//! Nothing that rests on the date is done in the first minute.
//! Refuses to be waited for: a round that fails or panics is logged, and the next one comes. Doors: [`run`],
//! [`Pace`], [`look_after_keys`], [`back_up`].

mod alerts;
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
use crate::protocol::Timestamp;
use alerts::Sentinel;
pub use chores::{back_up, look_after_keys};
use steadiness::Steadiness;
use supervision::{Supervisor, repeat};

/// How often the rounds are made, and from when on.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two purges, two looks at the disk, two looks at the clock, two looks for an import, and for
    /// links to weigh.
    pub purge: Duration,
    /// Between two looks for services that are to be told of a sign-out.
    pub logouts: Duration,
    /// Between two looks at what is kept no longer than it is of use; a round is made once a day.
    pub retention: Duration,
    /// Between two looks at the signing keys, and at what the register said long ago.
    pub keys: Duration,
    /// Between two looks at the backups.
    pub backups: Duration,
    /// Between two notes of the time.
    pub note_time: Duration,
    /// How long after the start before anything is done that rests on the date: a machine that began in the wrong year is
    /// set right by then, and that is seen (SEC-195).
    pub believed_after: Duration,
}

impl Pace {
    /// That of every instance.
    pub const STANDARD: Self = Self {
        purge: Duration::from_secs(60),
        logouts: Duration::from_secs(1),
        retention: Duration::from_secs(60 * 60),
        keys: Duration::from_secs(10 * 60),
        backups: Duration::from_secs(10 * 60),
        note_time: Duration::from_secs(5 * 60),
        believed_after: Duration::from_secs(60),
    };
}

/// Works until `stopped` becomes true. `current` gives the instance with the configuration that holds now,
/// `certificate_until` when the certificate is over that somebody has to renew.
pub async fn run(
    current: impl Fn() -> App + Send + Sync + 'static,
    certificate_until: impl Fn() -> Option<Timestamp> + Send + Sync,
    stopped: watch::Receiver<bool>,
    pace: Pace,
) {
    let current = Arc::new(current);
    let app = current();
    let began = app.clock.elapsed();
    let supervisor = Supervisor::new(&app);
    let seen_at = chores::time_seen(&app);
    let steadiness = Arc::new(Mutex::new(Steadiness::begin(&app.clock, seen_at)));
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
    let register = {
        let (current, is_steady, round) = (Arc::clone(&current), is_steady.clone(), Arc::default());
        move || chores::refresh_organizations(current(), Arc::clone(&round), is_steady())
    };
    let imports = {
        let (current, followed) = (Arc::clone(&current), Arc::default());
        move || chores::follow_imports(current(), Arc::clone(&followed))
    };
    let links = {
        let current = Arc::clone(&current);
        move || chores::weigh_links(current())
    };
    let note_time = {
        let (app, is_steady) = (app.clone(), is_steady.clone());
        move || chores::note_time(app.clone(), is_steady())
    };
    let disk = {
        let (app, watch) = (app.clone(), chores::DiskWatch::default());
        move || chores::look_at_disk(app.clone(), watch.clone())
    };
    let clock = {
        let (app, alarm) = (app.clone(), chores::Alarm::default());
        move || chores::look_at_clock(app.clone(), alarm.clone())
    };
    let logouts = || chores::tell_of_logouts(app.clone());
    let turned_away = || chores::tell_turned_away(app.clone(), false);
    let sentinel = Sentinel::default();
    let backups = {
        let (app, is_steady, sentinel) = (app.clone(), is_steady.clone(), sentinel.clone());
        move || sentinel.clone().back_up(app.clone(), app.clock.elapsed().saturating_sub(began), is_steady())
    };
    let alerts = {
        let (current, is_steady) = (Arc::clone(&current), is_steady.clone());
        move || alerts::look(current(), sentinel.clone(), certificate_until(), is_steady())
    };
    tokio::join!(
        mails::deliver(move || current(), is_steady.clone(), &supervisor, stopped.clone()),
        repeat("purge", (pace.purge, pace.believed_after), &supervisor, stopped.clone(), purge),
        repeat("logouts", (pace.logouts, Duration::ZERO), &supervisor, stopped.clone(), logouts),
        repeat("disk", (pace.purge, Duration::ZERO), &supervisor, stopped.clone(), disk),
        repeat("clock", (pace.purge, Duration::ZERO), &supervisor, stopped.clone(), clock),
        repeat("turned away", (pace.purge, Duration::ZERO), &supervisor, stopped.clone(), turned_away),
        repeat("retention", (pace.retention, pace.believed_after), &supervisor, stopped.clone(), retention),
        repeat("register", (pace.keys, pace.believed_after), &supervisor, stopped.clone(), register),
        repeat("imports", (pace.purge, pace.believed_after), &supervisor, stopped.clone(), imports),
        repeat("links", (pace.purge, Duration::ZERO), &supervisor, stopped.clone(), links),
        repeat("keys", (pace.keys, pace.believed_after), &supervisor, stopped.clone(), keys),
        repeat("alerts", (pace.purge, Duration::ZERO), &supervisor, stopped.clone(), alerts),
        repeat("backups", (pace.backups, pace.believed_after), &supervisor, stopped.clone(), backups),
        repeat("time", (pace.note_time, pace.believed_after), &supervisor, stopped, note_time),
    );
    chores::tell_turned_away(app.clone(), true).await;
    if app.clock.elapsed().saturating_sub(began) >= pace.believed_after {
        chores::note_time(app, is_steady()).await;
    }
}
