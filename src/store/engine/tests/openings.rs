//! Whose database is opened, where it lies, and what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::super::header::Migration;
use super::super::header::{self, Identity};
use super::super::transaction::Tx;
use super::*;
use crate::store::OpenError;
use crate::store::backup::{self, Draft, Protection};
use crate::store::engine::files;
use crate::store::marks::{self, Mark};

fn opening_in(directory: &Path) -> Opening {
    Opening { location: Location::Directory(directory.to_path_buf()), ..opening() }
}

fn open_on(disk: &Arc<Disk>, opening: Opening) -> Result<Store, OpenError> {
    Store::open_on(Arc::clone(disk) as Arc<dyn StorageBackend>, opening, [Duration::from_millis(1); 3])
}

fn identity() -> Identity {
    let Opening { mode, issuer, instance_id, now, .. } = opening();
    Identity { mode, issuer, instance_id, accept_issuer_change: false, now }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_11_a_file_holds_what_was_written_when_it_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(opening_in(directory.path())).unwrap();
    insert(&store, 1).await.unwrap();
    drop(store);
    let again = Store::open(opening_in(directory.path())).unwrap();
    assert_eq!(numbers(&again), [1]);
    assert_eq!(again.header().instance_id, "first");
}

/// The directories that `act` makes durable.
fn synced(act: impl FnOnce()) -> Vec<PathBuf> {
    files::SYNCED.take();
    act();
    files::SYNCED.take()
}

#[test]
fn sec_186_a_file_that_is_made_or_renamed_has_its_entry_on_the_disk() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("data");
    let mut store = None;
    let opened = synced(|| store = Some(Store::open(opening_in(&directory)).unwrap()));
    assert!(opened.contains(&directory), "the database: {opened:?}");
    let noted = synced(|| marks::write_file(&directory.join("high-water"), "first", Mark::default()).unwrap());
    assert_eq!(noted, std::slice::from_ref(&directory), "the mark beside it");
    let backups = parent.path().join("backups");
    fs::create_dir(&backups).unwrap();
    let draft = Draft {
        taken_at: Timestamp(1),
        master_key_id: "k",
        master_key: None,
        protection: Protection::None,
        key: None,
        seal: &str::to_owned,
    };
    let written = synced(|| drop(backup::write(&store.unwrap(), &backups.join("a"), &draft).unwrap()));
    assert_eq!(written, [backups], "a backup under its name");
}

#[test]
fn sec_172_the_file_and_its_directory_are_their_owners_only() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("data");
    let _store = Store::open(opening_in(&directory)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&directory.join("moncomptepro.redb")), 0o600);
}

#[test]
fn sec_172_a_directory_in_which_others_may_write_is_refused_and_one_that_they_may_read_is_closed() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("data");
    fs::create_dir(&directory).unwrap();
    let open_with = |mode: u32| {
        fs::set_permissions(&directory, fs::Permissions::from_mode(mode)).unwrap();
        Store::open(opening_in(&directory)).map(drop).map_err(|cause| cause.to_string())
    };
    for mode in [0o777, 0o770, 0o702, 0o1777] {
        let told = open_with(mode).unwrap_err();
        assert!(told.contains("other accounts may write in it") && told.contains("chmod 700"), "{mode:o}: {told}");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 0, "{mode:o}: nothing was put there");
    }
    fs::write(directory.join("letter"), "").unwrap();
    for mode in [0o755, 0o750, 0o711] {
        let told = open_with(mode).unwrap_err();
        assert!(told.contains("holds other things") && told.contains("chmod 700"), "{mode:o}: {told}");
        assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, mode, "it is left as it is");
    }
    fs::remove_file(directory.join("letter")).unwrap();
    fs::write(directory.join("master.key"), "").unwrap();
    for mode in [0o755, 0o750, 0o711] {
        assert_eq!(open_with(mode), Ok(()));
        let closed = fs::metadata(&directory).unwrap().permissions().mode() & 0o777;
        assert_eq!(closed, 0o700, "what an installer makes is closed: {mode:o}");
    }
}

#[test]
fn sec_172_no_link_is_followed_in_the_place_of_a_file_of_the_data() {
    for name in ["moncomptepro.redb", "instance.lock"] {
        let directory = tempfile::tempdir().unwrap();
        drop(Store::open(opening_in(directory.path())).unwrap());
        let (place, elsewhere) = (directory.path().join(name), directory.path().join("elsewhere"));
        assert!(place.exists(), "{name}");
        fs::rename(&place, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &place).unwrap();
        let told = Store::open(opening_in(directory.path())).map(drop).unwrap_err().to_string();
        assert!(told.contains(name) && told.contains("symbolic link"), "{told}");
    }
}

