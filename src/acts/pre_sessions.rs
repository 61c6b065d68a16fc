//! The handle of a browser: found by its cookie, and given anew at every change of privilege, in that transaction.

use super::ActError;
use super::sessions::ActiveSession;
use crate::app::App;
use crate::crypto;
use crate::domain::{
    BrowserSession, Handle, HandleKey, INTERACTION_LIFETIME, Interaction, PRE_SESSION_LIFETIME, PreSession, SessionId,
    admit,
};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, Tx, interactions, pre_sessions};

/// Where an act takes place: a browser, and the session of whoever is signed in there.
#[derive(Debug, Clone, Copy)]
pub struct InBrowser<'a> {
    /// The handle of the browser.
    pub handle: HandleKey<PreSession>,
    /// The session.
    pub session: Option<&'a ActiveSession>,
}

/// A handle for a browser that has none. Writes nothing: the record begins with the first sign-in.
pub fn issue_browser_handle(app: &App) -> Handle<PreSession> {
    crypto::issue_handle(&app.random, app.clock.now().plus(PRE_SESSION_LIFETIME))
}

/// The handle behind a cookie's value; `None` when it opens nothing: never ours, over, or replaced. In its last hour,
/// when a sign-in could outlive it, it only serves what is under way.
///
/// # Errors
/// When the store fails.
pub fn find_browser_handle(app: &App, value: &str) -> Result<Option<HandleKey<PreSession>>, ActError> {
    let Some(key) = crypto::parse_handle::<PreSession>(value) else { return Ok(None) };
    let (now, until) = (app.clock.now(), key.retained_until());
    // Anybody can write a handle: one that promises to live for longer than ours do would never be purged.
    if until.has_come(now) || until > now.plus(PRE_SESSION_LIFETIME) {
        return Ok(None);
    }
    let is_fresh = until > now.plus(INTERACTION_LIFETIME);
    let serves = app.store.read(|tx| match pre_sessions::find(tx, &key)? {
        None => Ok(is_fresh),
        Some(PreSession::Current { .. }) if is_fresh => Ok(true),
        Some(PreSession::Current { pending }) => Ok(!open_ones(tx, pending, now)?.is_empty()),
        Some(PreSession::Replaced { .. }) => Ok(false),
    })?;
    Ok(serves.then_some(key))
}

fn open_ones(
    tx: &impl Read,
    pending: Vec<HandleKey<Interaction>>,
    now: Timestamp,
) -> Result<Vec<HandleKey<Interaction>>, StoreError> {
    let mut open = Vec::new();
    for key in pending {
        if interactions::find(tx, &key)?.is_some_and(|interaction| interaction.is_open(now)) {
            open.push(key);
        }
    }
    Ok(open)
}

/// Whether another sign-in of this browser than this one waits for a code that was mailed.
///
/// # Errors
/// When the store fails.
pub fn is_code_awaited_elsewhere(
    app: &App,
    browser: HandleKey<PreSession>,
    here: Option<HandleKey<Interaction>>,
) -> Result<bool, ActError> {
    let now = app.clock.now();
    Ok(app.store.read(|tx| {
        let Some(PreSession::Current { pending }) = pre_sessions::find(tx, &browser)? else { return Ok(false) };
        for key in pending.into_iter().filter(|key| Some(*key) != here) {
            let other = interactions::find(tx, &key)?.filter(|other| other.is_open(now));
            if other.and_then(|other| other.mailed_code).is_some_and(|code| code.is_open(now)) {
                return Ok(true);
            }
        }
        Ok(false)
    })?)
}

/// Notes a sign-in that begins in this browser. Over the most that may be under way, the oldest are over.
pub(super) fn note_pending(
    tx: &mut Tx,
    browser: &HandleKey<PreSession>,
    begun: HandleKey<Interaction>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let pending = match pre_sessions::find(tx, browser)? {
        Some(PreSession::Current { pending }) => open_ones(tx, pending, now)?,
        // Replaced since this request was received: nothing is bound to the old handle any more.
        Some(PreSession::Replaced { .. }) => return Ok(()),
        None => Vec::new(),
    };
    let (pending, dropped) = admit(pending, begun);
    for key in dropped {
        end(tx, &key, now)?;
    }
    pre_sessions::put(tx, browser, &PreSession::Current { pending })
}

/// The next handle of a browser, and for whom.
pub(super) struct Renewal<'a> {
    /// The handle from now on.
    pub(super) to: HandleKey<PreSession>,
    /// The session that goes on under it; none after a sign-out.
    pub(super) session: Option<(&'a SessionId, HandleKey<BrowserSession>)>,
    /// The sign-in in which the change took place: it goes on whosoever it was.
    pub(super) entered: Option<HandleKey<Interaction>>,
}

/// Gives a browser its next handle: the old one is dead with this transaction. The sign-ins under way follow, as far as
/// [`Interaction::carried`] lets them; the others are over.
pub(super) fn renew(
    tx: &mut Tx,
    from: &HandleKey<PreSession>,
    renewal: &Renewal<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let pending = match pre_sessions::find(tx, from)? {
        Some(PreSession::Current { pending }) => pending,
        Some(PreSession::Replaced { .. }) => return Ok(()),
        None => Vec::new(),
    };
    let session = renewal.session.map(|(id, _)| id);
    let mut followers = Vec::new();
    for key in open_ones(tx, pending, now)? {
        let Some(mut interaction) = interactions::find(tx, &key)? else { continue };
        if renewal.entered == Some(key) {
            interaction.bind(renewal.to, session);
            interactions::update(tx, &key, &interaction)?;
            followers.push(key);
        } else if let Some(carried) = interaction.carried(renewal.to, session) {
            interactions::update(tx, &key, &carried)?;
            followers.push(key);
        } else {
            end(tx, &key, now)?;
        }
    }
    let replaced = PreSession::Replaced { by: renewal.to, session: renewal.session.map(|(_, key)| key) };
    pre_sessions::put(tx, from, &replaced)?;
    if followers.is_empty() {
        return Ok(());
    }
    pre_sessions::put(tx, &renewal.to, &PreSession::Current { pending: followers })
}

fn end(tx: &mut Tx, key: &HandleKey<Interaction>, now: Timestamp) -> Result<(), StoreError> {
    let Some(interaction) = interactions::find(tx, key)? else { return Ok(()) };
    interactions::update(tx, key, &Interaction { finished_at: Some(now), ..interaction })
}
