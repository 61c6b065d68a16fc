//! The account of a person.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Email, PersonalInformation, Role, SecondFactorUse, UnusedNotice};
use crate::domain::{OrganizationId, UserId};
use crate::protocol::{Locale, Timestamp};

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// In use.
    Active,
    /// Closed by an administrator: nothing of this person is honoured.
    Disabled {
        /// Since when.
        at: Timestamp,
    },
}

/// A person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The stable identifier, never reassigned.
    pub id: UserId,
    /// The address, unique among people.
    pub email: Email,
    /// The last time that the mailbox was proven; `None` before the first proof.
    pub email_verified_at: Option<Timestamp>,
    /// Names, telephone number and position, each empty until known.
    pub information: PersonalInformation,
    /// Whether the account may be used.
    pub state: UserState,
    /// What they may do for the instance as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether there is a second factor, and where it is asked.
    #[serde(default, skip_serializing_if = "SecondFactorUse::is_none")]
    pub second_factor: SecondFactorUse,
    /// When the account was opened.
    pub created_at: Timestamp,
    /// The last change of anything that the claims show.
    pub updated_at: Timestamp,
    /// How many times the person signed in.
    pub sign_in_count: u64,
    /// The last time they did.
    pub last_sign_in_at: Option<Timestamp>,
    /// The language of the pages when they last proved who they are; that of what is written to them without being asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// When the account came here from another system; what happened before is not all known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_at: Option<Timestamp>,
    /// That they were told of the erasure of the account, which nobody uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_notice: Option<UnusedNotice>,
    /// Since when whoever came back to an account that slept must prove more than that they have its mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
    /// When an administrator last said that the account is the person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouched_for_at: Option<Timestamp>,
    /// Raised to void every session and grant of this person at once.
    pub epoch: u32,
    /// How often a link with an organization was taken from them, by organization: what was given for it before is void.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links_taken: BTreeMap<OrganizationId, u32>,
    /// How many changes of the address were taken back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub addresses_restored: u32,
    /// Claims given to relying parties as they stand, over what the account would yield. Empty except for people
    /// invented to try a service with.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub additional_claims: Map<String, Value>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl User {
    /// An active account without proof of anything.
    pub fn new(id: UserId, email: Email, now: Timestamp) -> Self {
        Self {
            id,
            email,
            email_verified_at: None,
            information: PersonalInformation::default(),
            state: UserState::Active,
            role: None,
            second_factor: SecondFactorUse::None,
            created_at: now,
            updated_at: now,
            sign_in_count: 0,
            last_sign_in_at: None,
            locale: None,
            imported_at: None,
            unused_notice: None,
            held_since: None,
            vouched_for_at: None,
            epoch: 0,
            links_taken: BTreeMap::new(),
            addresses_restored: 0,
            additional_claims: Map::new(),
        }
    }

    /// Whether sessions and tokens made at `epoch` still count: the one answer to "is this account usable?".
    pub fn honours(&self, epoch: u32) -> bool {
        match self.state {
            UserState::Active => self.epoch == epoch,
            UserState::Disabled { .. } => false,
        }
    }

    /// Whether a new session may begin.
    pub fn may_sign_in(&self) -> bool {
        self.honours(self.epoch)
    }

    /// Whether they may do everything now: the role of a closed account is of no use.
    pub fn is_active_administrator(&self) -> bool {
        self.may_sign_in() && self.role.as_ref().is_some_and(Role::is_administrator)
    }

    /// The language of what an operator or a job has written to them: the one they used last, else that of the instance.
    pub fn language(&self) -> Locale {
        self.locale.unwrap_or(Locale::Fr)
    }

    /// Voids every session, code, token and link of this person at once.
    pub fn void_everything(&mut self) {
        self.epoch = self.epoch.saturating_add(1);
    }

    /// How often the link with an organization was taken away; nothing counts for whoever acts for none.
    pub fn link_epoch(&self, organization: Option<OrganizationId>) -> u32 {
        organization.and_then(|id| self.links_taken.get(&id).copied()).unwrap_or(0)
    }

    /// Voids what was given for an organization, and nothing else (SEC-37).
    pub fn take_link(&mut self, organization: OrganizationId) {
        let taken = self.links_taken.entry(organization).or_default();
        *taken = taken.saturating_add(1);
    }

    /// Gives the account another address, whose mailbox was just proven; everything that was open is void (SEC-37).
    pub fn change_address(&mut self, email: Email, now: Timestamp) {
        self.email = email;
        self.email_verified_at = Some(now);
        self.updated_at = now;
        self.void_everything();
    }

    /// Closes the account.
    pub fn disable(&mut self, now: Timestamp) {
        self.void_everything();
        self.state = UserState::Disabled { at: now };
    }

    /// Notes that the mailbox was proven.
    pub fn proved_mailbox(&mut self, now: Timestamp) {
        // The claims show whether it is proven, and not when.
        if self.email_verified_at.is_none() {
            self.updated_at = now;
        }
        self.email_verified_at = Some(now);
    }

    /// Notes a sign-in.
    pub fn signed_in(&mut self, now: Timestamp) {
        self.sign_in_count = self.sign_in_count.saturating_add(1);
        self.last_sign_in_at = Some(now);
        self.unused_notice = None;
    }
}
