//! What services are to be told of sign-outs.

use super::*;
use crate::domain::{LogoutNotice, SessionId};
use crate::store::engine::Table;
use logout_notices::{NOTICES, QueuedLogout};

/// The same table with records of another kind, which do not open as what belongs there.
const BROKEN: Table<(u64, u64), String> = Table::new("logout_notices");

fn queued(client_id: &str, number: u64) -> QueuedLogout {
    let notice = LogoutNotice {
        client_id: client_id.parse().unwrap(),
        user_id: UserId(7),
        session_id: SessionId(String::from("session")),
        expires_at: NOW.plus(Duration::from_secs(3600)),
        failures: 0,
    };
    QueuedLogout { due_at: Timestamp(0), number, notice }
}

fn put(tx: &mut Tx, queued: &QueuedLogout) -> Result<(), StoreError> {
    NOTICES.insert(tx, &queued.place(), queued)
}

fn due(store: &Store) -> (Vec<u64>, usize) {
    let (due, unreadable) = store.read(|tx| logout_notices::list_due(tx, NOW, |_| true)).unwrap();
    (due.into_iter().map(|queued| queued.number).collect(), unreadable.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_128_sec_153_one_that_does_not_open_stops_no_other_and_is_found_and_deleted() {
    let store = store();
    store
        .write(|tx| {
            BROKEN.insert(tx, &(0, 0), &String::from("?"))?;
            put(tx, &queued("first", 1))?;
            put(tx, &queued("second", 2))?;
            BROKEN.insert(tx, &(0, 3), &String::from("?"))
        })
        .await
        .unwrap();
    assert_eq!(due(&store), (vec![1, 2], 2));
    // Whoever signs out now is not stopped by it, the last one though it is.
    let again = queued("first", 1);
    store.write(move |tx| logout_notices::postpone(tx, &again, again.notice.clone(), again.due_at)).await.unwrap();
    assert_eq!(due(&store), (vec![2, 4], 2));
    let findings = || {
        let findings = store.check(NOW).unwrap().findings;
        findings.into_iter().filter(|found| found.table == "logout_notices").map(|found| found.problem)
    };
    assert_eq!(findings().collect::<Vec<_>>(), [check::Problem::Damaged, check::Problem::Damaged]);
    let (_, unreadable) = store.read(|tx| logout_notices::list_due(tx, NOW, |_| true)).unwrap();
    store.write(move |tx| logout_notices::delete_unreadable(tx, &unreadable)).await.unwrap();
    assert_eq!(due(&store), (vec![2, 4], 0));
    assert_eq!(findings().count(), 0);
    store.write(|tx| NOTICES.insert(tx, &(0, 9), &queued("first", 8))).await.unwrap();
    assert_eq!(findings().collect::<Vec<_>>(), [check::Problem::Misfiled]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_128_however_many_wait_for_one_service_another_one_is_found() {
    let store = store();
    store
        .write(|tx| {
            (0..4_100).try_for_each(|number| put(tx, &queued("slow", number)))?;
            put(tx, &queued("quick", 4_100))
        })
        .await
        .unwrap();
    let is_quick = |queued: &QueuedLogout| queued.notice.client_id.as_str() == "quick";
    let (found, _) = store.read(|tx| logout_notices::list_due(tx, NOW, is_quick)).unwrap();
    assert_eq!(found, [queued("quick", 4_100)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_128_where_too_many_wait_the_first_one_is_given_up_and_numbers_that_are_gone_are_none_that_wait() {
    let store = store();
    store.write(|tx| [2, 90].iter().try_for_each(|number| put(tx, &queued("service", *number)))).await.unwrap();
    store.write(|tx| logout_notices::make_room(tx, 3)).await.unwrap();
    assert_eq!(due(&store).0, [2, 90]);
    store.write(|tx| logout_notices::make_room(tx, 2)).await.unwrap();
    assert_eq!(due(&store).0, [90]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_128_sec_153_a_hundred_thousand_wait_at_most() {
    let store = store();
    let fill = |tx: &mut Tx| (0..100_000).try_for_each(|number| put(tx, &queued("service", number)));
    store.write(fill).await.unwrap();
    let later = queued("service", 50_000);
    store.write(move |tx| logout_notices::postpone(tx, &later, later.notice.clone(), NOW)).await.unwrap();
    let count = || store.read(|tx| tx.count(NOTICES.name())).unwrap();
    assert_eq!(count(), 100_000, "in the place of the one that it was");
    let new = queued("service", 100_001);
    store.write(move |tx| logout_notices::enter(tx, new.notice.clone(), new.due_at)).await.unwrap();
    assert_eq!(count(), 100_000, "the first one gives way");
    assert_eq!(due(&store).0.first(), Some(&1));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_128_sec_188_a_database_that_was_put_back_tells_nothing_again() {
    let store = store();
    store.write(|tx| put(tx, &queued("service", 1))).await.unwrap();
    store.write(void_what_was_handed_out).await.unwrap();
    assert_eq!(due(&store), (vec![], 0));
}
