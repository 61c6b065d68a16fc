//! A disk that fails: nothing is acknowledged that is not kept, and service comes back by itself.

use super::*;

async fn until_healthy(store: &Store) {
    let recovered = async {
        while !store.is_healthy() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), recovered).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_181_a_failed_commit_stops_the_writes_until_the_database_is_open_again() {
    let disk = Disk::new();
    let store = open(&disk);
    insert(&store, 1).await.unwrap();

    disk.fail_after(0, i64::MAX);
    assert_eq!(insert(&store, 2).await, Err(StoreError::Unavailable));
    assert!(!store.is_healthy());
    assert_eq!(insert(&store, 3).await, Err(StoreError::Unavailable));
    assert!(!store.is_healthy());

    disk.repair();
    until_healthy(&store).await;
    assert_eq!(numbers(&store), [1]);
    insert(&store, 2).await.unwrap();
    assert_eq!(numbers(&open(&disk.after_power_cut())), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_181_whichever_write_or_flush_fails_nothing_acknowledged_is_lost() {
    for calls in 0..200 {
        let disk = Disk::new();
        let store = open(&disk);
        disk.fail_after(calls, 1);
        let mut acknowledged = Vec::new();
        let mut refused = 0;
        for number in 0..20 {
            match insert(&store, number).await {
                Ok(()) => acknowledged.push(number),
                Err(error) => {
                    assert_eq!(error, StoreError::Unavailable);
                    refused += 1;
                    until_healthy(&store).await;
                }
            }
        }
        assert_eq!(refused, 1, "one fault costs one write, after {calls} calls");
        let kept = numbers(&open(&disk.after_power_cut()));
        let is_kept = |number: &u64| kept.contains(number);
        assert!(acknowledged.iter().all(is_kept), "after {calls} calls: {acknowledged:?} {kept:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_181_a_late_complaint_about_a_closed_database_does_not_stop_the_one_in_use() {
    let disk = Disk::new();
    let store = open(&disk);
    insert(&store, 1).await.unwrap();
    let (stale, generation) = store.engine.snapshot(Duration::MAX).unwrap();
    disk.fail_after(0, 1);
    assert_eq!(insert(&store, 2).await, Err(StoreError::Unavailable));
    until_healthy(&store).await;
    drop(stale);
    store.engine.report_failure(generation);
    assert!(store.is_healthy());
    insert(&store, 2).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_181_another_database_is_not_put_in_service() {
    let disk = Disk::new();
    let store = open(&disk);
    let mut other = opening();
    other.instance_id = String::from("second");
    let impostor = Disk::new();
    drop(
        Store::open_on(Arc::clone(&impostor) as Arc<dyn StorageBackend>, other, [Duration::from_millis(1); 3]).unwrap(),
    );

    disk.fail_after(0, i64::MAX);
    assert_eq!(insert(&store, 1).await, Err(StoreError::Unavailable));
    let content = impostor.flushed.lock().unwrap().clone();
    disk.memory.set_len(content.len() as u64).unwrap();
    disk.memory.write(0, &content).unwrap();
    disk.repair();
    // The supervisor tries every millisecond: each flush is an attempt that looked at the header and turned away.
    let attempts = disk.flushes() + 6;
    let tried = async {
        while disk.flushes() < attempts {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), tried).await.unwrap();
    assert!(!store.is_healthy());
    assert_eq!(insert(&store, 2).await, Err(StoreError::Unavailable));
}
