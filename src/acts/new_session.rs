//! What a proof of identity opens: a session under a new handle, in a browser under a new handle.

use std::time::Duration;

use super::account::stop_removal;
use super::known_browsers::note_trust;
use super::pre_sessions::{Renewal, issue_browser_handle, renew};
use super::sessions::{ActiveSession, find_live, note_session};
use super::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AssertedAssurance, AuditEvent, BrowserSession, BrowserTrust, ClientId, Credentials, Factor, FactorRemovalStop,
    Handle, HandleKey, Interaction, KNOWN_BROWSER_LIFETIME, KnownBrowser, MailContent, MailboxName, MailboxPolicy,
    OutgoingMail, PreSession, Proof, Session, SessionId, SignInMethod, User, UserId, Whereabouts,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{
    Read, StoreError, Tx, browser_sessions, clients, credentials, interactions, known_browsers, outbox, pre_sessions,
    users,
};

/// A handle for a session that begins or goes on now.
pub(super) fn issue_session_handle(app: &App) -> Handle<BrowserSession> {
    crypto::issue_handle(&app.random, app.clock.now().plus(RETENTION_AFTER_END))
}

/// How long after the end of a session its record is kept: tokens issued in it look it up.
const RETENTION_AFTER_END: Duration = Duration::from_secs(25 * 3600 + 7200);

/// A session that has just begun, or goes on under a new handle.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The session under its new handle.
    pub active: ActiveSession,
    /// The browser's new handle; the one before is dead.
    pub browser: Handle<PreSession>,
    /// What makes the browser known to this person from now on, where it was not yet.
    pub known_browser: Option<Handle<KnownBrowser>>,
}

/// By what a session is opened.
#[derive(Clone)]
pub(super) enum Entry {
    /// A choice from a list, where trying services is what the instance is for.
    Chosen,
    /// A password that was right.
    Password {
        /// Its hash at the current cost, where the stored one is of another.
        renewed_hash: Option<String>,
    },
    /// A passkey that is found without an address being typed.
    Passkey,
    /// A mailed secret that was given back.
    Mail(Factor),
    /// The same within the session of the same person: it proves the mailbox, and is no sign-in.
    Confirmation,
    /// A second factor within the session of the same person.
    Beside(Factor),
}

impl Entry {
    fn factor(&self) -> Factor {
        match self {
            Self::Chosen | Self::Password { .. } => Factor::Password,
            Self::Passkey => Factor::Passkey,
            Self::Mail(factor) | Self::Beside(factor) => *factor,
            Self::Confirmation => Factor::EmailCode,
        }
    }

    fn method(&self) -> SignInMethod {
        match self {
            Self::Chosen => SignInMethod::Chosen,
            Self::Password { .. } => SignInMethod::Password,
            Self::Passkey => SignInMethod::Passkey,
            Self::Mail(Factor::EmailLink) => SignInMethod::EmailLink,
            Self::Mail(_) | Self::Confirmation | Self::Beside(_) => SignInMethod::EmailCode,
        }
    }

    fn proves_mailbox(&self) -> bool {
        match self {
            Self::Mail(_) | Self::Confirmation => true,
            Self::Chosen | Self::Password { .. } | Self::Passkey | Self::Beside(_) => false,
        }
    }

    /// Whether whoever gave it has a second factor of the person's in hand.
    fn shows_second_factor(&self) -> bool {
        match self {
            Self::Passkey | Self::Beside(_) => true,
            Self::Chosen | Self::Password { .. } | Self::Mail(_) | Self::Confirmation => false,
        }
    }

    /// Whether it begins a session, or begins it anew.
    fn is_sign_in(&self) -> bool {
        match self {
            Self::Chosen | Self::Password { .. } | Self::Passkey | Self::Mail(_) => true,
            Self::Confirmation | Self::Beside(_) => false,
        }
    }

    /// Whether whoever gave it has something of the person's in hand.
    fn makes_browser_trusted(&self) -> bool {
        match self {
            Self::Mail(_) | Self::Confirmation | Self::Passkey => true,
            Self::Beside(Factor::Totp | Factor::PasskeyBeside) => true,
            Self::Chosen | Self::Password { .. } | Self::Beside(_) => false,
        }
    }
}

