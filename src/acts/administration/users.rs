//! People: entered, looked at, closed, opened again, signed out, led to a new password.

use std::str::FromStr;

use super::Decided;
use super::audit::record_look;
use super::roles::{is_last_administrator, take_moderation_links};
use crate::acts::account::{is_anothers, suspend_links};
use crate::acts::mailbox::{LINK_LIFETIME, write_link};
use crate::acts::organizations::Reconsidering;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    AccountAct, Actor, AuditEvent, Credentials, Email, HandleKey, MailContent, Membership, Organization, OutgoingMail,
    PasswordLink, PersonalInformation, SecondFactors, User, UserId, UserState,
};
use crate::protocol::{Secret, Timestamp};
use crate::store::{Read, StoreError, Tx, credentials, memberships, organizations, outbox, users};

/// How an operator names a person: by identifier or by address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserKey {
    /// The identifier.
    Id(UserId),
    /// The address.
    Email(Email),
}

/// The text is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address or an identifier in digits is expected")]
pub struct MalformedUserKey;

impl FromStr for UserKey {
    type Err = MalformedUserKey;

    fn from_str(text: &str) -> Result<Self, MalformedUserKey> {
        match text.contains('@') {
            true => text.parse().map(Self::Email).map_err(|_| MalformedUserKey),
            false => text.parse().map(Self::Id).map_err(|_| MalformedUserKey),
        }
    }
}

impl std::fmt::Display for UserKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(formatter),
            Self::Email(email) => email.fmt(formatter),
        }
    }
}

/// Why nothing was done to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserRefusal {
    /// There is no such person.
    Unknown,
    /// Somebody has this address already.
    EmailTaken,
    /// The account is closed.
    Disabled,
    /// Nobody else could administer the instance.
    LastAdministrator,
    /// The person has no role.
    NoRole,
    /// The person has no second factor.
    NoSecondFactor,
    /// The removal of their second factors was asked for already.
    RemovalPending,
    /// Nobody asked for the removal of their second factors, or it is over.
    NoRemoval,
}

/// A person to enter.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The address; it counts as proven.
    pub email: Email,
    /// Names, telephone number and position.
    pub information: PersonalInformation,
}

/// A person and the link by which they choose a password: shown once, kept nowhere.
#[derive(Debug, Clone)]
pub struct LinkedUser {
    /// The person.
    pub user: User,
    /// The value of the link.
    pub link: Secret,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// A person as an operator sees them.
#[derive(Debug, Clone)]
pub struct UserDossier {
    /// The person.
    pub user: User,
    /// Whether they have chosen a password.
    pub has_password: bool,
    /// What stands beside it.
    pub second_factors: SecondFactors,
    /// Their organizations, the oldest link first.
    pub organizations: Vec<(Membership, Organization)>,
}

/// Whether the last administrator may go: only who is at the machine can decide so (SEC-142).
pub(super) fn may_lock_out(by: &By, is_meant: bool) -> bool {
    is_meant && matches!(by.actor, Actor::CommandLine(_))
}

/// The person that an operator named.
pub(super) fn find(tx: &impl Read, key: &UserKey) -> Result<Option<User>, StoreError> {
    match key {
        UserKey::Id(id) => users::find(tx, *id),
        UserKey::Email(email) => users::find_by_email(tx, email),
    }
}

/// Enters a person who proves who they are to the operator, with a link to choose a password.
///
/// # Errors
/// When the store fails.
pub async fn create_user(app: &App, by: &By, new: NewUser) -> Decided<LinkedUser, UserRefusal> {
    let circumstances = Circumstances::of(app, by);
    let (now, id) = (app.clock.now(), UserId(app.random.user_id()));
    let user = User { email_verified_at: Some(now), information: new.information, ..User::new(id, new.email, now) };
    let (drawn, link) = Drawn::new(app);
    let outcome = app
        .store
        .write(move |tx| {
            if is_anothers(tx, &user.email, None, now)? {
                return Ok(Err(UserRefusal::EmailTaken));
            }
            users::insert(tx, &user)?;
            circumstances.record(tx, AuditEvent::UserCreated { user_id: user.id })?;
            drawn.write(tx, &circumstances, &user)?;
            Ok(Ok(user.clone()))
        })
        .await?;
    Ok(outcome.map(|user| link.of(user)))
}

/// Makes a link by which a person chooses a new password. Where the one that they have is known to others, it opens nothing
/// from now on, every session ends, and the person is told (SEC-62).
///
/// # Errors
/// When the store fails.
pub async fn reset_password(
    app: &App,
    by: &By,
    key: UserKey,
    is_compromised: bool,
) -> Decided<LinkedUser, UserRefusal> {
    let circumstances = Circumstances::of(app, by);
    let (drawn, link) = Drawn::new(app);
    let outcome = app
        .store
        .write(move |tx| {
            let Some(mut user) = find(tx, &key)? else { return Ok(Err(UserRefusal::Unknown)) };
            if !user.may_sign_in() {
                return Ok(Err(UserRefusal::Disabled));
            }
            if is_compromised {
                end_password(tx, &circumstances, &mut user, drawn.now)?;
            }
            drawn.write(tx, &circumstances, &user)?;
            Ok(Ok(user))
        })
        .await?;
    Ok(outcome.map(|user| link.of(user)))
}

/// Ends a password that others know, and whatever was opened with it.
fn end_password(tx: &mut Tx, circumstances: &Circumstances, user: &mut User, now: Timestamp) -> Result<(), StoreError> {
    if let Some(known) = credentials::find(tx, user.id)? {
        credentials::update(tx, &Credentials { password_hash: None, password_changed_at: now, ..known })?;
    }
    user.void_everything();
    users::update(tx, user)?;
    tell(tx, user, AccountAct::PasswordEnded, now)?;
    circumstances.record(tx, AuditEvent::PasswordChanged { user_id: user.id })?;
    circumstances.record(tx, AuditEvent::UserSignedOut { user_id: user.id })
}

/// A link drawn before the transaction, which may run more than once.
struct Drawn {
    key: HandleKey<PasswordLink>,
    now: Timestamp,
}

/// Its value, shown when the transaction is durable.
struct Link {
    value: Secret,
    expires_at: Timestamp,
}

impl Drawn {
    fn new(app: &App) -> (Self, Link) {
        let now = app.clock.now();
        let expires_at = now.plus(LINK_LIFETIME);
        let handle = crypto::issue_handle::<PasswordLink>(&app.random, expires_at);
        (Self { key: handle.key, now }, Link { value: Secret::new(handle.value), expires_at })
    }

