//! Work that panics, and a clock that leaps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::steadiness::Steadiness;
use super::supervision::{Supervisor, repeat};
use crate::clock::Clock;
use crate::protocol::Timestamp;

const NOW: Timestamp = Timestamp(1_795_424_400);
const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn sec_189_work_goes_on_after_a_panic_and_the_third_in_a_minute_is_told() {
    let (clock, ails) = (Clock::manual(NOW), Arc::new(AtomicBool::new(false)));
    let supervisor = Supervisor::watching(clock.clone(), Arc::clone(&ails));
    let (stop, stopped) = watch::channel(false);
    let stop = Arc::new(stop);
    let rounds = Arc::new(AtomicUsize::new(0));
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let round = {
        let (rounds, told, ails, clock, stop) =
            (Arc::clone(&rounds), Arc::clone(&told), Arc::clone(&ails), clock.clone(), Arc::clone(&stop));
        move || {
            let number = rounds.fetch_add(1, Ordering::SeqCst);
            told.lock().unwrap().push(ails.load(Ordering::SeqCst));
            let (clock, stop) = (clock.clone(), Arc::clone(&stop));
            async move {
                match number {
                    0..3 => panic!("the work of this test panics"),
                    3 => {}
                    4 => clock.advance(Duration::from_secs(61)).unwrap(),
                    _ => drop(stop.send_replace(true)),
                }
            }
        }
    };
    repeat("test", (Duration::from_millis(1), Duration::ZERO), &supervisor, stopped, round).await;
    assert_eq!(told.lock().unwrap()[..6], [false, false, false, true, true, false]);
}

#[test]
fn sec_196_after_a_leap_nothing_is_deleted_until_the_clock_has_been_steady_for_a_day() {
    for leap in [24 * HOUR, 10 * 365 * 24 * HOUR] {
        let clock = Clock::manual(NOW);
        let mut steadiness = Steadiness::begin(&clock, Timestamp(0));
        clock.advance(HOUR).unwrap();
        assert!(steadiness.observe(&clock), "an hour that passes is no leap");
        clock.freeze(clock.wall().plus(leap)).unwrap();
        for _ in 0..24 {
            assert!(!steadiness.observe(&clock), "{leap:?}");
            clock.advance(HOUR).unwrap();
        }
        assert!(steadiness.observe(&clock), "{leap:?}");
        clock.advance(HOUR).unwrap();
        assert!(steadiness.observe(&clock));
    }
}

#[test]
fn sec_195_a_run_that_begins_years_after_the_last_is_not_believed_for_a_day_and_one_after_a_holiday_is() {
    let began = |after: Duration| Steadiness::begin(&Clock::manual(NOW.plus(after)), NOW);
    assert!(began(29 * 24 * HOUR).observe(&Clock::manual(NOW.plus(29 * 24 * HOUR))));
    let late = Clock::manual(NOW.plus(10 * 365 * 24 * HOUR));
    let mut steadiness = Steadiness::begin(&late, NOW);
    assert!(!steadiness.observe(&late));
    late.advance(23 * HOUR).unwrap();
    assert!(!steadiness.observe(&late));
    late.advance(HOUR).unwrap();
    assert!(steadiness.observe(&late), "it was the right year after all");
    let wrong = Clock::manual(NOW.plus(10 * 365 * 24 * HOUR));
    let mut steadiness = Steadiness::begin(&wrong, NOW);
    assert!(!steadiness.observe(&wrong));
    wrong.freeze(NOW.plus(HOUR)).unwrap();
    assert!(steadiness.observe(&wrong), "set right, it is believed at once");
}

#[test]
fn sec_196_a_clock_that_comes_back_is_believed_at_once_and_one_that_leaps_again_is_not() {
    let clock = Clock::manual(NOW);
    let mut steadiness = Steadiness::begin(&clock, Timestamp(0));
    clock.freeze(NOW.plus(24 * HOUR)).unwrap();
    assert!(!steadiness.observe(&clock));
    clock.advance(20 * HOUR).unwrap();
    clock.freeze(clock.wall().plus(48 * HOUR)).unwrap();
    assert!(!steadiness.observe(&clock));
    clock.advance(5 * HOUR).unwrap();
    assert!(!steadiness.observe(&clock), "its probation begins anew");
    clock.freeze(NOW.plus(25 * HOUR)).unwrap();
    assert!(steadiness.observe(&clock));
}