/// Whose session is to be opened, where, and by what.
#[derive(Clone)]
pub(super) struct Opening {
    pub(super) asserted: Option<AssertedAssurance>,
    pub(super) interaction: Option<HandleKey<Interaction>>,
    pub(super) browser: HandleKey<PreSession>,
    pub(super) previous: Option<HandleKey<BrowserSession>>,
    pub(super) entry: Entry,
    /// What the browser shows to say that somebody signed in in it before.
    pub(super) known_browser: Option<HandleKey<KnownBrowser>>,
    pub(super) locale: Locale,
}

/// What a write job needs, drawn before it because it may run more than once.
#[derive(Clone)]
pub(super) struct Drawn {
    session: Handle<BrowserSession>,
    browser: Handle<PreSession>,
    known_browser: Handle<KnownBrowser>,
    fresh_id: SessionId,
    policy: MailboxPolicy,
    generic_mailboxes: Vec<MailboxName>,
    now: Timestamp,
}

/// A session opened in a transaction that is not durable yet.
pub(super) struct Opened {
    session: Session,
    user: User,
    /// Whether the browser gets a handle by which it will be known.
    is_newly_known: bool,
}

impl Drawn {
    pub(super) fn new(app: &App) -> Self {
        let now = app.clock.now();
        Self {
            session: issue_session_handle(app),
            browser: issue_browser_handle(app),
            known_browser: crypto::issue_handle::<KnownBrowser>(&app.random, now.plus(KNOWN_BROWSER_LIFETIME)),
            fresh_id: SessionId(app.random.token()),
            policy: app.config.accounts.mailbox,
            generic_mailboxes: app.config.generic_mailboxes.clone(),
            now,
        }
    }

    /// The session under its new handle, once the transaction is durable.
    pub(super) fn hand_out(self, opened: Opened) -> NewSession {
        let Opened { session, user, is_newly_known } = opened;
        let Handle { value, key } = self.session;
        NewSession {
            active: ActiveSession { value, key, session, user },
            browser: self.browser,
            known_browser: is_newly_known.then_some(self.known_browser),
        }
    }
}

/// What came of it.
enum Outcome {
    Opened(Box<Opened>),
    NoAccount,
    Superseded,
}

/// Opens a session; `None` when there is no such usable account.
pub(super) async fn open_session(
    app: &App,
    by: &By,
    user_id: UserId,
    opening: Opening,
) -> Result<Option<NewSession>, ActError> {
    let drawn = Drawn::new(app);
    let circumstances = Circumstances::of(app, by);
    let job = drawn.clone();
    let outcome = app
        .store
        .write(move |tx| {
            let Some(user) = users::find(tx, user_id)?.filter(User::may_sign_in) else {
                return Ok(Outcome::NoAccount);
            };
            match open_in(tx, &circumstances, user, &opening, &job)? {
                Some(opened) => Ok(Outcome::Opened(Box::new(opened))),
                None => Ok(Outcome::Superseded),
            }
        })
        .await?;
    match outcome {
        Outcome::Opened(opened) => Ok(Some(drawn.hand_out(*opened))),
        Outcome::NoAccount => Ok(None),
        Outcome::Superseded => Err(ActError::Superseded),
    }
}