#[test]
fn sec_172_data_of_another_account_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("data");
    drop(Store::open(opening_in(&directory)).unwrap());
    // Only root may give files away; elsewhere there is nothing to try.
    for given_away in [directory.join("moncomptepro.redb"), directory.clone()] {
        if std::os::unix::fs::chown(&given_away, Some(65_534), None).is_err() {
            return;
        }
        let told = Store::open(opening_in(&directory)).map(drop).unwrap_err().to_string();
        assert!(told.contains("belongs to account 65534") && told.contains("chown"), "{told}");
        std::os::unix::fs::chown(&given_away, Some(rustix::process::geteuid().as_raw()), None).unwrap();
    }
}

#[test]
fn sec_194_a_file_in_use_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let _store = Store::open(opening_in(directory.path())).unwrap();
    assert!(
        matches!(Store::open(opening_in(directory.path())), Err(OpenError::Locked { holder: Some(holder), .. }) if holder == std::process::id())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r_4_another_mode_is_refused_and_nothing_changes() {
    let disk = Disk::new();
    drop(open(&disk));
    let refused = open_on(&disk, Opening { mode: String::from("other"), ..opening() });
    assert!(matches!(refused, Err(OpenError::OtherMode { stored }) if stored == "serve"));
    assert_eq!(open(&disk).header().mode, "serve");
}

#[tokio::test(flavor = "multi_thread")]
async fn r_4_another_issuer_is_refused_unless_accepted() {
    let disk = Disk::new();
    drop(open(&disk));
    let moved = Opening { issuer: String::from("https://moved.example"), ..opening() };
    let refused = open_on(&disk, moved.clone());
    assert!(matches!(refused, Err(OpenError::OtherIssuer { stored, .. }) if stored == "https://identity.example"));

    drop(open_on(&disk, Opening { accept_issuer_change: true, ..moved.clone() }).unwrap());
    let store = open_on(&disk, moved).unwrap();
    assert_eq!(store.header().issuer, "https://moved.example");
    assert_eq!(store.header().instance_id, "first");
}

#[tokio::test(flavor = "multi_thread")]
async fn r_4_a_newer_format_is_refused() {
    let disk = Disk::new();
    let store = open(&disk);
    let header = super::super::Header { format: 1_000, ..store.header().clone() };
    store.write(move |tx| header::TABLE.update(tx, "header", &header)).await.unwrap();
    drop(store);
    assert!(matches!(open_on(&disk, opening()), Err(OpenError::NewerFormat { stored: 1_000, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn r_4_each_migration_runs_once_in_its_order() {
    fn append(tx: &mut Tx, text: &str) -> Result<(), StoreError> {
        let before = NUMBERS.find(tx, &0)?.unwrap_or_default();
        NUMBERS.put(tx, &0, &(before + text)).map(|_| ())
    }
    let store = open(&Disk::new());
    let formats = store.write(|tx| {
        header::set_format(tx, 0)?;
        let first: &[Migration] = &[|tx| append(tx, "a")];
        let both: &[Migration] = &[|tx| append(tx, "a"), |tx| append(tx, "b")];
        let lists = [first, both, both];
        Ok(lists.map(|list| header::admit(tx, &identity(), list).unwrap().format))
    });
    assert_eq!(formats.await, Ok([1, 2, 2]));
    assert_eq!(store.read(|tx| NUMBERS.get(tx, &0)).unwrap(), "ab");
}

#[test]
fn sec_192_what_is_no_database_is_refused_and_left_alone() {
    for content in [&b"not a database\n"[..], &[0; 8192], &[0xff; 100_000]] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("moncomptepro.redb");
        fs::write(&path, content).unwrap();
        assert!(matches!(Store::open(opening_in(directory.path())), Err(OpenError::Damaged(_))));
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_192_a_file_cut_short_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("moncomptepro.redb");
    let store = Store::open(opening_in(directory.path())).unwrap();
    for number in 0..50 {
        insert(&store, number).await.unwrap();
    }
    drop(store);
    let whole = fs::read(&path).unwrap();
    for part in 1..20 {
        fs::write(&path, &whole[..whole.len() * part / 20]).unwrap();
        assert!(matches!(Store::open(opening_in(directory.path())), Err(OpenError::Damaged(_))), "{part}/20");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_181_a_disk_that_takes_nothing_does_not_make_a_database_a_damaged_one() {
    let mut refused = 0;
    for calls in 0..40 {
        let disk = Disk::new();
        let store = open(&disk);
        insert(&store, 1).await.unwrap();
        drop(store);
        disk.fail_after(calls, i64::MAX);
        let medium = Medium::Backend(Arc::clone(&disk) as Arc<dyn StorageBackend>);
        match Store::start(medium, opening(), [Duration::from_millis(1); 3], &|_| Ok(())) {
            Ok(_) => {}
            Err(OpenError::Io(_)) => refused += 1,
            Err(other) => panic!("{calls}: {other}"),
        }
        disk.repair();
        assert_eq!(numbers(&open(&disk)), [1]);
    }
    assert!(refused > 3, "{refused}");
}
