//! The server-side record behind the session cookie.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::assurance::{AcrVocabulary, Assurance, acr_of};
use super::browser_hint::BrowserHint;
use crate::domain::{ClientId, HandleKey, MailedCode, OrganizationId, UserId};
use crate::protocol::Timestamp;

/// How long a session lives at most after a sign-in.
const ABSOLUTE: Duration = Duration::from_secs(24 * 3600);
/// How long a session lives unused.
const IDLE: Duration = Duration::from_secs(4 * 3600);
/// How old the note of last use may get before it is written again.
const TOUCH_EVERY: u64 = 5 * 60;

/// A way to prove who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// A password.
    Password,
    /// A link that was mailed.
    EmailLink,
    /// A code that was mailed.
    EmailCode,
    /// A code of an application (RFC 6238).
    Totp,
    /// A code kept for the day on which the application is lost.
    RecoveryCode,
    /// A passkey, whose authenticator verified its user: two factors at once.
    Passkey,
    /// The same, given beside another proof.
    PasskeyBeside,
}

impl Factor {
    /// Whether it stands beside another one, and for nothing alone.
    pub fn is_second(self) -> bool {
        match self {
            Self::Password | Self::EmailLink | Self::EmailCode | Self::Passkey => false,
            Self::Totp | Self::RecoveryCode | Self::PasskeyBeside => true,
        }
    }

    /// Whether no second factor is wanted once it is given.
    pub fn settles_second(self) -> bool {
        self.is_second() || self == Self::Passkey
    }
}

/// One proof, made in this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// What was proven.
    pub factor: Factor,
    /// When.
    pub at: Timestamp,
}

/// The assurance that stands in place of the computed one, for a person invented to try a service with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssertedAssurance {
    /// The `acr` to state, when not the computed one.
    pub acr: Option<String>,
    /// The `amr` to state, when not the computed one.
    pub amr: Option<Vec<String>>,
}

/// Where a person was when they last proved who they are: what their list of sessions says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// The browser, as it describes itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<BrowserHint>,
    /// The network address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What identifies a session through every change of its handle; never shown, the source of its `sid` claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub String);

/// A record of the store: a session, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BrowserSession {
    /// In use under this handle.
    Live(Session),
    /// Goes on under another handle; this one opens nothing, tokens issued under it follow.
    Renewed {
        /// The handle in use.
        by: HandleKey<BrowserSession>,
    },
    /// Signed out.
    Ended {
        /// When.
        at: Timestamp,
    },
}

/// A person signed in in one browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Stable through renewals.
    pub id: SessionId,
    /// Who is signed in.
    pub user_id: UserId,
    /// The person's epoch at sign-in; a later one voids the session.
    pub user_epoch: u32,
    /// The proofs made, oldest first.
    pub proofs: Vec<Proof>,
    /// Whether a mailed secret was given back in this browser, in this session or not long before.
    #[serde(default)]
    pub is_in_trusted_browser: bool,
    /// The code that was mailed to an address that the person wants for the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_code: Option<Box<MailedCode>>,
    /// Stated in place of what the proofs give.
    pub asserted: Option<AssertedAssurance>,
    /// The organization that the person chose to act for.
    pub organization_id: Option<OrganizationId>,
    /// Where the last proof was made.
    #[serde(default)]
    pub whereabouts: Whereabouts,
    /// The clients that got a code in this session.
    pub clients: BTreeSet<ClientId>,
    /// The last sign-in: the absolute end counts from here.
    pub started_at: Timestamp,
    /// The last use, to within five minutes.
    pub last_used_at: Timestamp,
}

impl Session {
    /// A session that begins with one proof.
    pub fn begin(id: SessionId, user_id: UserId, user_epoch: u32, proof: Proof) -> Self {
        Self {
            id,
            user_id,
            user_epoch,
            proofs: vec![proof],
            is_in_trusted_browser: false,
            address_code: None,
            asserted: None,
            organization_id: None,
            whereabouts: Whereabouts::default(),
            clients: BTreeSet::new(),
            started_at: proof.at,
            last_used_at: proof.at,
        }
    }

