//! Requests to join that a person decides on, and their life cycle.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::AcceptanceEffect;
use crate::domain::{Actor, ClientId, Deed, Email, MalformedId, Membership, OrganizationId, UserId};
use crate::protocol::{Locale, Timestamp};

/// A request: sequential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModerationId(pub u64);

impl FromStr for ModerationId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        text.parse::<OrganizationId>().map(|number| Self(number.0))
    }
}

impl fmt::Display for ModerationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModerationKind {
    /// Whether the person joins; until then they do not.
    OrganizationJoinBlock,
    /// What the person's domain is for the organization; they joined already.
    NonVerifiedDomain,
}

/// Why a request is refused: the text that the person reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RejectionReason(String);

/// The text cannot be shown as a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("one line of at most 255 visible characters is expected")]
pub struct MalformedRejectionReason;

impl RejectionReason {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RejectionReason {
    type Error = MalformedRejectionReason;

    fn try_from(text: String) -> Result<Self, MalformedRejectionReason> {
        let text = text.trim();
        let is_shown = |character: char| !character.is_control() && !crate::domain::person::is_invisible(character);
        let is_good = !text.is_empty() && text.chars().count() <= 255 && text.chars().all(is_shown);
        if is_good { Ok(Self(text.to_owned())) } else { Err(MalformedRejectionReason) }
    }
}

impl From<RejectionReason> for String {
    fn from(reason: RejectionReason) -> Self {
        reason.0
    }
}

/// How a request stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum ModerationState {
    /// It waits for a moderator, since then.
    Pending {
        /// Since when.
        since: Timestamp,
        /// Who let it wait again; nobody where it waits for the first time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Actor>,
    },
    /// A moderator let the person in, or reviewed the domain.
    Accepted {
        /// When.
        at: Timestamp,
        /// Who.
        by: Actor,
    },
    /// A moderator refused.
    Rejected {
        /// When.
        at: Timestamp,
        /// Who.
        by: Actor,
        /// What the person reads; nothing where it was said to them otherwise.
        reason: Option<RejectionReason>,
        /// Whether the person may correct their request, which then waits again.
        may_be_corrected: bool,
    },
}

/// What moves a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModerationMove {
    /// A moderator lets the person in.
    Accept,
    /// A moderator refuses.
    Reject {
        /// What the person reads.
        reason: Option<RejectionReason>,
        /// Whether the person may correct their request.
        may_be_corrected: bool,
    },
    /// A moderator takes a decision back.
    Reopen,
    /// The person corrected what was wrong.
    Correct,
}

/// The move cannot be made: somebody decided meanwhile, or the request waits as it is (SEC-111).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ModerationFault {
    /// It is decided already.
    #[error("the request is decided already")]
    Decided,
    /// It waits for a decision.
    #[error("the request waits for a decision already")]
    Pending,
    /// The refusal is final for the person.
    #[error("the refusal is final")]
    Final,
}

/// What somebody wrote down about a request; the person does not read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModerationNote {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// What.
    pub text: String,
}

/// A request of a person about an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moderation {
    /// Its number.
    pub id: ModerationId,
    /// Who asked.
    pub user_id: UserId,
    /// For which organization.
    pub organization_id: OrganizationId,
    /// What is decided.
    pub kind: ModerationKind,
    /// How it stands.
    pub state: ModerationState,
    /// The service that the sign-in led to, if it led to one.
    pub client_id: Option<ClientId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it was made for somebody who works for the organization without belonging to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_external: bool,
    /// The address with which the person asked; `None` where they did before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_with: Option<Email>,
    /// The language in which the person asked, and is answered.
    #[serde(default = "french")]
    pub locale: Locale,
    /// What the acceptance changed under which it stands; nothing where it is not accepted, or was before that was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<AcceptanceEffect>,
    /// How it stood before, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<ModerationState>,
    /// What was written down about it, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<ModerationNote>,
}

/// That of the requests of before it was kept.
fn french() -> Locale {
    Locale::Fr
}

impl Moderation {
    /// Whether it waits for a moderator.
    pub fn is_pending(&self) -> bool {
        matches!(self.state, ModerationState::Pending { .. })
    }

    /// Whether a moderator said yes.
    pub fn is_accepted(&self) -> bool {
        matches!(self.state, ModerationState::Accepted { .. })
    }

    /// Whether the person waits for it before they join. Who joined with a domain to be reviewed, and was refused then, waits
    /// from then on.
    pub fn is_blocking(&self) -> bool {
        self.kind == ModerationKind::OrganizationJoinBlock || matches!(self.state, ModerationState::Rejected { .. })
    }

    /// Whether it waits for a moderator who looks at a link that there is.
    pub fn is_open_review(&self) -> bool {
        self.is_pending() && !self.is_blocking()
    }

    /// Whether it is that of somebody who had a link already, which nothing proves, and wants it proven.
    pub fn asks_for_proof_of(&self, link: &Membership) -> bool {
        !link.verification.is_proven() && link.created_at < self.created_at
    }

    /// Who decided, and when.
    pub fn decision(&self) -> Option<(&Actor, Timestamp)> {
        match &self.state {
            ModerationState::Pending { .. } => None,
            ModerationState::Accepted { at, by } | ModerationState::Rejected { at, by, .. } => Some((by, *at)),
        }
    }

    /// The deed by which the person was let in, where they were.
    pub fn acceptance(&self) -> Option<Deed> {
        match &self.state {
            ModerationState::Accepted { at, by } => Some(Deed { by: by.clone(), at: *at }),
            ModerationState::Pending { .. } | ModerationState::Rejected { .. } => None,
        }
    }

    /// Since when it waits.
    pub fn pending_since(&self) -> Option<Timestamp> {
        match self.state {
            ModerationState::Pending { since, .. } => Some(since),
            ModerationState::Accepted { .. } | ModerationState::Rejected { .. } => None,
        }
    }

    /// Moves it. How it stood stays in its history.
    ///
    /// # Errors
    /// When it cannot be moved so; it is lost then, and the record stays as it was.
    pub fn moved(self, by: Actor, step: ModerationMove, at: Timestamp) -> Result<Self, ModerationFault> {
        use ModerationMove::{Accept, Correct, Reject, Reopen};
        use ModerationState::{Accepted, Pending, Rejected};
        let state = match (&self.state, step) {
            (Pending { .. }, Accept) => Accepted { at, by },
            (Pending { .. }, Reject { reason, may_be_corrected }) => Rejected { at, by, reason, may_be_corrected },
            (Accepted { .. } | Rejected { .. }, Accept | Reject { .. }) => return Err(ModerationFault::Decided),
            (Pending { .. }, Reopen | Correct) => return Err(ModerationFault::Pending),
            (Accepted { .. } | Rejected { .. }, Reopen) | (Rejected { may_be_corrected: true, .. }, Correct) => {
                Pending { since: at, by: Some(by) }
            }
            (Accepted { .. }, Correct) => return Err(ModerationFault::Decided),
            (Rejected { may_be_corrected: false, .. }, Correct) => return Err(ModerationFault::Final),
        };
        let was_refused = matches!(self.state, Rejected { .. }) || matches!(state, Rejected { .. });
        let kind = if was_refused { ModerationKind::OrganizationJoinBlock } else { self.kind };
        let mut history = self.history;
        history.push(self.state);
        // What an earlier decision changed is that decision's.
        Ok(Self { kind, state, history, effect: None, ..self })
    }
}
