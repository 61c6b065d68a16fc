//! SEC-195, SEC-196, SEC-213: a machine that starts on a wrong date does nothing by it that lasts.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use moncomptepro::acts;
use moncomptepro::app::App;
use moncomptepro::clock::Clock;
use moncomptepro::config::{Config, DevOptions};
use moncomptepro::domain::AuditEvent;
use moncomptepro::jobs::{self, Pace};
use moncomptepro::protocol::Timestamp;
use moncomptepro::store;

use crate::support::{Instance, MORNING};

const ADDRESS: &str = "user@yopmail.com";
const DAY: Duration = Duration::from_secs(24 * 3_600);
const WEEKS: Duration = Duration::from_secs(60 * 24 * 3_600);
const YEARS: Duration = Duration::from_secs(10 * 365 * 24 * 3_600);
/// Every round of the periodic work at once, and then again and again.
pub(crate) const HURRIED: Pace = Pace {
    purge: Duration::from_millis(5),
    logouts: Duration::from_millis(5),
    retention: Duration::from_millis(5),
    keys: Duration::from_millis(5),
    backups: Duration::from_millis(5),
    note_time: Duration::from_millis(5),
    believed_after: Duration::ZERO,
};

async fn begun(directory: &Path, clock: &Clock) -> Instance {
    let file = directory.join("config.toml");
    let data_dir = directory.join("data");
    let text = format!(
        "public_url = \"https://identite.exemple.fr\"\ndata_dir = {data_dir:?}\nlisten = \"127.0.0.1:8080\"\n\
         tls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]\nkeys.rsa_bits = 2048\n"
    );
    std::fs::write(&file, text).unwrap();
    Instance::with_clock(|port| Config { port, ..Config::from_file(&file).unwrap() }, clock.clone()).await
}

fn kids(app: &App) -> BTreeSet<String> {
    app.keyring.set().keys().iter().map(|key| key.kid().to_owned()).collect()
}

fn backups(directory: &Path) -> usize {
    acts::list_own_backups(&directory.join("data")).len()
}

/// Runs the periodic work as the executable does, until `enough`.
pub(crate) async fn work(app: &App, pace: Pace, enough: impl Fn() -> bool) {
    work_during(app, pace, until(enough)).await;
}

/// The same during a story.
pub(crate) async fn work_during(app: &App, pace: Pace, story: impl Future<Output = ()>) {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let app = app.clone();
    let working = tokio::spawn(jobs::run(move || app.clone(), || None, stopped, pace));
    story.await;
    stop.send_replace(true);
    working.await.unwrap();
}

/// Until something is so.
pub(crate) async fn until(enough: impl Fn() -> bool) {
    let is_enough = async {
        while !enough() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), is_enough).await.unwrap();
}

