//! Erasure of a person (SEC-168): account, credentials, sessions, links, memberships and mails go; tokens are void; the
//! identifier stays taken, and is all that the audit keeps.

use std::time::Duration;

use super::Decided;
use super::roles::is_last_administrator;
use super::users::{UserKey, UserRefusal, find, may_lock_out, tell};
use crate::acts::account::UNDO_LIFETIME;
use crate::acts::mailbox::LINK_LIFETIME;
use crate::acts::pre_sessions::{Renewal, renew};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{
    AccountAct, AddressChange, AdministrationSession, AuditEvent, BrowserSession, Email, HandleKey,
    INTERACTION_LIFETIME, Interaction, KNOWN_BROWSER_LIFETIME, KnownBrowser, MODERATION_LINK_LIFETIME, MagicLink,
    MailContent, ModerationLink, OutgoingMail, PasswordLink, PreSession, RetentionStep, User, UserId, decide_retention,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{
    Read, StoreError, Tx, address_changes, administration_sessions, audit, browser_sessions, contact_proofs,
    credentials, data_links, factor_removals, interactions, known_browsers, logout_notices, magic_links, memberships,
    moderation_links, moderations, outbox, password_links, sent_mails, service_uses, trusted_browsers, user_sessions,
    users,
};

/// How many records are looked at at once.
const PAGE: usize = 500;

/// Records of a person that no index leads to.
#[derive(Debug, Clone, Default)]
struct Traces {
    interactions: Vec<HandleKey<Interaction>>,
    sessions: Vec<HandleKey<BrowserSession>>,
    links: Vec<HandleKey<PasswordLink>>,
    magic_links: Vec<HandleKey<MagicLink>>,
    browsers: Vec<HandleKey<KnownBrowser>>,
    address_changes: Vec<HandleKey<AddressChange>>,
    administration: Vec<HandleKey<AdministrationSession>>,
    records: Vec<audit::Place>,
    moderation_links: Vec<HandleKey<ModerationLink>>,
}

/// Erases a person. Gives their identifier.
///
/// # Errors
/// When the store fails.
pub async fn erase_user(
    app: &App,
    by: &By,
    key: UserKey,
    even_the_last_administrator: bool,
) -> Decided<UserId, UserRefusal> {
    let may_lock_out = may_lock_out(by, even_the_last_administrator);
    match app.store.read(|tx| find(tx, &key))? {
        Some(user) => carry_out(app, by, user, Wish { may_lock_out, ..Wish::default() }).await,
        None => Ok(Err(UserRefusal::Unknown)),
    }
}

/// A person who leaves by themselves, and the browser in which they do.
#[derive(Clone, Copy)]
pub(in crate::acts) struct Leaving {
    /// The language of the mail that tells them that it is done.
    pub(in crate::acts) locale: Locale,
    /// The handle of the browser.
    pub(in crate::acts) browser: HandleKey<PreSession>,
    /// Its next one.
    pub(in crate::acts) next: HandleKey<PreSession>,
}

/// By whose wish, and within which bounds.
#[derive(Clone, Copy, Default)]
pub(in crate::acts) struct Wish {
    /// Whether the last administrator may go.
    pub(in crate::acts) may_lock_out: bool,
    /// The person leaves by themselves.
    pub(in crate::acts) leaving: Option<Leaving>,
    /// Nobody uses the account: for how long it is kept then, and in which round this is. Whoever comes back stays.
    pub(in crate::acts) unused: Option<(Duration, u64)>,
}

/// Erases a person, by whoever's wish.
pub(in crate::acts) async fn carry_out(app: &App, by: &By, user: User, wish: Wish) -> Decided<UserId, UserRefusal> {
    let Wish { may_lock_out, leaving, unused } = wish;
    let looked_at = app.clock.now();
    let traces = find_traces(app, user.clone()).await?;
    let circumstances = Circumstances::of(app, by).without_source();
    let (now, email) = (app.clock.now(), user.email);
    let outcome = app
        .store
        .write(move |tx| {
            let Some(user) = users::find(tx, user.id)? else { return Ok(Err(UserRefusal::Unknown)) };
            let is_in_use = |(kept, round)| decide_retention(&user, kept, round, now) != RetentionStep::Erase;
            if unused.is_some_and(is_in_use) {
                return Ok(Err(UserRefusal::Unknown));
            }
            if is_last_administrator(tx, &user)? && !may_lock_out {
                return Ok(Err(UserRefusal::LastAdministrator));
            }
            logout_notices::note_ends_of(tx, &user)?;
            forget(tx, &traces)?;
            // What was begun since the long look was taken.
            let fresh = Traces::since(tx, &user, looked_at)?;
            forget(tx, &fresh)?;
            erase(tx, &user, now)?;
            // The last thing that is kept of them, until it has left; whoever came back no more was told long before.
            match leaving {
                Some(Leaving { locale, browser, next }) => {
                    let content = MailContent::AccountDeleted { at: now };
                    outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), locale, content, now))?;
                    renew(tx, &browser, &Renewal { to: next, session: None, entered: None }, now)?;
                }
                None if unused.is_none() => tell(tx, &user, AccountAct::Erased, now)?,
                None => {}
            }
            circumstances.record(tx, AuditEvent::UserErased { user_id: user.id })?;
            Ok(Ok(user.id))
        })
        .await?;
    if outcome.is_ok() {
        app.mailbox.forget(email.as_str());
    }
    Ok(outcome)
}

