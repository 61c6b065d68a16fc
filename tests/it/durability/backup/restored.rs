//! SEC-214: what people hold after a restore, in place and on another machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use moncomptepro::acts::{self, BackupOrder, By, RestoreOrder};
use moncomptepro::clock::Clock;
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::crypto::Random;
use moncomptepro::domain::Actor;
use moncomptepro::protocol::Timestamp;
use moncomptepro::store::backup::{BackupFile, import};
use moncomptepro::store::{Store, organizations};

use crate::durability::journal::Journal;
use crate::durability::recording::RecordingDisk;
use crate::durability::work::Workers;
use crate::durability::world;
use crate::support::{Device, Instance, Operator, Page, Person, totp_code, totp_key};

const ADDRESS: &str = "user@yopmail.com";
const OTHER: &str = "datapass@yopmail.com";
const ISSUER: &str = "http://localhost:3000";
const SIRET: &str = "21777701500017";

pub(super) async fn at(directory: &Path, now: Timestamp) -> Instance {
    let options = DevOptions {
        data_dir: Some(directory.join("data")),
        issuer: Some(ISSUER.parse().unwrap()),
        ..DevOptions::default()
    };
    Instance::with_clock(|port| Config::dev(options, port), Clock::manual(now)).await
}

async fn sign_in(person: &Person, address: &str) -> Page {
    let page = person.visit("/users/start-sign-in").await;
    person.sign_in(page, address, address).await
}

/// What people held when the backup was made.
pub(super) struct Held {
    pub(super) key: String,
    pub(super) recovery: Vec<String>,
    pub(super) device: Device,
    pub(super) access_token: String,
    pub(super) code: String,
    pub(super) link: String,
    pub(super) session: String,
    pub(super) organization: u64,
    pub(super) backup: PathBuf,
}

/// Somebody with an application and recovery codes, somebody with a passkey, a service with a code and a token.
pub(super) async fn hold(instance: &Instance, directory: &Path) -> Held {
    let owner = instance.person();
    sign_in(&owner, ADDRESS).await;
    let offer = owner.visit("/totp-configuration").await;
    let key = totp_key(&offer);
    let code = totp_code(&key, instance.clock.now());
    let codes = owner.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await;
    let recovery = codes.text(".codes").split_whitespace().map(str::to_owned).collect();
    let page = owner.visit("/double-authentication").await;
    owner.submit(page.form_to("set-force-2fa").with("force2fa", "enable")).await;

    let (mut device, other) = (Device::new(), instance.person());
    sign_in(&other, OTHER).await;
    let asked = other.press_passkey(&other.visit("/double-authentication").await).await;
    let made = device.create(ISSUER, &asked.options).await;
    assert_eq!(other.submit(asked.answered(&made).with("name", "Téléphone")).await.status, 200);

    let client = instance.standard_client();
    let code = client.code(&other.visit(&client.authorization("openid", &[])).await);
    let access_token = client.redeem(&code).await.access_token;
    let code = client.code(&other.visit(&client.authorization("openid", &[])).await);
    let operator = Operator::at(&directory.join("data"));
    let added = operator.asks(&["org", "add", SIRET, "--label", "Commune", "--legal-category", "7210"]).await;
    let link = operator.asks(&["user", "reset-password", OTHER]).await["password_link"].as_str().unwrap().to_owned();
    let backup = directory.join("kept.backup");
    operator.asks(&["backup", "create", backup.to_str().unwrap()]).await;
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    let organization = added["organization_id"].as_u64().unwrap();
    Held { key, recovery, device, access_token, code, link, session: other.session_cookie(), organization, backup }
}

pub(super) async fn restore(held: &Held, directory: &Path, now: Timestamp) -> bool {
    let data = directory.join("data");
    let order = RestoreOrder {
        backup: held.backup.clone(),
        secret: None,
        high_water: data.join("high-water"),
        master_key_place: data.join("master.key"),
        data_directory: data,
        mode: String::from("dev"),
        issuer: String::from(ISSUER),
        accept_issuer_change: false,
        replace_other_instance: false,
        actor: Actor::Operator,
        now,
        random: Random::system(),
    };
    tokio::task::spawn_blocking(move || acts::restore(&order)).await.unwrap().unwrap().has_learnt
}

