//! What nobody uses is erased: accounts after a warning, network addresses of the audit after some months; what a clock that
//! leaps does to them; and what an erasure leaves behind.

use std::time::Duration;

use moncomptepro::acts::administration::{make_retention_round, read_audit};
use moncomptepro::acts::{By, settle_mail};
use moncomptepro::config::{Config, DevOptions, RetentionRules};
use moncomptepro::domain::{
    Actor, AuditEvent, AuditRecord, MailContent, Origin, OutgoingMail, RetentionRound, User, UserId,
};
use moncomptepro::mail::Fate;
use moncomptepro::protocol::{Locale, Timestamp};
use moncomptepro::store::{Tx, audit, outbox, retention_rounds, users};

use crate::support::{Instance, Operator};

const DAY: Duration = Duration::from_secs(24 * 3600);
const MARIE: &str = "marie@mairie.example";
const JEAN: &str = "user@yopmail.com";

async fn begin() -> (tempfile::TempDir, Instance, Operator) {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let instance = Instance::dev_with(DevOptions { data_dir: Some(data.clone()), ..DevOptions::default() }).await;
    let operator = Operator::at(&data);
    operator.asks(&["user", "create", MARIE, "--given-name", "Marie", "--family-name", "Dupont"]).await;
    (directory, instance, operator)
}

async fn round(instance: &Instance) -> RetentionRound {
    make_retention_round(&instance.app).await.unwrap().unwrap()
}

/// Days go by, each with its round. What all of them did.
async fn days(instance: &Instance, count: u32) -> (u64, u64) {
    let (mut announced, mut erased) = (0, 0);
    for _ in 0..count {
        instance.clock.advance(DAY).unwrap();
        let made = round(instance).await;
        announced += made.announced;
        erased += made.erased;
    }
    (announced, erased)
}

/// How many people there are; whoever has a role stays whatever happens.
fn people(instance: &Instance) -> usize {
    let everybody = instance.app.store.read(|tx| users::list(tx, None, 10_000)).unwrap();
    everybody.iter().filter(|user| user.role.is_none()).count()
}

async fn sign_in(instance: &Instance, address: &str) {
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let page = person.sign_in(page, address, address).await;
    if page.url.path() == "/users/verify-email" {
        let code = instance.code_of(address).await;
        person.submit(page.form_with("verify_email_token", None).with("verify_email_token", &code)).await;
    }
    assert_eq!(person.visit("/").await.status, 200);
}

