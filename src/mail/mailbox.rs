//! Where mails end that are to be read on a page: the newest thousand, in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::OutgoingMail;
use crate::protocol::Timestamp;
use crate::render::WrittenMail;

const CAPACITY: usize = 1000;

/// A mail as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMail {
    /// Its number in the outbox.
    pub id: u64,
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// When it arrived.
    pub received_at: Timestamp,
}

impl ReceivedMail {
    /// The first address of the text.
    pub fn link(&self) -> Option<&str> {
        self.links().first().copied()
    }

    /// The addresses of the text, in their order.
    pub fn links(&self) -> Vec<&str> {
        let is_address = |word: &&str| word.starts_with("https://") || word.starts_with("http://");
        self.text.split_whitespace().filter(is_address).collect()
    }

    /// The first code of the text.
    pub fn code(&self) -> Option<String> {
        self.codes().into_iter().next()
    }

    /// The codes of the text, in their order: each a line of its own of 6 to 10 digits, spaces between them allowed.
    pub fn codes(&self) -> Vec<String> {
        let digits_of = |line: &str| -> Option<String> {
            let digits: String = line.chars().filter(|character| !character.is_whitespace()).collect();
            let is_code = (6..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_code.then_some(digits)
        };
        self.text.lines().filter_map(digits_of).collect()
    }
}

/// Received mails, newest first.
#[derive(Debug, Clone, Default)]
pub struct Mailbox {
    mails: Arc<Mutex<VecDeque<ReceivedMail>>>,
}

impl Mailbox {
    /// An empty mailbox.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a mail; one with the number of a mail that is there already is not taken twice.
    pub(super) fn receive(&self, id: u64, mail: &OutgoingMail, written: WrittenMail, now: Timestamp) {
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        if mails.iter().any(|known| known.id == id) {
            return;
        }
        mails.push_front(ReceivedMail {
            id,
            to: mail.to.to_string(),
            subject: written.subject,
            text: written.text,
            html: written.html,
            received_at: now,
        });
        mails.truncate(CAPACITY);
    }

    /// The mails to one address, or all of them, newest first.
    pub fn list(&self, to: Option<&str>) -> Vec<ReceivedMail> {
        let mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().filter(|mail| to.is_none_or(|to| mail.to.eq_ignore_ascii_case(to))).cloned().collect()
    }

    /// Forgets the mails to one address, and those that name it.
    pub fn forget(&self, email: &str) {
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.retain(|mail| !mail.to.eq_ignore_ascii_case(email) && !mail.text.contains(email));
    }

    /// Forgets every mail.
    pub fn clear(&self) {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
