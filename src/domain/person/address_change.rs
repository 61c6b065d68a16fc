//! The address of an account was changed: what the link is good for that was told to the one before.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Email, User};
use crate::domain::{OrganizationId, UserId, Verification};
use crate::protocol::Timestamp;

/// How long before a change somebody may have sat in the account who prepared it.
const PREPARED_WITHIN: Duration = Duration::from_secs(72 * 3600);

/// A change that was made, kept for as long as it can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressChange {
    /// Whose address it is.
    pub user_id: UserId,
    /// The address before.
    pub from: Email,
    /// The address after.
    pub to: Email,
    /// How many changes of this account had been taken back when it was made.
    pub generation: u32,
    /// When it was made.
    pub at: Timestamp,
    /// When it stands for good.
    pub expires_at: Timestamp,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<Timestamp>,
    /// The links to organizations that rested on the domain before, and how.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspended: Vec<(OrganizationId, Verification)>,
}

/// Why a change cannot be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressChangeRefusal {
    /// Its time is over, or an earlier change was taken back, and this one with it.
    Void,
    /// It was taken back already.
    Done,
}

impl AddressChange {
    /// Whether it can be taken back now. Whoever had the account first wins: where an earlier change was taken back, those
    /// after it are no way to the account any more.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn check(&self, user: &User, now: Timestamp) -> Result<(), AddressChangeRefusal> {
        if self.undone_at.is_some() {
            return Err(AddressChangeRefusal::Done);
        }
        if self.user_id != user.id || self.generation != user.addresses_restored || self.expires_at.has_come(now) {
            return Err(AddressChangeRefusal::Void);
        }
        Ok(())
    }

    /// From when on what was set up in the account may be of whoever made the change.
    pub fn suspicious_from(&self) -> Timestamp {
        self.at.minus(PREPARED_WITHIN)
    }

    /// Takes it back: the account has the address before, proven by whoever reads its mailbox, and everything that was open
    /// in it is void.
    ///
    /// # Errors
    /// Why it cannot be; nothing changes then.
    pub fn undo(self, user: User, now: Timestamp) -> Result<(Self, User), AddressChangeRefusal> {
        self.check(&user, now)?;
        let mut user = User { addresses_restored: user.addresses_restored.saturating_add(1), ..user };
        user.change_address(self.from.clone(), now);
        Ok((Self { undone_at: Some(now), ..self }, user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn change(user: &User, to: &str) -> (AddressChange, User) {
        let change = AddressChange {
            user_id: user.id,
            from: user.email.clone(),
            to: to.parse().unwrap(),
            generation: user.addresses_restored,
            at: NOW,
            expires_at: NOW.plus(Duration::from_secs(72 * 3600)),
            undone_at: None,
            suspended: Vec::new(),
        };
        let mut user = user.clone();
        user.change_address(change.to.clone(), NOW);
        (change, user)
    }

    #[test]
    fn sec_105_a_change_is_taken_back_once_within_72_hours() {
        let owner = User::new(UserId(7), "jean@exemple.fr".parse().unwrap(), NOW);
        let (first, user) = change(&owner, "voleur@exemple.net");
        assert_eq!(user.email.as_str(), "voleur@exemple.net");
        assert!(!user.honours(owner.epoch), "SEC-37: everything of before is void");
        let last = NOW.plus(Duration::from_secs(72 * 3600 - 1));
        assert_eq!(first.check(&user, last), Ok(()));
        assert_eq!(first.check(&user, last.plus(Duration::from_secs(1))), Err(AddressChangeRefusal::Void));
        let (done, restored) = first.clone().undo(user.clone(), last).unwrap();
        assert_eq!((restored.email.as_str(), restored.email_verified_at), ("jean@exemple.fr", Some(last)));
        assert!(!restored.honours(user.epoch));
        assert_eq!(done.check(&restored, last), Err(AddressChangeRefusal::Done));
        let other = User::new(UserId(8), "marie@exemple.fr".parse().unwrap(), NOW);
        assert_eq!(first.check(&other, NOW), Err(AddressChangeRefusal::Void));
    }

    #[test]
    fn sec_105_whoever_had_the_account_first_takes_it_back_over_every_change_after() {
        let owner = User::new(UserId(7), "jean@exemple.fr".parse().unwrap(), NOW);
        let (first, user) = change(&owner, "voleur@exemple.net");
        let (second, user) = change(&user, "voleur2@exemple.net");
        let (_, restored) = first.undo(user.clone(), NOW).unwrap();
        assert_eq!(restored.email.as_str(), "jean@exemple.fr");
        assert_eq!(second.clone().undo(restored, NOW).unwrap_err(), AddressChangeRefusal::Void);
        assert_eq!(second.undo(user, NOW).unwrap().1.email.as_str(), "voleur@exemple.net", "alone it would do");
    }
}
