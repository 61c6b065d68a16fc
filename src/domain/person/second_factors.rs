//! What a person proves their identity with beside a password or a mailed secret.

use serde::{Deserialize, Serialize};

use crate::protocol::Timestamp;

/// Wrong codes in a row, over whatever time, after which no more are tried (NIST SP 800-63B-4 §3.2.2).
const IN_A_ROW: u32 = 100;
/// How many recovery codes are made at once.
pub const RECOVERY_CODES: usize = 10;

/// Whether an account has a second factor, and where it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactorUse {
    /// There is none.
    #[default]
    None,
    /// Where a service, the operator or the account itself demands it.
    OnDemand,
    /// At every sign-in.
    Always,
}

impl SecondFactorUse {
    /// Whether there is none, as most accounts are.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// An application that shows codes of six digits (RFC 6238).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totp {
    /// The key, sealed with the master key.
    pub sealed_key: String,
    /// When it was set up.
    pub added_at: Timestamp,
    /// The last period of thirty seconds of which a code was accepted; earlier ones are not any more.
    pub last_period: u64,
}

/// The second factors of one person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SecondFactors {
    /// The application that shows codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp: Option<Totp>,
    /// Keyed tags of the recovery codes that were not used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recovery_tags: Vec<String>,
    /// Wrong codes in a row.
    #[serde(default)]
    pub wrong_in_a_row: u32,
    /// How many times something was set up: no key is offered twice.
    #[serde(default)]
    pub generation: u32,
}

impl SecondFactors {
    /// Whether nothing was ever set up.
    pub fn is_untouched(&self) -> bool {
        *self == Self::default()
    }

    /// Whether too many wrong codes were given, so that none is tried any more.
    pub fn is_suspended(&self) -> bool {
        self.wrong_in_a_row >= IN_A_ROW
    }

    /// Counts a wrong code; whether it was the last one.
    pub fn failed(&mut self) -> bool {
        self.wrong_in_a_row = self.wrong_in_a_row.saturating_add(1);
        self.wrong_in_a_row == IN_A_ROW
    }

    /// Sets an application up, with the recovery codes that go with it. Codes of before are dead.
    pub fn set_up(&mut self, totp: Totp, recovery_tags: Vec<String>) {
        self.totp = Some(totp);
        self.recovery_tags = recovery_tags;
        self.wrong_in_a_row = 0;
        self.generation = self.generation.saturating_add(1);
    }

    /// Takes everything away.
    pub fn remove(&mut self) {
        *self = Self { generation: self.generation, ..Self::default() };
    }

    /// Accepts the code of a period, once: a period that was accepted, and every earlier one, is not any more (SEC-77).
    pub fn accept_period(&mut self, period: u64) -> bool {
        let Some(totp) = self.totp.as_mut().filter(|totp| period > totp.last_period) else { return false };
        totp.last_period = period;
        self.wrong_in_a_row = 0;
        true
    }

    /// Uses a recovery code up.
    pub fn accept_recovery(&mut self, tag: &str) -> bool {
        let before = self.recovery_tags.len();
        self.recovery_tags.retain(|known| known != tag);
        let is_known = self.recovery_tags.len() < before;
        if is_known {
            self.wrong_in_a_row = 0;
        }
        is_known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors() -> SecondFactors {
        let mut factors = SecondFactors::default();
        let totp = Totp { sealed_key: String::from("sealed"), added_at: Timestamp(1), last_period: 100 };
        factors.set_up(totp, vec![String::from("a"), String::from("b")]);
        factors
    }

    #[test]
    fn sec_77_a_period_is_accepted_once_and_no_earlier_one_after_it() {
        let mut factors = factors();
        assert!(!factors.accept_period(100), "the one of the set-up");
        assert!(factors.accept_period(102));
        assert!(!factors.accept_period(102) && !factors.accept_period(101));
        assert!(factors.accept_period(103));
    }

    #[test]
    fn sec_79_a_recovery_code_is_used_once() {
        let mut factors = factors();
        assert!(factors.accept_recovery("a") && !factors.accept_recovery("a") && !factors.accept_recovery("c"));
        assert_eq!(factors.recovery_tags, ["b"]);
    }

    #[test]
    fn sec_78_a_hundred_wrong_codes_in_a_row_suspend_the_factor() {
        let mut factors = factors();
        let last = (1..=100).filter(|_| factors.failed()).count();
        assert!(last == 1 && factors.is_suspended());
        factors.remove();
        assert!(!factors.is_suspended() && factors.totp.is_none() && factors.generation == 1);
    }
}
