//! Records that are damaged or lie in the wrong place, tables by handle, and purging.

use super::super::handle_table::HandleTable;
use super::super::transaction::{Rows as _, Tx};
use super::*;
use crate::domain::{HandleKey, PasswordLink, UserId};
use crate::store::{access_tokens, password_links};

const OTHERS: Table<u64, String> = Table::new("others");

fn link(user: u64) -> PasswordLink {
    PasswordLink { user_id: UserId(user), user_epoch: 0, expires_at: Timestamp(50), used_at: None, is_mailed: false }
}

fn key<K>(retained_until: u64, number: u64) -> HandleKey<K> {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    HandleKey::new(Timestamp(retained_until), digest)
}

/// What a look-up of `number` says when `bytes` lie there.
async fn read_back(store: &Store, number: u64, bytes: Vec<u8>) -> Result<Option<String>, StoreError> {
    let put = move |tx: &mut Tx| tx.put_row("numbers", &number.to_be_bytes(), &bytes);
    store.write(put).await.unwrap();
    store.read(|tx| NUMBERS.find(tx, &number))
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_153_a_record_with_any_byte_changed_is_an_error_and_never_another_value() {
    let store = open(&Disk::new());
    insert(&store, 7).await.unwrap();
    let whole = store.read(|tx| tx.row("numbers", &7_u64.to_be_bytes(), <[u8]>::to_vec)).unwrap().unwrap();
    let damaged = Err(StoreError::Damaged { table: "numbers" });
    for position in 0..whole.len() {
        for change in [1, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[position] ^= change;
            assert_eq!(read_back(&store, 7, bytes).await, damaged, "byte {position}");
        }
    }
    for length in 0..whole.len() {
        assert_eq!(read_back(&store, 7, whole[..length].to_vec()).await, damaged, "cut to {length}");
    }
    let longer = [whole.as_slice(), b" "].concat();
    assert_eq!(read_back(&store, 7, longer).await, damaged);
    assert_eq!(read_back(&store, 7, whole).await, Ok(Some(String::from("7"))));
    assert!(store.is_healthy());
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_153_a_record_under_a_foreign_key_or_in_a_foreign_table_is_an_error() {
    let store = open(&Disk::new());
    insert(&store, 7).await.unwrap();
    let whole = store.read(|tx| tx.row("numbers", &7_u64.to_be_bytes(), <[u8]>::to_vec)).unwrap().unwrap();
    assert_eq!(read_back(&store, 8, whole.clone()).await, Err(StoreError::Damaged { table: "numbers" }));
    store.write(move |tx| tx.put_row("others", &7_u64.to_be_bytes(), &whole)).await.unwrap();
    assert_eq!(store.read(|tx| OTHERS.find(tx, &7)), Err(StoreError::Damaged { table: "others" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_182_inserting_what_is_there_and_updating_what_is_not_are_refused() {
    let store = open(&Disk::new());
    insert(&store, 1).await.unwrap();
    assert_eq!(insert(&store, 1).await, Err(StoreError::Taken { table: "numbers" }));
    let update = store.write(|tx| NUMBERS.update(tx, &2, &String::from("2"))).await;
    assert_eq!(update, Err(StoreError::Absent { table: "numbers" }));
    assert_eq!(numbers(&store), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_41_listings_go_on_where_they_stopped() {
    let store = open(&Disk::new());
    for number in [3, 1, 2, 255, 256] {
        insert(&store, number).await.unwrap();
    }
    let page = |after: Option<u64>| store.read(|tx| NUMBERS.list(tx, after.as_ref(), 2)).unwrap();
    assert_eq!(page(None), ["1", "2"]);
    assert_eq!(page(Some(2)), ["3", "255"]);
    assert_eq!(page(Some(255)), ["256"]);
    assert!(page(Some(u64::MAX)).is_empty());
    let latest = |before: Option<u64>| store.read(|tx| NUMBERS.list_latest(tx, before.as_ref(), 2)).unwrap();
    assert_eq!(latest(None), ["256", "255"]);
    assert_eq!(latest(Some(255)), ["3", "2"]);
    assert!(latest(Some(0)).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_41_a_listing_within_a_prefix_stays_within_it() {
    const PAIRS: Table<(u64, u64), (u64, u64)> = Table::new("pairs");
    let store = open(&Disk::new());
    let pairs = [(0, 1), (0, u64::MAX), (1, 0), (1, 5), (2, 0), (u64::MAX, 3), (u64::MAX, u64::MAX)];
    store.write(move |tx| pairs.iter().try_for_each(|pair| PAIRS.insert(tx, pair, pair))).await.unwrap();
    let within = |prefix: u64, after: Option<(u64, u64)>| {
        store.read(|tx| PAIRS.list_within(tx, &prefix, after.as_ref(), 10)).unwrap()
    };
    assert_eq!(within(0, None), [(0, 1), (0, u64::MAX)]);
    assert_eq!(within(1, None), [(1, 0), (1, 5)]);
    assert_eq!(within(1, Some((1, 0))), [(1, 5)]);
    assert!(within(1, Some((1, 5))).is_empty());
    assert!(within(1, Some((2, 9))).is_empty());
    assert_eq!(within(u64::MAX, None), [(u64::MAX, 3), (u64::MAX, u64::MAX)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_2_the_whole_digest_decides_not_only_the_part_in_the_key() {
    const LINKS: HandleTable<PasswordLink> = HandleTable::new("test_links");
    let store = open(&Disk::new());
    let (mine, mut theirs) = ([7; 32], [7; 32]);
    theirs[31] = 8;
    let (mine, theirs) = (HandleKey::new(Timestamp(9), mine), HandleKey::new(Timestamp(9), theirs));
    store.write(move |tx| LINKS.insert(tx, &mine, &link(1))).await.unwrap();
    assert_eq!(store.read(|tx| LINKS.find(tx, &mine)).unwrap(), Some(link(1)));
    assert_eq!(store.read(|tx| LINKS.find(tx, &theirs)).unwrap(), None);
    let update = store.write(move |tx| LINKS.update(tx, &theirs, &link(2))).await;
    assert_eq!(update, Err(StoreError::Absent { table: "test_links" }));
    let insert = store.write(move |tx| LINKS.insert(tx, &theirs, &link(2))).await;
    assert_eq!(insert, Err(StoreError::Taken { table: "test_links" }));
    assert_eq!(store.read(|tx| LINKS.find(tx, &mine)).unwrap(), Some(link(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn r_2_a_purge_deletes_what_has_ended_and_nothing_else() {
    let store = open(&Disk::new());
    insert(&store, 1).await.unwrap();
    let fill = |tx: &mut Tx| {
        for retained_until in 98..=102 {
            for number in 0..3 {
                password_links::insert(tx, &key(retained_until, number), &link(number))?;
            }
        }
        Ok(())
    };
    store.write(fill).await.unwrap();
    assert_eq!(store.purge(Timestamp(100)).await.unwrap().records, 9);
    let is_there = |until| store.read(|tx| password_links::find(tx, &key(until, 2))).unwrap().is_some();
    assert_eq!([98, 99, 100, 101, 102].map(is_there), [false, false, false, true, true]);
    assert_eq!(store.purge(Timestamp(100)).await.unwrap().records, 0);
    assert_eq!(numbers(&store), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_182_a_large_purge_goes_in_several_transactions() {
    use crate::domain::AccessToken;

    let disk = Disk::new();
    let store = open(&disk);
    let fill = |tx: &mut Tx| {
        let token = AccessToken { grant: key(60, 1), issued_at: Timestamp(1), expires_at: Timestamp(60) };
        (0..7_000).try_for_each(|number| access_tokens::insert(tx, &key(60, number), &token))
    };
    store.write(fill).await.unwrap();
    let before = disk.flushes();
    assert_eq!(store.purge(Timestamp(60)).await.unwrap().records, 7_000);
    assert_eq!(disk.flushes() - before, 4, "two commits of two phases");
    assert_eq!(store.read(|tx| access_tokens::find(tx, &key(60, 6_999))).unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_12_clearing_leaves_only_the_header() {
    let disk = Disk::new();
    let store = open(&disk);
    insert(&store, 1).await.unwrap();
    store.write(|tx| password_links::insert(tx, &key(9, 1), &link(1))).await.unwrap();
    store.write(crate::store::clear).await.unwrap();
    assert!(numbers(&store).is_empty());
    assert_eq!(store.read(|tx| password_links::find(tx, &key(9, 1))).unwrap(), None);
    insert(&store, 1).await.unwrap();
    drop(store);
    assert_eq!(open(&disk).header().instance_id, "first");
}
