//! What waits for whoever is at work in the console: counts that cost the same however much there is.

use super::Officer;
use crate::acts::ActError;
use crate::app::App;
use crate::protocol::Timestamp;
use crate::store::moderations::{Among, Direction};
use crate::store::{StoreError, moderations, organizations, users};

/// How many requests that wait are counted for a moderator of some organizations.
const LOOKED_THROUGH: usize = 500;

/// What there is, as far as the officer may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overview {
    /// Requests that wait for a moderator.
    pub pending: u64,
    /// Whether there may be more: those looked through are not all.
    pub may_be_more: bool,
    /// Since when the oldest of them waits.
    pub oldest_at: Option<Timestamp>,
    /// Organizations that are known here.
    pub organizations: u64,
    /// People who have a role.
    pub people_with_roles: u64,
}

/// Looks over what there is.
///
/// # Errors
/// When the store fails.
pub fn look_over(app: &App, officer: &Officer) -> Result<Overview, ActError> {
    let overview = app.store.read(|tx| {
        let people_with_roles = users::count_with_role(tx)?;
        let Some(own) = officer.role.organizations() else {
            let oldest = moderations::walk(tx, &Among::Pending, Direction::OldestFirst, None, 1)?;
            return Ok(Overview {
                pending: moderations::count_pending(tx)?,
                may_be_more: false,
                oldest_at: oldest.first().map(|request| request.created_at),
                organizations: organizations::count(tx)?,
                people_with_roles,
            });
        };
        let among = Among::PendingOf(own.iter().copied().collect());
        let theirs = moderations::walk(tx, &among, Direction::OldestFirst, None, LOOKED_THROUGH)?;
        let may_be_more = theirs.len() == LOOKED_THROUGH;
        Ok::<_, StoreError>(Overview {
            pending: u64::try_from(theirs.len()).unwrap_or(u64::MAX),
            may_be_more,
            oldest_at: theirs.first().map(|request| request.created_at),
            organizations: u64::try_from(own.len()).unwrap_or(u64::MAX),
            people_with_roles,
        })
    })?;
    Ok(overview)
}
