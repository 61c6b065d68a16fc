//! What a database holds, record by record, whatever its tables.

use std::path::Path;

use redb::{Database, ReadOnlyDatabase, ReadableDatabase as _, ReadableTable as _, TableDefinition, TableHandle as _};

/// Puts bytes in the place of a record of the database of a data directory that no instance holds.
pub(crate) fn deface(directory: &Path, table: &str, key: &[u8], bytes: &[u8]) {
    let database = Database::open(directory.join("moncomptepro.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut rows = transaction.open_table(TableDefinition::<&[u8], &[u8]>::new(table)).unwrap();
        assert!(rows.insert(key, bytes).unwrap().is_some(), "there is such a record");
    }
    transaction.commit().unwrap();
}

/// Every record of the database of a data directory that no instance holds.
pub(crate) fn stored(directory: &Path) -> Vec<String> {
    let database = ReadOnlyDatabase::open(directory.join("moncomptepro.redb")).unwrap();
    let transaction = database.begin_read().unwrap();
    let mut records = Vec::new();
    for table in transaction.list_tables().unwrap() {
        let rows = transaction.open_table(TableDefinition::<&[u8], &[u8]>::new(table.name())).unwrap();
        for row in rows.iter().unwrap() {
            let (key, record) = row.unwrap();
            records.push(String::from_utf8_lossy(&[key.value(), record.value()].concat()).into_owned());
        }
    }
    assert!(!records.is_empty());
    records
}
