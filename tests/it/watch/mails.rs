//! Mails that wait in the outbox, and what the operator hears of them.

use std::time::Duration;

use moncomptepro::acts;
use moncomptepro::domain::{AuditEvent, MailContent, MailEnd, OutgoingMail};
use moncomptepro::mail::{Enclosure, Fate};
use moncomptepro::protocol::{Locale, Timestamp};
use moncomptepro::store::{self, outbox};

use crate::support::{Instance, Operator, run};

const ADDRESS: &str = "marie@mairie.example";
const HOUR: Duration = Duration::from_secs(3_600);
const SECOND: Duration = Duration::from_secs(1);

/// Puts a mail into the outbox, with a code that is over then, if it has one.
async fn queue(instance: &Instance, code_until: Option<Timestamp>) -> u64 {
    let (app, now) = (&instance.app, instance.clock.now());
    let to = ADDRESS.parse().unwrap();
    let enclosure = Enclosure::new(&app.master_keys, &app.random, &to, "0123456789");
    let secret = app.store.read(|tx| enclosure.seal(tx)).unwrap();
    let mail = OutgoingMail::notice(to, Locale::Fr, MailContent::Trial { at: now }, now);
    let mail = match code_until {
        Some(expires_at) => mail.carrying(secret, expires_at),
        None => mail,
    };
    app.store.write(move |tx| outbox::insert(tx, &mail)).await.unwrap()
}

#[tokio::test]
async fn sec_147_a_code_that_is_over_never_leaves_and_its_end_is_in_the_audit() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let until = instance.clock.now().plus(HOUR);
    let coded = queue(&instance, Some(until)).await;
    queue(&instance, None).await;
    instance.clock.advance(HOUR - SECOND).unwrap();
    assert_eq!(acts::drop_stale_mails(&instance.app).await.unwrap(), 0);
    assert_eq!(instance.mails_waiting_for(ADDRESS), 2);
    instance.clock.advance(SECOND).unwrap();
    assert_eq!(acts::drop_stale_mails(&instance.app).await.unwrap(), 1, "the notice is worth keeping");
    assert_eq!(instance.mails_waiting_for(ADDRESS), 1);
    let expected =
        AuditEvent::MailGivenUp { user_id: None, mail: String::from("trial"), number: coded, end: MailEnd::Expired };
    assert_eq!(instance.audit()[0].event, expected);

    instance.clock.advance(HOUR * 71 - SECOND).unwrap();
    assert_eq!(acts::drop_stale_mails(&instance.app).await.unwrap(), 0);
    instance.clock.advance(SECOND).unwrap();
    assert_eq!(acts::drop_stale_mails(&instance.app).await.unwrap(), 1, "mail.keep_hours are over");
    assert_eq!(instance.mails_waiting_for(ADDRESS), 0);
}

