//! SEC-166: what wakes an administrator, once an hour and kind.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use moncomptepro::config::{Backups, Config, DevOptions};
use moncomptepro::domain::{Alert, Role, User};
use moncomptepro::jobs;
use moncomptepro::mail::ReceivedMail;
use moncomptepro::protocol::{Locale, Timestamp};
use moncomptepro::store::{alerts, users};

use crate::durability::wrong_date::{HURRIED, until, work};
use crate::oidc::{JEAN, signed_in};
use crate::support::{Disk, Instance, MORNING, Operator, RelyingParty};

/// An administrator who reads French.
const ADMINISTRATOR: &str = "administration@yopmail.com";
/// Another one, who reads English.
const COLLEAGUE: &str = "user@red-needles-sarl.com";
const HOUR: Duration = Duration::from_secs(3_600);
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// How the mail of each kind begins, for both readers.
const WORDS: [(Alert, &str, &str); 7] = [
    (Alert::CodeReplayed, "a été présenté de nouveau", "was presented again"),
    (Alert::KeysChanged, "Les clés de ce site ont changé", "The keys of this site have changed"),
    (Alert::MassFailures, "tentatives de connexion que d’habitude", "attempts to sign in than usual have failed"),
    (Alert::BackupFailed, "Une sauvegarde devait être faite", "A backup was due"),
    (Alert::CertificateEnds, "Le certificat de ce site expire", "The certificate of this site is over"),
    (Alert::DiskLow, "est presque plein", "is almost full"),
    (Alert::ClockMoved, "L’horloge de la machine", "The clock of the machine"),
];

