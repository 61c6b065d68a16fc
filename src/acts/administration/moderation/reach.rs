//! What whoever acts sees and decides, by the role that they have at this instant (R-29, SEC-141).

use std::collections::BTreeSet;

use crate::domain::{Actor, OrganizationId, Right, Role, User, UserId};
use crate::protocol::Timestamp;
use crate::store::{Read, StoreError, users};

/// The organizations whose requests somebody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::acts::administration) enum Reach {
    /// All of them.
    Everything,
    /// These.
    Some(BTreeSet<OrganizationId>),
}

impl Reach {
    /// What whoever acts sees.
    pub(in crate::acts::administration) fn of(
        tx: &impl Read,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        Ok(match actor {
            Actor::CommandLine(_) | Actor::Operator | Actor::System => Self::Everything,
            Actor::Visitor | Actor::Client(_) => Self::Some(BTreeSet::new()),
            Actor::User(id) | Actor::Officer { user_id: id, .. } => {
                let role = role_of(tx, *id)?.filter(|role| role.has(Right::ReadModerations, now));
                match role.map(|role| role.organizations().cloned()) {
                    Some(None) => Self::Everything,
                    Some(Some(some)) => Self::Some(some),
                    None => Self::Some(BTreeSet::new()),
                }
            }
        })
    }

    /// Whether requests for this one are there.
    pub(in crate::acts::administration) fn has(&self, id: OrganizationId) -> bool {
        match self {
            Self::Everything => true,
            Self::Some(some) => some.contains(&id),
        }
    }
}

/// Whether whoever acts decides for an organization.
pub(in crate::acts::administration) fn may_decide(
    tx: &impl Read,
    actor: &Actor,
    id: OrganizationId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(match actor {
        Actor::CommandLine(_) | Actor::Operator | Actor::System => true,
        Actor::Visitor | Actor::Client(_) => false,
        Actor::User(user_id) | Actor::Officer { user_id, .. } => {
            role_of(tx, *user_id)?.is_some_and(|role| role.may_moderate(id, now))
        }
    })
}

/// Whether whoever acts has a right, whichever the organization.
pub(in crate::acts::administration) fn has_right(
    tx: &impl Read,
    actor: &Actor,
    right: Right,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(match actor {
        Actor::CommandLine(_) | Actor::Operator | Actor::System => true,
        Actor::Visitor | Actor::Client(_) => false,
        Actor::User(id) | Actor::Officer { user_id: id, .. } => {
            role_of(tx, *id)?.is_some_and(|role| role.has(right, now))
        }
    })
}

/// Whether whoever acts enters organizations: a moderator of some has those, and no other.
pub(in crate::acts::administration) fn may_enter(
    tx: &impl Read,
    actor: &Actor,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(has_right(tx, actor, Right::ManageOrganizations, now)? && !is_delegated(tx, actor)?)
}

/// Whether whoever acts moderates some organizations only.
pub(in crate::acts::administration) fn is_delegated(tx: &impl Read, actor: &Actor) -> Result<bool, StoreError> {
    let role = actor.person().map_or(Ok(None), |id| role_of(tx, id))?;
    Ok(role.is_some_and(|role| role.is_delegated()))
}

/// The role that a person has at this instant.
fn role_of(tx: &impl Read, id: UserId) -> Result<Option<Role>, StoreError> {
    Ok(users::find(tx, id)?.filter(User::may_sign_in).and_then(|user| user.role))
}
