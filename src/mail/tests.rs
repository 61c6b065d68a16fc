//! Heads, parts, dots; what a failed step means; when mails are tried again.

use std::time::Duration;

use super::message::{Identity, Letter, stuffed};
use super::trouble::without_addresses;
use super::*;
use crate::config::{SmtpEncryption, SmtpServer};
use crate::crypto::Random;
use crate::domain::MailContent;
use crate::protocol::{Locale, Timestamp};

const NOW: Timestamp = Timestamp(1_795_424_400);

fn mailing() -> Mailing {
    Mailing {
        from: "ne-pas-repondre@mairie.example".parse().unwrap(),
        from_name: String::from("Mairie d’Été"),
        reply_to: None,
        server: SmtpServer {
            host: String::from("smtp.mairie.example"),
            port: 587,
            encryption: SmtpEncryption::StartTls,
            credentials: None,
            ca_file: None,
            helo_name: String::from("identite.mairie.example"),
            timeout: Duration::from_secs(30),
        },
    }
}

fn mail() -> OutgoingMail {
    let to = "marie@mairie.example".parse().unwrap();
    OutgoingMail::notice(to, Locale::Fr, MailContent::PasswordChanged { at: NOW }, NOW)
}

fn composed(mailing: &Mailing, subject: &str, text: &str) -> Option<String> {
    let written = WrittenMail { subject: subject.to_owned(), text: text.to_owned(), html: format!("<p>{text}</p>") };
    let identity = Identity::new("instance", 7, &mail(), "identite.mairie.example");
    let letter = Letter::compose(mailing, &mail(), &written, &identity).ok()?;
    Some(String::from_utf8(letter.bytes).unwrap())
}

#[test]
fn sec_145_a_head_with_a_control_character_is_refused() {
    assert!(composed(&mailing(), "Sujet é", "x").is_some());
    for hostile in ["a\r\nBcc: x@y.fr", "a\nBcc: x@y.fr", "a\rb", "a\0b", "a\u{7f}b", "a\u{85}b", &"x".repeat(10_000)] {
        assert_eq!(composed(&mailing(), hostile, "x"), None, "{hostile:?}");
        let renamed = Mailing { from_name: hostile.to_owned(), ..mailing() };
        assert_eq!(composed(&renamed, "Sujet", "x"), None, "{hostile:?}");
    }
}

#[test]
fn sec_145_no_text_ends_the_mail_or_adds_a_head() {
    for hostile in [
        "a\r\n.\r\nMAIL FROM:<x@y.fr>\r\n",
        "a\n.\nMAIL FROM:<x@y.fr>\n",
        "a\r.\rMAIL FROM:<x@y.fr>\r",
        "a\n.\r\nMAIL",
        "a\r\n.\nMAIL",
        ".",
        "..\n.",
        "a\0b\u{1b}[2J",
        "\r\r\n\n.\n\r",
    ] {
        let message = composed(&mailing(), "Sujet", hostile).unwrap();
        let heads = message.split_once("\r\n\r\n").unwrap().0;
        assert!(!heads.contains("MAIL FROM"), "{hostile:?}");
        let wire = String::from_utf8(stuffed(message.as_bytes())).unwrap();
        assert!(wire.ends_with("\r\n"), "{hostile:?}");
        assert!(!wire.replace("\r\n", "").contains(['\r', '\n', '\0', '\u{1b}']), "{hostile:?}: {wire:?}");
        assert!(!wire.split("\r\n").any(|line| line == "."), "{hostile:?}: {wire:?}");
    }
    assert_eq!(stuffed(b".a\r\nb.\r\n..\r\n"), b"..a\r\nb.\r\n...\r\n");
    assert_eq!(stuffed(b"a\n.\nb\r.\r\n"), b"a\r\n..\r\nb.\r\n", "no bare end of a line is left");
}

#[test]
fn r_35_sec_147_a_mail_has_the_date_of_our_clock_and_the_same_bytes_and_message_id_at_every_try() {
    let message = composed(&mailing(), "Sujet", "Été").unwrap();
    assert_eq!(message.matches("\r\nMessage-ID: <").count(), 1, "{message}");
    assert!(message.contains("\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\n"), "{message}");
    assert_eq!(composed(&mailing(), "Sujet", "Été").unwrap(), message);
    let other = Identity::new("instance", 8, &mail(), "identite.mairie.example");
    assert_ne!(other, Identity::new("instance", 7, &mail(), "identite.mairie.example"));
    assert_ne!(other, Identity::new("autre", 8, &mail(), "identite.mairie.example"));
    let later = OutgoingMail { created_at: NOW.plus(Duration::from_secs(1)), ..mail() };
    assert_ne!(other, Identity::new("instance", 8, &later, "identite.mairie.example"), "after a restore");
}

#[test]
fn sec_162_what_a_server_says_is_logged_without_addresses() {
    let said = "<marie@mairie.example>: Recipient  rejected\r\nsee mailto:abuse@x.fr \u{1b}[2J";
    assert_eq!(without_addresses(said), "… Recipient rejected see … [2J");
    assert!(without_addresses(&"x".repeat(5_000)).len() <= 200);
}

fn meaning(stage: Stage, code: u16, enhanced: [u8; 3]) -> Meaning {
    Trouble { stage, reason: Reason::Refused { code, enhanced, said: String::new() } }.meaning()
}

