//! What a database holds, record by record, whatever its tables.

use std::path::Path;

use redb::{ReadOnlyDatabase, ReadableDatabase as _, ReadableTable as _, TableDefinition, TableHandle as _};

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