/// The disk is looked at twice: whatever else was to be done at once has been done.
async fn work_for_two_rounds(app: &App, directory: &Path, pace: Pace) {
    for _ in 0..2 {
        let reserve = directory.join("data/reserve");
        std::fs::remove_file(&reserve).unwrap_or_default();
        work(app, pace, || reserve.exists()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_195_sec_196_nothing_that_lasts_is_done_by_a_date_that_is_wrong_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let right = Clock::manual(MORNING).guarded();
    let instance = begun(directory.path(), &right).await;
    right.advance(DAY).unwrap();
    let before = kids(&instance.app);
    jobs::back_up(instance.app.clone(), DAY, true).await;
    work_for_two_rounds(&instance.app, directory.path(), HURRIED).await;
    instance.stop().await;

    let wrong = Clock::manual(MORNING.plus(YEARS)).guarded();
    let instance = begun(directory.path(), &wrong).await;
    // In the first minute nothing is done that rests on the date.
    work_for_two_rounds(&instance.app, directory.path(), Pace { believed_after: DAY, ..HURRIED }).await;
    assert_eq!((backups(directory.path()), kids(&instance.app)), (1, before.clone()));
    // Ten years after what was seen last, the date is doubted for a day, however long it has been shown.
    work_for_two_rounds(&instance.app, directory.path(), HURRIED).await;
    assert_eq!((backups(directory.path()), kids(&instance.app)), (1, before.clone()));
    // It is set right: keys and backups go by what the clock shows now.
    wrong.freeze(MORNING.plus(DAY)).unwrap();
    work_for_two_rounds(&instance.app, directory.path(), HURRIED).await;
    assert_eq!((backups(directory.path()), kids(&instance.app)), (1, before.clone()));
    wrong.advance(DAY).unwrap();
    work(&instance.app, HURRIED, || backups(directory.path()) == 2).await;
    assert_eq!(kids(&instance.app), before);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_213_a_backup_named_after_a_date_that_has_not_come_counts_for_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Clock::manual(MORNING).guarded();
    let instance = begun(directory.path(), &clock).await;
    let folder = directory.path().join("data/backups");
    std::fs::create_dir_all(&folder).unwrap();
    let false_one = folder.join("moncomptepro-20361120T090000-scheduled.backup");
    std::fs::write(&false_one, b"").unwrap();
    let data = directory.path().join("data");
    assert_eq!(acts::newest_backup(&data, MORNING), None, "the alarm would not ring for ten years");
    for day in 1..=10 {
        clock.advance(DAY).unwrap();
        jobs::back_up(instance.app.clone(), clock.elapsed(), true).await;
        assert_eq!(acts::newest_backup(&data, clock.now()), Some(clock.now()), "day {day}");
    }
    assert_eq!(backups(directory.path()), 1 + 7, "it takes nobody's place");
    assert!(false_one.exists(), "what is not understood is not deleted");
    instance.stop().await;
}

#[tokio::test]
async fn sec_195_what_a_run_on_a_wrong_date_handed_out_is_void_when_the_date_is_right() {
    let directory = tempfile::tempdir().unwrap();
    let issuer = || Some("http://localhost:3000".parse().unwrap());
    let options =
        || DevOptions { data_dir: Some(directory.path().join("data")), issuer: issuer(), ..DevOptions::default() };
    let at = async |clock: &Clock| Instance::with_clock(|port| Config::dev(options(), port), clock.clone()).await;
    let voided = |instance: &Instance| {
        instance.audit().into_iter().filter(|record| record.event == AuditEvent::DateWasAhead).count()
    };
    at(&Clock::manual(MORNING).guarded()).await.stop().await;

    let wrong = at(&Clock::manual(MORNING.plus(WEEKS)).guarded()).await;
    let (person, client) = (wrong.person(), wrong.standard_client());
    let unused = client.code(&client.sign_in(&person, "openid", ADDRESS).await);
    let code = client.code(&person.visit(&client.authorization("openid", &[])).await);
    let token = client.redeem(&code).await.access_token;
    let cookie = person.session_cookie();
    wrong.stop().await;

    let clock = Clock::manual(Timestamp(MORNING.0 + 60)).guarded();
    let right = at(&clock).await;
    assert_eq!(voided(&right), 1);
    let client = right.standard_client();
    assert_eq!(client.present(&unused).await.status, 400, "a code that would be good for weeks");
    assert_eq!(client.userinfo(&token).await.status, 401);
    let person = right.person();
    person.plant_cookie(&right.renamed(&cookie));
    assert_ne!(person.get("/").await.status, 200, "a session that would be good for weeks");
    let kept = right.person();
    assert!(client.sign_in(&kept, "openid", ADDRESS).await.location().contains("code="));
    let cookie = kept.session_cookie();
    right.stop().await;

    let next = at(&Clock::manual(Timestamp(MORNING.0 + 120)).guarded()).await;
    assert_eq!(voided(&next), 1, "it is told once");
    let person = next.person();
    person.plant_cookie(&next.renamed(&cookie));
    assert_eq!(person.get("/").await.status, 200);
    // The date leaps while the instance serves, and it is stopped before the date is right again.
    acts::note_time(&next.app, Some(next.clock.now())).await.unwrap();
    next.clock.freeze(MORNING.plus(WEEKS)).unwrap();
    let noted = || next.app.store.read(store::marks::get).unwrap().dated_at;
    work(&next.app, HURRIED, || noted() > MORNING.plus(DAY)).await;
    next.stop().await;
    assert_eq!(voided(&at(&Clock::manual(Timestamp(MORNING.0 + 180)).guarded()).await), 2);
}

#[tokio::test]
async fn sec_195_a_leap_of_the_date_ends_no_wait_and_the_time_that_passes_does() {
    let clock = Clock::manual(MORNING).guarded();
    let instance = Instance::with_clock(|port| Config::dev(DevOptions::default(), port), clock.clone()).await;
    let person = instance.person();
    let guess = async || {
        let page = person.visit("/users/start-sign-in").await;
        let asks = person.submit(page.form_with("login", None).with("login", ADDRESS)).await;
        person.post(asks.form_with("password", None).with("password", "wrong")).await.status.as_u16()
    };
    for _ in 0..10 {
        assert_eq!(guess().await, 400);
    }
    for leap in [Duration::from_secs(3_600), DAY, YEARS] {
        clock.freeze(MORNING.plus(leap)).unwrap();
        assert_eq!(guess().await, 429, "a leap of {leap:?} ended a wait");
    }
    clock.advance(Duration::from_secs(30)).unwrap();
    assert_eq!(guess().await, 400);
}
