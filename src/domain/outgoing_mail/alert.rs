//! What wakes an administrator: each kind at most once an hour (SEC-166).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::AuditEvent;
use crate::protocol::Timestamp;

/// How long nothing more is said of a kind.
const QUIET: Duration = Duration::from_secs(3_600);

/// The kinds, each with its word: a kind that is not here does not exist, and none is left out of their list.
macro_rules! alerts {
    ($($(#[$about:meta])* $alert:ident = $word:literal),+ $(,)?) => {
        /// Something that an administrator has to hear of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Alert {
            $($(#[$about])* $alert),+
        }

        impl Alert {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$alert),+];

            /// Its word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$alert => $word),+
                }
            }
        }
    };
}

alerts! {
    /// A code came again that had been redeemed.
    CodeReplayed = "code_replayed",
    /// The signing keys or the master key changed.
    KeysChanged = "keys_changed",
    /// Far more attempts fail than usual.
    MassFailures = "mass_failures",
    /// A backup was due and was not made.
    BackupFailed = "backup_failed",
    /// The certificate is over in less than fourteen days.
    CertificateEnds = "certificate_ends",
    /// The disk of the data directory is almost full.
    DiskLow = "disk_low",
    /// The clock of the machine was moved.
    ClockMoved = "clock_moved",
}

impl Alert {
    /// The kind that an event is of, if it is of one.
    pub fn of(event: &AuditEvent) -> Option<Self> {
        if matches!(event, AuditEvent::CodeReplayed { .. }) {
            return Some(Self::CodeReplayed);
        }
        let is_of_keys = matches!(
            event,
            AuditEvent::SigningKeyRotated { .. }
                | AuditEvent::SigningKeyDropped { .. }
                | AuditEvent::MasterKeyRotated { .. }
        );
        if is_of_keys {
            return Some(Self::KeysChanged);
        }
        matches!(event, AuditEvent::DateWasAhead).then_some(Self::ClockMoved)
    }
}

/// What is known of a kind: what has come and is not told, and when something was told last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertNote {
    /// Which.
    pub alert: Alert,
    /// When it came last.
    pub last_at: Timestamp,
    /// How often it came since something was told.
    pub untold: u64,
    /// When something was told last.
    pub told_at: Option<Timestamp>,
}

impl AlertNote {
    /// It never came.
    pub fn new(alert: Alert) -> Self {
        Self { alert, last_at: Timestamp(0), untold: 0, told_at: None }
    }

    /// It came.
    #[must_use]
    pub fn came(self, at: Timestamp) -> Self {
        Self { last_at: self.last_at.max(at), untold: self.untold.saturating_add(1), ..self }
    }

    /// Whether it is to be told: it came, and nothing was told of its kind within the hour. What was told by a date that
    /// has not come yet was told by a wrong one.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let is_quiet = |told_at: Timestamp| told_at <= now && !told_at.plus(QUIET).has_come(now);
        self.untold > 0 && !self.told_at.is_some_and(is_quiet)
    }

    /// It was told.
    #[must_use]
    pub fn told(self, now: Timestamp) -> Self {
        Self { untold: 0, told_at: Some(now), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_424_400);

    #[test]
    fn sec_166_a_kind_is_told_once_an_hour_and_what_came_meanwhile_with_the_next_one() {
        let first = AlertNote::new(Alert::CodeReplayed).came(NOW);
        assert!(first.is_due(NOW), "nothing was told before");
        let told = first.told(NOW);
        assert!(!told.is_due(NOW.plus(QUIET)), "nothing came since");
        let again = told.came(NOW.plus(Duration::from_secs(10))).came(NOW.plus(Duration::from_secs(5)));
        let last_quiet = Timestamp(NOW.plus(QUIET).0 - 1);
        assert!(!again.is_due(last_quiet) && again.is_due(NOW.plus(QUIET)));
        assert_eq!((again.untold, again.last_at), (2, NOW.plus(Duration::from_secs(10))));
        assert!(again.told(NOW.plus(QUIET * 9)).came(NOW).is_due(NOW), "it was told by a date that has not come");
    }

    #[test]
    fn sec_166_an_event_is_of_one_kind_or_of_none() {
        let kid = || String::from("kid");
        let client_id = || "service".parse().unwrap();
        let cases = [
            (AuditEvent::CodeReplayed { client_id: client_id() }, Some(Alert::CodeReplayed)),
            (AuditEvent::CodeRefused { client_id: client_id() }, None),
            (AuditEvent::SigningKeyDropped { kid: kid() }, Some(Alert::KeysChanged)),
            (AuditEvent::MasterKeyRotated { from: kid(), to: kid() }, Some(Alert::KeysChanged)),
            (AuditEvent::DateWasAhead, Some(Alert::ClockMoved)),
            (AuditEvent::AuditRead, None),
        ];
        for (event, expected) in cases {
            assert_eq!(Alert::of(&event), expected, "{event:?}");
        }
    }

    #[test]
    fn sec_166_words_are_distinct_and_those_of_what_is_stored() {
        for alert in Alert::ALL {
            assert_eq!(serde_json::to_value(alert).unwrap(), alert.as_str());
        }
    }
}
