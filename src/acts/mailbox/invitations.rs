//! Invitations, as the invited person meets them: looked at as often as one likes, accepted once.

use super::entry::Admission;
use super::password_judgement::{Chooser, judge_password};
use crate::acts::account::is_anothers;
use crate::acts::attempts::hex;
use crate::acts::facts::has_every_factor;
use crate::acts::new_session::{Drawn, Entry, NewSession, Opened, Opening, open_in};
use crate::acts::pre_sessions::InBrowser;
use crate::acts::sessions::{ActiveSession, find_live};
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::crypto;
use crate::domain::{
    Actor, AuditEvent, Credentials, Deed, Factor, HandleKey, Invitation, KnownBrowser, Membership, PasswordFault,
    Source, User, Verification,
};
use crate::protocol::{Locale, Timestamp};
use crate::store::{Read, StoreError, Tx, credentials, invitations, memberships, organizations, users};

/// The name by which operators and the audit know an invitation: 8 bytes of a digest.
pub(in crate::acts) fn invitation_name(key: &HandleKey<Invitation>) -> String {
    hex(key.digest().get(..8).unwrap_or_default())
}

/// What stands in the way of the invited person, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitedStanding {
    /// Nobody has the address: an account is opened.
    New,
    /// Its owner is signed in here.
    Owner,
    /// There is an account: its owner signs in first.
    HasAccount,
}

/// An invitation that works, for whoever looks at it.
#[derive(Debug, Clone)]
pub struct OpenInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// The name of the organization that it brings along.
    pub organization: Option<String>,
    /// What stands in the way.
    pub standing: InvitedStanding,
}

/// Looks at an invitation; `None` when it does not work. Looking uses nothing up: programs look at links too.
///
/// # Errors
/// When the store fails.
pub fn look_at_invitation(
    app: &App,
    value: &str,
    active: Option<&ActiveSession>,
) -> Result<Option<OpenInvitation>, ActError> {
    let Some(key) = crypto::parse_handle::<Invitation>(value) else { return Ok(None) };
    let now = app.clock.now();
    let owner = active.filter(|active| has_every_factor(app, active)).map(|active| active.user.id);
    Ok(app.store.read(|tx| {
        let Some(invitation) = find_open(tx, &key, now)? else { return Ok(None) };
        let organization = label_of(tx, &invitation)?;
        let standing = match users::find_by_email(tx, &invitation.email)? {
            None => InvitedStanding::New,
            Some(user) if Some(user.id) == owner => InvitedStanding::Owner,
            Some(_) => InvitedStanding::HasAccount,
        };
        Ok(Some(OpenInvitation { invitation, organization, standing }))
    })?)
}

/// The name of the organization that it brings along.
fn label_of(tx: &impl Read, invitation: &Invitation) -> Result<Option<String>, StoreError> {
    let Some(invited) = invitation.organization else { return Ok(None) };
    Ok(organizations::find(tx, invited.organization_id)?.map(|found| found.label))
}

fn find_open(tx: &impl Read, key: &HandleKey<Invitation>, now: Timestamp) -> Result<Option<Invitation>, StoreError> {
    Ok(invitations::find(tx, key)?.filter(|invitation| invitation.is_open(now)))
}

/// An invitation that is accepted by somebody new.
pub struct Acceptance<'a> {
    /// The value of the link.
    pub value: &'a str,
    /// The password of the account to be.
    pub password: &'a str,
    /// From where.
    pub source: Source,
    /// What the browser shows to say that somebody signed in in it before.
    pub known_browser: Option<&'a str>,
    /// In which browser.
    pub place: InBrowser<'a>,
    /// The language of the person's mails.
    pub locale: Locale,
}

/// What became of it.
#[derive(Debug)]
pub enum AcceptanceOutcome {
    /// The account is open, and its owner signed in.
    Opened(Box<NewSession>),
    /// The password cannot be one: the invitation still works.
    Refused(PasswordFault),
    /// There is an account with this address since: the invitation still works.
    HasAccount,
    /// It does not work any more.
    Void,
}

enum Outcome {
    Opened(Box<Opened>),
    HasAccount,
    Void,
    Superseded,
}

