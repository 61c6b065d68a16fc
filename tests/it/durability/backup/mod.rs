//! SEC-213, SEC-214: a backup taken while people sign in, restored elsewhere or in place, and everything that is refused.

mod killed_rotation;
mod protection;
mod restored;
mod rotated;
mod upgrade;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use moncomptepro::acts::{self, By, Continuity, PasswordAttempt, PasswordChange, PasswordChoice, SignInAs};
use moncomptepro::app::App;
use moncomptepro::crypto::Random;
use moncomptepro::domain::{Actor, Destination, Email, Source};
use moncomptepro::protocol::Locale;
use moncomptepro::store::{StillImage, organizations, users};
use serde_json::Value;

use crate::durability::work::fresh_browser;
use crate::support::{Instance, MORNING, Operator};

const PASSWORD: &str = "une phrase de passe assez longue";
pub(super) const PASSPHRASE: &str = "douze petits bateaux bleus";

/// A passphrase that its owner alone may read.
fn write_secret(path: &Path, phrase: &str) {
    fs::write(path, format!("{phrase}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

pub(super) fn config_of(directory: &Path) -> PathBuf {
    directory.join("config.toml")
}

fn database_of(directory: &Path) -> PathBuf {
    directory.join("data/moncomptepro.redb")
}

/// Makes a person by command; they choose their password by the link.
pub(super) async fn citizen(instance: &Instance, operator: &Operator, email: &str) {
    let made = operator.asks(&["user", "create", email, "--given-name", "Marie", "--family-name", "Dupont"]).await;
    let link = made["password_link"].as_str().unwrap().split_once("reset_password_token=").unwrap().1.to_owned();
    let choice = PasswordChoice {
        link: &link,
        password: PASSWORD,
        source: Source::of([192, 0, 2, 1].into()),
        place: fresh_browser(&instance.app),
        locale: Locale::Fr,
    };
    let changed = acts::change_password(&instance.app, &By::local(Actor::Visitor), choice).await.unwrap();
    assert!(matches!(changed, PasswordChange::Changed(_)));
}

/// Whether somebody signs in with the password of before; the value of their session.
pub(super) async fn sign_in(app: &App, email: &str) -> Option<String> {
    let email: Email = email.parse().unwrap();
    let interaction =
        acts::begin_interaction(app, Source::of([192, 0, 2, 1].into()), None, Destination::Home).await.unwrap();
    let attempt = PasswordAttempt {
        source: Source::of([192, 0, 2, 1].into()),
        email: &email,
        password: PASSWORD,
        known_browser: None,
        interaction: interaction.key,
        place: fresh_browser(app),
        locale: Locale::Fr,
    };
    let session = acts::sign_in_with_password(app, &By::local(Actor::Visitor), attempt).await.unwrap();
    session.map(|session| session.active.value)
}

/// People who sign in all the time, until told to stop.
async fn load(app: App, stop: Arc<AtomicBool>) -> usize {
    let email: Email = "marie@mairie.example".parse().unwrap();
    let user = app.store.read(|tx| users::find_by_email(tx, &email)).unwrap().unwrap();
    let mut count = 0;
    while !stop.load(Ordering::SeqCst) {
        let place = fresh_browser(&app);
        let request = SignInAs { user_id: user.id, asserted: None, interaction: None, place, locale: Locale::Fr };
        acts::sign_in_as(&app, &By::local(Actor::Visitor), request).await.unwrap().unwrap();
        count += 1;
    }
    count
}

/// A directory with a configuration of its own, as on another machine; of the first only the master key comes along.
pub(super) fn another_machine(first: &Path) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(config_of(first)).unwrap();
    let text = text.replace(first.to_str().unwrap(), directory.path().to_str().unwrap());
    fs::write(config_of(directory.path()), text).unwrap();
    fs::create_dir(directory.path().join("data")).unwrap();
    fs::copy(first.join("data/master.key"), directory.path().join("data/master.key")).unwrap();
    directory
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_213_sec_214_a_backup_taken_under_load_signs_the_same_people_in_on_another_machine() {
    let first = tempfile::tempdir().unwrap();
    let instance = Instance::production(first.path()).await;
    let operator = Operator::of(first.path());
    citizen(&instance, &operator, "marie@mairie.example").await;
    let kept = first.path().join("kept.backup");
    let stop = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = (0..4).map(|_| tokio::spawn(load(instance.app.clone(), Arc::clone(&stop)))).collect();
    let mut backups = Vec::new();
    for number in 0..3 {
        let path = first.path().join(format!("{number}.backup"));
        let made = operator.asks(&["backup", "create", path.to_str().unwrap()]).await;
        assert!(made["records"].as_u64().unwrap() > 0, "{made}");
        backups.push(path);
    }
    operator.asks(&["backup", "create", kept.to_str().unwrap()]).await;
    let session = sign_in(&instance.app, "marie@mairie.example").await.unwrap();
    stop.store(true, Ordering::SeqCst);
    for worker in workers {
        assert!(worker.await.unwrap() > 0, "nothing was going on meanwhile");
    }
    instance.stop().await;
    for path in &backups {
        operator_less(&["backup", "verify", path.to_str().unwrap(), "--output", "json"]).await.json();
    }

    let other = another_machine(first.path());
    let there = Operator::of(other.path());
    let restored = there.types(&["restore", kept.to_str().unwrap(), "--output", "json"]).await;
    assert_eq!(restored.code, 0, "{restored:?}");
    let instance = Instance::on_file(&config_of(other.path())).await;
    assert!(sign_in(&instance.app, "marie@mairie.example").await.is_some(), "she signs in with her password");
    assert!(acts::find_session(&instance.app, &session).await.unwrap().is_none(), "sessions of before are void");
    assert!(instance.app.store.check(instance.clock.now()).unwrap().is_sound());
    instance.stop().await;
}

/// A command that needs no instance and no configuration.
pub(super) async fn operator_less(arguments: &[&str]) -> crate::support::Ended {
    let typed: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let running = move || crate::support::run(&typed.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(running).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_214_who_was_erased_stays_erased_and_no_number_is_given_twice() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    for email in ["marie@mairie.example", "paul@mairie.example"] {
        citizen(&instance, &operator, email).await;
    }
    let backup = directory.path().join("monday.backup");
    operator.asks(&["backup", "create", backup.to_str().unwrap()]).await;
    operator.asks(&["user", "delete", "paul@mairie.example"]).await;
    let town = ["org", "add", "21340172201787", "--label", "Commune", "--legal-category", "7210"];
    let before = operator.asks(&town).await;
    let kids = signing_keys(&instance.app);
    operator.types(&["restore", backup.to_str().unwrap()]).await.refused(4, &std::process::id().to_string());
    instance.stop().await;
    let old = fs::read(database_of(directory.path())).unwrap();

    let restored = operator.types(&["restore", backup.to_str().unwrap(), "--output", "json"]).await;
    assert_eq!(restored.code, 0, "{restored:?}");
    let document: Value = restored.json();
    assert_eq!(document["erased_again"], 1);
    let kept = PathBuf::from(document["replaced_database"].as_str().unwrap());
    assert!(fs::read(kept).unwrap() == old, "the replaced database is kept as it was");

    let instance = Instance::on_file(&config_of(directory.path())).await;
    assert!(sign_in(&instance.app, "marie@mairie.example").await.is_some());
    assert!(sign_in(&instance.app, "paul@mairie.example").await.is_none(), "the erasure is applied again");
    assert_eq!(signing_keys(&instance.app), kids, "the keys are those of the last day");
    let listed = instance.app.store.read(|tx| organizations::list(tx, None, 10)).unwrap();
    assert!(listed.is_empty(), "the organization came after the backup");
    let again = operator.asks(&town).await;
    let number = |answer: &Value| answer["organization_id"].as_u64().unwrap();
    assert!(number(&again) > number(&before), "{again} {before}");
    assert_eq!(acts::begin_run(&instance.app).await.unwrap(), Continuity::Continued, "a restore is no roll-back");
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restores_in_one_second_keep_what_each_of_them_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    Instance::production(directory.path()).await.stop().await;
    let backup = directory.path().join("a.backup");
    Operator::of(directory.path()).asks(&["backup", "create", backup.to_str().unwrap()]).await;
    let mut kept = Vec::new();
    for _ in 0..3 {
        let order = acts::RestoreOrder {
            backup: backup.clone(),
            secret: None,
            data_directory: data.clone(),
            high_water: data.join("high-water"),
            master_key_place: data.join("master.key"),
            mode: String::from("serve"),
            issuer: String::from("https://identite.exemple.fr"),
            accept_issuer_change: false,
            replace_other_instance: false,
            actor: Actor::Operator,
            now: MORNING,
            random: Random::system(),
        };
        let before = fs::read(database_of(directory.path())).unwrap();
        let restored = tokio::task::spawn_blocking(move || acts::restore(&order)).await.unwrap().unwrap();
        kept.push((restored.kept.unwrap(), before));
    }
    for (path, before) in kept {
        assert!(fs::read(&path).unwrap() == before, "{path:?}");
    }
    // As other commands do, it takes a directory instead of a configuration; a missing key has its remedy.
    let typed = ["restore", backup.to_str().unwrap(), "--data-dir", data.to_str().unwrap()];
    let restored = operator_less(&[&typed[..], &["--output", "json"]].concat()).await.json();
    assert!(Path::new(restored["replaced_database"].as_str().unwrap()).exists());
    Instance::on_file(&config_of(directory.path())).await.stop().await;
    fs::remove_file(data.join("master.key")).unwrap();
    operator_less(&typed).await.refused(1, "backup verify");
}

fn signing_keys(app: &App) -> Vec<String> {
    let keys = app.store.read(|tx| moncomptepro::store::signing_keys::list(tx, 100)).unwrap();
    keys.into_iter().map(|key| key.kid).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_214_what_must_not_be_restored_is_refused_and_nothing_is_touched() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for directory in [first.path(), second.path()] {
        Instance::production(directory).await.stop().await;
    }
    let (operator, other) = (Operator::of(first.path()), Operator::of(second.path()));
    let backup = first.path().join("a.backup");
    operator.asks(&["backup", "create", backup.to_str().unwrap()]).await;
    let bytes = fs::read(&backup).unwrap();
    let before = fs::read(database_of(first.path())).unwrap();

    let tampered = first.path().join("tampered.backup");
    for place in [bytes.len() / 2, bytes.len() - 100, 30] {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        fs::write(&tampered, &changed).unwrap();
        operator.types(&["restore", tampered.to_str().unwrap()]).await.refused(1, "tampered.backup");
        operator_less(&["backup", "verify", tampered.to_str().unwrap()]).await.refused(1, "tampered.backup");
    }
    operator.types(&["restore", "/nowhere/a.backup"]).await.refused(1, "/nowhere/a.backup");
    operator.types(&["restore", config_of(first.path()).to_str().unwrap()]).await.refused(1, "not a backup");
    assert!(fs::read(database_of(first.path())).unwrap() == before, "something was touched");

    // The key of another machine, and no key at all.
    let key = second.path().join("data/master.key");
    other.types(&["restore", backup.to_str().unwrap()]).await.refused(1, key.to_str().unwrap());
    fs::copy(first.path().join("data/master.key"), &key).unwrap();
    other.types(&["restore", backup.to_str().unwrap()]).await.refused(1, "--replace-other-instance");
    fs::remove_file(&key).unwrap();
    other.types(&["restore", backup.to_str().unwrap()]).await.refused(1, key.to_str().unwrap());
    assert!(!key.exists(), "no key is made up");
    fs::copy(first.path().join("data/master.key"), &key).unwrap();
    let forced = other.types(&["restore", backup.to_str().unwrap(), "--replace-other-instance"]).await;
    assert_eq!(forced.code, 0, "{forced:?}");
    assert!(!second.path().join("data/restoring").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_213_under_a_passphrase_the_backup_alone_restores_everything() {
    let first = tempfile::tempdir().unwrap();
    let instance = Instance::production(first.path()).await;
    let operator = Operator::of(first.path());
    citizen(&instance, &operator, "marie@mairie.example").await;
    let (backup, secret) = (first.path().join("all.backup"), first.path().join("passphrase"));
    write_secret(&secret, PASSPHRASE);
    let (path, phrase) = (backup.to_str().unwrap(), secret.to_str().unwrap());
    operator.types(&["backup", "create", path, "--with-master-key"]).await.refused(2, "--passphrase-file");
    let short = first.path().join("short");
    write_secret(&short, "short");
    let refused = operator.types(&["backup", "create", path, "--passphrase-file", short.to_str().unwrap()]).await;
    refused.refused(1, "12 characters");
    operator.asks(&["backup", "create", path, "--passphrase-file", phrase, "--with-master-key"]).await;
    instance.stop().await;
    let bytes = fs::read(&backup).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"mairie"));

    let other = another_machine(first.path());
    let key = other.path().join("data/master.key");
    let original = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let there = Operator::of(other.path());
    there.types(&["restore", path]).await.refused(1, "passphrase");
    let wrong = other.path().join("wrong");
    write_secret(&wrong, "treize petits bateaux bleus");
    there.types(&["restore", path, "--passphrase-file", wrong.to_str().unwrap()]).await.refused(1, "does not open");
    let restored = there.types(&["restore", path, "--passphrase-file", phrase]).await;
    assert_eq!(restored.code, 0, "{restored:?}");
    assert_eq!(fs::read(&key).unwrap(), original, "the master key came with it");
    let instance = Instance::on_file(&config_of(other.path())).await;
    assert!(sign_in(&instance.app, "marie@mairie.example").await.is_some());
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_213_a_backup_that_is_killed_leaves_no_half_file_under_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let entries = acts::Entries {
        users: (1..20_000)
            .map(|id| {
                let email = format!("agent-{id}@mairie.example").parse().unwrap();
                (moncomptepro::domain::User::new(moncomptepro::domain::UserId(id), email, instance.clock.now()), None)
            })
            .collect(),
        ..acts::Entries::default()
    };
    acts::enter(&instance.app, &By::local(Actor::System), entries).await.unwrap();
    instance.stop().await;
    let earlier = directory.path().join("earlier.backup");
    Operator::of(directory.path()).asks(&["backup", "create", earlier.to_str().unwrap()]).await;
    let before = fs::read(&earlier).unwrap();
    let (mut cut_short, mut finished) = (0, 0);
    // The last ones when all of it is there, but not yet its name.
    let whole = before.len() as u64;
    for number in 0..14_u64 {
        let path = directory.path().join(format!("{number}.backup"));
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_moncomptepro"))
            .args(["backup", "create", path.to_str().unwrap(), "--config"])
            .arg(config_of(directory.path()))
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Killed as soon as so much of it is on the disk.
        let partial = directory.path().join(format!("{number}.backup.partial"));
        let written = if number < 12 { number * 200_000 } else { whole };
        while fs::metadata(&partial).map_or(0, |metadata| metadata.len()) < written
            && child.try_wait().unwrap().is_none()
        {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        match path.exists() {
            true => {
                finished += 1;
                operator_less(&["backup", "verify", path.to_str().unwrap(), "--output", "json"]).await.json();
            }
            false => cut_short += 1,
        }
    }
    assert!(cut_short > 0, "{finished} were finished before they were killed");
    assert!(fs::read(&earlier).unwrap() == before);
    let last = directory.path().join("0.backup");
    Operator::of(directory.path()).asks(&["backup", "create", last.to_str().unwrap()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_192_a_damaged_database_is_told_with_what_to_type_and_check_finds_it_without_writing() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let operator = Operator::of(directory.path());
    citizen(&instance, &operator, "marie@mairie.example").await;
    let made = operator.asks(&["backup", "create"]).await;
    assert_eq!(operator.asks(&["check"]).await["sound"], true);
    instance.stop().await;
    let before = fs::read(database_of(directory.path())).unwrap();
    assert_eq!(operator.asks(&["check"]).await["sound"], true);
    assert!(fs::read(database_of(directory.path())).unwrap() == before, "a check changes nothing");

    let place = before.windows(20).position(|window| window == b"marie@mairie.example").unwrap();
    let mut damaged = before.clone();
    damaged[place] = b'M';
    fs::write(database_of(directory.path()), &damaged).unwrap();
    let backup = made["path"].as_str().unwrap();
    let config = config_of(directory.path());
    let refused = operator_less(&["serve", "--config", config.to_str().unwrap()]).await;
    for words in ["moncomptepro.redb", "moncomptepro check --data-dir", "moncomptepro restore", backup] {
        refused.refused(65, words);
    }
    operator.types(&["check"]).await.refused(65, "moncomptepro.redb");
    assert!(fs::read(database_of(directory.path())).unwrap() == damaged, "it is left as it is");

    let restored = operator.types(&["restore", backup]).await;
    assert_eq!(restored.code, 0, "{restored:?}");
    let instance = Instance::on_file(&config).await;
    assert!(sign_in(&instance.app, "marie@mairie.example").await.is_some());
    instance.stop().await;
    let kept = fs::read_dir(directory.path().join("data")).unwrap();
    let kept = kept.map(|entry| entry.unwrap().path()).find(|path| path.to_string_lossy().contains("replaced"));
    assert!(fs::read(kept.unwrap()).unwrap() == damaged, "the damaged file is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_55_a_missing_or_foreign_master_key_is_named_and_none_is_made_up() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for directory in [first.path(), second.path()] {
        Instance::production(directory).await.stop().await;
    }
    let key = first.path().join("data/master.key");
    let before = StillImage::of_directory(&first.path().join("data")).unwrap().header().unwrap();
    let config = config_of(first.path());
    fs::copy(second.path().join("data/master.key"), &key).unwrap();
    operator_less(&["serve", "--config", config.to_str().unwrap()]).await.refused(78, key.to_str().unwrap());
    fs::remove_file(&key).unwrap();
    operator_less(&["serve", "--config", config.to_str().unwrap()]).await.refused(78, key.to_str().unwrap());
    assert!(!key.exists());
    let after = StillImage::of_directory(&first.path().join("data")).unwrap().header().unwrap();
    assert_eq!(before, after);
}

#[cfg(target_os = "linux")]
#[test]
fn sec_191_a_directory_that_cannot_be_written_is_refused_with_its_key_and_its_path() {
    let directory = tempfile::tempdir().unwrap();
    let config = config_of(directory.path());
    let text = "public_url = \"https://a.fr\"\ndata_dir = \"/proc/moncomptepro\"\nlisten = \"127.0.0.1:0\"\ntls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]\n";
    fs::write(&config, text).unwrap();
    let refused = crate::support::run(&["serve", "--config", config.to_str().unwrap()]);
    refused.refused(1, "/proc/moncomptepro");
    refused.refused(1, "data_dir");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_213_backups_are_made_by_schedule_and_the_old_ones_of_them_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let (began, data) = (instance.clock.elapsed(), directory.path().join("data"));
    let round = async |hours: u64| {
        instance.clock.advance(std::time::Duration::from_secs(hours * 3600)).unwrap();
        moncomptepro::jobs::back_up(instance.app.clone(), instance.clock.elapsed() - began, true).await;
        acts::list_own_backups(&data)
    };
    assert!(round(0).await.is_empty(), "there is nothing to keep yet");
    assert_eq!(round(1).await.len(), 1);
    assert_eq!(round(23).await.len(), 1, "a day after the one before, not after the start");
    acts::create_backup(&instance.app, &By::local(Actor::Operator), acts::BackupOrder::default()).await.unwrap();
    for _ in 0..10 {
        round(24).await;
    }
    let left = acts::list_own_backups(&data);
    instance.clock.advance(std::time::Duration::from_secs(24 * 3600)).unwrap();
    moncomptepro::jobs::back_up(instance.app.clone(), instance.clock.elapsed() - began, false).await;
    assert_eq!(acts::list_own_backups(&data), left, "SEC-196: after a leap, none is due and none goes");
    let (scheduled, asked): (Vec<_>, Vec<_>) =
        left.iter().partition(|path| path.to_str().unwrap().ends_with("-scheduled.backup"));
    assert_eq!((scheduled.len(), asked.len()), (7, 1), "what somebody asked for is theirs: {left:?}");
    for path in &left {
        acts::verify_backup(path, None).unwrap();
    }
    let text = instance.metrics.expose();
    let newest = acts::newest_backup(&data, instance.clock.now()).unwrap().0;
    assert!(text.contains(&format!("moncomptepro_backup_newest_timestamp_seconds {newest}\n")), "{text}");
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_168_sec_190_what_a_killed_restore_or_salvage_has_left_is_gone_with_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    Instance::production(directory.path()).await.stop().await;
    let left = ["restoring", "salvaging"].map(|name| directory.path().join("data").join(name));
    for workshop in &left {
        fs::create_dir(workshop).unwrap();
        fs::copy(database_of(directory.path()), workshop.join("moncomptepro.redb")).unwrap();
    }
    Instance::production(directory.path()).await.stop().await;
    assert!(left.iter().all(|workshop| !workshop.exists()), "{left:?}");
    assert!(Operator::of(directory.path()).asks(&["check"]).await["sound"].as_bool().unwrap());
}
