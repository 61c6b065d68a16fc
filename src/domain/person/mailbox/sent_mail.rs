//! A mail to a person that left, or never will: what is kept of it. Nothing of what it said.

use serde::{Deserialize, Serialize};

use crate::domain::{Email, MailEnd, UserId};
use crate::protocol::Timestamp;

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailOutcome {
    /// A server of mails took it.
    Sent,
    /// It will never leave.
    GivenUp(MailEnd),
}

impl MailOutcome {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Sent,
        Self::GivenUp(MailEnd::Refused),
        Self::GivenUp(MailEnd::Expired),
        Self::GivenUp(MailEnd::Unconfirmed),
        Self::GivenUp(MailEnd::Unwritable),
        Self::GivenUp(MailEnd::CrowdedOut),
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::GivenUp(MailEnd::Refused) => "refused",
            Self::GivenUp(MailEnd::Expired) => "expired",
            Self::GivenUp(MailEnd::Unconfirmed) => "unconfirmed",
            Self::GivenUp(MailEnd::Unwritable) => "unwritable",
            Self::GivenUp(MailEnd::CrowdedOut) => "crowded_out",
        }
    }
}

/// A mail that is done with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentMail {
    /// To whom it was written.
    pub user_id: UserId,
    /// Its number in the outbox.
    pub number: u64,
    /// What it was about: the word of its content.
    pub kind: String,
    /// The address that it went to.
    pub to: Email,
    /// When it was written.
    pub written_at: Timestamp,
    /// When it left, or was given up.
    pub ended_at: Timestamp,
    /// What became of it.
    pub outcome: MailOutcome,
}
