//! SEC-183: readings end in time, and what they held is used again.

use super::*;

const ROUNDS: u64 = 60;
const RECORDS: u64 = 200;

#[test]
fn sec_183_a_reading_ends_after_a_minute_and_a_copy_after_half_an_hour() {
    let store = store();
    assert_eq!(store.read(|tx| Ok(tx.patience())).unwrap(), Some(Duration::from_secs(60)));
    assert_eq!(store.read_whole(|tx| Ok(tx.patience())).unwrap(), Some(Duration::from_secs(30 * 60)));
    let over = |job: &dyn Fn(&Snapshot) -> Result<(), StoreError>| {
        assert_eq!(store.read_within(Duration::ZERO, job), Err(StoreError::Overlong));
    };
    over(&|tx| users::find(tx, UserId(1)).map(drop));
    over(&|tx| users::list(tx, None, 10).map(drop));
    over(&|tx| tx.digest("header").map(drop));
    over(&|tx| tx.held().map(drop));
    assert_eq!(store.statistics().given_up(), 4);
    assert!(store.is_healthy(), "the disk has done nothing");
    assert_eq!(store.read(|tx| users::find(tx, UserId(1))), Ok(None));
}

/// Writes the same records again and again.
fn write(store: &Store) {
    for round in 0..ROUNDS {
        let body = json!("x".repeat(1_000) + &round.to_string());
        let job = move |tx: &mut Tx| {
            (0..RECORDS).try_for_each(|number| signing_keys::KEPT.put(tx, &number.to_string(), &body).map(drop))
        };
        store.write_blocking(job).unwrap();
    }
}

#[test]
fn sec_183_a_reading_keeps_the_file_growing_and_what_it_held_is_used_again() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::Directory(directory.path().join("data"));
    let store = Store::open(Opening { location, ..opening() }).unwrap();
    write(&store);
    let before = store.file_bytes();
    assert_eq!(store.statistics().oldest_read(), Duration::ZERO);
    let held = store.read_whole(|tx| {
        tx.header()?;
        write(&store);
        Ok(store.statistics().oldest_read())
    });
    assert!(held.unwrap() > Duration::ZERO, "and that can be seen meanwhile");
    let grown = store.file_bytes();
    assert!(grown >= before + ROUNDS * RECORDS * 1_000, "{before} and {grown}");
    assert_eq!(store.statistics().oldest_read(), Duration::ZERO);
    write(&store);
    assert_eq!(store.file_bytes(), grown, "the room is used again");
    assert_eq!(store.statistics().held(), None);
    let told = store.measure().unwrap();
    assert_eq!(store.statistics().held(), Some(told));
    assert!(told.used > RECORDS * 1_000 && told.used < grown / 2 && told.fragmented < told.used, "{told:?} of {grown}");

    drop(store);
    let path = directory.path().join("data");
    let (was, is) = compact(&path, 1 << 20).unwrap();
    assert!(was >= RECORDS * 1_000 * 10 && is < was / 2, "{was} and {is}");
    let location = Location::Directory(path);
    let store = Store::open(Opening { location, ..opening() }).unwrap();
    assert_eq!(store.read(|tx| signing_keys::KEPT.list(tx, None, 1_000)).unwrap().len(), 200);
}
