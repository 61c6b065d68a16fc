//! A backup is what was stored, and nothing else is taken for one.

use std::path::Path;

use super::writer::{check_room, write_by};
use super::*;
use crate::domain::{User, UserId};
use crate::protocol::Timestamp;
use crate::store::{Location, Opening, Store, signing_keys, users};

const NOW: Timestamp = Timestamp(1_795_424_400);

fn store() -> Store {
    let opening = Opening {
        location: Location::Memory,
        cache_bytes: 1024 * 1024,
        mode: String::from("serve"),
        issuer: String::from("https://identity.example"),
        instance_id: String::from("first"),
        accept_issuer_change: false,
        now: NOW,
    };
    Store::open(opening).unwrap()
}

/// A store with so many people.
async fn people(count: u64) -> Store {
    let store = store();
    store
        .write(move |tx| {
            (1..=count).try_for_each(|id| {
                users::insert(tx, &User::new(UserId(id), format!("agent-{id}@mairie.exemple.fr").parse().unwrap(), NOW))
            })
        })
        .await
        .unwrap();
    store
}

fn seal(digest: &str) -> String {
    format!("seal of {digest}")
}

fn draft<'a>(protection: Protection, key: Option<&'a BackupKey>, master_key: Option<&'a [u8]>) -> Draft<'a> {
    Draft { taken_at: NOW, master_key_id: "key-1", master_key, protection, key, seal: &seal }
}

fn by_key_file() -> Protection {
    Protection::KeyFile { key_id: String::from("k"), salt: String::from("s") }
}

fn key(byte: u8) -> BackupKey {
    BackupKey::new([byte; 32])
}

fn verify(path: &Path, key: Option<&BackupKey>) -> Result<Verified, BackupError> {
    BackupFile::open(path)?.verify(key)
}

