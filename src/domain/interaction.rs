//! A sign-in under way in one browser.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ClientId, Email, SessionId, UserId};
use crate::protocol::{AuthorizationRequest, Locale, Timestamp};

/// How long a sign-in may take.
pub const INTERACTION_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// SHA-256 of the browser cookie's handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BrowserDigest(pub [u8; 32]);

/// Where the browser goes when every step is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// The home page.
    Home,
    /// Back to the client that asked.
    Client(Box<PendingAuthorization>),
}

/// The request of a client, validated once and kept here: the browser cannot change it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingAuthorization {
    /// Who asked.
    pub client_id: ClientId,
    /// What it asked.
    pub request: AuthorizationRequest,
    /// The person named by a verified `id_token_hint`.
    pub expected_user: Option<UserId>,
}

/// What was done since the request came, and in which session: what was done in one counts in no other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The session in which all of this was done.
    pub session: Option<SessionId>,
    /// A credential was presented for this interaction.
    pub signed_in: bool,
    /// The account was confirmed.
    pub account_selected: bool,
    /// An organization was chosen.
    pub organization_selected: bool,
    /// The personal information was looked at.
    pub information_confirmed: bool,
    /// Consent was given.
    pub consented: bool,
}

impl Progress {
    /// What counts in a session.
    #[must_use]
    pub fn of(&self, session: &SessionId) -> Self {
        if self.session.as_ref() == Some(session) { self.clone() } else { Self::begin(session) }
    }

    fn begin(session: &SessionId) -> Self {
        Self { session: Some(session.clone()), ..Self::default() }
    }
}

/// A sign-in under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// The browser that it belongs to; `None` only between a cross-site POST and the same-site GET that follows.
    pub browser: Option<BrowserDigest>,
    /// When the request came.
    pub started_at: Timestamp,
    /// When it is too late to go on.
    pub expires_at: Timestamp,
    /// Where it leads.
    pub destination: Destination,
    /// The address given at the e-mail step.
    pub login: Option<Email>,
    /// What was done so far.
    pub progress: Progress,
    /// When the client got its answer; nothing is answered twice.
    pub finished_at: Option<Timestamp>,
}

impl Interaction {
    /// An interaction that begins now.
    pub fn begin(browser: Option<BrowserDigest>, destination: Destination, now: Timestamp) -> Self {
        Self {
            browser,
            started_at: now,
            expires_at: now.plus(INTERACTION_LIFETIME),
            destination,
            login: None,
            progress: Progress::default(),
            finished_at: None,
        }
    }

    /// The client's request, when there is one.
    pub fn authorization(&self) -> Option<&PendingAuthorization> {
        match &self.destination {
            Destination::Home => None,
            Destination::Client(pending) => Some(pending),
        }
    }

    /// The language that the person chose takes the place of the one that the client asked for.
    pub fn speak(&mut self, locale: Locale) {
        match &mut self.destination {
            Destination::Home => {}
            Destination::Client(pending) => pending.request.locale = Some(locale),
        }
    }

    /// A credential was presented in `session`: what was done under another session no longer counts.
    pub fn signed_in(&mut self, session: SessionId) {
        self.progress = Progress { signed_in: true, account_selected: true, ..Progress::begin(&session) };
    }

    /// A step was done in `session`.
    pub fn done(&mut self, session: &SessionId, note: impl FnOnce(&mut Progress)) {
        self.progress = self.progress.of(session);
        note(&mut self.progress);
    }
}