/// Gives a code of the application beside the password, in a browser of its own.
pub(super) async fn with_application(instance: &Instance, held: &Held) -> Page {
    let person = instance.person();
    let asks = sign_in(&person, ADDRESS).await;
    let code = totp_code(&held.key, instance.clock.now());
    person.submit(asks.form_with("totpToken", None).with("totpToken", &code)).await
}

/// The same with a recovery code.
pub(super) async fn with_recovery(instance: &Instance, code: &str) -> Page {
    let person = instance.person();
    let asks = sign_in(&person, ADDRESS).await;
    person.submit(asks.form_with("recovery_code", None).with("recovery_code", code)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_214_codes_that_were_used_since_the_backup_stay_used_where_that_is_known() {
    let directory = tempfile::tempdir().unwrap();
    let instance = at(directory.path(), crate::support::MORNING).await;
    let held = hold(&instance, directory.path()).await;
    assert_eq!(with_application(&instance, &held).await.url.path(), "/");
    assert!(with_recovery(&instance, &held.recovery[0]).await.has("a[href='/double-authentication']"));
    let now = instance.clock.now();
    instance.stop().await;
    assert!(restore(&held, directory.path(), now).await, "the replaced database can be read");

    let instance = at(directory.path(), now).await;
    assert_eq!(with_application(&instance, &held).await.status, 400, "a code of the application was good twice");
    assert_eq!(with_recovery(&instance, &held.recovery[0]).await.status, 400, "a recovery code was good twice");
    assert!(with_recovery(&instance, &held.recovery[1]).await.has("a[href='/double-authentication']"));
    instance.clock.advance(Duration::from_secs(60)).unwrap();
    assert_eq!(with_application(&instance, &held).await.url.path(), "/", "the next one is good");
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_214_on_another_machine_people_sign_in_with_what_they_had_and_what_was_handed_out_is_void() {
    let (first, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let instance = at(first.path(), crate::support::MORNING).await;
    let mut held = hold(&instance, first.path()).await;
    let now = instance.clock.now();
    instance.stop().await;
    std::fs::create_dir(other.path().join("data")).unwrap();
    std::fs::copy(first.path().join("data/master.key"), other.path().join("data/master.key")).unwrap();
    assert!(!restore(&held, other.path(), now).await, "there is nothing to learn from");

    let instance = at(other.path(), now).await;
    let client = instance.standard_client();
    assert_eq!(client.present(&held.code).await.status, 400, "a code");
    assert_eq!(client.userinfo(&held.access_token).await.status, 401, "a token");
    let browser = instance.person();
    browser.plant_cookie(&instance.renamed(&held.session));
    assert_ne!(browser.get("/").await.status, 200, "a session");
    let page = browser.visit(&format!("/users/{}", held.link.split_once("/users/").unwrap().1)).await;
    assert!(!page.has("input[name=password]"), "a link: {}", page.body);
    // Passwords, applications, recovery codes and passkeys are as they were.
    assert_eq!(with_application(&instance, &held).await.url.path(), "/");
    assert!(with_recovery(&instance, &held.recovery[0]).await.has("a[href='/double-authentication']"));
    let person = instance.person();
    let asked = person.press_passkey(&person.visit("/users/start-sign-in").await).await;
    let answer = held.device.answer(ISSUER, &asked.options).await;
    assert_eq!(person.submit(asked.answered(&answer)).await.url.path(), "/");
    // Nobody can say which numbers were given since: they go on at a distance.
    let siret = "21705543300015";
    let operator = Operator::at(&other.path().join("data"));
    let added = operator.asks(&["org", "add", siret, "--label", "Ville", "--legal-category", "7210"]).await;
    assert!(added["organization_id"].as_u64().unwrap() > held.organization + 1_000, "{added}");
    let known = instance.app.store.read(|tx| organizations::list(tx, None, 100)).unwrap();
    assert!(known.iter().any(|organization| organization.id.0 == held.organization), "{known:?}");
    instance.stop().await;
}

#[tokio::test]
async fn sec_213_each_backup_taken_under_load_is_restored_and_equals_the_journal_at_its_instant() {
    let directory = tempfile::tempdir().unwrap();
    let disk = RecordingDisk::with(Vec::new());
    let app = world::begin(11, disk.backend()).await;
    let (mut journal, mut workers) = (Journal::new(&disk), Workers::new(&app, 11));
    let mut backups = Vec::new();
    for number in 0..5 {
        for _ in 0..12 {
            workers.round(&mut journal).await;
        }
        let path = directory.path().join(format!("{number}.backup"));
        let order = BackupOrder { path: Some(path.clone()), ..BackupOrder::default() };
        let (began, taken) = (disk.position(), app.clone());
        let taking =
            tokio::spawn(async move { acts::create_backup(&taken, &By::local(Actor::System), order).await.unwrap() });
        while !taking.is_finished() {
            workers.round(&mut journal).await;
        }
        taking.await.unwrap();
        backups.push((path, began, disk.position()));
    }
    let mut held = 0;
    for (path, began, ended) in backups {
        let blank = Store::open(world::opening()).unwrap();
        let (target, file) = (blank.clone(), BackupFile::open(&path).unwrap());
        tokio::task::spawn_blocking(move || import(&target, file, None).unwrap()).await.unwrap();
        let restored = app.with(|parts| parts.store = blank);
        let report = restored.store.check(app.clock.now()).unwrap();
        assert!(report.is_sound(), "{path:?}: {:?}", report.findings);
        held += journal.verify_backup(&restored, (began, ended)).unwrap();
    }
    assert!(held > 20, "{held}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_214_a_backup_of_a_newer_schema_is_refused_and_names_the_version() {
    let directory = tempfile::tempdir().unwrap();
    Instance::production(directory.path()).await.stop().await;
    let operator = Operator::of(directory.path());
    let (backup, newer) = (directory.path().join("a.backup"), directory.path().join("newer.backup"));
    operator.asks(&["backup", "create", backup.to_str().unwrap()]).await;
    let mut bytes = std::fs::read(&backup).unwrap();
    let place = bytes.windows(9).position(|window| window == b"\"schema\":").unwrap() + 9;
    assert!(bytes[place].is_ascii_digit());
    bytes[place] = b'9';
    std::fs::write(&newer, &bytes).unwrap();
    let before = std::fs::read(directory.path().join("data/moncomptepro.redb")).unwrap();
    operator.types(&["restore", newer.to_str().unwrap()]).await.refused(1, "this program knows schemas up to");
    operator.types(&["backup", "verify", newer.to_str().unwrap()]).await.refused(1, env!("CARGO_PKG_VERSION"));
    assert!(std::fs::read(directory.path().join("data/moncomptepro.redb")).unwrap() == before);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_193_what_was_used_and_given_since_is_not_good_again_after_an_old_file_is_put_back() {
    for noted_is_lost in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let instance = at(directory.path(), crate::support::MORNING).await;
        let held = hold(&instance, directory.path()).await;
        let now = instance.clock.now();
        instance.stop().await;
        let database = directory.path().join("data/moncomptepro.redb");
        let old = std::fs::read(&database).unwrap();

        let operator = Operator::at(&directory.path().join("data"));
        let added = async |siret: &str| {
            let added = operator.asks(&["org", "add", siret, "--label", "Commune", "--legal-category", "7210"]).await;
            added["organization_id"].as_u64().unwrap()
        };
        let instance = at(directory.path(), now).await;
        assert_eq!(with_application(&instance, &held).await.url.path(), "/");
        let since = added("21777703600013").await;
        assert!(since > held.organization);
        instance.stop().await;
        std::fs::write(&database, &old).unwrap();
        if noted_is_lost {
            std::fs::remove_file(directory.path().join("data/high-water")).unwrap();
        }

        let instance = at(directory.path(), now).await;
        assert_eq!(with_application(&instance, &held).await.status, 400, "a code of the application was good twice");
        let number = added("21777705100012").await;
        assert!(number > since, "{number} was given to another organization: {since}");
        instance.clock.advance(Duration::from_secs(60)).unwrap();
        assert_eq!(with_application(&instance, &held).await.url.path(), "/", "the next one is good");
        instance.stop().await;
    }
}