fn digests(store: &Store) -> Vec<(&'static str, String)> {
    let report = store.check(NOW).unwrap();
    let carried: Vec<&str> = writer::carried().collect();
    let counts = report.tables.into_iter().filter(|count| carried.contains(&count.table));
    counts.map(|count| (count.table, count.digest)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_213_a_backup_is_verified_and_gives_the_same_database_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = people(3_000).await;
    for (name, protection, key, master_key) in
        [("plain", Protection::None, None, None), ("sealed", by_key_file(), Some(key(7)), Some(&[9; 32][..]))]
    {
        let path = directory.path().join(name);
        let manifest = write(&store, &path, &draft(protection, key.as_ref(), master_key)).unwrap();
        assert_eq!((manifest.instance_id.as_str(), manifest.taken_at), ("first", NOW));
        let users = manifest.tables.iter().find(|table| table.name == "users").unwrap();
        assert_eq!(users.records, 3_000);
        let verified = verify(&path, key.as_ref()).unwrap();
        assert_eq!(verified.manifest, manifest);
        assert_eq!(verified.seal, seal(&verified.digest));
        assert_eq!(verified.master_key.as_deref().map(Vec::as_slice), master_key);

        let other = self::store();
        let file = BackupFile::open(&path).unwrap();
        let importing = other.clone();
        let key = key.clone();
        tokio::task::spawn_blocking(move || import(&importing, file, key.as_ref()).unwrap()).await.unwrap();
        assert_eq!(digests(&other), digests(&store), "{name}");
        assert!(other.check(NOW).unwrap().is_sound());
        assert_eq!(
            std::fs::read_dir(directory.path())
                .unwrap()
                .filter(|entry| { entry.as_ref().unwrap().file_name().to_string_lossy().contains("partial") })
                .count(),
            0
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_206_a_backup_names_the_master_key_of_what_it_holds_or_is_none() {
    let directory = tempfile::tempdir().unwrap();
    let (store, path) = (store(), directory.path().join("a.backup"));
    let sealed_by = |id: &str| {
        let sealed = serde_json::json!({ "key_id": id });
        store.write(move |tx| signing_keys::put_mac_keys(tx, &sealed))
    };
    // The key was changed after the draft was made.
    sealed_by("key-2").await.unwrap();
    let refused = write(&store, &path, &draft(Protection::None, None, None)).unwrap_err();
    assert!(matches!(refused, BackupError::KeyChanged), "{refused}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left of it");
    sealed_by("key-1").await.unwrap();
    assert_eq!(write(&store, &path, &draft(Protection::None, None, None)).unwrap().master_key_id, "key-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_214_a_backup_with_any_byte_changed_or_missing_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = people(40).await;
    for (name, protection, key) in [("plain", Protection::None, None), ("sealed", by_key_file(), Some(key(7)))] {
        let path = directory.path().join(name);
        write(&store, &path, &draft(protection, key.as_ref(), None)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let tampered = directory.path().join("tampered");
        let seal_of_the_whole = verify(&path, key.as_ref()).unwrap().seal;
        let refused = |bytes: &[u8]| {
            std::fs::write(&tampered, bytes).unwrap();
            // The seal is for the holder of the master key to compare.
            match verify(&tampered, key.as_ref()) {
                Ok(verified) => verified.seal != seal_of_the_whole,
                Err(_) => true,
            }
        };
        for place in (0..whole.len()).step_by(7).chain(whole.len() - 200..whole.len() - 1) {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x10;
            assert!(refused(&bytes), "{name}: byte {place}");
        }
        for length in (0..whole.len()).step_by(53) {
            assert!(refused(&whole[..length]), "{name}: cut to {length}");
        }
        assert!(refused(&[whole.as_slice(), b"x"].concat()), "{name}: longer");
        assert!(!refused(&whole));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_213_a_protected_backup_shows_nothing_and_opens_with_its_key_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sealed");
    let store = people(10).await;
    write(&store, &path, &draft(by_key_file(), Some(&key(7)), None)).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"mairie"));
    for wrong in [None, Some(key(8))] {
        assert!(matches!(verify(&path, wrong.as_ref()), Err(BackupError::Locked { .. })));
    }
    let plain = directory.path().join("plain");
    write(&store, &plain, &draft(Protection::None, None, None)).unwrap();
    assert!(matches!(verify(&plain, Some(&key(7))), Err(BackupError::Locked { .. })));
    assert!(std::fs::read(&plain).unwrap().windows(6).any(|window| window == b"mairie"), "the search works");
}

#[test]
fn sec_190_a_backup_is_not_begun_without_room_for_it_and_a_fifth_more() {
    const MIB: u64 = 1 << 20;
    let path = Path::new("/srv/a.backup");
    let told = |file_bytes, free| check_room(file_bytes, free, path).map_err(|error| error.to_string());
    assert_eq!(told(10 * MIB, Some(12 * MIB)), Ok(()));
    let refused = Err(String::from("/srv/a.backup: 12 MiB are needed and 11 MiB are free"));
    assert_eq!(told(10 * MIB, Some(12 * MIB - 1)), refused);
    assert_eq!(told(1000, Some(0)), Err(String::from("/srv/a.backup: 1 MiB are needed and 0 MiB are free")));
    assert_eq!(told(10 * MIB, None), Ok(()), "where nobody says, it is tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_213_what_is_read_again_from_a_database_that_was_opened_anew_is_the_whole_backup() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("backup");
    let (before, after) = (people(30).await, people(10).await);
    let read = |fill: writer::Filling<'_>| {
        before.read_whole(fill)?.unwrap();
        after.read_whole(fill)
    };
    write_by(&path, 0, &draft(Protection::None, None, None), read).unwrap();
    let tables = verify(&path, None).unwrap().manifest.tables;
    assert!(tables.iter().any(|table| table.name == "users" && table.records == 10), "{tables:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_213_a_backup_replaces_nothing_and_what_was_not_finished_has_no_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("backup");
    let store = people(10).await;
    std::fs::write(&path, "precious").unwrap();
    assert!(matches!(write(&store, &path, &draft(Protection::None, None, None)), Err(BackupError::Exists(_))));
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");

    // What a crash has left is taken over.
    let other = directory.path().join("other");
    std::fs::write(directory.path().join("other.partial"), [1; 100_000]).unwrap();
    write(&store, &other, &draft(Protection::None, None, None)).unwrap();
    verify(&other, None).unwrap();
    assert!(!directory.path().join("other.partial").exists());

    // Under a name that nobody takes again it is cleared away, unless it is being written.
    let left = directory.path().join("left.backup.partial");
    let written = directory.path().join("written.backup.partial");
    for path in [&left, &written] {
        std::fs::write(path, [1; 1000]).unwrap();
    }
    let being_written = std::fs::File::open(&written).unwrap();
    being_written.lock().unwrap();
    clear_unfinished(directory.path());
    assert!(!left.exists() && written.exists() && path.exists() && other.exists());

    let nowhere = directory.path().join("no such directory/backup");
    assert!(matches!(write(&store, &nowhere, &draft(Protection::None, None, None)), Err(BackupError::Io { .. })));
    let not_ours = directory.path().join("text");
    std::fs::write(&not_ours, "a text").unwrap();
    assert!(matches!(verify(&not_ours, None), Err(BackupError::NotABackup(_))));
}
