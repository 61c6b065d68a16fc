//! Attempts are taken before they are made, in memory; the write of the request records how they ended.

use std::sync::PoisonError;

use super::ActError;
use crate::app::App;
use crate::crypto;
use crate::domain::AttemptLimit;

/// Attempts taken for one try at a secret, to be settled when its outcome is known.
#[derive(Debug)]
pub struct Attempt {
    subject: u64,
    source: Option<u64>,
}

impl Attempt {
    /// The secret was right: the subject's count starts again, the source is not charged.
    pub fn succeeded(self, app: &App) {
        let mut counter = app.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        counter.forget(self.subject);
        if let Some(source) = self.source {
            counter.release(source);
        }
    }

    /// The try was never made: nothing is charged.
    pub fn withdrawn(self, app: &App) {
        let mut counter = app.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        counter.release(self.subject);
        if let Some(source) = self.source {
            counter.release(source);
        }
    }
}

/// Takes one attempt at the secret of `subject` (an address or a client, told apart by `kind`) from `source`.
///
/// # Errors
/// When there were too many, with the seconds to wait; nothing is charged then.
pub fn reserve_attempt(
    app: &App,
    kind: &str,
    subject: &str,
    source: &str,
    limit: AttemptLimit,
) -> Result<Attempt, ActError> {
    let now = app.clock.now();
    let subject = key(app, kind, subject);
    let mut counter = app.attempts.lock().unwrap_or_else(PoisonError::into_inner);
    let too_many =
        |refusal: crate::domain::TooManyAttempts| ActError::TooManyAttempts { retry_after: refusal.retry_after };
    let source = match app.config.limits.per_source {
        Some(per_source) => {
            let source = key(app, "source", source);
            counter.reserve(source, per_source, now).map_err(too_many)?;
            Some(source)
        }
        None => None,
    };
    if let Err(refusal) = counter.reserve(subject, limit, now) {
        if let Some(source) = source {
            counter.release(source);
        }
        return Err(too_many(refusal));
    }
    Ok(Attempt { subject, source })
}

/// A keyed hash, so that nobody can choose what collides.
fn key(app: &App, kind: &str, subject: &str) -> u64 {
    let digest = crypto::sha256(app.keys.attempts.tag(kind, &[subject]).as_bytes());
    digest.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}
