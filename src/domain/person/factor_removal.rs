//! The removal of a person's second factors that an operator asked for: announced, put off, stopped or carried out.

use serde::{Deserialize, Serialize};

use super::is_invisible;
use crate::domain::{Actor, UserId};
use crate::protocol::Timestamp;

/// The most characters of a reason.
const MAX_REASON: usize = 255;

/// Why an operator asks for a removal, in their words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RemovalReason(String);

/// The text is no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one line of at most 255 visible characters is expected")]
pub struct MalformedReason;

impl RemovalReason {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for RemovalReason {
    type Err = MalformedReason;

    fn from_str(text: &str) -> Result<Self, MalformedReason> {
        let text = text.trim();
        let is_visible = |character: char| !character.is_control() && !is_invisible(character);
        let is_good = !text.is_empty() && text.chars().count() <= MAX_REASON && text.chars().all(is_visible);
        is_good.then(|| Self(text.to_owned())).ok_or(MalformedReason)
    }
}

impl TryFrom<String> for RemovalReason {
    type Error = MalformedReason;

    fn try_from(text: String) -> Result<Self, MalformedReason> {
        text.parse()
    }
}

impl From<RemovalReason> for String {
    fn from(reason: RemovalReason) -> Self {
        reason.0
    }
}

/// How far a removal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorRemovalState {
    /// It is announced, and not carried out yet.
    Pending,
    /// It will never be carried out.
    Stopped {
        /// Since when.
        at: Timestamp,
    },
    /// It was carried out.
    Done {
        /// When.
        at: Timestamp,
    },
}

/// A removal that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorRemoval {
    /// Whose second factors.
    pub user_id: UserId,
    /// Why.
    pub reason: RemovalReason,
    /// By whom.
    pub asked_by: Actor,
    /// When.
    pub asked_at: Timestamp,
    /// When it is carried out, and not before.
    pub due_at: Timestamp,
    /// The place of the notice in the outbox: while it waits there, the person has not been told.
    pub notice: u64,
    /// How far it is.
    pub state: FactorRemovalState,
}

impl FactorRemoval {
    /// Whether it can still be stopped.
    pub fn is_pending(&self) -> bool {
        self.state == FactorRemovalState::Pending
    }

    /// Stops it; `None` where nothing is pending.
    #[must_use]
    pub fn stopped(self, now: Timestamp) -> Option<Self> {
        self.is_pending().then_some(Self { state: FactorRemovalState::Stopped { at: now }, ..self })
    }

    /// Carries it out; `None` where nothing is due.
    #[must_use]
    pub fn done(self, now: Timestamp) -> Option<Self> {
        let is_due = self.is_pending() && self.due_at.has_come(now);
        is_due.then_some(Self { state: FactorRemovalState::Done { at: now }, ..self })
    }
}

/// How a removal was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorRemovalStop {
    /// By the link that was mailed.
    Link,
    /// By the person, signed in.
    Session,
    /// The second factor was given: it is not lost.
    SecondFactor,
    /// By an operator.
    Operator,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_73_a_removal_is_carried_out_once_when_it_is_due_and_never_after_it_was_stopped() {
        let removal = FactorRemoval {
            user_id: UserId(7),
            reason: "téléphone perdu".parse().unwrap(),
            asked_by: Actor::System,
            asked_at: Timestamp(0),
            due_at: Timestamp(10),
            notice: 1,
            state: FactorRemovalState::Pending,
        };
        assert_eq!(removal.clone().done(Timestamp(9)), None);
        let done = removal.clone().done(Timestamp(10)).unwrap();
        assert!(done.clone().done(Timestamp(11)).is_none() && done.stopped(Timestamp(11)).is_none());
        let stopped = removal.stopped(Timestamp(5)).unwrap();
        assert!(stopped.clone().done(Timestamp(11)).is_none() && stopped.stopped(Timestamp(6)).is_none());
    }

    #[test]
    fn a_reason_is_one_visible_line() {
        for text in ["", "  ", "a\nb", "a\u{200b}b", &"x".repeat(256)] {
            assert!(text.parse::<RemovalReason>().is_err(), "{text:?}");
        }
        assert_eq!(" téléphone perdu ".parse::<RemovalReason>().unwrap().as_str(), "téléphone perdu");
    }
}
