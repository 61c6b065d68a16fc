//! New certificates while the old one serves: looked for when told, and from time to time.

use std::sync::PoisonError;
use std::time::Duration;

use super::pair::Pair;
use super::{Tls, TlsError, Unfit, self_signed_pair};
use crate::clock::Clock;
use crate::protocol::Timestamp;
use crate::serve::signals::Hangups;

/// The operator is reminded when so many days are left.
const REMINDERS: [u64; 4] = [1, 7, 14, 30];
const DAY: u64 = 24 * 3600;

/// What is remembered from one look to the next.
pub(super) struct Watched {
    digest: [u8; 32],
    /// The last complaint, which is not repeated.
    complaint: Option<String>,
    /// The last reminder, in days.
    reminded: Option<u64>,
}

impl Watched {
    pub(super) fn new(digest: [u8; 32]) -> Self {
        Self { digest, complaint: None, reminded: None }
    }
}

/// What a look at the files came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// They are as they were.
    Unchanged,
    /// New handshakes show the new certificate.
    Replaced,
    /// The pair in use goes on.
    Refused(String),
}

impl Tls {
    /// Looks at the files, and uses what is there if it is good.
    pub fn refresh(&self, now: Timestamp) -> Refreshed {
        let shared = &self.shared;
        let in_use = shared.shown.get();
        let outcome = if shared.is_self_signed && in_use.until.has_come(now) {
            self_signed_pair(&shared.places, &shared.provider, &shared.host, now).map(Some)
        } else {
            self.new_pair(now)
        };
        let mut watched = shared.watched.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(None) => {
                // What was refused is gone, and the pair in use is there again.
                watched.complaint = None;
                Refreshed::Unchanged
            }
            Ok(Some((pair, digest))) => {
                watched.digest = digest;
                watched.complaint = None;
                watched.reminded = None;
                tracing::info!(fingerprint = %pair.fingerprint, until = %pair.until, "a new certificate is in use");
                shared.shown.set(pair);
                Refreshed::Replaced
            }
            Err(cause) => {
                let complaint = cause.to_string();
                if watched.complaint.as_ref() != Some(&complaint) {
                    tracing::error!(%cause, "the new certificate is not used; the one before goes on");
                    watched.complaint = Some(complaint.clone());
                }
                Refreshed::Refused(complaint)
            }
        }
    }

    /// Whether the files hold a pair that is not used.
    pub fn is_refusing(&self) -> bool {
        self.shared.watched.lock().unwrap_or_else(PoisonError::into_inner).complaint.is_some()
    }

    fn new_pair(&self, now: Timestamp) -> Result<Option<(Pair, [u8; 32])>, TlsError> {
        let shared = &self.shared;
        let files = shared.places.read()?;
        if shared.watched.lock().unwrap_or_else(PoisonError::into_inner).digest == files.digest {
            return Ok(None);
        }
        let pair = shared.places.judge(&files, &shared.provider)?;
        let reason = if pair.until.has_come(now) {
            Unfit::Over(pair.until)
        } else if now < pair.from {
            Unfit::NotYet(pair.from)
        } else if shared.shown.get().is_for(&shared.host) && !pair.is_for(&shared.host) {
            Unfit::OtherHost(shared.host.clone())
        } else {
            return Ok(Some((pair, files.digest)));
        };
        Err(TlsError::Unusable { path: shared.places.certificate.clone(), reason })
    }

    /// When the certificate is over, where somebody has to renew it: one that is signed by itself is made anew in time.
    pub fn to_be_renewed_before(&self) -> Option<Timestamp> {
        (!self.shared.is_self_signed).then(|| self.valid_until())
    }

    /// Days until the certificate is over, when the operator has to be reminded of it: once for each of some numbers.
    pub(super) fn reminder(&self, now: Timestamp) -> Option<u64> {
        let left = self.valid_until().seconds_since(now) / DAY;
        let due = REMINDERS.into_iter().find(|days| left < *days)?;
        let mut watched = self.shared.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if self.shared.is_self_signed || watched.reminded == Some(due) {
            return None;
        }
        watched.reminded = Some(due);
        Some(left)
    }

    /// How long between two looks at the files.
    pub const LOOK_EVERY: Duration = Duration::from_secs(30);

    /// Looks at the files every so often and whenever the system says so, for ever.
    pub async fn keep_fresh(&self, clock: &Clock, mut hangups: Hangups, look_every: Duration) {
        loop {
            let is_told = tokio::select! {
                () = tokio::time::sleep(look_every) => false,
                () = hangups.next() => true,
            };
            let (tls, now) = (self.clone(), clock.now());
            match tokio::task::spawn_blocking(move || tls.refresh(now)).await {
                Ok(outcome) if is_told => tracing::info!(?outcome, "asked to read the certificate again"),
                Ok(_) => {}
                Err(cause) => tracing::error!(%cause, "the certificate was not looked at"),
            }
            if let Some(days) = self.reminder(now) {
                tracing::warn!(days, until = %self.valid_until(), "the certificate is over soon: renew it");
            }
        }
    }
}

/// What is odd about a pair without being a reason not to start: an operator who is locked out cannot mend it.
pub(super) fn warn_at_start(pair: &Pair, host: &str, now: Timestamp) {
    if pair.until.has_come(now) {
        tracing::error!(until = %pair.until, "THE CERTIFICATE IS OVER: browsers and services refuse it; renew it now");
    } else if now < pair.from {
        tracing::error!(from = %pair.from, "the certificate is not valid yet: browsers and services refuse it");
    }
    if !pair.is_for(host) {
        tracing::error!(host, "the certificate is not for the host of public_url: browsers and services refuse it");
    }
}