/// The same within a transaction, for a person who may sign in; `None` when the browser has another handle since.
pub(super) fn open_in(
    tx: &mut Tx,
    circumstances: &Circumstances,
    mut user: User,
    opening: &Opening,
    drawn: &Drawn,
) -> Result<Option<Opened>, StoreError> {
    let now = drawn.now;
    let Some(opening) = in_the_browser_of_now(tx, opening, user.id, now)? else { return Ok(None) };
    let (mut session, is_new) = renew_or_begin(tx, &opening, drawn, &user)?;
    let browser = settle_browser(tx, &opening, drawn, &user, circumstances.whereabouts())?;
    session.is_in_trusted_browser |= browser.is_trusted;
    session.whereabouts = circumstances.whereabouts();
    browser_sessions::insert(tx, &drawn.session.key, &BrowserSession::Live(session.clone()))?;
    note_session(tx, user.id, opening.previous, drawn.session.key, now)?;
    let is_sign_in = opening.entry.is_sign_in();
    // Whoever is chosen from a list of people to try with proves nothing, now or after a year.
    let is_held = is_sign_in && !matches!(opening.entry, Entry::Chosen) && user.wakes(&drawn.generic_mailboxes, now);
    if is_sign_in {
        user.signed_in(now);
    }
    user.locale = Some(opening.locale);
    if opening.entry.proves_mailbox() {
        user.proved_mailbox(now);
        // Wrong passwords in a row suspend one until then (SEC-95).
        if let Some(known) = credentials::find(tx, user.id)?.filter(|known| known.wrong_guesses > 0) {
            credentials::update(tx, &Credentials { wrong_guesses: 0, ..known })?;
        }
    }
    let is_freed = user.settles(session.has_second_factor());
    users::update(tx, &user)?;
    if let Entry::Password { renewed_hash } = &opening.entry {
        settle_credentials(tx, &user, renewed_hash.as_ref(), opening.known_browser.is_some())?;
    }
    if opening.entry.shows_second_factor() {
        // It is not lost: nobody takes it away.
        let how = FactorRemovalStop::SecondFactor;
        stop_removal(tx, &circumstances.in_session(&session), &user, how, opening.locale, now)?;
    }
    let client_id = enter_interaction(tx, &opening, &session)?;
    let renewal = Renewal {
        to: drawn.browser.key,
        session: Some((&session.id, drawn.session.key)),
        entered: opening.interaction,
    };
    renew(tx, &opening.browser, &renewal, now)?;
    if is_new && is_sign_in && !opening.entry.proves_mailbox() {
        tell(tx, &user, client_id.as_ref(), opening.locale, now)?;
    }
    let circumstances = circumstances.in_session(&session);
    if is_held {
        circumstances.record(tx, AuditEvent::DormantAccountHeld { user_id: user.id })?;
    }
    if is_freed {
        circumstances.record(tx, AuditEvent::DormantAccountFreed { user_id: user.id })?;
    }
    if opening.entry.proves_mailbox() {
        circumstances.record(tx, AuditEvent::EmailVerified { user_id: user.id })?;
    }
    if is_sign_in {
        let event = AuditEvent::SignedIn { user_id: user.id, client_id, method: opening.entry.method() };
        circumstances.record(tx, event)?;
    }
    Ok(Some(Opened { session, user, is_newly_known: browser.is_newly_known }))
}

/// How a browser is known from now on.
struct BrowserStanding {
    is_newly_known: bool,
    is_trusted: bool,
}

/// Whoever proves who they are makes the browser known to them; whoever reads the mailbox makes it trusted. Wrong guesses
/// made in it are forgotten; those of strangers elsewhere stay counted.
fn settle_browser(
    tx: &mut Tx,
    opening: &Opening,
    drawn: &Drawn,
    user: &User,
    whereabouts: Whereabouts,
) -> Result<BrowserStanding, StoreError> {
    let now = drawn.now;
    if matches!(opening.entry, Entry::Chosen) {
        return Ok(BrowserStanding { is_newly_known: false, is_trusted: true });
    }
    let known = match opening.known_browser {
        Some(key) => known_browsers::find(tx, &key)?.filter(|known| known.is_of(user, now)).map(|known| (key, known)),
        None => None,
    };
    let trust = match (&known, opening.entry.makes_browser_trusted()) {
        (_, true) => Some(BrowserTrust { since: now, until: now.plus(drawn.policy.trust_lifetime), whereabouts }),
        (Some((_, known)), false) if known.is_trusted(now) => known.trust.clone(),
        (_, false) => None,
    };
    let is_trusted = trust.is_some();
    match known {
        Some((key, known)) if !known.wants_renewal(now) => {
            if is_trusted && known.trust != trust {
                note_trust(tx, user.id, None, key, now)?;
            }
            let settled = KnownBrowser { wrong_guesses: 0, trust, ..known.clone() };
            if settled != known {
                known_browsers::update(tx, &key, &settled)?;
            }
            Ok(BrowserStanding { is_newly_known: false, is_trusted })
        }
        replaced => {
            let key = drawn.known_browser.key;
            known_browsers::insert(tx, &key, &KnownBrowser { trust, ..KnownBrowser::begin(user, now) })?;
            if is_trusted {
                note_trust(tx, user.id, replaced.map(|(key, _)| key), key, now)?;
            }
            Ok(BrowserStanding { is_newly_known: true, is_trusted })
        }
    }
}

