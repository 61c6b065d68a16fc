//! Who comes in by a secret that was mailed to an address: the person who has it, or a new one.

use super::passwords::set_password;
use crate::acts::Circumstances;
use crate::acts::account::{find_way_back, take_away};
use crate::app::App;
use crate::domain::{AuditEvent, Credentials, Email, MailContent, OutgoingMail, User, UserId};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, Tx, credentials, outbox, users};

/// What a write job needs, drawn before it because it may run more than once.
#[derive(Clone)]
pub(super) struct Admission {
    fresh_id: UserId,
    sign_up: bool,
    now: Timestamp,
}

impl Admission {
    pub(super) fn new(app: &App) -> Self {
        let sign_up = app.config.accounts.sign_up;
        Self { fresh_id: UserId(app.random.user_id()), sign_up, now: app.clock.now() }
    }
}

impl Admission {
    /// The identifier of an account to be.
    pub(super) fn fresh_id(&self) -> UserId {
        self.fresh_id
    }
}

/// Who comes in.
pub(super) enum Verdict {
    /// This person. Their mailbox is not noted as proven yet.
    Admitted(Box<User>),
    /// The account has a password already, which the one chosen here does not replace.
    AlreadyThere,
    /// Nobody: the account is closed, or accounts are opened by the operator only.
    Closed,
}

/// Whoever gave a mailed secret back.
pub(super) struct Claimant {
    /// The address that it was mailed to.
    pub(super) email: Email,
    /// The epoch of the account with that address at that time: what ends its sessions ends what was mailed (SEC-37).
    pub(super) epoch: Option<u32>,
}

impl Admission {
    /// Whether the door is open to whoever has a secret that was mailed so.
    pub(super) fn is_open_to(&self, tx: &impl Read, claimant: &Claimant) -> Result<bool, StoreError> {
        Ok(match users::find_by_email(tx, &claimant.email)? {
            // An account that was opened meanwhile is at its first epoch; one that came to this address is past it.
            Some(user) => user.honours(claimant.epoch.unwrap_or_default()),
            // Whoever had the address took another one meanwhile: what was mailed before opens nothing here (SEC-105).
            None => {
                let was_anothers = claimant.epoch.is_some() || find_way_back(tx, &claimant.email, self.now)?.is_some();
                self.sign_up && !was_anothers
            }
        })
    }
}

/// The person with this address, whose reader has just given back what was mailed to it; a new account when there is none
/// and there was none. A password chosen on the way becomes that of an account without one: nothing that was chosen before
/// the mailbox was proven is ever left behind in an account (SEC-103).
pub(super) fn admit(
    tx: &mut Tx,
    circumstances: &Circumstances,
    admission: &Admission,
    claimant: &Claimant,
    password_hash: Option<&String>,
) -> Result<Verdict, StoreError> {
    let now = admission.now;
    if !admission.is_open_to(tx, claimant)? {
        return Ok(Verdict::Closed);
    }
    let Some(user) = users::find_by_email(tx, &claimant.email)? else {
        let user = User::new(admission.fresh_id, claimant.email.clone(), now);
        users::insert(tx, &user)?;
        credentials::insert(tx, &Credentials::new(user.id, password_hash.cloned(), now))?;
        circumstances.record(tx, AuditEvent::AccountOpened { user_id: user.id })?;
        return Ok(Verdict::Admitted(Box::new(user)));
    };
    let user = match user.email_verified_at {
        Some(_) => user,
        None => wipe_unproven(tx, user, now)?,
    };
    let has_password = credentials::find(tx, user.id)?.is_some_and(|known| known.password_hash.is_some());
    match (password_hash, has_password) {
        (None, _) => {}
        (Some(_), true) => return Ok(Verdict::AlreadyThere),
        (Some(hash), false) => {
            set_password(tx, user.id, hash.clone(), now)?;
            circumstances.record(tx, AuditEvent::PasswordChanged { user_id: user.id })?;
            // As wherever else a password is chosen (SEC-37, SEC-66).
            let mut user = user;
            user.void_everything();
            users::update(tx, &user)?;
            let content = MailContent::PasswordChanged { at: now };
            outbox::insert(tx, &OutgoingMail::notice(user.email.clone(), user.language(), content, now))?;
            return Ok(Verdict::Admitted(Box::new(user)));
        }
    }
    Ok(Verdict::Admitted(Box::new(user)))
}

/// The first proof of the mailbox comes by another way than that by which the account has what it has: whoever had it
/// written there may be anybody (SEC-103).
fn wipe_unproven(tx: &mut Tx, mut user: User, now: Timestamp) -> Result<User, StoreError> {
    let Some(known) = credentials::find(tx, user.id)? else { return Ok(user) };
    if known.password_hash.is_none() && known.second_factors.is_untouched() {
        return Ok(user);
    }
    take_away(tx, &mut user, now)?;
    credentials::update(tx, &Credentials::new(user.id, None, now))?;
    user.void_everything();
    users::update(tx, &user)?;
    Ok(user)
}