/// Accepts an invitation: account, password and membership begin in one transaction, and the mailbox is proven by the link,
/// which went to it and to nobody else.
///
/// # Errors
/// A full lane, or a failing store.
pub async fn accept_invitation(app: &App, by: &By, acceptance: Acceptance<'_>) -> Result<AcceptanceOutcome, ActError> {
    let Some(key) = crypto::parse_handle::<Invitation>(acceptance.value) else { return Ok(AcceptanceOutcome::Void) };
    let now = app.clock.now();
    let found = app.store.read(|tx| match find_open(tx, &key, now)? {
        Some(invitation) => Ok(Some((label_of(tx, &invitation)?, invitation))),
        None => Ok(None),
    })?;
    let Some((label, invitation)) = found else { return Ok(AcceptanceOutcome::Void) };
    let normalized = crypto::normalize_password(acceptance.password);
    let chooser = Chooser::Invited(label.as_deref());
    if let Err(fault) = judge_password(app, &normalized, &invitation.email, chooser).await? {
        return Ok(AcceptanceOutcome::Refused(fault));
    }
    let hashed = app.passwords.hash(&acceptance.source.to_string(), acceptance.password).await;
    let job = Job {
        key,
        password_hash: hashed.map_err(|_| ActError::Busy)?,
        opening: Opening {
            asserted: None,
            interaction: None,
            browser: acceptance.place.handle,
            previous: acceptance.place.session.map(|active| active.key),
            entry: Entry::Mail(Factor::EmailLink),
            known_browser: acceptance.known_browser.and_then(crypto::parse_handle::<KnownBrowser>),
            locale: acceptance.locale,
        },
        drawn: Drawn::new(app),
        admission: Admission::new(app),
        circumstances: Circumstances::of(app, by),
    };
    let drawn = job.drawn.clone();
    Ok(match app.store.write(move |tx| job.run(tx, now)).await? {
        Outcome::Opened(opened) => AcceptanceOutcome::Opened(Box::new(drawn.hand_out(*opened))),
        Outcome::HasAccount => AcceptanceOutcome::HasAccount,
        Outcome::Void => AcceptanceOutcome::Void,
        Outcome::Superseded => return Err(ActError::Superseded),
    })
}

struct Job {
    key: HandleKey<Invitation>,
    password_hash: String,
    opening: Opening,
    drawn: Drawn,
    admission: Admission,
    circumstances: Circumstances,
}

impl Job {
    fn run(&self, tx: &mut Tx, now: Timestamp) -> Result<Outcome, StoreError> {
        let Some(invitation) = find_open(tx, &self.key, now)? else { return Ok(Outcome::Void) };
        if is_anothers(tx, &invitation.email, None, now)? {
            return Ok(Outcome::HasAccount);
        }
        let user = User::new(self.admission.fresh_id(), invitation.email.clone(), now);
        users::insert(tx, &user)?;
        credentials::insert(tx, &Credentials::new(user.id, Some(self.password_hash.clone()), now))?;
        self.circumstances.record(tx, AuditEvent::AccountOpened { user_id: user.id })?;
        redeem(tx, &self.circumstances, &self.key, invitation, &user, now)?;
        Ok(match open_in(tx, &self.circumstances, user, &self.opening, &self.drawn)? {
            Some(opened) => Outcome::Opened(Box::new(opened)),
            None => Outcome::Superseded,
        })
    }
}

/// Uses an invitation up for this person. Who they belong to already stays as it is.
fn redeem(
    tx: &mut Tx,
    circumstances: &Circumstances,
    key: &HandleKey<Invitation>,
    invitation: Invitation,
    user: &User,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Nobody joins an establishment that closed meanwhile, or of which nobody knows what it is (SEC-107, SEC-199).
    let is_open = |id| {
        let known = organizations::find(tx, id)?;
        Ok::<_, StoreError>(known.is_some_and(|known| known.is_active && known.is_confirmed()))
    };
    let invited_to = match invitation.organization {
        Some(invited) if is_open(invited.organization_id)? => Some(invited),
        Some(_) | None => None,
    };
    let Some(accepted) = invitation.accepted(user.id, now) else { return Ok(()) };
    invitations::close(tx, key, &accepted)?;
    let organization_id = invited_to.map(|invited| invited.organization_id);
    let event = AuditEvent::InvitationAccepted { user_id: user.id, invitation: invitation_name(key), organization_id };
    circumstances.record(tx, event)?;
    let Some(invited) = invited_to else { return Ok(()) };
    let (user_id, organization_id, is_external) = (user.id, invited.organization_id, invited.is_external);
    if memberships::find(tx, user_id, organization_id)?.is_some() {
        return Ok(());
    }
    // Who was invited joins; who invited them answers for it.
    let made = Deed { by: Actor::User(user_id), at: now };
    let membership =
        Membership::begin((user_id, organization_id), Verification::Invitation, is_external, made).greeted();
    let verified = Some(Deed { by: accepted.invited_by, at: now });
    memberships::insert(tx, &Membership { verified, ..membership })
}

/// Accepts an invitation as somebody who has an account with its address, and is signed in. Whether it worked.
///
/// # Errors
/// When the store fails.
pub async fn join_by_invitation(app: &App, by: &By, value: &str, active: &ActiveSession) -> Result<bool, ActError> {
    let Some(key) = crypto::parse_handle::<Invitation>(value) else { return Ok(false) };
    if !has_every_factor(app, active) {
        return Ok(false);
    }
    let (now, session) = (app.clock.now(), active.key);
    let circumstances = Circumstances::of(app, by);
    let has_joined = app
        .store
        .write(move |tx| {
            let Some((session, user)) = find_live(tx, &session, now)? else { return Ok(false) };
            let found = find_open(tx, &key, now)?.filter(|invitation| invitation.email == user.email);
            let Some(invitation) = found else { return Ok(false) };
            redeem(tx, &circumstances.in_session(&session), &key, invitation, &user, now)?;
            Ok(true)
        })
        .await?;
    Ok(has_joined)
}
