//! Looks at what an administrator has to hear of, and has it told: what acts have noted, and how the machine is (SEC-166).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::chores;
use crate::acts;
use crate::app::App;
use crate::domain::Alert;
use crate::protocol::Timestamp;
use crate::store::Space;

/// What lasts is said again after so long.
const SAID_AGAIN: Duration = Duration::from_secs(24 * 3_600);
/// A certificate that is over in less than this has to be renewed.
const RENEWAL: Duration = Duration::from_secs(14 * 24 * 3_600);

/// What is remembered from one look to the next. A restart forgets it; what was told within the hour is remembered by the
/// store.
#[derive(Debug, Clone, Default)]
pub(super) struct Sentinel {
    has_no_backup: Arc<AtomicBool>,
    /// Since when what lasts was noted last, as long as it lasts.
    noted: Arc<Mutex<BTreeMap<Alert, Duration>>>,
}

impl Sentinel {
    /// Makes the backup that is due, and remembers whether it could not be made.
    pub(super) async fn back_up(self, app: App, serving_for: Duration, is_steady: bool) {
        let has_failed = chores::back_up(app, serving_for, is_steady).await;
        self.has_no_backup.store(has_failed, Ordering::Release);
    }

    /// What began since the last look, or has lasted for another day.
    fn take_come(&self, states: &[(Alert, bool)], now: Duration) -> Vec<Alert> {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut come = Vec::new();
        for (alert, is_so) in states {
            if !is_so {
                noted.remove(alert);
                continue;
            }
            if noted.get(alert).is_none_or(|at| now.saturating_sub(*at) >= SAID_AGAIN) {
                noted.insert(*alert, now);
                come.push(*alert);
            }
        }
        come
    }

    /// It could not be noted: the next look finds it anew.
    fn give_back(&self, come: &[Alert]) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        for alert in come {
            noted.remove(alert);
        }
    }
}

/// How the instance and its machine are.
#[derive(Debug, Default)]
struct Found {
    is_in_surge: bool,
    has_no_backup: bool,
    certificate_lasts: Option<Duration>,
    space: Option<Space>,
    is_clock_moved: bool,
}

impl Found {
    /// What of it an administrator has to hear of, and whether it is so.
    fn states(&self) -> [(Alert, bool); 5] {
        [
            (Alert::MassFailures, self.is_in_surge),
            (Alert::BackupFailed, self.has_no_backup),
            (Alert::CertificateEnds, self.certificate_lasts.is_some_and(|left| left < RENEWAL)),
            (Alert::DiskLow, self.space.is_some_and(Space::is_low)),
            (Alert::ClockMoved, self.is_clock_moved),
        ]
    }
}

/// One look. `certificate_until`: when the certificate is over that somebody has to renew.
pub(super) async fn look(app: App, sentinel: Sentinel, certificate_until: Option<Timestamp>, is_steady: bool) {
    let found = Found {
        is_in_surge: acts::is_in_surge(&app),
        has_no_backup: sentinel.has_no_backup.load(Ordering::Acquire),
        certificate_lasts: certificate_until.map(|until| Duration::from_secs(until.seconds_since(app.clock.now()))),
        space: app.store.space(),
        is_clock_moved: !is_steady || app.clock.seconds_behind() > 0,
    };
    let come = sentinel.take_come(&found.states(), app.clock.elapsed());
    match acts::tell_administrators(&app, come.clone()).await {
        Ok(0) => {}
        Ok(mails) => tracing::info!(mails, "administrators are told by mail of what needs them"),
        Err(cause) => {
            sentinel.give_back(&come);
            tracing::warn!(%cause, "administrators were not told of what needs them; it is tried again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn sec_166_each_trouble_of_the_machine_is_its_own_kind() {
        let said = |found: Found| -> Vec<Alert> {
            found.states().into_iter().filter_map(|(alert, is_so)| is_so.then_some(alert)).collect()
        };
        let room = |free| Some(Space { free, total: 1_000 });
        let well = || Found { certificate_lasts: Some(RENEWAL), space: room(100), ..Found::default() };
        assert!(said(well()).is_empty());
        assert_eq!(said(Found { is_in_surge: true, ..well() }), [Alert::MassFailures]);
        assert_eq!(said(Found { has_no_backup: true, ..well() }), [Alert::BackupFailed]);
        assert_eq!(said(Found { certificate_lasts: Some(RENEWAL - SECOND), ..well() }), [Alert::CertificateEnds]);
        assert_eq!(said(Found { space: room(99), ..well() }), [Alert::DiskLow]);
        assert_eq!(said(Found { is_clock_moved: true, ..well() }), [Alert::ClockMoved]);
    }

    #[test]
    fn sec_166_what_lasts_is_said_when_it_begins_and_once_a_day() {
        let sentinel = Sentinel::default();
        let come = |is_so, now| sentinel.take_come(&[(Alert::DiskLow, is_so)], now);
        assert!(come(false, SECOND).is_empty());
        assert_eq!(come(true, SECOND), [Alert::DiskLow]);
        assert!(come(true, SAID_AGAIN).is_empty(), "it is known");
        assert_eq!(come(true, SAID_AGAIN + SECOND), [Alert::DiskLow], "it has lasted for a day");
        assert!(come(false, SAID_AGAIN + SECOND * 2).is_empty());
        assert_eq!(come(true, SAID_AGAIN + SECOND * 3), [Alert::DiskLow], "it began anew");
        sentinel.give_back(&[Alert::DiskLow]);
        assert_eq!(come(true, SAID_AGAIN + SECOND * 4), [Alert::DiskLow], "it was not noted");
    }
}
