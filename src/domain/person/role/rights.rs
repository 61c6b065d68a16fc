//! What each role may do in the console of administration: one table (SEC-138, R-29).

use std::collections::BTreeSet;

use super::Role;
use crate::domain::OrganizationId;
use crate::protocol::Timestamp;

/// Something that may be done in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// To be there.
    Enter,
    /// To look at requests to join.
    ReadModerations,
    /// To decide on them.
    Moderate,
    /// To look at organizations, their domains and those who belong to them.
    ReadOrganizations,
    /// To change these.
    ManageOrganizations,
    /// To see who has which role.
    ReadTeam,
    /// To give roles and to take them away.
    ManageTeam,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 7] = [
        Self::Enter,
        Self::ReadModerations,
        Self::Moderate,
        Self::ReadOrganizations,
        Self::ManageOrganizations,
        Self::ReadTeam,
        Self::ManageTeam,
    ];
}

/// What a moderator may do.
const OF_MODERATORS: &[Right] =
    &[Right::Enter, Right::ReadModerations, Right::Moderate, Right::ReadOrganizations, Right::ManageOrganizations];

/// What a reader may do.
const OF_READERS: &[Right] = &[Right::Enter, Right::ReadModerations, Right::ReadOrganizations, Right::ReadTeam];

impl Role {
    /// Whether it gives a right at `now`; a role whose day has come gives none. A moderator for some organizations has
    /// rights over those alone: [`Role::may_see`] and [`Role::may_moderate`] say so one by one.
    pub fn has(&self, right: Right, now: Timestamp) -> bool {
        match self {
            Self::Administrator => true,
            Self::Moderator { until, .. } => {
                until.is_none_or(|until| !until.has_come(now)) && OF_MODERATORS.contains(&right)
            }
            Self::Reader => OF_READERS.contains(&right),
        }
    }

    /// Whether it may look at an organization at `now`, and at those who belong to it.
    pub fn may_see(&self, organization_id: OrganizationId, now: Timestamp) -> bool {
        match self {
            Self::Administrator | Self::Reader => true,
            Self::Moderator { .. } => self.may_moderate(organization_id, now),
        }
    }

    /// The end of the role, where it has one.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Self::Moderator { until, .. } => *until,
            Self::Administrator | Self::Reader => None,
        }
    }

    /// The organizations that it concerns, where it does not concern all of them.
    pub fn organizations(&self) -> Option<&BTreeSet<OrganizationId>> {
        match self {
            Self::Moderator { organizations, .. } => organizations.as_ref(),
            Self::Administrator | Self::Reader => None,
        }
    }

    /// Whether it concerns some organizations only.
    pub fn is_delegated(&self) -> bool {
        self.organizations().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(100);

    fn moderator(until: Option<Timestamp>) -> Role {
        Role::Moderator { organizations: None, until }
    }

    #[test]
    fn sec_138_r_29_every_role_has_the_rights_of_its_row_and_no_other() {
        use Right::*;
        let table: [(Role, &[Right]); 4] = [
            (
                Role::Administrator,
                &[Enter, ReadModerations, Moderate, ReadOrganizations, ManageOrganizations, ReadTeam, ManageTeam],
            ),
            (moderator(None), &[Enter, ReadModerations, Moderate, ReadOrganizations, ManageOrganizations]),
            (Role::Reader, &[Enter, ReadModerations, ReadOrganizations, ReadTeam]),
            (moderator(Some(NOW)), &[]),
        ];
        for (role, rights) in table {
            let has: Vec<Right> = Right::ALL.into_iter().filter(|right| role.has(*right, NOW)).collect();
            assert_eq!(has, rights, "{role:?}");
        }
    }

    #[test]
    fn r_29_a_moderator_until_a_day_has_rights_until_then() {
        let role = moderator(Some(Timestamp(101)));
        assert!(role.has(Right::Moderate, NOW) && !role.has(Right::Moderate, Timestamp(101)));
        assert_eq!(role.until(), Some(Timestamp(101)));
    }

    #[test]
    fn sec_141_r_29_a_moderator_for_some_organizations_sees_those_and_no_other() {
        let (own, other) = (OrganizationId(1), OrganizationId(2));
        let delegated = Role::Moderator { organizations: Some([own].into()), until: None };
        assert!(delegated.may_see(own, NOW) && !delegated.may_see(other, NOW) && delegated.is_delegated());
        for role in [Role::Administrator, Role::Reader, moderator(None)] {
            assert!(role.may_see(own, NOW) && role.may_see(other, NOW) && !role.is_delegated(), "{role:?}");
        }
        assert!(!moderator(Some(NOW)).may_see(own, NOW));
    }
}