/// Periodic work that is under way.
struct Working {
    stop: tokio::sync::watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Working {
    async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

struct Story {
    instance: Instance,
    client: RelyingParty,
}

impl Story {
    /// An instance on the data of `directory`, that makes a backup every hour and has two administrators.
    async fn begin(directory: &Path, hears: bool) -> Self {
        let data_dir = directory.join("data");
        let instance = Instance::start(|port| {
            // A restart is one of the same instance, at whatever port.
            let issuer = Some("http://localhost:3000".parse().unwrap());
            let config = Config::dev(DevOptions { issuer, data_dir: Some(data_dir), ..DevOptions::default() }, port);
            let backups = Backups { every: Some(HOUR), ..config.backups };
            Config { backups, alerts: hears, ..config }
        })
        .await;
        Self::of(instance).await
    }

    /// The story of an instance with two people who are its administrators from now on; the second one reads English.
    async fn of(instance: Instance) -> Self {
        instance
            .app
            .store
            .write(|tx| {
                let user = users::find_by_email(tx, &COLLEAGUE.parse().unwrap())?.unwrap();
                users::update(tx, &User { role: Some(Role::Administrator), locale: Some(Locale::En), ..user })
            })
            .await
            .unwrap();
        let client = instance.standard_client();
        Self { instance, client }
    }

    /// A code that is presented twice.
    async fn replay(&self) {
        let person = signed_in(&self.instance, JEAN).await;
        let code = self.client.code(&person.visit(&self.client.authorization("openid", &[])).await);
        assert_eq!(self.client.present(&code).await.status, 200);
        assert_eq!(self.client.present(&code).await.status, 400);
    }

    /// Far more wrong secrets than usual.
    async fn guess(&self) {
        for number in 0..51 {
            let name = format!("service-{number}");
            let fields = [("grant_type", "authorization_code"), ("client_id", &name), ("client_secret", "wrong")];
            assert_eq!(self.client.token_request_without_header(&fields).await.status, 401);
        }
    }

    /// Those of a kind that each of the two administrators received, the latest first.
    fn received(&self, alert: Alert) -> [Vec<ReceivedMail>; 2] {
        let (_, french, english) = WORDS.into_iter().find(|(kind, _, _)| *kind == alert).unwrap();
        let of = |address: &str, words: &str| -> Vec<ReceivedMail> {
            let mails = self.instance.app.mailbox.list(Some(address));
            mails.into_iter().filter(|mail| mail.text.contains(words)).collect()
        };
        [of(ADMINISTRATOR, french), of(COLLEAGUE, english)]
    }

    /// Whether so many of a kind have come to both.
    fn has_come(&self, alert: Alert, count: usize) -> bool {
        self.received(alert).iter().all(|mails| mails.len() == count)
    }

    /// Those of a kind that the first one received; the other one received as many.
    fn told(&self, alert: Alert) -> Vec<ReceivedMail> {
        let [told, to_the_other] = self.received(alert);
        assert_eq!(told.len(), to_the_other.len(), "{alert:?}");
        told
    }

    /// The periodic work goes on until so many mails of a kind have come.
    async fn comes(&self, alert: Alert, count: usize) -> Vec<ReceivedMail> {
        work(&self.instance.app, HURRIED, || self.has_come(alert, count)).await;
        self.told(alert)
    }

    /// The periodic work goes on until it has looked at everything twice: mails of another kind have come, an hour apart.
    async fn goes_on(&self) {
        for _ in 0..2 {
            let come = self.told(Alert::CodeReplayed).len() + 1;
            self.replay().await;
            self.instance.clock.advance(HOUR).unwrap();
            until(|| self.has_come(Alert::CodeReplayed, come)).await;
        }
    }

    /// The periodic work, until it is told to stop.
    fn works(&self, certificate_until: Option<Timestamp>) -> Working {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let app = self.instance.app.clone();
        let task = tokio::spawn(jobs::run(move || app.clone(), move || certificate_until, stopped, HURRIED));
        Working { stop, task }
    }

    fn has_something_to_tell(&self) -> bool {
        let now = self.instance.clock.now();
        !self.instance.app.store.read(|tx| alerts::list_due(tx, now)).unwrap().is_empty()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_166_every_administrator_is_told_once_an_hour_and_kind_in_their_language() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path(), true).await;
    let app = &story.instance.app;
    story.replay().await;
    let first = story.comes(Alert::CodeReplayed, 1).await;
    assert!(!first[0].text.contains("sans qu’aucun message"), "{}", first[0].text);

    // What comes within the hour waits; another kind does not.
    story.replay().await;
    story.replay().await;
    story.guess().await;
    story.comes(Alert::MassFailures, 1).await;
    assert_eq!(story.told(Alert::CodeReplayed).len(), 1);
    story.instance.clock.advance(HOUR - SECOND).unwrap();
    assert!(!story.has_something_to_tell());
    story.instance.clock.advance(SECOND).unwrap();
    let second = story.comes(Alert::CodeReplayed, 2).await;
    assert!(second[0].text.contains("2 fois sans qu’aucun message"), "{}", second[0].text);

    // The machine: the certificate is over soon, no backup can be made, the clock leaps.
    std::fs::write(directory.path().join("data/backups"), "in the way").unwrap();
    let over = story.instance.clock.now().plus(13 * DAY);
    let working = story.works(Some(over));
    until(|| story.has_come(Alert::CertificateEnds, 1)).await;
    story.instance.clock.advance(HOUR).unwrap();
    until(|| story.has_come(Alert::BackupFailed, 1)).await;
    story.instance.clock.freeze(story.instance.clock.now().plus(2 * HOUR)).unwrap();
    until(|| story.has_come(Alert::ClockMoved, 1)).await;
    working.stop().await;

    let counts = WORDS.map(|(alert, _, _)| (alert, story.told(alert).len()));
    assert_eq!(counts.map(|(_, count)| count), [2, 0, 1, 1, 1, 0, 1], "{counts:?}");
    let others = app.mailbox.list(None).into_iter().filter(|mail| ![ADMINISTRATOR, COLLEAGUE].contains(&&*mail.to));
    assert!(others.into_iter().all(|mail| !WORDS.iter().any(|(_, french, _)| mail.text.contains(french))));
    story.instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_166_what_came_before_a_restart_is_told_after_it_and_what_was_told_is_not_told_again() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path(), true).await;
    story.replay().await;
    story.instance.stop().await;
    let story = Story::begin(directory.path(), true).await;
    story.comes(Alert::CodeReplayed, 1).await;
    story.instance.stop().await;

    let story = Story::begin(directory.path(), true).await;
    assert_eq!(story.instance.clock.now(), MORNING);
    story.replay().await;
    story.guess().await;
    story.comes(Alert::MassFailures, 1).await;
    assert_eq!(story.told(Alert::CodeReplayed).len(), 0, "the hour is not over");
    story.instance.clock.advance(HOUR).unwrap();
    story.comes(Alert::CodeReplayed, 1).await;
    story.instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_166_an_operator_who_wants_no_such_mail_gets_none_and_none_is_kept_for_later() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path(), false).await;
    story.replay().await;
    assert!(story.has_something_to_tell());
    work(&story.instance.app, HURRIED, || !story.has_something_to_tell()).await;
    assert_eq!(story.instance.mails_to(ADMINISTRATOR).await.len(), 0);
    story.instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_166_an_act_on_the_keys_is_told_by_mail_and_further_ones_when_the_hour_is_over() {
    let directory = tempfile::tempdir().unwrap();
    // One whose keys are its own, and whose mails are kept for us.
    Instance::production(directory.path()).await.stop().await;
    let file = directory.path().join("config.toml");
    let config = |port| Config { port, mailbox_page: true, ..Config::from_file(&file).unwrap() };
    let instance = Instance::start(config).await;
    let operator = Operator::of(directory.path());
    for email in [ADMINISTRATOR, COLLEAGUE] {
        operator.asks(&["user", "create", email, "--given-name", "Marie", "--family-name", "Dupont"]).await;
        operator.asks(&["admin", "grant", email, "--role", "administrator"]).await;
    }
    let story = Story::of(instance).await;
    let rotates = async || operator.asks(&["keys", "rotate", "--now"]).await;
    assert!(!story.has_something_to_tell(), "the first keys are no act on them");
    let working = story.works(None);
    rotates().await;
    until(|| story.has_come(Alert::KeysChanged, 1)).await;

    // Two more within the hour.
    rotates().await;
    rotates().await;
    story.instance.clock.advance(HOUR - SECOND).unwrap();
    assert!(!story.has_something_to_tell());
    assert_eq!(story.told(Alert::KeysChanged).len(), 1);
    story.instance.clock.advance(SECOND).unwrap();
    until(|| story.has_come(Alert::KeysChanged, 2)).await;
    assert!(story.told(Alert::KeysChanged)[0].text.contains("fois sans qu’aucun message"));
    working.stop().await;
    assert!(!story.has_something_to_tell());
    assert_eq!(story.told(Alert::KeysChanged).len(), 2, "all of them are told");
    story.instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_166_sec_190_a_disk_that_is_almost_full_is_told_by_mail_and_again_after_a_day() {
    let disk = Arc::new(Disk::default());
    let config = |port| Config { alerts: true, ..Config::dev(DevOptions::default(), port) };
    let story = Story::of(Instance::on_disk_with(&disk, 64 << 20, config).await).await;
    let low = |story: &Story| story.told(Alert::DiskLow).len();
    disk.has_room(100 << 20, 1_000 << 20);
    let working = story.works(None);
    story.goes_on().await;
    assert_eq!(low(&story), 0, "a tenth of it is free");
    disk.has_room((100 << 20) - 1, 1_000 << 20);
    until(|| story.has_come(Alert::DiskLow, 1)).await;

    // It lasts.
    story.instance.clock.advance(21 * HOUR).unwrap();
    story.goes_on().await;
    assert_eq!(low(&story), 1, "it was told");
    story.instance.clock.advance(HOUR).unwrap();
    until(|| story.has_come(Alert::DiskLow, 2)).await;

    // Somebody makes room, and it is used up.
    disk.has_room(500 << 20, 1_000 << 20);
    story.goes_on().await;
    assert_eq!(low(&story), 2);
    disk.has_room(1 << 20, 1_000 << 20);
    until(|| story.has_come(Alert::DiskLow, 3)).await;
    working.stop().await;
    story.instance.stop().await;
}
