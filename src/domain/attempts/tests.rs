//! Limits, waits, bans and their memory, on a clock that is given.

use std::time::Duration;

use super::*;
use crate::protocol::Timestamp;

const LIMIT: AttemptLimit = AttemptLimit { attempts: 3, window: Duration::from_secs(60) };
const GUESSES: GuessLimits = GuessLimits {
    free: AttemptLimit { attempts: 10, window: Duration::from_secs(300) },
    first_wait: Duration::from_secs(30),
    longest_wait: Duration::from_secs(3600),
    in_a_row: 100,
};
const HOUR: u64 = 3600;

fn wait(retry_after: u64) -> Result<Taken, GuessRefusal> {
    Err(GuessRefusal::TooMany(TooManyAttempts { retry_after }))
}

/// Guesses wrongly as soon as it is allowed, `times` times from `start` on; the instants of the guesses.
fn guess_on(limiter: &mut Limiter, times: usize, start: Timestamp) -> Vec<u64> {
    let (mut now, mut made) = (start, Vec::new());
    while made.len() < times {
        match limiter.take_guess(1, &GUESSES, 0, now) {
            Ok(_) => made.push(now.0),
            Err(GuessRefusal::TooMany(refusal)) => now = now.plus(Duration::from_secs(refusal.retry_after)),
            Err(GuessRefusal::Suspended) => break,
        }
    }
    made
}

#[test]
fn r_7_an_attempt_is_taken_before_it_is_made_and_the_wait_is_honest() {
    let mut limiter = Limiter::new(10);
    for _ in 0..3 {
        assert_eq!(limiter.take_submission(1, LIMIT, Timestamp(100)), Ok(()));
    }
    let refused = Err(TooManyAttempts { retry_after: 50 });
    assert_eq!(limiter.take_submission(1, LIMIT, Timestamp(110)), refused);
    assert_eq!(limiter.take_submission(2, LIMIT, Timestamp(110)), Ok(()), "another key is not concerned");
    limiter.give_back_submission(1);
    assert_eq!(limiter.take_submission(1, LIMIT, Timestamp(110)), Ok(()), "one given back is free again");
    assert_eq!(limiter.take_submission(1, LIMIT, Timestamp(160)), Ok(()), "the window is over");
}

