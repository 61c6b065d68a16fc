//! What a proof of identity opens: a session under a new handle, in a browser under a new handle.

use std::time::Duration;

use super::pre_sessions::{Renewal, issue_browser_handle, renew};
use super::sessions::{ActiveSession, find_live, note_session};
use super::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AssertedAssurance, AuditEvent, BrowserSession, ClientId, Credentials, Factor, Handle, HandleKey, Interaction,
    KNOWN_BROWSER_LIFETIME, KnownBrowser, MailContent, OutgoingMail, PreSession, Proof, Session, SessionId,
    SignInMethod, User, UserId,
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

/// A password that was right.
#[derive(Clone)]
pub(super) struct Proven {
    /// Its hash at the current cost, where the stored one is of another.
    pub(super) renewed_hash: Option<String>,
    /// The browser, if the person signed in there before.
    pub(super) known_browser: Option<(HandleKey<KnownBrowser>, KnownBrowser)>,
}

/// Whose session is to be opened, where, and by what.
#[derive(Clone)]
pub(super) struct Opening {
    pub(super) user_id: UserId,
    pub(super) asserted: Option<AssertedAssurance>,
    pub(super) interaction: Option<HandleKey<Interaction>>,
    pub(super) browser: HandleKey<PreSession>,
    pub(super) previous: Option<HandleKey<BrowserSession>>,
    pub(super) proven: Option<Proven>,
    pub(super) locale: Locale,
}

/// What a write job needs, drawn before it because it may run more than once.
struct Drawn {
    key: HandleKey<BrowserSession>,
    fresh_id: SessionId,
    proof: Proof,
    known_browser: Option<HandleKey<KnownBrowser>>,
}

/// What came of it.
enum Outcome {
    Opened(Box<(Session, User)>),
    NoAccount,
    Superseded,
}

/// Opens a session; `None` when there is no such usable account.
pub(super) async fn open_session(app: &App, by: &By, opening: Opening) -> Result<Option<NewSession>, ActError> {
    let now = app.clock.now();
    let Handle { value, key } = issue_session_handle(app);
    let browser = issue_browser_handle(app);
    let to = browser.key;
    let known_browser = opening
        .proven
        .as_ref()
        .filter(|proven| proven.wants_handle(now))
        .map(|_| crypto::issue_handle::<KnownBrowser>(&app.random, now.plus(KNOWN_BROWSER_LIFETIME)));
    let drawn = Drawn {
        key,
        fresh_id: SessionId(app.random.token()),
        proof: Proof { factor: Factor::Password, at: now },
        known_browser: known_browser.as_ref().map(|handle| handle.key),
    };
    let circumstances = Circumstances::of(app, by);
    let method = if opening.proven.is_some() { SignInMethod::Password } else { SignInMethod::Chosen };
    let outcome = app
        .store
        .write(move |tx| {
            let Some(mut user) = users::find(tx, opening.user_id)?.filter(User::may_sign_in) else {
                return Ok(Outcome::NoAccount);
            };
            let Some(opening) = in_the_browser_of_now(tx, &opening, user.id, now)? else {
                return Ok(Outcome::Superseded);
            };
            let (session, is_new) = renew_or_begin(tx, &opening, &drawn, &user, now)?;
            let session = Session { whereabouts: circumstances.whereabouts(), ..session };
            browser_sessions::insert(tx, &drawn.key, &BrowserSession::Live(session.clone()))?;
            note_session(tx, user.id, opening.previous, drawn.key, now)?;
            user.signed_in(now);
            users::update(tx, &user)?;
            if let Some(proven) = &opening.proven {
                settle(tx, proven, &user)?;
                if let Some(key) = &drawn.known_browser {
                    known_browsers::insert(tx, key, &KnownBrowser::begin(&user, now))?;
                }
            }
            let client_id = enter_interaction(tx, &opening, &session)?;
            let renewal = Renewal { to, session: Some((&session.id, drawn.key)), entered: opening.interaction };
            renew(tx, &opening.browser, &renewal, now)?;
            if is_new {
                tell(tx, &user, client_id.as_ref(), opening.locale, now)?;
            }
            let event = AuditEvent::SignedIn { user_id: user.id, client_id, method };
            circumstances.in_session(&session).record(tx, event)?;
            Ok(Outcome::Opened(Box::new((session, user))))
        })
        .await?;
    match outcome {
        Outcome::Opened(opened) => {
            let (session, user) = *opened;
            Ok(Some(NewSession { active: ActiveSession { value, key, session, user }, browser, known_browser }))
        }
        Outcome::NoAccount => Ok(None),
        Outcome::Superseded => Err(ActError::Superseded),
    }
}

impl Proven {
    /// Whether the browser gets a handle by which it will be known.
    fn wants_handle(&self, now: Timestamp) -> bool {
        self.known_browser.as_ref().is_none_or(|(_, known)| known.wants_renewal(now))
    }
}

/// What a right password changes beside the session: its hash, and the count of wrong ones where it was counted.
/// Guesses of strangers elsewhere stay counted when the owner signs in in a browser of theirs.
fn settle(tx: &mut Tx, proven: &Proven, user: &User) -> Result<(), StoreError> {
    if let Some((key, _)) = &proven.known_browser
        && let Some(known) = known_browsers::find(tx, key)?.filter(|known| known.wrong_guesses > 0)
    {
        known_browsers::update(tx, key, &KnownBrowser { wrong_guesses: 0, ..known })?;
    }
    let Some(known) = credentials::find(tx, user.id)? else { return Ok(()) };
    let wrong_guesses = if proven.known_browser.is_some() { known.wrong_guesses } else { 0 };
    if proven.renewed_hash.is_none() && wrong_guesses == known.wrong_guesses {
        return Ok(());
    }
    let password_hash = proven.renewed_hash.clone().or(known.password_hash);
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
fn renew_or_begin(
    tx: &mut Tx,
    opening: &Opening,
    drawn: &Drawn,
    user: &User,
    now: Timestamp,
) -> Result<(Session, bool), StoreError> {
    let begin = || Session::begin(drawn.fresh_id.clone(), user.id, user.epoch, drawn.proof);
    let previous = match opening.previous {
        Some(previous) => find_live(tx, &previous, now)?.map(|(session, _)| (previous, session)),
        None => None,
    };
    let (session, is_new) = match previous {
        Some((previous, session)) if session.user_id == user.id => {
            browser_sessions::update(tx, &previous, &BrowserSession::Renewed { by: drawn.key })?;
            (session.reauthenticated(drawn.proof), false)
        }
        Some((previous, _)) => {
            browser_sessions::update(tx, &previous, &BrowserSession::Ended { at: now })?;
            (begin(), true)
        }
        None => (begin(), true),
    };
    Ok((Session { asserted: opening.asserted.clone(), ..session }, is_new))
}

/// The sign-in under way goes on in the session. Gives the client that it leads to.
fn enter_interaction(tx: &mut Tx, opening: &Opening, session: &Session) -> Result<Option<ClientId>, StoreError> {
    let Some(key) = opening.interaction else { return Ok(None) };
    let Some(mut interaction) = interactions::find(tx, &key)? else { return Ok(None) };
    interaction.signed_in(session.id.clone());
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
