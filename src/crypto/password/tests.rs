//! Passwords are compared whole, cost the same for nobody, and never take more than their lane.

use std::time::Duration;

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::hashing::{self, Memory, StoredHash};
use super::lane::Shared;
use super::queue::{Answer, Job, Queue, Task};
use super::text::prepare;
use super::*;
use crate::crypto::Random;

/// Cheap enough for tests; the numbers of the floor and the standard are tested by themselves.
const CHEAP: Parameters = Parameters { memory_kib: 64, iterations: 1 };

fn lane() -> PasswordLane {
    PasswordLane::new(CHEAP, Random::system())
}

#[tokio::test]
async fn sec_64_a_password_matches_its_hash_and_no_other() {
    let lane = lane();
    let stored = lane.hash("a", "correct horse").await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
    assert_ne!(stored, lane.hash("a", "correct horse").await.unwrap(), "each hash has its salt");
    let right = lane.verify("a", Some(&stored), "correct horse").await.unwrap();
    assert_eq!(right, Verification { matches: true, needs_rehash: false });
    for wrong in ["", "correct", "correct horse ", " correct horse", "Correct horse"] {
        assert!(!lane.verify("a", Some(&stored), wrong).await.unwrap().matches, "{wrong:?}");
    }
}

#[tokio::test]
async fn sec_64_nobody_costs_a_hash_and_matches_nothing() {
    let lane = lane();
    for stored in [None, Some(""), Some("password"), Some("$2b$10$abcdefghijklmnopqrstuu")] {
        let verdict = lane.verify("a", stored, "password").await.unwrap();
        assert_eq!(verdict, Verification { matches: false, needs_rehash: false }, "{stored:?}");
    }
    assert_eq!((lane.hashed_count(), lane.dummy_count()), (4, 4));
    let stored = lane.hash("a", "x").await.unwrap();
    lane.verify("a", Some(&stored), "y").await.unwrap();
    assert_eq!((lane.hashed_count(), lane.dummy_count()), (6, 4));
}

#[tokio::test]
async fn sec_97_a_wrong_password_for_a_cheaper_hash_costs_one_of_ours_as_well() {
    let ours = PasswordLane::new(Parameters { memory_kib: 128, iterations: 2 }, Random::system());
    let cheaper = lane().hash("a", "x").await.unwrap();
    let bcrypt = "$2b$04$abcdefghijklmnopqrstuuRdnHTS.hQljAd87y0tASyLBoNDF.21K";
    let django = "pbkdf2_sha256$1000$selselsel$Kmr+t4Xyc9yAW24oL8fa9x4S10TASDj11H3C+t83qnk=";
    for (number, stored) in [cheaper.as_str(), bcrypt, django].into_iter().enumerate() {
        assert!(!ours.verify("a", Some(stored), "y").await.unwrap().matches);
        assert_eq!(ours.dummy_count(), number as u64 + 1, "{stored}");
    }
    assert!(ours.verify("a", Some(&cheaper), "x").await.unwrap().matches);
    assert_eq!(ours.dummy_count(), 3, "the right one is hashed anew anyway");
}

#[test]
fn sec_64_r_30_parameters_follow_the_machine() {
    assert_eq!(Parameters::for_machine(512 << 20), Parameters { memory_kib: 19_456, iterations: 2 });
    assert_eq!(Parameters::for_machine((2 << 30) - 1), Parameters::floor());
    assert_eq!(Parameters::for_machine(2 << 30), Parameters { memory_kib: 65_536, iterations: 3 });
    let limits = LaneLimits::default();
    assert!((1..=4).contains(&limits.threads));
    assert_eq!((limits.waiting, limits.wait), (64, Duration::from_secs(5)));
}

#[tokio::test]
async fn sec_64_a_cheaper_hash_is_renewed_and_a_costlier_one_kept() {
    let old = lane().hash("a", "password").await.unwrap();
    let costly = PasswordLane::new(Parameters { memory_kib: 128, iterations: 2 }, Random::system());
    let verify = async |lane: &PasswordLane, stored: &str, password: &str| {
        lane.verify("a", Some(stored), password).await.unwrap()
    };
    assert_eq!(verify(&costly, &old, "password").await, Verification { matches: true, needs_rehash: true });
    assert_eq!(verify(&costly, &old, "other").await, Verification { matches: false, needs_rehash: false });
    let new = costly.hash("a", "password").await.unwrap();
    assert_eq!(verify(&lane(), &new, "password").await, Verification { matches: true, needs_rehash: false });
}