    fn write(&self, tx: &mut Tx, circumstances: &Circumstances, user: &User) -> Result<(), StoreError> {
        write_link(tx, user, &self.key, false, self.now)?;
        circumstances.record(tx, AuditEvent::PasswordLinkIssued { user_id: user.id })
    }
}

impl Link {
    fn of(self, user: User) -> LinkedUser {
        LinkedUser { user, link: self.value, expires_at: self.expires_at }
    }
}

/// A person with all that an operator may see. The look is recorded (SEC-144).
///
/// # Errors
/// When the store fails.
pub async fn view_user(app: &App, by: &By, key: UserKey) -> Decided<UserDossier, UserRefusal> {
    let Some(user) = app.store.read(|tx| find(tx, &key))? else { return Ok(Err(UserRefusal::Unknown)) };
    // Recorded before anything is shown.
    record_look(app, by, AuditEvent::UserViewed { user_id: user.id }).await?;
    let dossier = app.store.read(|tx| {
        let Some(user) = users::find(tx, user.id)? else { return Ok(None) };
        let mut list = Vec::new();
        for membership in memberships::list_of_user(tx, user.id)? {
            let organization = organizations::get(tx, membership.organization_id)?;
            list.push((membership, organization));
        }
        let known = credentials::find(tx, user.id)?;
        let has_password = known.as_ref().is_some_and(|known| known.password_hash.is_some());
        let second_factors = known.map(|known| known.second_factors).unwrap_or_default();
        Ok(Some(UserDossier { user, has_password, second_factors, organizations: list }))
    })?;
    Ok(dossier.ok_or(UserRefusal::Unknown))
}

/// At most `limit` people after `after`, by identifier. The look is recorded, once for a listing.
///
/// # Errors
/// When the store fails.
pub async fn list_users(app: &App, by: &By, after: Option<UserId>, limit: usize) -> Result<Vec<User>, ActError> {
    if after.is_none() {
        record_look(app, by, AuditEvent::UsersListed).await?;
    }
    Ok(app.store.read(|tx| users::list(tx, after, limit))?)
}

/// Closes an account: nothing of this person is honoured any more, at once (SEC-37). Closing it twice changes nothing.
///
/// # Errors
/// When the store fails.
pub async fn disable_user(
    app: &App,
    by: &By,
    key: UserKey,
    even_the_last_administrator: bool,
) -> Decided<User, UserRefusal> {
    let may_lock_out = may_lock_out(by, even_the_last_administrator);
    let now = app.clock.now();
    change(app, by, key, move |tx, user| {
        if !user.may_sign_in() {
            return Ok(Ok(None));
        }
        if is_last_administrator(tx, user)? && !may_lock_out {
            return Ok(Err(UserRefusal::LastAdministrator));
        }
        user.disable(now);
        take_moderation_links(tx, user.id)?;
        Ok(Ok(Some((AuditEvent::UserDisabled { user_id: user.id }, AccountAct::Disabled))))
    })
    .await
}

/// Opens a closed account again; what was void stays void.
///
/// # Errors
/// When the store fails.
pub async fn enable_user(app: &App, by: &By, key: UserKey) -> Decided<User, UserRefusal> {
    change(app, by, key, |_, user| {
        if user.may_sign_in() {
            return Ok(Ok(None));
        }
        user.state = UserState::Active;
        Ok(Ok(Some((AuditEvent::UserEnabled { user_id: user.id }, AccountAct::Enabled))))
    })
    .await
}

/// Ends every session of a person, with every code, token and link (SEC-37).
///
/// # Errors
/// When the store fails.
pub async fn sign_out_user(app: &App, by: &By, key: UserKey) -> Decided<User, UserRefusal> {
    change(app, by, key, |_, user| {
        user.void_everything();
        Ok(Ok(Some((AuditEvent::UserSignedOut { user_id: user.id }, AccountAct::SignedOut))))
    })
    .await
}

/// Gives the account another address by the operator's word: what rested on the one before rests on nothing, whatever was
/// open is void, and nobody takes that back by a link of before. Both addresses are told. The new one is proven where the
/// operator says so; else its mailbox is, before anything else is opened.
///
/// # Errors
/// When the store fails.
pub async fn change_user_address(
    app: &App,
    by: &By,
    key: UserKey,
    to: Email,
    is_proven: bool,
) -> Decided<User, UserRefusal> {
    let (now, circumstances) = (app.clock.now(), Circumstances::of(app, by));
    let waits = app.store.read(|tx| find(tx, &key))?.filter(|_| is_proven);
    let reconsidering = match waits {
        Some(user) => Some(Reconsidering::prepare(app, user.id).await?),
        None => None,
    };
    change(app, by, key, move |tx, user| {
        if is_anothers(tx, &to, Some(user.id), now)? {
            return Ok(Err(UserRefusal::EmailTaken));
        }
        if user.email == to {
            return Ok(Ok(None));
        }
        tell(tx, user, AccountAct::AddressLeft, now)?;
        suspend_links(tx, user, &to, now)?;
        user.change_address(to.clone(), now);
        user.email_verified_at = is_proven.then_some(now);
        user.addresses_restored = user.addresses_restored.saturating_add(1);
        if let Some(reconsidering) = &reconsidering {
            reconsidering.carry_out(tx, user, &circumstances, now)?;
        }
        Ok(Ok(Some((AuditEvent::AddressChanged { user_id: user.id }, AccountAct::AddressGiven))))
    })
    .await
}

/// Tells a person what the operator did to their account.
pub(super) fn tell(tx: &mut Tx, user: &User, act: AccountAct, now: Timestamp) -> Result<(), StoreError> {
    let content = MailContent::AccountAdministered { at: now, act };
    outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), user.language(), content, now)).map(drop)
}

/// What is done to a person: what is recorded of it, and what they are told. Nothing for what changes nothing.
type Change = Option<(AuditEvent, AccountAct)>;

/// Changes a person in one transaction; no event, no write.
async fn change(
    app: &App,
    by: &By,
    key: UserKey,
    change: impl Fn(&mut Tx, &mut User) -> Result<Result<Change, UserRefusal>, StoreError> + Send + 'static,
) -> Decided<User, UserRefusal> {
    let (circumstances, now) = (Circumstances::of(app, by), app.clock.now());
    let outcome = app
        .store
        .write(move |tx| {
            let Some(mut user) = find(tx, &key)? else { return Ok(Err(UserRefusal::Unknown)) };
            match change(tx, &mut user)? {
                Ok(Some((event, act))) => {
                    users::update(tx, &user)?;
                    tell(tx, &user, act, now)?;
                    circumstances.record(tx, event)?;
                    Ok(Ok(user))
                }
                Ok(None) => Ok(Ok(user)),
                Err(refusal) => Ok(Err(refusal)),
            }
        })
        .await?;
    Ok(outcome)
}
