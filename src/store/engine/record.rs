//! What lies in the file for one value: a format byte, eight bytes of digest, and JSON.
//!
//! The digest covers the table, the key and the body, so that a record which was damaged, or which lies under a key
//! or in a table that is not its own, is an error and never somebody else's data.

use aws_lc_rs::digest;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::StoreError;

/// The one format so far: JSON.
const FORMAT: u8 = 1;
const DIGEST_BYTES: usize = 8;
/// Most records are shorter.
const USUAL_BYTES: usize = 512;

/// Writes `value` as the record that lies under `key` of `table`.
pub(super) fn seal<V: Serialize + ?Sized>(table: &'static str, key: &[u8], value: &V) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    bytes.push(FORMAT);
    bytes.extend([0; DIGEST_BYTES]);
    serde_json::to_writer(&mut bytes, value).map_err(|error| {
        tracing::error!(table, %error, "a value cannot be written as JSON");
        StoreError::Unwritable { table }
    })?;
    let digest = digest_of(table, key, body_of(&bytes));
    for (slot, byte) in bytes.iter_mut().skip(1).zip(digest) {
        *slot = byte;
    }
    Ok(bytes)
}

/// The JSON of a record; empty where it is too short for one.
pub(super) fn body_of(record: &[u8]) -> &[u8] {
    record.get(1 + DIGEST_BYTES..).unwrap_or_default()
}

/// Reads the record found under `key` of `table`.
pub(super) fn open<V: DeserializeOwned>(table: &'static str, key: &[u8], bytes: &[u8]) -> Result<V, StoreError> {
    read(table, key, bytes).map_err(|reason| {
        tracing::error!(table, key = %fingerprint(key), reason, "a record is damaged or misplaced");
        StoreError::Damaged { table }
    })
}

/// Whether a record is whole and lies where it belongs, whatever it holds.
pub(in crate::store) fn check_record(table: &'static str, key: &[u8], bytes: &[u8]) -> Result<(), StoreError> {
    open::<serde::de::IgnoredAny>(table, key, bytes).map(|_| ())
}

fn read<V: DeserializeOwned>(table: &'static str, key: &[u8], bytes: &[u8]) -> Result<V, String> {
    let (format, rest) = bytes.split_first().ok_or("empty")?;
    if *format != FORMAT {
        return Err(format!("unknown format {format}"));
    }
    let (digest, body) = rest.split_first_chunk::<DIGEST_BYTES>().ok_or("too short")?;
    if *digest != digest_of(table, key, body) {
        return Err(String::from("wrong digest"));
    }
    serde_json::from_slice(body)
        .map_err(|error| format!("not of its type: {:?} at {}", error.classify(), error.column()))
}

fn digest_of(table: &str, key: &[u8], body: &[u8]) -> [u8; DIGEST_BYTES] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [table.as_bytes(), key] {
        // Lengths first: no two different triples are the same sequence of bytes.
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    context.update(body);
    first_bytes(context.finish().as_ref())
}

/// Names a key in the log without showing it: keys may be addresses.
pub(in crate::store) fn fingerprint(key: &[u8]) -> String {
    let bytes = first_bytes(digest::digest(&digest::SHA256, key).as_ref());
    format!("{:016x}", u64::from_be_bytes(bytes))
}

fn first_bytes(digest: &[u8]) -> [u8; DIGEST_BYTES] {
    digest.first_chunk().copied().unwrap_or_default()
}