#[tokio::test]
async fn what_a_hash_leaves_behind_is_wiped_before_a_wait_and_before_memory_is_given_back() {
    let dirty = || {
        let mut memory = Memory::default();
        assert!(hashing::hash(&mut memory, CHEAP, &[7; 16], "password").is_some());
        assert!(!memory.is_blank());
        memory
    };
    let mut memory = dirty();
    memory.shrink_to(Parameters { memory_kib: 32, ..CHEAP });
    assert!(memory.is_blank());
    let shared = Shared::new(CHEAP);
    let (started, _has_started) = oneshot::channel();
    let (answer, _answered) = oneshot::channel();
    let password = Zeroizing::new(String::from("password"));
    let job = Job { task: Task::Compare(None), password, started, answer };
    shared.lock().enter("a", job, 1).unwrap();
    shared.lock().is_closed = true;
    let mut memory = dirty();
    assert!(shared.wait_for_job(&mut memory).is_some() && !memory.is_blank(), "the next hash writes over it");
    assert!(shared.wait_for_job(&mut memory).is_none() && memory.is_blank());
}

#[test]
fn the_hash_is_the_one_that_others_compute() {
    // Made by the reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -e
    let stored =
        StoredHash::parse("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
            .unwrap();
    let mut memory = Memory::default();
    assert!(stored.matches(&mut memory, "password"));
    assert!(!stored.matches(&mut memory, "Password"));
}

#[test]
fn sec_65_a_stored_hash_cannot_ask_for_more_than_the_caps() {
    let hash = |algorithm: &str, parameters: &str| {
        format!("${algorithm}$v=19${parameters}$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
    };
    assert!(StoredHash::parse(&hash("argon2id", "m=262144,t=10,p=1")).is_some());
    for (algorithm, parameters) in [
        ("argon2id", "m=262145,t=1,p=1"),
        ("argon2id", "m=4294967295,t=1,p=1"),
        ("argon2id", "m=64,t=11,p=1"),
        ("argon2id", "m=4096,t=1,p=17"),
        ("argon2i", "m=262145,t=1,p=1"),
        ("argon2", "m=64,t=1,p=1"),
    ] {
        assert!(StoredHash::parse(&hash(algorithm, parameters)).is_none(), "{algorithm} {parameters}");
    }
    for (algorithm, parameters) in
        [("argon2id", "m=64,t=1,p=4"), ("argon2i", "m=64,t=1,p=1"), ("argon2d", "m=64,t=1,p=1")]
    {
        let others = StoredHash::parse(&hash(algorithm, parameters)).unwrap();
        assert!(
            others.is_below(Parameters { memory_kib: 8, iterations: 1 }),
            "{algorithm}: hashed anew at the first sign-in"
        );
    }
    for malformed in
        ["$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ", "$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAA"]
    {
        assert!(StoredHash::parse(malformed).is_none(), "{malformed}");
    }
}

#[tokio::test]
async fn sec_63_every_byte_counts() {
    let lane = lane();
    // Two bytes a character, so that 128 code points reach beyond 72 bytes.
    let long = "é".repeat(128);
    let stored = lane.hash("a", &long).await.unwrap();
    assert!(lane.verify("a", Some(&stored), &long).await.unwrap().matches);
    let other_end = format!("{}è", "é".repeat(127));
    assert!(!lane.verify("a", Some(&stored), &other_end).await.unwrap().matches);
    let wide = "🔑".repeat(128);
    assert_eq!(wide.len(), 512);
    let stored = lane.hash("a", &wide).await.unwrap();
    let changed = format!("{}🔒", "🔑".repeat(127));
    assert!(!lane.verify("a", Some(&stored), &changed).await.unwrap().matches);
    let stored = lane.hash("a", "before\0after").await.unwrap();
    assert!(!lane.verify("a", Some(&stored), "before\0other").await.unwrap().matches, "NUL ends nothing");
}

#[tokio::test]
async fn sec_63_one_password_has_one_spelling() {
    let lane = lane();
    let stored = lane.hash("a", "caf\u{e9} noir").await.unwrap();
    for same in ["cafe\u{301} noir", "caf\u{e9}\u{a0}noir", "cafe\u{301}\u{3000}noir"] {
        assert!(lane.verify("a", Some(&stored), same).await.unwrap().matches, "{same:?}");
    }
    for other in ["CAF\u{c9} noir", "cafe noir", "caf\u{e9}noir", "caf\u{e9}\tnoir", " caf\u{e9} noir"] {
        assert!(!lane.verify("a", Some(&stored), other).await.unwrap().matches, "{other:?}");
    }
}

#[tokio::test]
async fn sec_63_a_password_too_long_is_refused_before_it_is_hashed() {
    assert!(prepare(&"a".repeat(128)).is_some());
    assert!(prepare(&"e\u{301}".repeat(128)).is_some(), "counted after normalization");
    let lane = lane();
    for long in ["a".repeat(129), "a".repeat(513), "🔑".repeat(129), "a".repeat(10 << 20)] {
        assert!(prepare(&long).is_none());
        assert_eq!(lane.hash("a", &long).await, Err(HashError::TooLong));
        assert!(!lane.verify("a", None, &long).await.unwrap().matches);
    }
    assert_eq!(lane.hashed_count(), 0);
}

/// A lane without threads: whatever enters waits.
fn stopped_lane(waiting: usize, wait: Duration) -> PasswordLane {
    PasswordLane::with_limits(CHEAP, Random::system(), LaneLimits { threads: 0, waiting, wait })
}

#[tokio::test]
async fn sec_64_a_full_lane_says_at_once_that_it_is_busy() {
    let lane = stopped_lane(64, Duration::from_secs(600));
    let wait = |source: String| {
        let lane = lane.clone();
        tokio::spawn(async move { lane.verify(&source, None, "password").await })
    };
    let waiting: Vec<_> = (0..64).map(|number| wait(format!("source {number}"))).collect();
    while lane.depth() < 64 {
        tokio::task::yield_now().await;
    }
    assert_eq!(lane.verify("source 0", None, "password").await, Err(HashError::Busy));
    assert_eq!(lane.hash("another", "password").await, Err(HashError::Busy), "nobody has two places to give up");
    assert_eq!((lane.depth(), lane.hashed_count()), (64, 0));
    // People who go away leave their places.
    for task in waiting {
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }
    assert_eq!(lane.depth(), 0);
}

#[tokio::test]
async fn sec_64_a_wait_too_long_ends_without_a_hash() {
    let lane = stopped_lane(64, Duration::from_millis(1));
    assert_eq!(lane.verify("a", None, "password").await, Err(HashError::Busy));
    assert_eq!((lane.depth(), lane.hashed_count()), (0, 0));
}

#[tokio::test]
async fn sec_64_no_more_threads_hash_than_the_limit() {
    let limits = LaneLimits { threads: 2, ..LaneLimits::default() };
    let lane = PasswordLane::with_limits(CHEAP, Random::system(), limits);
    assert_eq!(lane.worst_case_bytes(), 2 * 64 * 1024);
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let lane = lane.clone();
            tokio::spawn(async move { lane.verify("a", None, "password").await })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap().is_ok());
    }
    assert_eq!((lane.hashed_count(), lane.depth()), (50, 0));
}