#[tokio::test]
async fn what_was_refused_is_kept_beside_for_a_month() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let id = queue(&instance, None).await;
    acts::settle_mail(&instance.app, id, Fate::Refused).await.unwrap();
    let beside = || instance.app.store.read(|tx| outbox::list_set_aside(tx, 10)).unwrap().len();
    assert_eq!((beside(), instance.mails_waiting_for(ADDRESS)), (1, 0));
    instance.clock.advance(HOUR * 24 * 30 - SECOND).unwrap();
    acts::drop_stale_mails(&instance.app).await.unwrap();
    assert_eq!(beside(), 1);
    instance.clock.advance(SECOND).unwrap();
    acts::drop_stale_mails(&instance.app).await.unwrap();
    assert_eq!(beside(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_198_a_mail_that_gives_way_to_ten_thousand_others_is_counted_kept_beside_and_in_the_audit() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let first = queue(&instance, None).await;
    let waiting = instance.app.store.read(|tx| outbox::find(tx, first)).unwrap().unwrap().mail;
    let fill = move |tx: &mut store::Tx| (0..10_001).try_for_each(|_| outbox::insert(tx, &waiting).map(drop));
    instance.app.store.write(fill).await.unwrap();
    assert_eq!(acts::drop_stale_mails(&instance.app).await.unwrap(), 2);
    assert_eq!(acts::drop_stale_mails(&instance.app).await.unwrap(), 0, "each is told once");
    let ends: Vec<AuditEvent> = instance.audit().into_iter().map(|record| record.event).collect();
    for number in [first, first + 1] {
        let mail = String::from("trial");
        let end = MailEnd::CrowdedOut;
        assert!(ends.contains(&AuditEvent::MailGivenUp { user_id: None, mail, number, end }), "{ends:?}");
    }
    let aside = instance.app.store.read(|tx| outbox::list_set_aside(tx, 10)).unwrap();
    assert_eq!(aside.iter().map(|queued| queued.id).collect::<Vec<_>>(), [first, first + 1]);
    let text = instance.metrics.expose();
    assert!(text.contains("moncomptepro_mails_total{outcome=\"crowded_out\"} 2\n"), "{text}");
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_198_while_thousands_of_mails_wait_nothing_is_written_to_many() {
    let directory = tempfile::tempdir().unwrap();
    Instance::production(directory.path()).await.stop().await;
    let config = directory.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text + "mail.from = \"identite@exemple.fr\"\nsmtp.host = \"smtp.exemple.fr\"\n").unwrap();
    let instance = Instance::on_file(&config).await;
    let operator = Operator::of(directory.path());
    operator.asks(&["user", "invite", "first@mairie.example"]).await;
    let first = queue(&instance, None).await;
    let waiting = instance.app.store.read(|tx| outbox::find(tx, first)).unwrap().unwrap().mail;
    let fill = move |tx: &mut store::Tx| (0..5_000).try_for_each(|_| outbox::insert(tx, &waiting).map(drop));
    instance.app.store.write(fill).await.unwrap();

    let file = directory.path().join("agents.csv");
    std::fs::write(&file, "email\nfirst@mairie.example\nsecond@mairie.example\n").unwrap();
    let by_file = ["user", "invite", "--csv", file.to_str().unwrap()];
    let ended = operator.types(&by_file).await;
    assert!(ended.code == 1 && ended.stderr.contains("thousands of mails wait to leave"), "{ended:?}");
    assert_eq!(operator.asks(&["user", "invitations"]).await["items"].as_array().unwrap().len(), 1);

    instance.app.store.write(|tx| outbox::delete_where(tx, |_| true)).await.unwrap();
    operator.asks(&by_file).await;
    assert_eq!(operator.asks(&["user", "invitations"]).await["items"].as_array().unwrap().len(), 2);
    instance.stop().await;
}

#[tokio::test]
async fn a_write_of_a_mail_wakes_whoever_waits_and_no_other_write_does() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let mut waiting = Box::pin(instance.app.store.mail_was_queued());
    instance.app.store.write(|tx| outbox::delete(tx, 99)).await.unwrap();
    let still = std::future::poll_fn(|context| std::task::Poll::Ready(waiting.as_mut().poll(context).is_pending()));
    assert!(still.await, "nothing was written to the outbox");
    queue(&instance, None).await;
    waiting.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_without_mail_says_what_to_write_and_a_sandbox_where_its_mails_are() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::production(directory.path()).await;
    let refused = Operator::of(directory.path()).types(&["doctor", "mail"]).await;
    refused.refused(78, "Give mail.from and smtp.host");
    instance.stop().await;
    let file = directory.path().join("sandbox.toml");
    let text = format!(
        "public_url = \"https://identite.exemple.fr\"\ndata_dir = {:?}\ninstance.kind = \"sandbox\"\n",
        directory.path().join("sandbox")
    );
    std::fs::write(&file, text).unwrap();
    run(&["doctor", "mail", "--config", file.to_str().unwrap()]).refused(78, "/mailbox");
}
