//! What a person may do for the instance as a whole.

mod rights;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::OrganizationId;
use crate::protocol::Timestamp;

pub use rights::Right;

/// A role in the administration of the instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case", deny_unknown_fields)]
pub enum Role {
    /// Everything.
    Administrator,
    /// Decides who belongs to which organization.
    Moderator {
        /// For which organizations; all of them when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organizations: Option<BTreeSet<OrganizationId>>,
        /// Until when; without end when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// Reads, and changes nothing.
    Reader,
}

/// A role without for what and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    /// Everything.
    Administrator,
    /// Decides who belongs to which organization.
    Moderator,
    /// Reads, and changes nothing.
    Reader,
}

impl RoleName {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Moderator => "moderator",
            Self::Reader => "reader",
        }
    }
}

impl Role {
    /// Which one it is.
    pub fn name(&self) -> RoleName {
        match self {
            Self::Administrator => RoleName::Administrator,
            Self::Moderator { .. } => RoleName::Moderator,
            Self::Reader => RoleName::Reader,
        }
    }

    /// The word of the role.
    pub fn as_str(&self) -> &'static str {
        self.name().as_str()
    }

    /// Whether it may do everything.
    pub fn is_administrator(&self) -> bool {
        match self {
            Self::Administrator => true,
            Self::Moderator { .. } | Self::Reader => false,
        }
    }

    /// Whether it may decide for an organization at `now`.
    pub fn may_moderate(&self, organization_id: OrganizationId, now: Timestamp) -> bool {
        match self {
            Self::Administrator => true,
            Self::Moderator { organizations, until } => {
                let is_in_time = until.is_none_or(|until| !until.has_come(now));
                is_in_time && organizations.as_ref().is_none_or(|some| some.contains(&organization_id))
            }
            Self::Reader => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_29_a_moderator_decides_for_all_for_some_and_until_a_day() {
        let (one, other) = (OrganizationId(1), OrganizationId(2));
        let moderator = |organizations: Option<&[OrganizationId]>, until| Role::Moderator {
            organizations: organizations.map(|some| some.iter().copied().collect()),
            until,
        };
        let now = Timestamp(100);
        assert!(Role::Administrator.may_moderate(one, now) && !Role::Reader.may_moderate(one, now));
        assert!(moderator(None, None).may_moderate(one, now));
        assert!(moderator(Some(&[one]), None).may_moderate(one, now));
        assert!(!moderator(Some(&[one]), None).may_moderate(other, now));
        assert!(moderator(None, Some(Timestamp(101))).may_moderate(one, now));
        assert!(!moderator(None, Some(now)).may_moderate(one, now));
        assert!(!moderator(None, None).is_administrator());
    }
}