/// A job that can be told by its password, and what keeps it wanted.
fn job(name: &str) -> (Job, (oneshot::Receiver<()>, oneshot::Receiver<Answer>)) {
    let (started, has_started) = oneshot::channel();
    let (answer, answered) = oneshot::channel();
    let password = Zeroizing::new(name.to_owned());
    (Job { task: Task::Compare(None), password, started, answer }, (has_started, answered))
}

#[test]
fn sec_64_sources_are_served_in_turn() {
    let mut queue = Queue::default();
    let mut waiting = Vec::new();
    for (source, name) in [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1"), ("b", "b2")] {
        let (job, wanted) = job(name);
        queue.enter(source, job, 64).unwrap();
        waiting.push(wanted);
    }
    waiting.remove(1);
    assert_eq!(queue.depth(), 5);
    let order: Vec<String> = std::iter::from_fn(|| queue.next()).map(|job| job.password.to_string()).collect();
    assert_eq!(order, ["a1", "b1", "c1", "b2", "a3"]);
}

#[test]
fn sec_64_one_source_cannot_keep_the_others_out() {
    let mut queue = Queue::default();
    let mut waiting = Vec::new();
    let mut enter = |queue: &mut Queue, source: &str, name: &str| {
        let (job, wanted) = job(name);
        waiting.push(wanted);
        queue.enter(source, job, 4)
    };
    for name in ["a1", "a2", "a3", "a4"] {
        enter(&mut queue, "a", name).unwrap();
    }
    assert_eq!(enter(&mut queue, "a", "a5"), Err(HashError::Busy));
    enter(&mut queue, "b", "b1").unwrap();
    enter(&mut queue, "c", "c1").unwrap();
    assert_eq!(enter(&mut queue, "b", "b2"), Err(HashError::Busy), "the longest line has no more than one place over");
    let order: Vec<String> = std::iter::from_fn(|| queue.next()).map(|job| job.password.to_string()).collect();
    assert_eq!(order, ["a1", "b1", "c1", "a2"]);
}
