//! A sign-in under way in one browser.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    AccountPage, ClientId, Email, HandleKey, LinkRequest, MagicLink, MailedCode, OrganizationId, PreSession, SessionId,
    UserId,
};
use crate::protocol::{AuthorizationRequest, Locale, Timestamp};

/// How long a sign-in may take.
pub const INTERACTION_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Where the browser goes when every step is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// The home page.
    Home,
    /// The page that whoever was not signed in asked for.
    Page(AccountPage),
    /// Back to a page that wants a recent proof of this person and of nobody else.
    Account {
        /// Where.
        page: AccountPage,
        /// Whose page.
        user_id: UserId,
    },
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
    /// The session in which all of this was done, and in which alone the sign-in goes on.
    pub session: Option<SessionId>,
    /// A credential was presented for this interaction.
    pub signed_in: bool,
    /// The account was confirmed.
    pub account_selected: bool,
    /// The organization chosen for this request; another tab may choose another one for its own.
    pub organization: Option<OrganizationId>,
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
    pub browser: Option<HandleKey<PreSession>>,
    /// When the request came.
    pub started_at: Timestamp,
    /// When it is too late to go on.
    pub expires_at: Timestamp,
    /// Where it leads.
    pub destination: Destination,
    /// The address given at the e-mail step.
    pub login: Option<Email>,
    /// The code mailed for it that may be given back; a new one takes the place of the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailed_code: Option<MailedCode>,
    /// The link mailed for it that works; a new one takes the place of the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub magic_link: Option<HandleKey<MagicLink>>,
    /// What was asked for with that link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_request: Option<LinkRequest>,
    /// What was done so far.
    pub progress: Progress,
    /// When the client got its answer; nothing is answered twice.
    pub finished_at: Option<Timestamp>,
}

impl Interaction {
    /// An interaction that begins now.
    pub fn begin(browser: Option<HandleKey<PreSession>>, destination: Destination, now: Timestamp) -> Self {
        Self {
            browser,
            started_at: now,
            expires_at: now.plus(INTERACTION_LIFETIME),
            destination,
            login: None,
            mailed_code: None,
            magic_link: None,
            link_request: None,
            progress: Progress::default(),
            finished_at: None,
        }
    }

    /// Whether it may still be gone on with.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.finished_at.is_none() && !self.expires_at.has_come(now)
    }

    /// It belongs to this browser, and to the session of whoever is signed in there.
    pub fn bind(&mut self, browser: HandleKey<PreSession>, session: Option<&SessionId>) {
        self.browser = Some(browser);
        if let Some(session) = session {
            self.progress = self.progress.of(session);
        }
    }

    /// What of it goes on under the browser's next handle, when privilege changes to `session` (none at a sign-out):
    /// named here one by one, so that whatever is added is left behind until somebody decides otherwise. `None` when
    /// it belongs to another session: what one person left under way is not the next one's.
    pub fn carried(self, browser: HandleKey<PreSession>, session: Option<&SessionId>) -> Option<Self> {
        let is_of_another = self.progress.session.as_ref().is_some_and(|owner| Some(owner) != session);
        if is_of_another {
            return None;
        }
        // Where a proof of the account's owner is wanted, the address is theirs, and nobody typed it.
        let login = self.login.clone().filter(|_| self.account().is_some());
        Some(Self {
            browser: Some(browser),
            started_at: self.started_at,
            expires_at: self.expires_at,
            destination: self.destination,
            login,
            mailed_code: None,
            magic_link: None,
            link_request: None,
            progress: session.map_or_else(Progress::default, |session| self.progress.of(session)),
            finished_at: self.finished_at,
        })
    }

    /// The client's request, when there is one.
    pub fn authorization(&self) -> Option<&PendingAuthorization> {
        match &self.destination {
            Destination::Home | Destination::Page(_) | Destination::Account { .. } => None,
            Destination::Client(pending) => Some(pending),
        }
    }

    /// The page of an account that wants a recent proof, and of whom.
    pub fn account(&self) -> Option<(AccountPage, UserId)> {
        match &self.destination {
            Destination::Account { page, user_id } => Some((*page, *user_id)),
            Destination::Home | Destination::Page(_) | Destination::Client(_) => None,
        }
    }

    /// The page of the site where it ends; the home page for none.
    pub fn page(&self) -> Option<AccountPage> {
        match &self.destination {
            Destination::Account { page, .. } | Destination::Page(page) => Some(*page),
            Destination::Home | Destination::Client(_) => None,
        }
    }

    /// Whether an address was given in it, by the person or by the client.
    pub fn names(&self, email: &Email) -> bool {
        let hint = self.authorization().and_then(|pending| pending.request.login_hint.as_deref());
        let mailed = self.mailed_code.as_ref().map(|code| &code.email);
        self.login.as_ref() == Some(email)
            || mailed == Some(email)
            || hint.and_then(|hint| hint.parse().ok()).as_ref() == Some(email)
    }

    /// The language that the person chose takes the place of the one that the client asked for.
    pub fn speak(&mut self, locale: Locale) {
        match &mut self.destination {
            Destination::Home | Destination::Page(_) | Destination::Account { .. } => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000);

    fn browser(number: u8) -> HandleKey<PreSession> {
        HandleKey::new(Timestamp(9_000), [number; 32])
    }

    fn session(name: &str) -> SessionId {
        SessionId(name.to_owned())
    }

    #[test]
    fn sec_89_a_sign_in_of_nobody_follows_the_browser_without_what_was_typed() {
        let mut interaction = Interaction::begin(Some(browser(1)), Destination::Home, NOW);
        interaction.login = Some("jean@exemple.fr".parse().unwrap());
        interaction.progress.consented = true;
        let carried = interaction.carried(browser(2), Some(&session("jean"))).unwrap();
        let expected = Progress { session: Some(session("jean")), ..Progress::default() };
        assert_eq!((carried.browser, carried.login, carried.progress), (Some(browser(2)), None, expected));
        assert_eq!((carried.started_at, carried.expires_at), (NOW, NOW.plus(INTERACTION_LIFETIME)));
    }

    #[test]
    fn sec_93_sec_94_a_proof_that_is_asked_keeps_its_account_and_is_asked_of_nobody_else() {
        let destination = Destination::Account { page: AccountPage::ConnectionAndAccount, user_id: UserId(7) };
        let mut interaction = Interaction::begin(None, destination.clone(), NOW);
        interaction.login = Some("jean@exemple.fr".parse().unwrap());
        interaction.bind(browser(1), Some(&session("jean")));
        let carried = interaction.clone().carried(browser(2), Some(&session("jean"))).unwrap();
        assert_eq!((carried.destination, carried.login), (destination, interaction.login.clone()));
        assert_eq!(interaction.carried(browser(2), Some(&session("marie"))), None);
    }

    #[test]
    fn sec_89_sec_94_what_was_done_in_a_session_goes_on_in_that_session_only() {
        let mut interaction = Interaction::begin(None, Destination::Home, NOW);
        interaction.bind(browser(1), Some(&session("jean")));
        interaction.done(&session("jean"), |progress| progress.consented = true);
        let carried = interaction.clone().carried(browser(2), Some(&session("jean"))).unwrap();
        assert_eq!((carried.browser, carried.progress.consented), (Some(browser(2)), true));
        assert_eq!(interaction.clone().carried(browser(2), Some(&session("marie"))), None, "a switch of person");
        assert_eq!(interaction.carried(browser(2), None), None, "a sign-out");
    }
}
