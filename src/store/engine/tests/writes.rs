//! Group commit, durability before acknowledgement, and jobs that fail.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};

use tokio::task::{JoinHandle, block_in_place};

use super::*;
use crate::store::counters;

/// Jobs that wait behind one that does not end before all of them are there, so that they make one batch with it.
struct Batch {
    store: Store,
    gate: Arc<Barrier>,
    first: JoinHandle<Result<(), StoreError>>,
    jobs: Vec<JoinHandle<Result<(), StoreError>>>,
}

impl Batch {
    async fn begin(store: &Store) -> Self {
        let entered = Arc::new(AtomicBool::new(false));
        let gate = Arc::new(Barrier::new(2));
        let (noted, held, writer) = (Arc::clone(&entered), Arc::clone(&gate), store.clone());
        let first = tokio::spawn(async move {
            let hold = move |_: &mut super::super::Tx| {
                // It may run once more, by itself.
                if !noted.swap(true, Ordering::SeqCst) {
                    held.wait();
                }
                Ok(())
            };
            writer.write(hold).await
        });
        while !entered.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        Self { store: store.clone(), gate, first, jobs: Vec::new() }
    }

    fn add(&mut self, job: impl Fn(&mut super::super::Tx) -> Result<(), StoreError> + Send + 'static) {
        let store = self.store.clone();
        self.jobs.push(tokio::spawn(async move { store.write(job).await }));
    }

    async fn run(self) -> Vec<Result<(), StoreError>> {
        while self.store.writer.waiting() < self.jobs.len() {
            tokio::task::yield_now().await;
        }
        block_in_place(|| self.gate.wait());
        self.first.await.unwrap().unwrap();
        let mut results = Vec::new();
        for job in self.jobs {
            results.push(job.await.unwrap());
        }
        results
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_182_jobs_that_wait_together_are_flushed_together() {
    let disk = Disk::new();
    let store = open(&disk);
    let mut batch = Batch::begin(&store).await;
    for number in 0..200 {
        batch.add(move |tx| NUMBERS.insert(tx, &number, &number.to_string()));
    }
    let before = disk.flushes();
    assert!(batch.run().await.iter().all(Result::is_ok));
    // Two for the job that held the others back and for all that came while it ran, one where the file grows.
    assert!((2..=3).contains(&(disk.flushes() - before)), "{}", disk.flushes() - before);
    assert_eq!(numbers(&store).len(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_11_what_was_acknowledged_survives_a_power_cut() {
    let disk = Disk::new();
    let store = open(&disk);
    for number in 0..20 {
        insert(&store, number).await.unwrap();
        let rest = open(&disk.after_power_cut());
        assert_eq!(numbers(&rest).len() as u64, number + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_180_a_commit_has_two_phases_and_a_crash_needs_no_repair() {
    let disk = Disk::new();
    let store = open(&disk);
    let before = disk.flushes();
    insert(&store, 1).await.unwrap();
    assert_eq!(disk.flushes() - before, 2);

    let repaired = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&repaired);
    let rest = Arc::into_inner(disk.after_power_cut()).unwrap();
    let database = redb::Builder::new()
        .set_repair_callback(move |_| noted.store(true, Ordering::SeqCst))
        .create_with_backend(rest)
        .unwrap();
    drop(database);
    assert!(!repaired.load(Ordering::SeqCst));
}

#[test]
fn sec_180_r_32_one_place_begins_write_transactions_and_none_weakens_them() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![sources];
    let mut beginnings = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs") {
                let text = fs::read_to_string(&path).unwrap_or_default();
                assert!(!text.contains("Durability::None"), "{}", path.display());
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                beginnings.extend(text.matches(".begin_write(").map(|_| name.clone()));
            }
        }
    }
    beginnings.sort_unstable();
    // The second one fills files that can be made again, and that nobody reads before they are whole.
    assert_eq!(beginnings, ["database.rs", "writer.rs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_12_a_panicking_job_harms_only_itself() {
    let disk = Disk::new();
    let store = open(&disk);
    let mut batch = Batch::begin(&store).await;
    for number in 0..10 {
        batch.add(move |tx| {
            NUMBERS.insert(tx, &number, &number.to_string())?;
            assert_ne!(number, 4, "this one panics");
            Ok(())
        });
    }
    for (number, result) in batch.run().await.into_iter().enumerate() {
        assert_eq!(result, if number == 4 { Err(StoreError::Panicked) } else { Ok(()) });
    }
    assert_eq!(numbers(&store), [0, 1, 2, 3, 5, 6, 7, 8, 9]);
    assert!(store.is_healthy());
    insert(&store, 4).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_182_a_failing_job_leaves_nothing_and_the_others_of_its_batch_are_kept() {
    let disk = Disk::new();
    let store = open(&disk);
    let mut batch = Batch::begin(&store).await;
    for number in 0..10 {
        // Number 7 writes first and then fails on a key that is taken.
        batch.add(move |tx| {
            NUMBERS.insert(tx, &(100 + number), &(100 + number).to_string())?;
            NUMBERS.insert(tx, &if number == 7 { 1 } else { number }, &number.to_string())
        });
    }
    let results = batch.run().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 9);
    // They queue in any order: the later of the two that want one key is refused.
    let refused = if results[7].is_ok() { 1 } else { 7 };
    assert_eq!(results[refused], Err(StoreError::Taken { table: "numbers" }));
    let refused = u64::try_from(refused).unwrap();
    assert!(store.read(|tx| Ok(find(tx, 100 + refused).is_none() && find(tx, 106).is_some())).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_10_a_thousand_writers_on_one_counter_lose_nothing() {
    let store = open(&Disk::new());
    let writers: Vec<_> = (0..1000)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.write(|tx| counters::next(tx, "test")).await.unwrap() })
        })
        .collect();
    let mut given = BTreeSet::new();
    for writer in writers {
        given.insert(writer.await.unwrap());
    }
    assert_eq!(given, (1..=1000).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_182_a_slow_reader_neither_waits_for_writers_nor_holds_them_up() {
    let store = open(&Disk::new());
    insert(&store, 1).await.unwrap();
    let (slow, _) = store.engine.snapshot(Duration::MAX).unwrap();
    insert(&store, 2).await.unwrap();
    assert!(find(&slow, 1).is_some() && find(&slow, 2).is_none());
    assert_eq!(numbers(&store), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_11_a_write_whose_caller_went_away_is_still_made() {
    let store = open(&Disk::new());
    let mut batch = Batch::begin(&store).await;
    batch.add(move |tx| NUMBERS.insert(tx, &1, &String::from("1")));
    while store.writer.waiting() < 1 {
        tokio::task::yield_now().await;
    }
    batch.jobs.pop().unwrap().abort();
    batch.run().await;
    insert(&store, 2).await.unwrap();
    assert_eq!(numbers(&store), [1, 2]);
}
