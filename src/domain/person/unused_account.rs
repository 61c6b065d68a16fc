//! When an account that nobody uses any more is announced for erasure, and when it is erased (SEC-167).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::User;
use crate::protocol::Timestamp;

/// How long before its erasure an account is announced at the latest.
pub const NOTICE_OF_ERASURE: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many daily rounds lie between the two at the least: however the clock leaps, so many days were lived through.
pub const ROUNDS_OF_NOTICE: u64 = 30;

/// The announcement of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnusedNotice {
    /// When it was made.
    pub at: Timestamp,
    /// In which round.
    pub round: u64,
}

/// What a round does with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetentionStep {
    /// Nothing.
    Keep,
    /// The person is told that it will be erased.
    Announce,
    /// What was announced is not so any more: the clock had leapt, or the rules are others now.
    Withdraw,
    /// It is erased.
    Erase,
}

impl User {
    /// The last time that the account was of use, as far as it is known.
    fn last_used_at(&self) -> Timestamp {
        let times = [Some(self.created_at), self.imported_at, self.last_sign_in_at, self.email_verified_at];
        times.into_iter().flatten().max().unwrap_or(self.created_at)
    }
}

/// What is to be done with an account in this round, where accounts are kept for `kept` after their last use. Whoever has
/// a role stays.
pub fn decide_retention(user: &User, kept: Duration, round: u64, now: Timestamp) -> RetentionStep {
    let announced_after = kept.saturating_sub(NOTICE_OF_ERASURE);
    let is_near = user.role.is_none() && user.last_used_at().plus(announced_after).has_come(now);
    match user.unused_notice {
        None if is_near => RetentionStep::Announce,
        None => RetentionStep::Keep,
        Some(notice) if !is_near || notice.at > now || notice.round > round => RetentionStep::Withdraw,
        Some(notice) => {
            let has_lived = round.saturating_sub(notice.round) >= ROUNDS_OF_NOTICE;
            let is_over =
                notice.at.plus(NOTICE_OF_ERASURE).has_come(now) && user.last_used_at().plus(kept).has_come(now);
            if has_lived && is_over { RetentionStep::Erase } else { RetentionStep::Keep }
        }
    }
}

/// What a daily round did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionRound {
    /// Its number, from 1.
    pub number: u64,
    /// When it began.
    pub at: Timestamp,
    /// How many people were told that their account will be erased.
    pub announced: u64,
    /// How many such announcements were taken back.
    pub withdrawn: u64,
    /// How many accounts were erased.
    pub erased: u64,
    /// From how many records of the audit the network address was taken.
    pub addresses_removed: u64,
    /// Until when the audit holds none, in milliseconds since 1970.
    pub addresses_until_millis: u64,
    /// Until when the audit holds no record; `None` where it keeps each for ever, or was not looked through yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_until: Option<Timestamp>,
    /// The first round that knew that the audit gives up what is old; `None` in those of programs that did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trimming_known_since: Option<u64>,
    /// How many records of which table time deleted since the round before: sessions, codes, links, sign-ins under way,
    /// records of the audit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub purged: BTreeMap<String, u64>,
}

/// What happened before this instant the audit gives up, where it keeps records for `kept`. As many daily rounds as before
/// an erasure bear the time out, of which `earlier` is the first: a clock that leaps takes nothing away.
pub fn decide_trimming(kept: Duration, earlier: Timestamp, now: Timestamp) -> Timestamp {
    let lived_through = earlier.plus(NOTICE_OF_ERASURE * 2);
    now.min(lived_through).minus(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Role, UserId};

    const DAY: u64 = 24 * 3600;
    const KEPT: Duration = Duration::from_secs(1_000 * DAY);

    fn user(notice: Option<(u64, u64)>) -> User {
        let unused_notice = notice.map(|(day, round)| UnusedNotice { at: Timestamp(day * DAY), round });
        User { unused_notice, ..User::new(UserId(1), "a@b.fr".parse().unwrap(), Timestamp(0)) }
    }

    fn step(user: &User, round: u64, day: u64) -> RetentionStep {
        decide_retention(user, KEPT, round, Timestamp(day * DAY))
    }

    #[test]
    fn sec_167_an_unused_account_is_announced_a_month_before_it_is_erased() {
        assert_eq!(step(&user(None), 900, 969), RetentionStep::Keep);
        assert_eq!(step(&user(None), 900, 970), RetentionStep::Announce);
        let told = user(Some((970, 900)));
        assert_eq!(step(&told, 930, 999), RetentionStep::Keep);
        assert_eq!(step(&told, 930, 1_000), RetentionStep::Erase);
        let late = user(Some((1_200, 900)));
        assert_eq!((step(&late, 960, 1_229), step(&late, 960, 1_230)), (RetentionStep::Keep, RetentionStep::Erase));
        let with_role = User { role: Some(Role::Reader), ..told };
        assert_eq!(step(&with_role, 930, 5_000), RetentionStep::Withdraw, "whoever has a role stays");
    }

    #[test]
    fn sec_167_sec_196_the_audit_gives_up_what_is_old_by_a_time_that_was_lived_through() {
        let day = |day: u64| Timestamp(day * DAY);
        let until = |earlier: u64, now: u64| decide_trimming(KEPT, day(earlier), day(now));
        assert_eq!(until(1_470, 1_500), day(500));
        assert_eq!(until(1_440, 1_500), day(500), "half of the rounds were missed");
        assert_eq!(until(1_470, 100_000), day(530), "after a leap");
        assert_eq!(until(100_000, 1_500), day(500), "after a leap and back");
        assert_eq!(until(0, 10), day(0));
    }

    #[test]
    fn sec_196_a_leap_of_the_clock_erases_nobody() {
        let told = user(Some((970, 900)));
        assert_eq!(step(&told, 901, 100_000), RetentionStep::Keep, "thirty rounds were not lived through");
        assert_eq!(step(&told, 929, 100_000), RetentionStep::Keep);
        let told_in_a_leap = user(Some((100_000, 900)));
        assert_eq!(step(&told_in_a_leap, 940, 980), RetentionStep::Withdraw, "it is announced anew, and in time");
        assert_eq!(step(&told_in_a_leap, 940, 10), RetentionStep::Withdraw);
    }
}
