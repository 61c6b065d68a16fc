//! One run after the other on the same data: time does not go back, and neither does the database unnoticed.

use std::path::PathBuf;
use std::time::Duration;

use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::config::DataLocation;
use crate::crypto::TotpKey;
use crate::domain::{Actor, AuditEvent};
use crate::protocol::Timestamp;
use crate::store::backup;
use crate::store::marks::{self, Mark};
use crate::store::{self, StoreError, Tx};

/// How much later than this start the last run may have dated things, before it is said to have gone by a wrong date:
/// more than passes between two notes of the time.
const AHEAD: Duration = Duration::from_secs(3_600);
/// For how long an earlier state may have gone on where nothing beside it says so.
const UNSEEN: Duration = Duration::from_secs(31 * 86_400);
/// How long a start waits for a store whose first commit failed: a full disk has room again once the reserve is given up
/// (SEC-190), which is one or two attempts later.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a start found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuity {
    /// The database is where the last run left it, or new.
    Continued,
    /// It is an earlier state of itself: everything that was handed out has been made void.
    PutBack,
    /// Nothing beside it says how far it had come, so it may be an earlier state of itself: the same.
    Unwitnessed,
    /// The last run went by a date that has not come: what it handed out, to be good until long after that date, has been
    /// made void.
    WasAhead,
}

/// Begins a run: takes over the latest time seen, and compares how far the database has come with what the file beside
/// it says. The database is noted first, so that a crash in between is no difference.
///
/// # Errors
/// When the store fails.
pub async fn begin_run(app: &App) -> Result<Continuity, ActError> {
    let known = app.store.read(marks::get)?;
    let noted = read_beside(app);
    // Data in memory, and a first run, have nothing beside them.
    let is_unwitnessed = noted.is_none() && known.term > 0 && app.high_water.is_some();
    let noted = noted.unwrap_or(known);
    app.clock.raise(known.seen_at.max(noted.seen_at));
    if app.clock.seconds_behind() > 0 {
        tracing::warn!(
            seconds = app.clock.seconds_behind(),
            "the clock of this machine was set back: nothing that has expired is honoured again; set it right, or \
             wait until it has caught up"
        );
    }
    let is_put_back = noted.term > known.term;
    // What the clock shows at the start is not believed yet: a machine that begins in the wrong year is set right soon.
    let seen_at = known.seen_at.max(noted.seen_at);
    let now = app.clock.now();
    let dated_at = known.dated_at.max(noted.dated_at);
    let was_ahead = dated_at.seconds_since(now) > AHEAD.as_secs();
    // Until when codes of applications may have been used. A start by a date far ahead must not refuse all of them until then.
    let used_until = now.min(dated_at.plus(if is_unwitnessed { UNSEEN } else { AHEAD }));
    let mark = Mark { term: known.term.max(noted.term).saturating_add(1), seen_at, dated_at: now };
    let circumstances = Circumstances::of(app, &By::local(Actor::System));
    let begin = move |tx: &mut Tx| {
        marks::put(tx, &mark)?;
        if is_put_back || is_unwitnessed {
            backup::distrust(tx, TotpKey::latest_period(used_until))?;
            circumstances.record(tx, AuditEvent::DatabasePutBack)?;
        } else if was_ahead {
            store::void_what_was_handed_out(tx)?;
            circumstances.record(tx, AuditEvent::DateWasAhead)?;
        }
        Ok(())
    };
    write_first(app, begin).await?;
    write_beside(app, mark);
    match (is_put_back, was_ahead) {
        _ if is_unwitnessed => {
            tracing::error!(
                path = %app.high_water.as_deref().map(|path| path.display().to_string()).unwrap_or_default(),
                "nothing says how far the database had come, so that it may be an earlier state of itself: every session, \
                 code, token and link was made void"
            );
            Ok(Continuity::Unwitnessed)
        }
        (true, _) => {
            tracing::error!(
                "the database is an earlier state of itself: every session, code, token and link was made void"
            );
            Ok(Continuity::PutBack)
        }
        (false, true) => {
            tracing::error!(
                "the last run went by a date that has not come yet: every session, code, token and link was made void"
            );
            Ok(Continuity::WasAhead)
        }
        (false, false) => Ok(Continuity::Continued),
    }
}

/// Notes that time has passed, in the database and beside it. `seen_at` is the time, where it can be trusted.
///
/// # Errors
/// When the store fails.
pub async fn note_time(app: &App, seen_at: Option<Timestamp>) -> Result<(), ActError> {
    let dated_at = app.clock.now();
    let note = move |tx: &mut Tx| -> Result<Mark, StoreError> {
        let known = marks::get(tx)?;
        let seen_at = known.seen_at.max(seen_at.unwrap_or_default());
        let mark = Mark { term: known.term.saturating_add(1), seen_at, dated_at };
        marks::put(tx, &mark)?;
        Ok(mark)
    };
    let mark = app.store.write(note).await?;
    write_beside(app, mark);
    Ok(())
}

/// What is noted outside the database, beside the key or in the data directory, for this database: the latest.
fn read_beside(app: &App) -> Option<Mark> {
    let in_directory = match &app.config.data {
        DataLocation::Directory(directory) => Some(marks::in_directory(directory)),
        DataLocation::Memory => None,
    };
    let mut places: Vec<PathBuf> = app.high_water.as_deref().cloned().into_iter().chain(in_directory).collect();
    places.dedup();
    let read = |path: &PathBuf| match marks::read_file(path, &app.store.header().instance_id) {
        Ok(noted) => noted,
        Err(cause) => {
            tracing::warn!(path = %path.display(), %cause, "how far the database had come cannot be read");
            None
        }
    };
    places.iter().filter_map(read).max_by_key(|mark| mark.term)
}

/// A file that cannot be written weakens a guard and stops nothing.
fn write_beside(app: &App, mark: Mark) {
    let Some(path) = app.high_water.as_deref() else { return };
    if let Err(cause) = marks::write_file(path, &app.store.header().instance_id, mark) {
        tracing::warn!(path = %path.display(), %cause, "how far the database has come cannot be noted");
    }
}

/// The first write of a run: what it writes is the same however often it is done.
async fn write_first(
    app: &App,
    begin: impl Fn(&mut Tx) -> Result<(), StoreError> + Clone + Send + 'static,
) -> Result<(), StoreError> {
    match app.store.write(begin.clone()).await {
        Err(StoreError::Unavailable) => {}
        outcome => return outcome,
    }
    let recovered = async {
        while !app.store.is_healthy() {
            tokio::time::sleep(PATIENCE / 100).await;
        }
    };
    match tokio::time::timeout(PATIENCE, recovered).await {
        Ok(()) => app.store.write(begin).await,
        Err(_elapsed) => Err(StoreError::Unavailable),
    }
}
