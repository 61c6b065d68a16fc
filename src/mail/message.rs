//! A mail as it goes over the wire: heads, two parts, and the dots doubled (RFC 5322, RFC 2045, RFC 5321 §4.5.2).

use mail_send::mail_builder::MessageBuilder;
use mail_send::mail_builder::headers::address::Address;
use mail_send::mail_builder::headers::content_type::ContentType;
use mail_send::mail_builder::headers::date::Date;
use mail_send::mail_builder::headers::message_id::MessageId;
use mail_send::mail_builder::headers::raw::Raw;
use mail_send::mail_builder::mime::MimePart;
use thiserror::Error;

use crate::config::Mailing;
use crate::crypto;
use crate::domain::{Email, OutgoingMail};
use crate::render::WrittenMail;

/// The most characters of a head.
const MAX_HEAD: usize = 200;

/// A head would hold what no head may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a control character, or too much text, in {0}")]
pub(super) struct BadHead(&'static str);

/// What tells one mail from every other: the same for every try of it, so that who gets it twice can see so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    digest: String,
    host: String,
}

impl Identity {
    /// The mail with this number in the outbox of this database, sent from this host.
    pub(super) fn new(instance_id: &str, id: u64, mail: &OutgoingMail, host: &str) -> Self {
        let told = format!("{instance_id}\n{id}\n{}\n{}", mail.created_at.0, mail.to);
        let digest = crypto::sha256(told.as_bytes());
        let digest = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self { digest, host: host.to_owned() }
    }

    /// The message identifier, without its brackets.
    fn message_id(&self) -> String {
        format!("{}@{}", self.digest, self.host)
    }
}

/// A mail ready for the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    /// Who sends it.
    pub(super) from: Email,
    /// Who gets it.
    pub(super) to: Email,
    /// Its bytes, in lines that end with CR LF; dots not yet doubled.
    pub(super) bytes: Vec<u8>,
}

impl Letter {
    /// Puts a mail together. The same mail gives the same bytes.
    ///
    /// # Errors
    /// When a head would hold a control character (SEC-145).
    pub(super) fn compose(
        mailing: &Mailing,
        mail: &OutgoingMail,
        written: &WrittenMail,
        identity: &Identity,
    ) -> Result<Self, BadHead> {
        let from_name = head("the name of the sender", &mailing.from_name)?;
        let subject = head("the subject", &written.subject)?;
        let (text, html) = (clean(&written.text), clean(&written.html));
        let parts = vec![MimePart::new("text/plain", text), MimePart::new("text/html", html)];
        let boundary = format!("part-{}", identity.digest);
        let alternatives = ContentType::new("multipart/alternative").attribute("boundary", boundary);
        let date = i64::try_from(mail.created_at.0).unwrap_or(i64::MAX);
        let mut message = MessageBuilder::new()
            .from(Address::new_address(Some(from_name), mailing.from.as_str()))
            .to(Address::new_address(None::<&str>, mail.to.as_str()))
            .subject(subject)
            .date(Date::new(date))
            .header("Message-ID", MessageId::new(identity.message_id()));
        if let Some(reply_to) = &mailing.reply_to {
            message = message.reply_to(Address::new_address(None::<&str>, reply_to.as_str()));
        }
        let message = message
            .header("Auto-Submitted", Raw::new("auto-generated"))
            .header("X-Auto-Response-Suppress", Raw::new("All"))
            .header("Content-Language", Raw::new(mail.locale.as_str()))
            .body(MimePart::new(alternatives, parts));
        let mut bytes = Vec::new();
        message.serialize(&mut bytes);
        Ok(Self { from: mailing.from.clone(), to: mail.to.clone(), bytes })
    }
}

/// A text for a head, which is refused rather than mended: nothing that we write there has a reason to hold such things.
fn head<'a>(what: &'static str, text: &'a str) -> Result<&'a str, BadHead> {
    match text.chars().any(char::is_control) || text.chars().count() > MAX_HEAD {
        true => Err(BadHead(what)),
        false => Ok(text),
    }
}

/// Lines that end with CR LF, the last one too, and no other control character.
fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for line in text.replace("\r\n", "\n").replace('\r', "\n").trim_end_matches('\n').split('\n') {
        let shown = |character: char| character == '\t' || !character.is_control();
        cleaned.extend(line.chars().map(|character| if shown(character) { character } else { '\u{fffd}' }));
        cleaned.push_str("\r\n");
    }
    cleaned
}

/// The bytes between DATA and the dot that ends them: a dot at the beginning of a line is doubled, and no line ends but
/// with CR LF.
pub(super) fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(bytes.len().saturating_add(16));
    for line in bytes.strip_suffix(b"\r\n").unwrap_or(bytes).split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.first() == Some(&b'.') {
            stuffed.push(b'.');
        }
        stuffed.extend(line.iter().filter(|byte| **byte != b'\r'));
        stuffed.extend_from_slice(b"\r\n");
    }
    stuffed
}
