//! Rows that come in order and out of it, and values that were altered.

use redb::{Database, ReadableDatabase as _};

use super::*;

fn row(number: u64) -> Vec<u8> {
    let length = usize::try_from(number % 90).unwrap();
    std::iter::repeat_n(u8::try_from(number % 251).unwrap(), length).collect()
}

#[test]
fn rows_are_found_and_walked_over_whatever_the_order_that_they_came_in() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bulk.redb");
    let mut writer = BulkWriter::create(&path, 1 << 20).unwrap();
    for number in (10..20_000_u64).step_by(7) {
        writer.add("a", number, &row(number)).unwrap();
    }
    // Late: before everything, between, and one that replaces.
    for number in [3, 11, 17_u64] {
        writer.add("a", number, &row(number + 1)).unwrap();
    }
    writer.add("b", 5, b"other").unwrap();
    writer.finish(&[("about", b"note".to_vec())]).unwrap();

    let reader = BulkReader::open(&path, 1 << 20).unwrap();
    assert_eq!(reader.find("a", 24).unwrap().unwrap(), row(24));
    assert_eq!(reader.find("a", 17).unwrap().unwrap(), row(18));
    assert_eq!(reader.find("a", 25).unwrap(), None);
    assert_eq!(reader.find("a", u64::MAX).unwrap(), None);
    assert_eq!(reader.find("c", 1).unwrap(), None);
    assert_eq!(reader.find("b", 5).unwrap().unwrap(), b"other");
    assert_eq!(reader.note("about").unwrap().unwrap(), b"note");
    let mut numbers = Vec::new();
    let mut rows = reader.rows("a").unwrap();
    while let Some((number, found)) = rows.advance().unwrap() {
        let expected = if [3, 11, 17].contains(&number) { row(number + 1) } else { row(number) };
        assert_eq!(found, expected, "{number}");
        numbers.push(number);
    }
    assert!(numbers.is_sorted());
    assert_eq!(numbers.len(), (10..20_000_u64).step_by(7).count() + 2);
    let mut seen = 0;
    reader.visit("a", 10, 31, |_, _| seen += 1).unwrap();
    assert_eq!(seen, 4 + 2, "10, 17, 24, 31, and 11 and 17 that came late");
}

#[test]
fn what_was_altered_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bulk.redb");
    let mut writer = BulkWriter::create(&path, 1 << 20).unwrap();
    for number in 0..100_u64 {
        writer.add("a", number, &row(number)).unwrap();
    }
    assert!(matches!(writer.add("a", 200, &[0; 4_000]), Err(BulkError::TooLarge { .. })));
    writer.finish(&[]).unwrap();
    {
        let database = Database::open(&path).unwrap();
        let altered = {
            let transaction = database.begin_read().unwrap();
            let value = transaction.open_table(sorted("a")).unwrap().get(0).unwrap().unwrap().value().to_vec();
            let mut value = value;
            *value.last_mut().unwrap() ^= 1;
            value
        };
        let transaction = database.begin_write().unwrap();
        transaction.open_table(sorted("a")).unwrap().insert(0, altered.as_slice()).unwrap();
        transaction.commit().unwrap();
    }
    let reader = BulkReader::open(&path, 1 << 20).unwrap();
    assert!(matches!(reader.find("a", 5), Err(BulkError::Damaged { table: "a" })));
}
