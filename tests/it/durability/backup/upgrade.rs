//! SEC-215: a database that an older version wrote is brought up to date after a backup of it, and nobody notices.
//!
//! The databases are kept as those versions left them, with their master key and what is known about them: one person with
//! a password, linked to a commune, with a session; one client.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use moncomptepro::acts;
use moncomptepro::clock::Clock;
use moncomptepro::config::Config;
use moncomptepro::crypto::Random;
use moncomptepro::domain::AuditEvent;
use moncomptepro::protocol::Timestamp;
use moncomptepro::site::{self, StartError};
use moncomptepro::store::{Location, OpenError, Opening, StillImage, Store, memberships, organizations};
use serde_json::Value;

use super::{sign_in, signing_keys};
use crate::support::{Disk, Instance, Operator, program, stored};

/// Each older format that there is a database of.
const KEPT: [(u32, &[u8]); 1] = [(2, include_bytes!("format-2.zip"))];

/// A data directory as an older version left it.
struct Older {
    directory: tempfile::TempDir,
    format: u32,
    facts: Value,
}

impl Older {
    fn unpack(format: u32, archive: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        fs::create_dir(&data).unwrap();
        let mut archive = zip_archive::ZipArchive::new(Cursor::new(archive)).unwrap();
        let mut content = |name: &str| {
            let mut bytes = Vec::new();
            archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
            bytes
        };
        for name in ["moncomptepro.redb", "master.key", "high-water"] {
            fs::write(data.join(name), content(name)).unwrap();
        }
        let facts = serde_json::from_slice(&content("facts.json")).unwrap();
        close_to_others(&data);
        let text = format!(
            "public_url = \"https://identite.exemple.fr\"\ndata_dir = {data:?}\nlisten = \"127.0.0.1:0\"\ntls.mode = \"off\"\n\
             proxies.trusted = [\"127.0.0.1\"]\nkeys.rsa_bits = 2048\naccounts.check_deliverability = false\n\
             accounts.trusted_browsers = false\n"
        );
        fs::write(directory.path().join("config.toml"), text).unwrap();
        Self { directory, format, facts }
    }

