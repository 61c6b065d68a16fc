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
use moncomptepro::mail::Enclosure;
use moncomptepro::protocol::{Locale, Timestamp};
use moncomptepro::site::{self, StartError};
use moncomptepro::store::{Tx, outbox};

use super::restored::{Held, at, hold, restore, with_application, with_recovery};
use crate::support::{Instance, MORNING, Operator, totp_code, totp_key};

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
    let enclosure = Enclosure::new(&app.master_keys, &app.random, &to, "0123456789");
    let mail = OutgoingMail::notice(to, Locale::Fr, MailContent::Trial { at: now }, now);
    let job = move |tx: &mut Tx| outbox::insert(tx, &mail.clone().carrying(enclosure.seal(tx)?, now.plus(MINUTE * 60)));
    app.store.write(job).await.unwrap()
}

async fn rotate(app: &App) -> Resealed {
    acts::rotate_master_key(app, &By::local(Actor::Operator), None).await.unwrap().resealed
}

/// What mails carry, those that wait and those set aside.
fn sealed_in_mails(app: &App) -> Vec<String> {
    let queued =
        app.store.read(|tx| Ok([outbox::list(tx, None, 10_000)?, outbox::list_set_aside(tx, 10_000)?].concat()));
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
    let done = rotate(&app).await;
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
    rotate(&app).await;
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
    rotate(&app).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn sec_206_a_key_that_is_given_after_files_could_not_be_moved_loses_none_of_those_before() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join("data").join(name);
    let (key, given) = (path("master.key"), directory.path().join("given"));
    let id = |path: &Path| MasterKey::load(path).unwrap().id().to_owned();
    let app = opened(directory.path(), MORNING).await.unwrap();
    let first = id(&key);
    rotate(&app).await;
    let second = id(&key);
    // As the disk would have left it, had it moved neither file.
    fs::rename(&key, path("master.key.next")).unwrap();
    fs::rename(path(&format!("master.key.{first}")), &key).unwrap();

    fs::write(&given, "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n").unwrap();
    fs::set_permissions(&given, Permissions::from_mode(0o600)).unwrap();
    let by = By::local(Actor::Operator);
    let told = acts::rotate_master_key(&app, &by, Some(given.clone())).await.unwrap();
    assert_eq!((&told.former_id, &told.former_file), (&second, &None));
    assert_eq!(id(&key), second, "the key of before is where the operator is told to keep it");
    assert_eq!(id(&path(&format!("master.key.{first}"))), first);

    // The operator keeps it, puts the new one into its place, and changes that one too.
    fs::rename(&key, path(&format!("master.key.{second}"))).unwrap();
    fs::rename(&given, &key).unwrap();
    rotate(&app).await;
    for former in [&first, &second, &told.id] {
        assert_eq!(id(&path(&format!("master.key.{former}"))), *former);
    }
    drop(app);
    opened(directory.path(), MORNING).await.unwrap();
}

/// Somebody signs in, a service exchanges the code, and asks who that is.
async fn arrives_at_a_service(instance: &Instance) {
    let (client, person) = (instance.standard_client(), instance.person());
    let asks = person.visit(&client.authorization("openid email", &[])).await;
    let code = client.code(&person.sign_in(asks, "user19@yopmail.com", "password123").await);
    let tokens = client.redeem(&code).await;
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
    client.check_signature(&tokens.id_token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_206_eight_changes_of_the_master_key_while_people_sign_in_fail_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let instance = at(directory.path(), MORNING).await;
    let mut held = hold(&instance, directory.path()).await;
    let operator = Operator::at(&directory.path().join("data"));
    let owner = instance.person();
    let page = owner.visit("/users/start-sign-in").await;
    owner.sign_in(page, "user18@yopmail.com", "password123").await;
    let mut in_use = String::new();
    for round in 0..8 {
        // An application is offered under one key, and confirmed under the next.
        let offer = owner.visit("/totp-configuration").await;
        let mails = async {
            for _ in 0..40 {
                queue(&instance.app).await;
            }
        };
        let services = async {
            for _ in 0..3 {
                arrives_at_a_service(&instance).await;
            }
        };
        let application = async {
            let landed = with_application(&instance, &held).await;
            assert_eq!(landed.url.path(), "/", "round {round}: {}", landed.body);
        };
        let change = operator.asks(&["master-key", "rotate"]);
        let (told, ..) = tokio::join!(change, mails, services, application);
        assert!(told["unreadable"] == 0 && told["applications"].as_u64() >= Some(1), "round {round}: {told}");
        in_use = told["master_key"].as_str().unwrap().to_owned();
        let code = totp_code(&totp_key(&offer), instance.clock.now());
        let confirmed = owner.submit(offer.form_with("totpToken", None).with("totpToken", &code)).await;
        assert_eq!(confirmed.status, 200, "round {round}: {}", confirmed.body);
        assert!(confirmed.has(".codes"), "round {round}: {}", confirmed.body);
        instance.clock.advance(MINUTE).unwrap();
    }
    let sealed = sealed_in_mails(&instance.app);
    assert!(sealed.len() >= 320 && sealed.iter().all(|sealed| sealed.contains(&in_use)), "{in_use}: {sealed:?}");
    everything_opens(&instance, &mut held, 0).await;
    let now = instance.clock.now();
    instance.stop().await;
    let instance = at(directory.path(), now).await;
    everything_opens(&instance, &mut held, 1).await;
    let now = instance.clock.now();
    instance.stop().await;
    // A backup made eight keys ago.
    assert!(restore(&held, directory.path(), now).await);
    let instance = at(directory.path(), now).await;
    everything_opens(&instance, &mut held, 2).await;
    instance.stop().await;
}