    /// The end of the session if it is not used again: idle or absolute, the earlier.
    pub fn expires_at(&self) -> Timestamp {
        self.last_used_at.plus(IDLE).min(self.latest_end())
    }

    /// The end of the session however much it is used.
    pub fn latest_end(&self) -> Timestamp {
        self.started_at.plus(ABSOLUTE)
    }

    /// Whether the session still counts.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        !self.expires_at().has_come(now)
    }

    /// Whether the note of last use is old enough to be written again.
    pub fn wants_touch(&self, now: Timestamp) -> bool {
        now.seconds_since(self.last_used_at) >= TOUCH_EVERY
    }

    /// When the person last proved who they are: the claim `auth_time`. What is given beside such a proof makes it no newer.
    pub fn authenticated_at(&self) -> Timestamp {
        self.proofs
            .iter()
            .filter(|proof| !proof.factor.is_second())
            .map(|proof| proof.at)
            .max()
            .unwrap_or(self.started_at)
    }

    /// Whether the person proved who they are in this session, at most `window` before `now` (SEC-93).
    pub fn has_recent_proof(&self, now: Timestamp, window: Duration) -> bool {
        now.seconds_since(self.authenticated_at()) <= window.as_secs()
    }

    /// What the session states about how the person was authenticated.
    pub fn assurance(&self, vocabulary: AcrVocabulary) -> Assurance {
        self.assurance_of(vocabulary, self.proofs.iter().map(|proof| proof.factor))
    }

    /// What it would state if a second factor were given now.
    pub fn assurance_with_second_factor(&self, vocabulary: AcrVocabulary) -> Assurance {
        let factors = self.proofs.iter().map(|proof| proof.factor);
        self.assurance_of(vocabulary, factors.chain([Factor::Totp]))
    }

    /// Whether a second factor was given in this session, at most `window` before `now`.
    pub fn has_recent_second_factor(&self, now: Timestamp, window: Duration) -> bool {
        let is_recent = |proof: &Proof| now.seconds_since(proof.at) <= window.as_secs();
        self.proofs.iter().any(|proof| proof.factor.settles_second() && is_recent(proof))
    }

    /// Whether a second factor was given in this session, beside the first one.
    pub fn has_second_factor(&self) -> bool {
        self.proofs.iter().any(|proof| proof.factor.settles_second())
    }

    fn assurance_of(&self, vocabulary: AcrVocabulary, factors: impl Iterator<Item = Factor>) -> Assurance {
        let mut amr: Vec<String> = Vec::new();
        let (mut has_first, mut has_second) = (false, false);
        for factor in factors {
            let name = match factor {
                Factor::Password => "pwd",
                Factor::EmailLink | Factor::EmailCode => "mail",
                Factor::Totp | Factor::RecoveryCode => "otp",
                Factor::Passkey | Factor::PasskeyBeside => "pop",
            };
            has_first |= !factor.is_second();
            has_second |= factor.settles_second();
            if !amr.iter().any(|known| known == name) {
                amr.push(name.to_owned());
            }
        }
        if has_first && has_second {
            amr.push(String::from("mfa"));
        }
        let asserted = self.asserted.as_ref();
        let amr = asserted.and_then(|asserted| asserted.amr.clone()).unwrap_or(amr);
        let acr =
            asserted.and_then(|asserted| asserted.acr.clone()).unwrap_or_else(|| acr_of(vocabulary, &amr).to_owned());
        Assurance { acr, amr, auth_time: self.authenticated_at() }
    }

    /// The same person signs in again: what stood beside the proof of before, or in it, is given anew.
    #[must_use]
    pub fn signed_in_again(mut self, proof: Proof) -> Self {
        self.proofs.retain(|known| !known.factor.settles_second());
        self.reauthenticated(proof)
    }

    /// The same person proves again who they are: the session goes on with a new proof.
    #[must_use]
    pub fn reauthenticated(mut self, proof: Proof) -> Self {
        self.proofs.retain(|known| known.factor != proof.factor);
        self.proofs.push(proof);
        if !proof.factor.is_second() {
            self.started_at = proof.at;
        }
        self.last_used_at = proof.at;
        self
    }
}
