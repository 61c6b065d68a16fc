//! Erasure of a person (SEC-168): account, credentials, sessions, links, memberships and mails go; tokens are void; the
//! identifier stays taken, and is all that the audit keeps.

use super::Decided;
use super::roles::is_last_administrator;
use super::users::{UserKey, UserRefusal, find, may_lock_out};
use crate::acts::pre_sessions::{Renewal, renew};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{
    AddressChange, AdministrationSession, AuditEvent, BrowserSession, Email, HandleKey, INTERACTION_LIFETIME,
    Interaction, KnownBrowser, MagicLink, MailContent, OutgoingMail, PasswordLink, PreSession, User, UserId,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{
    Read, StoreError, Tx, address_changes, administration_sessions, audit, browser_sessions, contact_proofs,
    credentials, factor_removals, interactions, known_browsers, magic_links, memberships, moderations, outbox,
    password_links, service_uses, trusted_browsers, user_sessions, users,
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
        Some(user) => carry_out(app, by, user, may_lock_out, None).await,
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

/// Erases a person, by whoever's wish.
pub(in crate::acts) async fn carry_out(
    app: &App,
    by: &By,
    user: User,
    may_lock_out: bool,
    leaving: Option<Leaving>,
) -> Decided<UserId, UserRefusal> {
    let looked_at = app.clock.now();
    let traces = find_traces(app, user.clone()).await?;
    let circumstances = Circumstances::of(app, by);
    let (now, email) = (app.clock.now(), user.email);
    let outcome = app
        .store
        .write(move |tx| {
            let Some(user) = users::find(tx, user.id)? else { return Ok(Err(UserRefusal::Unknown)) };
            if is_last_administrator(tx, &user)? && !may_lock_out {
                return Ok(Err(UserRefusal::LastAdministrator));
            }
            // Sign-ins that were begun since the long look was taken.
            let since = HandleKey::new(looked_at.plus(INTERACTION_LIFETIME), [0; 32]);
            let fresh = interactions_of(tx, Some(since), &user.email)?;
            for key in traces.interactions.iter().chain(&fresh) {
                interactions::delete(tx, key)?;
            }
            for key in &traces.sessions {
                browser_sessions::delete(tx, key)?;
            }
            for key in &traces.links {
                password_links::delete(tx, key)?;
            }
            for key in &traces.magic_links {
                magic_links::delete(tx, key)?;
            }
            for key in &traces.browsers {
                known_browsers::delete(tx, key)?;
            }
            for key in &traces.address_changes {
                address_changes::delete(tx, key)?;
            }
            for key in &traces.administration {
                administration_sessions::delete(tx, key)?;
            }
            erase(tx, &user, now)?;
            if let Some(Leaving { locale, browser, next }) = leaving {
                // The last thing that is kept of them, until it has left.
                let content = MailContent::AccountDeleted { at: now };
                outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), locale, content, now))?;
                renew(tx, &browser, &Renewal { to: next, session: None, entered: None }, now)?;
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
    credentials::delete(tx, user.id)?;
    user_sessions::delete(tx, user.id)?;
    trusted_browsers::delete(tx, user.id)?;
    service_uses::delete_of_user(tx, user.id)?;
    audit::forget_user(tx, user.id)?;
    outbox::delete_where(tx, |mail| mail.to == user.email || mail.is_about(&user.email))?;
    users::delete(tx, user.id, now)?;
    Ok(())
}

/// Looks through what is kept for some hours; nobody waits behind that.
async fn find_traces(app: &App, user: User) -> Result<Traces, ActError> {
    let store = app.store.clone();
    let looking = tokio::task::spawn_blocking(move || {
        store.read(|tx| {
            Ok(Traces {
                interactions: interactions_of(tx, None, &user.email)?,
                sessions: sessions_of(tx, user.id)?,
                links: links_of(tx, user.id)?,
                magic_links: magic_links_to(tx, &user.email)?,
                browsers: browsers_of(tx, user.id)?,
                address_changes: address_changes_of(tx, user.id)?,
                administration: administration_of(tx, user.id)?,
            })
        })
    });
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

fn links_of(tx: &impl Read, user_id: UserId) -> Result<Vec<HandleKey<PasswordLink>>, StoreError> {
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = password_links::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        found.extend(page.iter().filter(|(_, link)| link.user_id == user_id).map(|(key, _)| *key));
    }
}

fn magic_links_to(tx: &impl Read, email: &Email) -> Result<Vec<HandleKey<MagicLink>>, StoreError> {
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = magic_links::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        found.extend(page.iter().filter(|(_, link)| link.email == *email).map(|(key, _)| *key));
    }
}

fn browsers_of(tx: &impl Read, user_id: UserId) -> Result<Vec<HandleKey<KnownBrowser>>, StoreError> {
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = known_browsers::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        found.extend(page.iter().filter(|(_, browser)| browser.user_id == user_id).map(|(key, _)| *key));
    }
}

fn address_changes_of(tx: &impl Read, user_id: UserId) -> Result<Vec<HandleKey<AddressChange>>, StoreError> {
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = address_changes::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        found.extend(page.iter().filter(|(_, change)| change.user_id == user_id).map(|(key, _)| *key));
    }
}

fn administration_of(tx: &impl Read, user_id: UserId) -> Result<Vec<HandleKey<AdministrationSession>>, StoreError> {
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = administration_sessions::list(tx, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        found.extend(page.iter().filter(|(_, session)| session.user_id == user_id).map(|(key, _)| *key));
    }
}
