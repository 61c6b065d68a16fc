//! SEC-206: what people hold when the master key is changed for another one, and backups that were made with the one before.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use moncomptepro::acts::{self, By, Resealed};
use moncomptepro::app::App;
use moncomptepro::clock::Clock;
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::crypto::{MasterKey, Random};
use moncomptepro::domain::{Actor, MailContent, OutgoingMail};
use moncomptepro::mail;
use moncomptepro::protocol::{Locale, Timestamp};
use moncomptepro::site::{self, StartError};
use moncomptepro::store::outbox;

use super::restored::{Held, at, hold, restore, with_application, with_recovery};
use crate::support::{Instance, MORNING};

const ISSUER: &str = "http://localhost:3000";
const MINUTE: Duration = Duration::from_secs(60);

/// The data with nobody who serves it.
async fn opened(directory: &Path, now: Timestamp) -> Result<App, StartError> {
    let data_dir = Some(directory.join("data"));
    let options = DevOptions { data_dir, issuer: Some(ISSUER.parse().unwrap()), ..DevOptions::default() };
    site::open(Config::dev(options, 3_000), Clock::manual(now), Random::system()).await
}

/// A mail that waits with a code.
async fn queue(app: &App) -> u64 {
    let (to, now) = ("marie@mairie.example".parse().unwrap(), app.clock.now());
    let secret = mail::seal(&app.master_key, &app.random, &to, "0123456789");
    let mail = OutgoingMail::notice(to, Locale::Fr, MailContent::Trial { at: now }, now);
    let mail = mail.carrying(secret, now.plus(MINUTE * 60));
    app.store.write(move |tx| outbox::insert(tx, &mail)).await.unwrap()
}

async fn rotate(app: &App, directory: &Path) -> Resealed {
    let place = directory.join("data/master.key");
    acts::rotate_master_key(app, &By::local(Actor::Operator), &place, None).await.unwrap().resealed
}

/// What mails carry, those that wait and those set aside.
fn sealed_in_mails(app: &App) -> Vec<String> {
    let queued = app.store.read(|tx| Ok([outbox::list(tx, None, 10)?, outbox::list_set_aside(tx, 10)?].concat()));
    let carried = queued.unwrap().into_iter().filter_map(|queued| queued.mail.carries);
    carried.map(|carried| carried.secret.as_str().to_owned()).collect()
}

/// Everything that people have and the master key protects, used.
async fn everything_opens(instance: &Instance, held: &mut Held, recovery: usize) {
    assert_eq!(with_application(instance, held).await.url.path(), "/", "the application");
    let code = held.recovery[recovery].clone();
    assert!(with_recovery(instance, &code).await.has("a[href='/double-authentication']"), "a recovery code");
    let person = instance.person();
    let asked = person.press_passkey(&person.visit("/users/start-sign-in").await).await;
    let answer = held.device.answer(ISSUER, &asked.options).await;
    assert_eq!(person.submit(asked.answered(&answer)).await.url.path(), "/", "the passkey");
    instance.clock.advance(MINUTE).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_206_sec_55_under_another_master_key_everything_opens_and_backups_of_before_are_restored() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("data/master.key");
    let id = |path: &Path| MasterKey::load(path).unwrap().id().to_owned();
    let instance = at(directory.path(), MORNING).await;
    let mut held = hold(&instance, directory.path()).await;
    let now = instance.clock.now();
    instance.stop().await;
    let (former, former_id) = (fs::read(&key).unwrap(), id(&key));

    let app = opened(directory.path(), now).await.unwrap();
    queue(&app).await;
    let aside = queue(&app).await;
    app.store.write(move |tx| outbox::set_aside(tx, aside)).await.unwrap();
    let sealed = sealed_in_mails(&app).len();
    let done = rotate(&app, directory.path()).await;
    assert_eq!((done.applications, done.mails, done.unreadable), (1, sealed as u64, 0));
    assert!(sealed >= 2 && sealed_in_mails(&app).iter().all(|sealed| sealed.contains(&id(&key))));
    drop(app);
    assert_ne!(id(&key), former_id);
    assert_eq!(fs::read(directory.path().join(format!("data/master.key.{former_id}"))).unwrap(), former);
    let instance = at(directory.path(), now).await;
    let browser = instance.person();
    browser.plant_cookie(&instance.renamed(&held.session));
    assert_eq!(browser.get("/").await.status, 200, "whoever was signed in is");
    everything_opens(&instance, &mut held, 0).await;
    let now = instance.clock.now();
    instance.stop().await;

    // The one before opens nothing any more.
    let new = fs::read(&key).unwrap();
    fs::write(&key, &former).unwrap();
    let refused = opened(directory.path(), now).await.unwrap_err();
    assert!(matches!(&refused, StartError::OtherMasterKey { found, .. } if *found == former_id), "{refused}");
    fs::write(&key, &new).unwrap();

    // A second change: what was kept from the first key goes on.
    let app = opened(directory.path(), now).await.unwrap();
    rotate(&app, directory.path()).await;
    drop(app);
    let third = id(&key);
    let instance = at(directory.path(), now).await;
    everything_opens(&instance, &mut held, 1).await;
    let now = instance.clock.now();
    instance.stop().await;

    // A backup made with the first key, restored under the third.
    assert!(restore(&held, directory.path(), now).await);
    assert_eq!(id(&key), third);
    let instance = at(directory.path(), now).await;
    everything_opens(&instance, &mut held, 2).await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_206_a_change_that_stopped_between_the_data_and_the_file_is_ended_by_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let (key, next) = (directory.path().join("data/master.key"), directory.path().join("data/master.key.next"));
    let instance = at(directory.path(), MORNING).await;
    let mut held = hold(&instance, directory.path()).await;
    let now = instance.clock.now();
    instance.stop().await;
    let former = fs::read(&key).unwrap();
    let app = opened(directory.path(), now).await.unwrap();
    rotate(&app, directory.path()).await;
    drop(app);
    let new = fs::read(&key).unwrap();

    let put_back = || {
        fs::rename(&key, &next).unwrap();
        fs::write(&key, &former).unwrap();
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    };
    put_back();
    let instance = at(directory.path(), now).await;
    everything_opens(&instance, &mut held, 0).await;
    let now = instance.clock.now();
    instance.stop().await;
    assert_eq!(fs::read(&key).unwrap(), new);
    assert!(!next.exists());

    // A restore ends it as well, and seals what it restores with the key of the data.
    put_back();
    assert!(restore(&held, directory.path(), now).await);
    assert_eq!(fs::read(&key).unwrap(), new);
    let instance = at(directory.path(), now).await;
    everything_opens(&instance, &mut held, 1).await;
    instance.stop().await;
}