/// An instance from which everybody stayed away for three years.
pub(super) async fn abandoned() -> Instance {
    let instance = Instance::dev().await;
    looks(&instance, 1, DAY * 100).await;
    instance.clock.advance(DAY * 1_036).unwrap();
    assert_eq!(round(&instance).await.announced, 0);
    let (announced, erased) = days(&instance, 30).await;
    assert!(announced > 0 && erased == 0 && looks_kept(&instance) == 0, "people are told, and what is old is gone");
    instance
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_167_an_account_that_nobody_uses_for_36_months_is_announced_and_erased_and_one_that_is_used_stays() {
    let (_directory, instance, operator) = begin().await;
    let everybody = people(&instance);
    assert_eq!(round(&instance).await.announced, 0);
    assert_eq!(make_retention_round(&instance.app).await.unwrap(), None, "once a day");
    instance.clock.advance(DAY * 1_064).unwrap();
    assert_eq!(round(&instance).await.announced, 0);
    sign_in(&instance, JEAN).await;
    let report = operator.asks(&["retention", "report"]).await;
    assert_eq!(report["to_announce_within_30_days"], everybody as u64 - 1);
    let (announced, erased) = days(&instance, 1).await;
    assert_eq!((announced as usize, erased), (everybody - 1, 0));
    let mail = instance.mails_to(MARIE).await.remove(0);
    assert!(mail.subject.contains("sera supprimé") && mail.text.contains("2029"), "{}", mail.text);
    let link = mail.link().unwrap().to_owned();
    assert!(mail.html.contains(&format!("<a href=\"{link}\"")), "{}", mail.html);
    assert!(instance.person().visit(&link).await.has("input[name=login]"), "it leads to where one signs in: {link}");
    let (announced, erased) = days(&instance, 29).await;
    assert_eq!((announced, erased), (0, 0), "thirty days to come back");
    sign_in(&instance, "user@red-needles-sarl.com").await;
    let (_, erased) = days(&instance, 1 + everybody as u32 / 50).await;
    assert_eq!(erased as usize, everybody - 2);
    assert_eq!(people(&instance), 2);
    operator.types(&["user", "show", MARIE]).await.refused(1, "no user");
    let report = operator.asks(&["retention", "report"]).await;
    assert_eq!((&report["announced"], &report["unused_accounts_kept_days"]), (&0.into(), &1095.into()));
    let is_by_the_program =
        |event: &AuditEvent, actor: &Actor| matches!(event, AuditEvent::UserErased { .. }) && *actor == Actor::System;
    let trail = instance.audit();
    assert_eq!(trail.iter().filter(|record| is_by_the_program(&record.event, &record.actor)).count(), everybody - 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_167_sec_198_while_thousands_of_mails_wait_nobody_is_announced() {
    let (_directory, instance, _) = begin().await;
    let everybody = people(&instance) as u64;
    round(&instance).await;
    instance.clock.advance(DAY * 1_065).unwrap();
    let now = instance.clock.now();
    let trial = OutgoingMail::notice(MARIE.parse().unwrap(), Locale::Fr, MailContent::Trial { at: now }, now);
    let fill = move |tx: &mut Tx| (0..5_001).try_for_each(|_| outbox::insert(tx, &trial).map(drop));
    instance.app.store.write(fill).await.unwrap();
    assert_eq!(days(&instance, 2).await, (0, 0));
    instance.app.store.write(|tx| outbox::delete_where(tx, |_| true)).await.unwrap();
    assert_eq!(days(&instance, 1).await, (everybody, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_196_a_clock_that_leaps_ten_years_and_back_erases_nobody() {
    let (_directory, instance, operator) = begin().await;
    let everybody = people(&instance);
    round(&instance).await;
    let morning = instance.clock.now();
    instance.clock.freeze(morning.plus(DAY * 3_650)).unwrap();
    assert!(round(&instance).await.announced > 0, "a machine that begins in the wrong year knows no better");
    instance.clock.advance(DAY * 20).unwrap();
    assert_eq!(round(&instance).await.erased, 0);
    instance.clock.freeze(morning.plus(DAY * 7_300)).unwrap();
    assert_eq!(round(&instance).await.erased, 0, "thirty days were not lived through, whatever the date");
    instance.clock.freeze(morning.plus(DAY)).unwrap();
    let back = round(&instance).await;
    assert_eq!((back.withdrawn as usize, back.erased), (everybody, 0), "what was announced is taken back");
    days(&instance, 3).await;
    assert_eq!(people(&instance), everybody);
    assert_eq!(operator.asks(&["retention", "report"]).await["announced"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_167_the_audit_gives_up_network_addresses_after_six_months() {
    let (_directory, instance, _operator) = begin().await;
    sign_in(&instance, JEAN).await;
    let sources = || instance.audit().into_iter().filter(|record| record.origin.source.is_some()).count();
    let before = sources();
    assert!(before > 0);
    instance.clock.advance(DAY * 181).unwrap();
    assert_eq!((round(&instance).await.addresses_removed, sources()), (0, before));
    instance.clock.advance(DAY * 2).unwrap();
    assert_eq!((round(&instance).await.addresses_removed as usize, sources()), (before, 0));
    instance.clock.advance(DAY).unwrap();
    assert_eq!(round(&instance).await.addresses_removed, 0, "once");
    assert!(
        read_audit(&instance.app, &By::local(Actor::System), Default::default(), false, 10).await.unwrap().len() > 3
    );
}

/// So many looks at the list of people, all of them `ago` before now.
async fn looks(instance: &Instance, count: usize, ago: Duration) {
    let record = AuditRecord {
        at_millis: instance.clock.now().minus(ago).0 * 1_000,
        actor: Actor::System,
        origin: Origin::default(),
        event: AuditEvent::UsersListed,
    };
    let entering = move |tx: &mut Tx| (0..count).try_for_each(|_| audit::insert(tx, &record));
    instance.app.store.write(entering).await.unwrap();
}

fn looks_kept(instance: &Instance) -> usize {
    instance.audit().iter().filter(|record| matches!(record.event, AuditEvent::UsersListed)).count()
}

fn trimmings(instance: &Instance) -> Vec<(u64, Timestamp)> {
    let trail = instance.audit().into_iter();
    let told = trail.filter_map(|record| match record.event {
        AuditEvent::AuditTrimmed { count, until } => Some((count, until)),
        _ => None,
    });
    told.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_167_the_audit_gives_up_what_happened_three_years_ago_with_all_that_leads_to_it() {
    let (_directory, instance, operator) = begin().await;
    sign_in(&instance, JEAN).await;
    let jean = instance.app.store.read(|tx| users::find_by_email(tx, &JEAN.parse().unwrap())).unwrap().unwrap().id;
    let sign_ins = || instance.app.store.read(|tx| audit::list_sign_ins(tx, jean, None, 100)).unwrap().len();
    instance.clock.advance(DAY).unwrap();
    let (old, of_jean) = (instance.audit().len(), sign_ins());
    assert!(old > 3 && of_jean == 1);
    instance.clock.advance(DAY * 1_060).unwrap();
    sign_in(&instance, JEAN).await;
    days(&instance, 33).await;
    assert_eq!((trimmings(&instance), sign_ins()), (Vec::new(), 2), "not a day before");
    days(&instance, 3).await;
    let told = trimmings(&instance);
    let [(count, until)] = told[..] else { panic!("{told:?}") };
    assert_eq!((count as usize, sign_ins()), (old, 1));
    assert!(instance.audit().iter().all(|record| record.at_millis >= until.0 * 1_000));
    let page = read_audit(&instance.app, &By::local(Actor::System), Default::default(), false, 1).await.unwrap();
    assert!(page[0].sequence > old as u64, "numbers are not given again");
    let report = operator.asks(&["retention", "report"]).await;
    assert_eq!(report["audit_kept_days"], 1_095);
    let rounds = report["rounds"].as_array().unwrap();
    let telling: Vec<_> = rounds.iter().filter(|round| round["ended_by_time"]["audit"] == count).collect();
    assert_eq!((telling.len(), &telling[0]["audit_trimmed_until"]), (1, &until.to_iso8601().into()));
    let report = instance.app.store.check(instance.clock.now()).unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_167_however_much_of_the_audit_is_old_all_of_it_goes_and_is_told_of_once() {
    let (_directory, instance, _) = begin().await;
    looks(&instance, 1_203, DAY * 1_096).await;
    looks(&instance, 1, DAY * 1_060).await;
    round(&instance).await;
    days(&instance, 29).await;
    assert_eq!(looks_kept(&instance), 1_204, "the first rounds bear nothing out");
    days(&instance, 1).await;
    assert_eq!(looks_kept(&instance), 1);
    assert_eq!(trimmings(&instance).iter().map(|(count, _)| *count).collect::<Vec<_>>(), [1_203]);
}

#[tokio::test]
async fn sec_167_an_audit_that_is_to_be_kept_for_ever_is() {
    for (kept, expected) in [(None, 1), (RetentionRules::STANDARD.audit.map(|kept| kept / 6), 0)] {
        let retention = RetentionRules { audit: kept, ..RetentionRules::STANDARD };
        let instance = Instance::start(|port| Config { retention, ..Config::dev(DevOptions::default(), port) }).await;
        looks(&instance, 1, DAY * 4_000).await;
        round(&instance).await;
        days(&instance, 30).await;
        assert_eq!(looks_kept(&instance), expected, "{kept:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_167_after_an_upgrade_the_audit_gives_up_nothing_for_thirty_rounds() {
    let (_directory, instance, _) = begin().await;
    looks(&instance, 3, DAY * 2_000).await;
    // What a program of before wrote, which kept the audit for ever.
    let made = round(&instance).await;
    let of_before = move |tx: &mut Tx| {
        (made.number + 1..=made.number + 40).try_for_each(|number| {
            let round = RetentionRound { number, trimming_known_since: None, ..made.clone() };
            retention_rounds::insert(tx, &round)
        })
    };
    instance.app.store.write(of_before).await.unwrap();
    days(&instance, 30).await;
    assert_eq!((looks_kept(&instance), trimmings(&instance)), (3, Vec::new()), "there is time to say otherwise");
    days(&instance, 1).await;
    assert_eq!((looks_kept(&instance), trimmings(&instance).len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_196_sec_167_a_clock_that_leaps_ten_years_takes_nothing_from_the_audit() {
    let (_directory, instance, _) = begin().await;
    looks(&instance, 1, DAY).await;
    days(&instance, 31).await;
    let morning = instance.clock.now();
    instance.clock.freeze(morning.plus(DAY * 3_650)).unwrap();
    days(&instance, 29).await;
    assert_eq!(looks_kept(&instance), 1, "thirty days were not lived through, whatever the date");
    instance.clock.freeze(morning.plus(DAY)).unwrap();
    round(&instance).await;
    days(&instance, 40).await;
    assert_eq!((looks_kept(&instance), trimmings(&instance)), (1, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_167_the_report_tells_what_time_ended_since_the_last_round_and_in_each() {
    let (_directory, instance, operator) = begin().await;
    round(&instance).await;
    let person = instance.person();
    let page = person.visit("/users/reset-password").await;
    person.submit(page.form_with("login", None).with("login", JEAN)).await;
    sign_in(&instance, JEAN).await;
    let report = operator.asks(&["retention", "report"]).await;
    assert_eq!(report["ended_by_time_since_last_round"], serde_json::json!({}));
    instance.clock.advance(DAY).unwrap();
    let purged = instance.app.store.purge(instance.clock.now()).await.unwrap();
    let report = operator.asks(&["retention", "report"]).await;
    let ended = report["ended_by_time_since_last_round"].clone();
    // The link of whoever was entered by the operator, and the one that was asked for.
    assert_eq!((&ended["password_links"], &ended["interactions"]), (&2.into(), &1.into()), "{ended}");
    let total: u64 = ended.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(total, purged.records as u64);
    let made = round(&instance).await;
    let report = operator.asks(&["retention", "report"]).await;
    assert_eq!(report["ended_by_time_since_last_round"], serde_json::json!({}), "counted from nothing again");
    assert_eq!((&report["rounds"][0]["round"], &report["rounds"][0]["ended_by_time"]), (&made.number.into(), &ended));
    assert!(instance.app.store.check(instance.clock.now()).unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_168_no_network_address_of_somebody_erased_stays_in_the_audit() {
    let (_directory, instance, operator) = begin().await;
    let (person, client) = (instance.person_at(7, 77), instance.standard_client());
    let page = person.visit(&client.authorization("openid", &[])).await;
    let back = person.sign_in(page, JEAN, JEAN).await;
    client.redeem(&client.code(&back)).await;
    let wrong = instance.person_at(7, 77);
    let page = wrong.visit("/users/start-sign-in").await;
    wrong.sign_in(page, JEAN, "une autre phrase de passe").await;
    let told = || {
        let trail = instance.audit().into_iter();
        trail.filter(|record| record.origin.source.as_deref() == Some("127.0.7.77")).count()
    };
    assert!(told() > 2);
    let length = instance.audit().len();
    operator.asks(&["user", "delete", JEAN]).await;
    assert_eq!(told(), 0);
    assert_eq!(instance.audit().len(), length + 1, "the trail itself stays");
    let report = instance.app.store.check(instance.clock.now()).unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_167_whoever_could_not_be_told_is_told_anew_and_not_erased() {
    let (_directory, instance, _operator) = begin().await;
    let everybody = people(&instance) as u64;
    instance.clock.advance(DAY * 1_066).unwrap();
    assert_eq!(round(&instance).await.announced, everybody);
    // No server takes the mails for as long as they are worth keeping.
    let due = instance.app.store.read(|tx| outbox::list(tx, None, 1_000)).unwrap();
    for queued in due {
        settle_mail(&instance.app, queued.id, Fate::Expired).await.unwrap();
    }
    let (announced, erased) = days(&instance, 40).await;
    assert_eq!((announced, erased), (everybody, everybody), "told on the next day, and erased thirty days after that");
    let trail = instance.audit();
    let told = trail.iter().filter(|record| matches!(record.event, AuditEvent::UnusedAccountAnnounced { .. })).count();
    assert_eq!(told as u64, 2 * everybody);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_167_an_account_that_was_imported_is_kept_from_that_day_on() {
    let (directory, instance, operator) = begin().await;
    let file = directory.path().join("people.csv");
    std::fs::write(&file, "email,created_at\nimportee@mairie.example,2015-01-01T00:00:00Z\n").unwrap();
    operator.asks(&["user", "import", file.to_str().unwrap()]).await;
    assert_eq!((round(&instance).await.announced, days(&instance, 40).await), (0, (0, 0)));
}

/// On which day of the three years one is told, and on which one is gone, who was last here so many days before them.
fn fate(days_ago: u64) -> (u64, u64) {
    let told = 1_065_u64.saturating_sub(days_ago);
    (told, (told + 30).max(1_095_u64.saturating_sub(days_ago)))
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_167_each_month_of_three_years_finds_told_and_gone_who_should_be_and_no_address_of_half_a_year_ago() {
    let (_directory, instance, _operator) = begin().await;
    let morning = instance.clock.now();
    let population: Vec<(UserId, u64)> = (0..45).map(|number| (UserId(8_000_000_000 + number), 27 * number)).collect();
    for (id, days_ago) in population.clone() {
        let last = morning.minus(DAY * u32::try_from(days_ago).unwrap());
        let email = format!("personne{days_ago}@population.example").parse().unwrap();
        // Of three, one never proved the mailbox, and one was here once only.
        let proven = (id.0 % 3 != 0).then_some(last);
        let user = User {
            last_sign_in_at: proven.filter(|_| id.0 % 3 == 1),
            email_verified_at: proven,
            ..User::new(id, email, last)
        };
        instance.app.store.write(move |tx| users::insert(tx, &user)).await.unwrap();
    }
    let mut gone_at_the_end = 0;
    for day in 0..=1_125_u64 {
        round(&instance).await;
        if day % 90 == 0 {
            sign_in(&instance, JEAN).await;
        }
        if day % 30 == 0 {
            instance.app.store.purge(instance.clock.now()).await.unwrap();
            for (id, days_ago) in &population {
                let (told, gone) = fate(*days_ago);
                let found = instance.app.store.read(|tx| users::find(tx, *id)).unwrap();
                assert_eq!(found.is_none(), gone <= day, "day {day}: whoever was here {days_ago} days before");
                let is_told = found.is_some_and(|user| user.unused_notice.is_some());
                assert_eq!(is_told, (told..gone).contains(&day), "day {day}: whoever was here {days_ago} days before");
            }
            let half_a_year = DAY * 184;
            let is_old = |at: Timestamp| at.plus(half_a_year).has_come(instance.clock.now());
            let kept = instance.audit().into_iter().filter(|record| record.origin.source.is_some());
            assert_eq!(kept.filter(|record| is_old(Timestamp(record.at_millis / 1_000))).count(), 0, "day {day}");
            let oldest = instance.audit().iter().map(|record| record.at_millis / 1_000).min().unwrap();
            let three_years = Timestamp(oldest).plus(DAY * 1_097);
            assert!(!three_years.has_come(instance.clock.now()), "day {day}: the audit is older than three years");
            gone_at_the_end = population.iter().filter(|(_, days_ago)| fate(*days_ago).1 <= day).count();
        }
        instance.clock.advance(DAY).unwrap();
    }
    assert_eq!(gone_at_the_end, population.len());
    assert!(instance.app.store.check(instance.clock.now()).unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_167_nobody_waits_unproven_and_whoever_the_operator_enters_is_kept_like_the_others() {
    let (directory, instance, operator) = begin().await;
    let email = "nouvelle@mairie.example";
    let person = instance.person();
    let page = person.visit("/users/start-sign-in").await;
    let asks = person.submit(page.form_with("login", None).with("login", email)).await;
    let phrase = "une phrase de passe assez longue";
    let form = asks.form_with("password_confirmation", None).with("password", phrase);
    let waits = person.submit(form.with("password_confirmation", phrase)).await;
    assert_eq!(waits.url.path(), "/users/verify-email");
    let find = |email: &str| instance.app.store.read(|tx| users::find_by_email(tx, &email.parse().unwrap())).unwrap();
    assert!(find(email).is_none(), "no account before the proof of its mailbox");
    let file = directory.path().join("people.csv");
    std::fs::write(&file, "email,email_verified\nimportee@mairie.example,false\n").unwrap();
    operator.asks(&["user", "import", file.to_str().unwrap()]).await;
    instance.clock.advance(DAY).unwrap();
    instance.app.store.purge(instance.clock.now()).await.unwrap();
    let report = operator.asks(&["retention", "report"]).await;
    assert_eq!(report["ended_by_time_since_last_round"]["interactions"], 1, "what was chosen for it is gone in a day");
    instance.clock.advance(DAY * 8).unwrap();
    round(&instance).await;
    days(&instance, 40).await;
    for email in [MARIE, "importee@mairie.example"] {
        let user = find(email).unwrap();
        assert!(user.unused_notice.is_none(), "{email}");
    }
    assert_eq!(find("importee@mairie.example").unwrap().email_verified_at, None, "it never was proven, and is kept");
}