#[test]
fn sec_95_r_7_after_ten_guesses_each_waits_longer_up_to_an_hour() {
    let mut limiter = Limiter::new(10);
    let made = guess_on(&mut limiter, 20, Timestamp(1_000));
    let waits: Vec<u64> = made.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits[..9], [0; 9], "ten at once");
    assert_eq!(waits[9..], [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
    let now = Timestamp(*made.last().unwrap() + 10);
    assert_eq!(limiter.take_guess(1, &GUESSES, 0, now), wait(3590), "refused until then, and told how long");
    limiter.forget_guesses(1);
    assert!(limiter.take_guess(1, &GUESSES, 0, now).is_ok(), "the secret was known");
}

#[test]
fn sec_95_a_day_of_calm_ends_the_waits_and_not_the_count_in_a_row() {
    let mut limiter = Limiter::new(10);
    let last = *guess_on(&mut limiter, 14, Timestamp(1_000)).last().unwrap();
    let calm = Timestamp(last + 24 * HOUR);
    let taken = limiter.take_guess(1, &GUESSES, 0, calm).unwrap();
    assert_eq!((taken.waits_until, taken.level, taken.in_a_row), (None, 0, 15));
}

#[test]
fn sec_95_after_a_hundred_in_a_row_there_is_no_more_however_slowly() {
    let mut limiter = Limiter::new(10);
    for day in 0..100 {
        assert!(limiter.take_guess(1, &GUESSES, 0, Timestamp(day * 25 * HOUR)).is_ok(), "{day}");
    }
    let late = Timestamp(1_000 * 24 * HOUR);
    assert_eq!(limiter.take_guess(1, &GUESSES, 0, late), Err(GuessRefusal::Suspended));
    assert_eq!(limiter.take_guess(2, &GUESSES, 100, late), Err(GuessRefusal::Suspended), "what the store remembers");
    assert_eq!(limiter.take_guess(3, &GUESSES, 99, late).unwrap().in_a_row, 100, "the last one");
    assert_eq!(limiter.take_guess(3, &GUESSES, 99, late), Err(GuessRefusal::Suspended), "counted before it is made");
    limiter.forget_guesses(1);
    assert!(limiter.take_guess(1, &GUESSES, 0, late).is_ok(), "its owner chose another");
}

#[test]
fn sec_95_a_guess_that_was_never_made_is_given_back_with_its_wait() {
    let mut limiter = Limiter::new(10);
    let last = Timestamp(*guess_on(&mut limiter, 11, Timestamp(1_000)).last().unwrap());
    assert_eq!(limiter.take_guess(1, &GUESSES, 0, last), wait(60));
    limiter.give_back_guess(1);
    let taken = limiter.take_guess(1, &GUESSES, 0, last).unwrap();
    assert_eq!((taken.level, taken.in_a_row), (2, 11));
}

#[test]
fn sec_95_r_7_bans_of_five_minutes_and_more_outlive_the_memory() {
    let until = |seconds: u64| Ban::lasting(1, Timestamp(1_000 + seconds), Banned::Source, Timestamp(1_000));
    assert!(until(299).is_none() && until(300).is_some());
    let mut limiter = Limiter::new(10);
    let now = Timestamp(*guess_on(&mut limiter, 15, Timestamp(1_000)).last().unwrap());
    let banned = Banned::Guesses { level: 5 };
    let ban = Ban::lasting(1, now.plus(Duration::from_secs(960)), banned, now).unwrap();
    let mut after = Limiter::new(10);
    after.restore(&ban, now);
    assert_eq!(after.take_guess(1, &GUESSES, 0, now), wait(960));
    let taken = after.take_guess(1, &GUESSES, 15, ban.until).unwrap();
    assert_eq!((taken.level, taken.in_a_row), (6, 16), "it goes on where it was");
    let mut late = Limiter::new(10);
    late.restore(&ban, ban.until);
    assert!(late.is_empty(), "a wait that is over is no wait");

    let hourly = AttemptLimit { attempts: 2, window: Duration::from_secs(HOUR) };
    assert_eq!(limiter.take_failure(7, hourly, now), Ok(None));
    let ban = limiter.take_failure(7, hourly, now).unwrap().unwrap();
    after.restore(&ban, now);
    assert_eq!(after.take_failure(7, hourly, now), Err(TooManyAttempts { retry_after: HOUR }));
    assert_eq!(after.take_failure(7, hourly, now.plus(Duration::from_secs(HOUR))), Ok(None));
}

#[test]
fn sec_99_over_its_capacity_the_table_stays_small_and_keeps_what_is_exhausted() {
    let mut limiter = Limiter::new(40);
    for _ in 0..3 {
        limiter.take_submission(1, LIMIT, Timestamp(0)).unwrap();
    }
    for key in 2..1000 {
        limiter.take_submission(key, LIMIT, Timestamp(1)).unwrap();
    }
    assert!(limiter.len() <= 40);
    assert!(limiter.take_submission(1, LIMIT, Timestamp(2)).is_err(), "the victim's counter is still effective");
}

#[test]
fn sec_99_sec_95_full_of_what_may_not_be_forgotten_it_refuses() {
    let mut limiter = Limiter::new(8);
    let once = AttemptLimit { attempts: 1, window: Duration::from_secs(60) };
    for key in 0..8 {
        limiter.take_submission(key, once, Timestamp(0)).unwrap();
    }
    assert!(limiter.take_submission(8, once, Timestamp(1)).is_err());
    assert!(limiter.take_submission(8, once, Timestamp(60)).is_ok(), "until there is room again");
}

#[test]
fn sec_95_two_forms_of_one_sign_in_are_paid_for_once() {
    let mut limiter = Limiter::new(10);
    assert!(!limiter.use_payment(1, Timestamp(0)));
    limiter.pay_ahead(1, LIMIT, Timestamp(0));
    assert!(!limiter.use_payment(2, Timestamp(1)), "another sign-in");
    assert!(limiter.use_payment(1, Timestamp(1)));
    assert!(!limiter.use_payment(1, Timestamp(1)), "once");
    limiter.pay_ahead(1, LIMIT, Timestamp(0));
    assert!(!limiter.use_payment(1, Timestamp(60)), "in time");
}

#[test]
fn sec_95_ten_times_the_usual_failures_are_told_once() {
    let mut limiter = Limiter::new(10);
    let mut told = Vec::new();
    // A day with twenty failures in every five minutes.
    for slot in 0..288 * 4_u64 {
        told.extend((0..20).filter_map(|_| limiter.note_failure(Timestamp(slot * 300))));
    }
    assert_eq!(told.len(), 0, "what is usual is told to nobody: {told:?}");
    let now = Timestamp(288 * 4 * 300);
    let surges: Vec<Surge> = (0..500).filter_map(|_| limiter.note_failure(now)).collect();
    let [surge] = surges.as_slice() else { panic!("told once: {surges:?}") };
    assert!((18..=20).contains(&surge.usual) && surge.failures == surge.usual * 10 + 1, "{surge:?}");
    let next = now.plus(Duration::from_secs(300));
    assert_eq!((0..500).filter_map(|_| limiter.note_failure(next)).count(), 1, "and again while it lasts");
    let mut quiet = Limiter::new(1);
    assert_eq!((0..50).filter_map(|_| quiet.note_failure(now)).count(), 0, "a few wake nobody");
}