/// What indexes lead to.
pub(in crate::acts) fn erase(tx: &mut Tx, user: &User, now: Timestamp) -> Result<(), StoreError> {
    for membership in memberships::list_of_user(tx, user.id)? {
        memberships::delete(tx, user.id, membership.organization_id)?;
    }
    if let Some(key) = credentials::find(tx, user.id)?.and_then(|known| known.factor_removal) {
        factor_removals::delete(tx, &key)?;
    }
    for request in moderations::list_of_user(tx, user.id)? {
        moderations::delete(tx, &request)?;
    }
    for proof in contact_proofs::list_of_user(tx, user.id)? {
        contact_proofs::delete(tx, user.id, proof.organization_id)?;
    }
    if let Some(key) = credentials::find(tx, user.id)?.and_then(|known| known.data_link) {
        data_links::delete(tx, &key)?;
    }
    sent_mails::delete_of_user(tx, user.id)?;
    credentials::delete(tx, user.id)?;
    user_sessions::delete(tx, user.id)?;
    trusted_browsers::delete(tx, user.id)?;
    service_uses::delete_of_user(tx, user.id)?;
    audit::forget_user(tx, user.id)?;
    outbox::delete_of_person(tx, user.id)?;
    outbox::delete_where(tx, |mail| mail.to == user.email || mail.is_about(&user.email))?;
    users::delete(tx, user.id, now)?;
    Ok(())
}

fn forget(tx: &mut Tx, traces: &Traces) -> Result<(), StoreError> {
    traces.interactions.iter().try_for_each(|key| interactions::delete(tx, key).map(drop))?;
    traces.sessions.iter().try_for_each(|key| browser_sessions::delete(tx, key).map(drop))?;
    traces.links.iter().try_for_each(|key| password_links::delete(tx, key).map(drop))?;
    traces.magic_links.iter().try_for_each(|key| magic_links::delete(tx, key).map(drop))?;
    traces.browsers.iter().try_for_each(|key| known_browsers::delete(tx, key).map(drop))?;
    traces.address_changes.iter().try_for_each(|key| address_changes::delete(tx, key).map(drop))?;
    traces.administration.iter().try_for_each(|key| administration_sessions::delete(tx, key).map(drop))?;
    traces.moderation_links.iter().try_for_each(|key| moderation_links::delete(tx, key).map(drop))?;
    audit::forget_addresses(tx, &traces.records)
}

impl Traces {
    /// Everything, from the beginning.
    fn all(tx: &impl Read, user: &User) -> Result<Self, StoreError> {
        Ok(Self {
            interactions: interactions_of(tx, None, &user.email)?,
            sessions: sessions_of(tx, user.id)?,
            links: links_of(tx, None, user.id)?,
            magic_links: magic_links_to(tx, None, &user.email)?,
            browsers: browsers_of(tx, None, user.id)?,
            address_changes: address_changes_of(tx, None, user.id)?,
            administration: administration_of(tx, user.id)?,
            records: audit::list_unindexed_places(tx, (0, 0), user.id)?,
            moderation_links: moderation_links_of(tx, None, user.id)?,
        })
    }