/// What a right password changes beside the session: its hash, and the count of wrong ones where it was counted.
fn settle_credentials(
    tx: &mut Tx,
    user: &User,
    renewed_hash: Option<&String>,
    is_known_browser: bool,
) -> Result<(), StoreError> {
    let Some(known) = credentials::find(tx, user.id)? else { return Ok(()) };
    let wrong_guesses = if is_known_browser { known.wrong_guesses } else { 0 };
    if renewed_hash.is_none() && wrong_guesses == known.wrong_guesses {
        return Ok(());
    }
    let password_hash = renewed_hash.cloned().or(known.password_hash);
    credentials::update(tx, &Credentials { password_hash, wrong_guesses, ..known })
}

/// A form sent twice by one person comes to what the first of the two opened, and goes on from there. For anybody else
/// the handle that it came under is dead: `None`.
fn in_the_browser_of_now(
    tx: &impl Read,
    opening: &Opening,
    user_id: UserId,
    now: Timestamp,
) -> Result<Option<Opening>, StoreError> {
    let (by, session) = match pre_sessions::find(tx, &opening.browser)? {
        Some(PreSession::Current { .. }) | None => return Ok(Some(opening.clone())),
        Some(PreSession::Replaced { by, session: Some(session) }) => (by, session),
        Some(PreSession::Replaced { session: None, .. }) => return Ok(None),
    };
    let is_theirs = find_live(tx, &session, now)?.is_some_and(|(_, user)| user.id == user_id);
    Ok(is_theirs.then(|| Opening { browser: by, previous: Some(session), ..opening.clone() }))
}

/// The same person goes on with their session under a new handle; anybody else's session in this browser ends.
fn renew_or_begin(tx: &mut Tx, opening: &Opening, drawn: &Drawn, user: &User) -> Result<(Session, bool), StoreError> {
    let now = drawn.now;
    let proof = Proof { factor: opening.entry.factor(), at: now };
    let begin = || Session::begin(drawn.fresh_id.clone(), user.id, user.epoch, proof);
    let previous = match opening.previous {
        Some(previous) => find_live(tx, &previous, now)?.map(|(session, _)| (previous, session)),
        None => None,
    };
    let (session, is_new) = match previous {
        Some((previous, session)) if session.user_id == user.id => {
            browser_sessions::update(tx, &previous, &BrowserSession::Renewed { by: drawn.session.key })?;
            let goes_on = match opening.entry.is_sign_in() {
                true => session.signed_in_again(proof),
                false => session.reauthenticated(proof),
            };
            (goes_on, false)
        }
        Some((previous, _)) => {
            browser_sessions::update(tx, &previous, &BrowserSession::Ended { at: now })?;
            (begin(), true)
        }
        None => (begin(), true),
    };
    match opening.entry {
        // What is stated in place of the proofs stays.
        Entry::Confirmation | Entry::Beside(_) => Ok((session, is_new)),
        Entry::Chosen | Entry::Password { .. } | Entry::Passkey | Entry::Mail(_) => {
            Ok((Session { asserted: opening.asserted.clone(), ..session }, is_new))
        }
    }
}

/// The sign-in under way goes on in the session. Gives the client that it leads to.
fn enter_interaction(tx: &mut Tx, opening: &Opening, session: &Session) -> Result<Option<ClientId>, StoreError> {
    let Some(key) = opening.interaction else { return Ok(None) };
    let Some(mut interaction) = interactions::find(tx, &key)? else { return Ok(None) };
    match opening.entry {
        Entry::Confirmation | Entry::Beside(_) => interaction.done(&session.id, |_| {}),
        Entry::Chosen | Entry::Password { .. } | Entry::Passkey | Entry::Mail(_) => {
            interaction.signed_in(session.id.clone());
        }
    }
    interaction.mailed_code = None;
    interaction.magic_link = None;
    interactions::update(tx, &key, &interaction)?;
    Ok(interaction.authorization().map(|pending| pending.client_id.clone()))
}

/// Tells a person by mail that they signed in somewhere.
fn tell(
    tx: &mut Tx,
    user: &User,
    client_id: Option<&ClientId>,
    locale: Locale,
    now: Timestamp,
) -> Result<(), StoreError> {
    let service = match client_id {
        Some(id) => clients::find(tx, id)?.map(|client| client.name),
        None => None,
    };
    let content = MailContent::NewSignIn { at: now, service };
    outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), locale, content, now)).map(drop)
}