#[test]
fn sec_198_for_now_is_told_from_for_good_and_the_server_from_the_mail() {
    use Meaning::{CutShort, Later, Never, ServerAway, ServerRefusesUs, Unconfirmed};
    for stage in [Stage::Greeting, Stage::Hello, Stage::StartTls, Stage::Authenticate, Stage::Sender] {
        assert_eq!(meaning(stage, 421, [4, 3, 2]), ServerAway, "{stage:?}");
        assert_eq!(meaning(stage, 454, [0, 0, 0]), ServerAway, "{stage:?}");
        assert_eq!(meaning(stage, 554, [5, 7, 1]), ServerRefusesUs, "{stage:?}");
    }
    for stage in [Stage::Recipient, Stage::Data, Stage::Acceptance] {
        assert_eq!(meaning(stage, 421, [4, 3, 2]), ServerAway, "{stage:?}");
        assert_eq!(meaning(stage, 450, [4, 2, 0]), Later, "{stage:?}");
        assert_eq!(meaning(stage, 550, [5, 1, 1]), Never, "{stage:?}");
    }
    assert_eq!(meaning(Stage::Recipient, 554, [5, 7, 1]), Later, "relaying is refused: a matter of configuration");
    assert_eq!(meaning(Stage::Recipient, 530, [0, 0, 0]), Later);
    for reason in [Reason::TimedOut, Reason::Closed, Reason::Garbled] {
        let meaning = |stage| Trouble { stage, reason: reason.clone() }.meaning();
        assert_eq!(meaning(Stage::Connect), ServerAway);
        assert_eq!(meaning(Stage::Sender), ServerAway);
        assert_eq!(meaning(Stage::Recipient), CutShort);
        assert_eq!(meaning(Stage::Content), CutShort);
        assert_eq!(meaning(Stage::Acceptance), Unconfirmed);
    }
}

#[test]
fn sec_147_a_mail_is_tried_again_after_1_5_15_and_60_minutes_and_up_to_a_quarter_more() {
    let random = Random::seeded(7);
    for (delays, minutes) in [(0, 1), (1, 5), (2, 15), (3, 60), (4, 60), (u16::MAX, 60)] {
        let waits: Vec<u64> =
            (0..200).map(|_| retry_at(NOW, Duration::from_secs(60), delays, &random).seconds_since(NOW)).collect();
        assert!(waits.iter().all(|wait| (minutes * 60..=minutes * 75).contains(wait)), "{delays}: {waits:?}");
        assert!(waits.iter().any(|wait| *wait != waits[0]), "by chance");
    }
}

#[test]
fn sec_198_an_absent_server_is_tried_less_and_less_often_and_anew_with_another_configuration() {
    let (random, mut agenda, mailing) = (Random::seeded(7), Agenda::default(), mailing());
    let mut elapsed = Duration::ZERO;
    let mut waits = Vec::new();
    for _ in 0..10 {
        assert!(!agenda.is_paused(&mailing, elapsed));
        let wait = agenda.leave_alone(Meaning::ServerAway, elapsed, &random);
        assert!(agenda.is_paused(&mailing, elapsed));
        waits.push(wait.as_secs());
        elapsed += wait;
    }
    assert!(waits[0] == 1 && waits[9] >= 60 && waits.iter().all(|wait| *wait <= 75), "{waits:?}");
    agenda.leave_alone(Meaning::ServerAway, elapsed, &random);
    assert!(!agenda.is_paused(&Mailing { from_name: String::from("Autre"), ..mailing }, elapsed));
}

#[test]
fn sec_198_what_was_written_to_many_waits_for_what_somebody_waits_for() {
    let mut agenda = Agenda::default();
    for (id, due, urgency) in
        [(1, 10, Urgency::Patient), (2, 11, Urgency::Patient), (3, 20, Urgency::Awaited), (4, 90, Urgency::Awaited)]
    {
        agenda.enter(id, Timestamp(due), urgency);
    }
    let mut next = |now| agenda.next_due(Timestamp(now));
    assert_eq!(next(10), Some((1, Urgency::Patient)), "nothing else is due");
    assert_eq!(next(20), Some((3, Urgency::Awaited)));
    assert_eq!(next(20), Some((2, Urgency::Patient)));
    assert_eq!(next(20), None);
    assert!(!agenda.is_due(Timestamp(89)) && agenda.is_due(Timestamp(90)));
}

#[test]
fn the_agenda_gives_what_is_due_in_order_and_nothing_before_its_time() {
    let mut agenda = Agenda::default();
    for (id, due) in [(1, 30), (2, 10), (3, 10)] {
        agenda.enter(id, Timestamp(due), Urgency::Awaited);
    }
    assert_eq!(agenda.seen(), Some(3));
    assert_eq!(
        [Timestamp(9), Timestamp(10), Timestamp(10), Timestamp(29)].map(|now| agenda.next_due(now).map(|(id, _)| id)),
        [None, Some(2), Some(3), None]
    );
    agenda.keep(2, Fate::Accepted);
    assert_eq!(agenda.unsettled(), [(2, Fate::Accepted)]);
    agenda.settled(2);
    assert_eq!(agenda.unsettled(), []);
}
