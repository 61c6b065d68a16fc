//! What a person proves their identity with beside a password or a mailed secret.

use serde::{Deserialize, Serialize};

use super::{MOST_PASSKEYS, Passkey};
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
    /// The passkeys, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passkeys: Vec<Passkey>,
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

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.totp.is_none() && self.passkeys.is_empty()
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

    /// Takes over from a later state of itself what must not be possible again: codes used or replaced since are dead, periods
    /// accepted since are not accepted again, what was suspended stays so. Nothing is added that opens anything.
    pub fn learn(&mut self, later: &Self) {
        self.recovery_tags.retain(|tag| later.recovery_tags.contains(tag));
        if let (Some(totp), Some(later)) = (self.totp.as_mut(), &later.totp) {
            totp.last_period = totp.last_period.max(later.last_period);
        }
        for passkey in &mut self.passkeys {
            let known = later.passkeys.iter().find(|known| known.id == passkey.id);
            passkey.suspended_at = passkey.suspended_at.or(known.and_then(|known| known.suspended_at));
        }
        self.wrong_in_a_row = self.wrong_in_a_row.max(later.wrong_in_a_row);
        self.generation = self.generation.max(later.generation);
    }

    /// Whether one more passkey may be added.
    pub fn may_have_another_passkey(&self) -> bool {
        self.passkeys.len() < MOST_PASSKEYS
    }

    /// Adds a passkey. The first factor of an account comes with recovery codes; for others they stay as they are.
    pub fn add_passkey(&mut self, passkey: Passkey, recovery_tags: Vec<String>) -> bool {
        let is_first = self.is_empty();
        if is_first {
            self.recovery_tags = recovery_tags;
        }
        self.passkeys.push(passkey);
        self.generation = self.generation.saturating_add(1);
        is_first
    }

    /// The passkey of this name.
    pub fn passkey_mut(&mut self, id: &str) -> Option<&mut Passkey> {
        self.passkeys.iter_mut().find(|passkey| passkey.id == id)
    }

    /// Takes the application away; whether there was one.
    pub fn remove_totp(&mut self) -> bool {
        let was_there = self.totp.take().is_some();
        self.wrong_in_a_row = 0;
        self.clear_when_empty();
        was_there
    }

    /// Takes a passkey away; whether it was there.
    pub fn remove_passkey(&mut self, id: &str) -> bool {
        let before = self.passkeys.len();
        self.passkeys.retain(|passkey| passkey.id != id);
        self.clear_when_empty();
        self.passkeys.len() < before
    }

    /// Takes everything away; gives the passkeys that there were.
    pub fn take_all(&mut self) -> Vec<Passkey> {
        let passkeys = std::mem::take(&mut self.passkeys);
        self.totp = None;
        self.clear_when_empty();
        passkeys
    }

    /// Takes away what was set up at `since` or later, and the recovery codes, of which nothing says when they were made;
    /// gives the passkeys that went.
    pub fn take_since(&mut self, since: Timestamp) -> Vec<Passkey> {
        let passkeys = self.passkeys.extract_if(.., |passkey| passkey.added_at >= since).collect();
        self.totp.take_if(|totp| totp.added_at >= since);
        self.recovery_tags.clear();
        self.clear_when_empty();
        passkeys
    }

    /// Recovery codes stand for nothing once nothing is left.
    fn clear_when_empty(&mut self) {
        if self.is_empty() {
            *self = Self { generation: self.generation, ..Self::default() };
        }
    }

    /// Accepts the code of a period, once: a period that was accepted, and every earlier one, is not any more (SEC-77).
    pub fn accept_period(&mut self, period: u64) -> bool {
        let Some(totp) = self.totp.as_mut().filter(|totp| period > totp.last_period) else { return false };
        totp.last_period = period;
        self.wrong_in_a_row = 0;
        true
    }

    /// Takes every period up to this one for accepted: nobody knows which were.
    pub fn skip_periods(&mut self, period: u64) {
        if let Some(totp) = &mut self.totp {
            totp.last_period = totp.last_period.max(period);
        }
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
    fn sec_214_what_was_used_since_stays_used_and_nothing_comes_that_opens() {
        let mut later = factors();
        later.add_passkey(Passkey { suspended_at: Some(Timestamp(7)), ..passkey("1") }, Vec::new());
        assert!(later.accept_recovery("a") && later.accept_period(200) && !later.failed());
        later.recovery_tags.push(String::from("fresh"));
        let mut factors = factors();
        factors.add_passkey(passkey("1"), Vec::new());
        factors.learn(&later);
        assert_eq!(factors.recovery_tags, ["b"]);
        assert!(!factors.accept_period(200) && factors.accept_period(201));
        assert_eq!(factors.passkeys.iter().map(|known| known.suspended_at).collect::<Vec<_>>(), [Some(Timestamp(7))]);
        factors.learn(&SecondFactors::default());
        assert!(factors.recovery_tags.is_empty() && !factors.is_empty(), "codes die with what they stood beside");
    }

    #[test]
    fn sec_78_a_hundred_wrong_codes_in_a_row_suspend_the_factor() {
        let mut factors = factors();
        let last = (1..=100).filter(|_| factors.failed()).count();
        assert!(last == 1 && factors.is_suspended());
        assert!(factors.remove_totp() && !factors.remove_totp());
        assert!(!factors.is_suspended() && factors.is_empty() && factors.generation == 1);
    }

    #[test]
    fn sec_105_what_was_set_up_since_goes_and_what_is_older_stays_without_recovery_codes() {
        let mut known = factors();
        known.add_passkey(passkey("1"), Vec::new());
        known.add_passkey(Passkey { added_at: Timestamp(50), ..passkey("2") }, Vec::new());
        assert_eq!(known.take_since(Timestamp(50)).iter().map(|gone| gone.id.as_str()).collect::<Vec<_>>(), ["2"]);
        assert!(known.totp.is_some() && known.passkeys.len() == 1 && known.recovery_tags.is_empty());
        assert_eq!(known.take_since(Timestamp(1)).len(), 1);
        assert!(known.is_empty());
    }

    fn passkey(id: &str) -> Passkey {
        Passkey {
            id: id.to_owned(),
            credential_id: String::from("credential"),
            owner: String::from("owner"),
            key: String::from("key"),
            name: None,
            made_in: None,
            added_at: Timestamp(1),
            last_used_at: None,
            uses: 0,
            suspended_at: None,
        }
    }

    #[test]
    fn sec_79_recovery_codes_come_with_the_first_factor_and_go_with_the_last_one() {
        let mut factors = factors();
        assert!(!factors.add_passkey(passkey("1"), vec![String::from("other")]), "there is one already");
        assert_eq!(factors.recovery_tags, ["a", "b"]);
        assert!(factors.remove_totp() && factors.recovery_tags.len() == 2, "a passkey is left");
        assert!(factors.remove_passkey("1") && !factors.remove_passkey("1"));
        assert!(factors.recovery_tags.is_empty() && factors.is_empty());
        assert!(factors.add_passkey(passkey("2"), vec![String::from("fresh")]));
        assert_eq!(factors.recovery_tags, ["fresh"]);
    }
}