    /// What was begun at `since` or later: its retention ends after that of everything older, but for what lives shorter,
    /// which is looked at again.
    fn since(tx: &impl Read, user: &User, since: Timestamp) -> Result<Self, StoreError> {
        let sessions = user_sessions::list(tx, user.id)?;
        Ok(Self {
            interactions: interactions_of(tx, Some(after(since.plus(INTERACTION_LIFETIME))), &user.email)?,
            sessions,
            links: links_of(tx, Some(after(since.plus(LINK_LIFETIME))), user.id)?,
            magic_links: magic_links_to(tx, Some(after(since)), &user.email)?,
            browsers: browsers_of(tx, Some(after(since.plus(KNOWN_BROWSER_LIFETIME))), user.id)?,
            address_changes: address_changes_of(tx, Some(after(since.plus(UNDO_LIFETIME))), user.id)?,
            // Those of a few people.
            administration: administration_of(tx, user.id)?,
            records: audit::list_unindexed_places(tx, (since.0.saturating_mul(1_000), 0), user.id)?,
            moderation_links: moderation_links_of(tx, Some(after(since.plus(MODERATION_LINK_LIFETIME))), user.id)?,
        })
    }
}

/// Before the first name whose retention ends then.
fn after<K>(at: Timestamp) -> HandleKey<K> {
    HandleKey::new(at, [0; 32])
}

/// Looks through what is kept for some hours; nobody waits behind that.
async fn find_traces(app: &App, user: User) -> Result<Traces, ActError> {
    let store = app.store.clone();
    let looking = tokio::task::spawn_blocking(move || store.read(|tx| Traces::all(tx, &user)));
    Ok(looking.await.unwrap_or(Err(StoreError::Panicked))?)
}

fn interactions_of(
    tx: &impl Read,
    mut after: Option<HandleKey<Interaction>>,
    email: &Email,
) -> Result<Vec<HandleKey<Interaction>>, StoreError> {
    let mut found = Vec::new();
    loop {
        let page = interactions::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        found.extend(page.iter().filter(|(_, interaction)| interaction.names(email)).map(|(key, _)| *key));
    }
}

fn sessions_of(tx: &impl Read, user_id: UserId) -> Result<Vec<HandleKey<BrowserSession>>, StoreError> {
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = browser_sessions::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        let is_theirs = |record: &BrowserSession| match record {
            BrowserSession::Live(session) => session.user_id == user_id,
            BrowserSession::Renewed { .. } | BrowserSession::Ended { .. } => false,
        };
        found.extend(page.iter().filter(|(_, record)| is_theirs(record)).map(|(key, _)| *key));
    }
}

fn links_of(
    tx: &impl Read,
    mut after: Option<HandleKey<PasswordLink>>,
    user_id: UserId,
) -> Result<Vec<HandleKey<PasswordLink>>, StoreError> {
    let mut found = Vec::new();
    loop {
        let page = password_links::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        found.extend(page.iter().filter(|(_, link)| link.user_id == user_id).map(|(key, _)| *key));
    }
}

fn magic_links_to(
    tx: &impl Read,
    mut after: Option<HandleKey<MagicLink>>,
    email: &Email,
) -> Result<Vec<HandleKey<MagicLink>>, StoreError> {
    let mut found = Vec::new();
    loop {
        let page = magic_links::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        found.extend(page.iter().filter(|(_, link)| link.email == *email).map(|(key, _)| *key));
    }
}

fn browsers_of(
    tx: &impl Read,
    mut after: Option<HandleKey<KnownBrowser>>,
    user_id: UserId,
) -> Result<Vec<HandleKey<KnownBrowser>>, StoreError> {
    let mut found = Vec::new();
    loop {
        let page = known_browsers::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        found.extend(page.iter().filter(|(_, browser)| browser.user_id == user_id).map(|(key, _)| *key));
    }
}

fn address_changes_of(
    tx: &impl Read,
    mut after: Option<HandleKey<AddressChange>>,
    user_id: UserId,
) -> Result<Vec<HandleKey<AddressChange>>, StoreError> {
    let mut found = Vec::new();
    loop {
        let page = address_changes::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        found.extend(page.iter().filter(|(_, change)| change.user_id == user_id).map(|(key, _)| *key));
    }
}

pub(super) fn administration_of(
    tx: &impl Read,
    user_id: UserId,
) -> Result<Vec<HandleKey<AdministrationSession>>, StoreError> {
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = administration_sessions::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        found.extend(page.iter().filter(|(_, session)| session.user_id == user_id).map(|(key, _)| *key));
    }
}

/// By which they decide on requests.
pub(super) fn moderation_links_of(
    tx: &impl Read,
    mut after: Option<HandleKey<ModerationLink>>,
    user_id: UserId,
) -> Result<Vec<HandleKey<ModerationLink>>, StoreError> {
    let mut found = Vec::new();
    loop {
        let page = moderation_links::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        found.extend(page.iter().filter(|(_, link)| link.user_id == user_id).map(|(key, _)| *key));
    }
}