    fn all() -> impl Iterator<Item = Self> {
        KEPT.iter().map(|(format, archive)| Self::unpack(*format, archive))
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn config(&self) -> Config {
        Config::from_file(&self.directory.path().join("config.toml")).unwrap()
    }

    /// A minute after it was left.
    fn clock(&self) -> Clock {
        Clock::manual(Timestamp(self.facts["at"].as_u64().unwrap() + 60))
    }

    async fn start(&self) -> Instance {
        self.start_at(self.clock()).await
    }

    async fn start_at(&self, clock: Clock) -> Instance {
        Instance::with_clock(|port| Config { port, ..self.config() }, clock).await
    }

    fn backups(&self) -> Vec<PathBuf> {
        acts::list_own_backups(&self.data())
    }

    fn format_now(&self) -> u32 {
        StillImage::of_directory(&self.data()).unwrap().header().unwrap().format
    }

    /// Whoever was signed in is, the password and the identifier are those of before, and so are the keys.
    async fn assert_nobody_noticed(&self, instance: &Instance) {
        let session =
            acts::find_session(&instance.app, self.facts["session"].as_str().unwrap()).await.unwrap().unwrap();
        assert_eq!(session.user.id.to_string(), self.facts["user_id"].to_string());
        self.assert_keys(instance);
        self.assert_signs_in(instance).await;
    }

    fn assert_keys(&self, instance: &Instance) {
        let mut before: Vec<&str> = self.facts["kids"].as_array().unwrap().iter().flat_map(Value::as_str).collect();
        let kids = signing_keys(&instance.app);
        let mut kids: Vec<&str> = kids.iter().map(String::as_str).collect();
        kids.sort_unstable();
        before.sort_unstable();
        assert_eq!(kids, before);
    }

    /// With the password, and under the same identifier, to the same organization.
    async fn assert_signs_in(&self, instance: &Instance) {
        let address = self.facts["email"].as_str().unwrap();
        let session = sign_in(&instance.app, address).await.unwrap();
        let session = acts::find_session(&instance.app, &session).await.unwrap().unwrap();
        assert_eq!(session.user.id.to_string(), self.facts["user_id"].to_string());
        let (siret, user) = (self.facts["siret"].as_str().unwrap().parse().unwrap(), session.user.id);
        let is_linked = instance.app.store.read(|tx| {
            let organization = organizations::find_by_siret(tx, &siret)?.unwrap();
            Ok(memberships::find(tx, user, organization.id)?.is_some())
        });
        assert!(is_linked.unwrap());
        assert!(instance.app.store.check(instance.clock.now()).unwrap().is_sound());
    }
}

#[cfg(unix)]
fn close_to_others(data: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(data, fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(data.join("master.key"), fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) {}

#[tokio::test(flavor = "multi_thread")]
async fn sec_215_a_database_of_an_older_version_is_backed_up_and_brought_up_to_date() {
    for older in Older::all() {
        assert_eq!(older.format_now(), older.format);
        let instance = older.start().await;
        assert!(instance.app.store.header().format > older.format);
        older.assert_nobody_noticed(&instance).await;
        let [backup] = &older.backups()[..] else { panic!("{:?}", older.backups()) };
        let verified = acts::verify_backup(backup, None).unwrap();
        assert_eq!(verified.manifest.schema, older.format, "as the version before wrote it");
        let tables: Vec<&str> = verified.manifest.tables.iter().map(|table| table.name.as_str()).collect();
        let known = older.facts["tables"].as_array().unwrap();
        assert!(
            tables.iter().all(|name| known.contains(&Value::from(*name))),
            "it knows none of {tables:?} but {known:?}"
        );
        let noted = |instance: &Instance| {
            let events = instance.audit().into_iter().map(|record| record.event);
            events.filter(|event| matches!(event, AuditEvent::BackupCreated { .. })).count()
        };
        assert_eq!(noted(&instance), 1);
        instance.stop().await;

        let instance = older.start().await;
        assert_eq!((older.backups().len(), noted(&instance)), (1, 1), "what is up to date is left alone");
        instance.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_215_the_backup_of_before_is_restored_by_the_newer_version_too() {
    for older in Older::all() {
        older.start().await.stop().await;
        let backup = older.backups().remove(0);
        let operator = Operator::of(older.directory.path());
        operator.asks(&["restore", backup.to_str().unwrap()]).await;
        let instance = older.start().await;
        older.assert_signs_in(&instance).await;
        instance.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_215_without_a_backup_nothing_is_changed() {
    for older in Older::all() {
        let before = stored(&older.data());
        // Where the folder of backups would be lies a file.
        fs::write(older.data().join("backups"), "").unwrap();
        let refused = site::start(older.config(), older.clock(), Random::system()).await.err().unwrap();
        assert!(matches!(&refused, StartError::Open(OpenError::NotSaved { .. })), "{refused}");
        for words in ["backups", "older version", "Nothing was changed"] {
            assert!(refused.to_string().contains(words), "{refused}");
        }
        assert_eq!(stored(&older.data()), before);
        fs::remove_file(older.data().join("backups")).unwrap();
        let instance = older.start().await;
        older.assert_nobody_noticed(&instance).await;
        instance.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_215_a_start_that_fails_again_and_again_makes_one_backup() {
    for older in Older::all() {
        let database = older.data().join("moncomptepro.redb");
        let left = fs::read(&database).unwrap();
        for _ in 0..3 {
            older.start().await.stop().await;
            // As if the migration had not been kept.
            fs::write(&database, &left).unwrap();
            fs::remove_file(older.data().join("high-water")).unwrap();
        }
        assert_eq!(older.backups().len(), 1);
        // One that is damaged is none.
        let backup = older.backups().remove(0);
        let mut bytes = fs::read(&backup).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&backup, bytes).unwrap();
        older.start().await.stop().await;
        let whole = older.backups().into_iter().filter(|backup| acts::verify_backup(backup, None).is_ok());
        assert_eq!((older.backups().len(), whole.count()), (2, 1), "another one, in the same second");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_215_killed_at_any_moment_it_is_of_the_one_format_or_the_other() {
    for step in 0..25 {
        for older in Older::all() {
            let mut command = program();
            command.arg("serve").arg("--config").arg(older.directory.path().join("config.toml"));
            let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(8 * step));
            process.kill().unwrap();
            process.wait().unwrap();
            let format = older.format_now();
            if format != older.format {
                assert_eq!(older.backups().len(), 1, "changed without a backup");
            }
            // The process went by the date of today, on which the session of then is over.
            let instance = older.start_at(Clock::system()).await;
            older.assert_keys(&instance);
            older.assert_signs_in(&instance).await;
            assert_eq!(older.backups().len(), 1);
            instance.stop().await;
        }
    }
}

/// Opened on a disk of the test, without the backup that is made first.
fn opened_on(disk: &Arc<Disk>, now: Timestamp) -> Result<Store, OpenError> {
    let opening = Opening {
        location: Location::Memory,
        cache_bytes: 1024 * 1024,
        mode: String::from("serve"),
        issuer: String::from("https://identite.exemple.fr"),
        instance_id: String::from("another"),
        accept_issuer_change: false,
        now,
    };
    Store::open_on(disk.backend(), opening, [Duration::from_millis(1); 3])
}

#[test]
fn sec_181_sec_215_whichever_write_of_an_upgrade_fails_the_old_format_is_there_or_the_new_one() {
    for older in Older::all() {
        let now = older.clock().now();
        let bytes = fs::read(older.data().join("moncomptepro.redb")).unwrap();
        let quiet = Disk::with(bytes.clone());
        let store = opened_on(&quiet, now).unwrap();
        let calls = quiet.calls();
        let after = store.check(now).unwrap().tables;
        drop(store);
        assert!(calls > 10, "{calls}");
        let format_of = |bytes: &[u8]| {
            let directory = tempfile::tempdir().unwrap();
            fs::write(directory.path().join("moncomptepro.redb"), bytes).unwrap();
            StillImage::of_directory(directory.path()).unwrap().header().unwrap().format
        };
        let newest = format_of(&quiet.bytes());
        assert!(newest > older.format);
        let mut left = BTreeSet::new();
        for (number, times) in (0..calls).flat_map(|number| [(number, 1), (number, usize::MAX)]) {
            let what = format!("call {number} of {calls}, {times} times");
            let disk = Disk::with(bytes.clone());
            disk.fail_after(number, times);
            drop(opened_on(&disk, now));
            disk.mend();
            let format = format_of(&disk.bytes());
            assert!([older.format, newest].contains(&format), "{what}: {format}");
            left.insert(format);
            let store = opened_on(&disk, now).unwrap();
            let report = store.check(now).unwrap();
            assert!(report.is_sound(), "{what}: {:?}", report.findings);
            assert_eq!(report.tables, after, "{what}");
        }
        assert_eq!(left, BTreeSet::from([older.format, newest]));
    }
}
