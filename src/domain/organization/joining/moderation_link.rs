//! The link of a mail by which one moderator decides on one request, once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Moderation, ModerationId};
use crate::domain::{Role, User, UserId};
use crate::protocol::Timestamp;

/// How long it works, where nobody decides meanwhile.
pub const MODERATION_LINK_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// What such a link stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModerationLink {
    /// Who decides with it.
    pub user_id: UserId,
    /// Of which state of their account: what voids everything of theirs voids it.
    pub epoch: u32,
    /// On which request.
    pub moderation_id: ModerationId,
    /// How often the request had moved when the link was made.
    pub moves: usize,
    /// When it stops working.
    pub expires_at: Timestamp,
}

impl ModerationLink {
    /// A link for this moderator and this request, as both stand.
    pub fn new(moderator: &User, request: &Moderation, now: Timestamp) -> Self {
        Self {
            user_id: moderator.id,
            epoch: moderator.epoch,
            moderation_id: request.id,
            moves: request.history.len(),
            expires_at: now.plus(MODERATION_LINK_LIFETIME),
        }
    }

    /// Whether it works now: in its time, for whoever still moderates, and does so without being an administrator (SEC-138), on the request as it was when the link was made.
    pub fn opens(&self, moderator: &User, request: &Moderation, now: Timestamp) -> bool {
        let may_by = |role: &Role| role.may_moderate(request.organization_id, now) && !role.is_administrator();
        let may = moderator.role.as_ref().is_some_and(may_by);
        let is_theirs = moderator.id == self.user_id && moderator.honours(self.epoch) && may;
        let is_its = request.id == self.moderation_id && request.is_pending() && request.history.len() == self.moves;
        is_theirs && is_its && !self.expires_at.has_come(now)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::{Actor, ModerationKind, ModerationMove, ModerationState, OrganizationId, Role};
    use crate::protocol::Locale;

    #[test]
    fn sec_76_a_link_decides_once_for_its_moderator_in_its_time_and_on_its_request() {
        let now = Timestamp(1_795_424_400);
        let mut marie = User::new(UserId(1), "marie@dinum.example".parse().unwrap(), now);
        marie.role = Some(Role::Moderator { organizations: None, until: None });
        let request = Moderation {
            id: ModerationId(7),
            user_id: UserId(2),
            organization_id: OrganizationId(3),
            kind: ModerationKind::OrganizationJoinBlock,
            state: ModerationState::Pending { since: now, by: None },
            client_id: None,
            created_at: now,
            as_external: false,
            locale: Locale::Fr,
            asked_with: None,
            effect: None,
            history: Vec::new(),
            notes: Vec::new(),
        };
        let link = ModerationLink::new(&marie, &request, now);
        assert!(link.opens(&marie, &request, now));
        let end = now.plus(MODERATION_LINK_LIFETIME);
        assert!(!link.opens(&marie, &request, end), "its time is over");
        assert!(link.opens(&marie, &request, Timestamp(end.0 - 1)));
        let role = |role| User { role, ..marie.clone() };
        let elsewhere = Role::Moderator { organizations: Some(BTreeSet::from([OrganizationId(4)])), until: None };
        for without in [role(None), role(Some(Role::Reader)), role(Some(elsewhere))] {
            assert!(!link.opens(&without, &request, now), "who moderates it no more decides nothing");
        }
        let mut voided = marie.clone();
        voided.void_everything();
        assert!(!link.opens(&voided, &request, now), "SEC-37");
        assert!(!link.opens(&User { id: UserId(9), ..marie.clone() }, &request, now));
        assert!(!link.opens(&marie, &Moderation { id: ModerationId(8), ..request.clone() }, now));
        let accepted = request.moved(Actor::Operator, ModerationMove::Accept, now).unwrap();
        assert!(!link.opens(&marie, &accepted, now), "it is decided");
        let again = accepted.moved(Actor::Operator, ModerationMove::Reopen, now).unwrap();
        assert!(!link.opens(&marie, &again, now), "and is another question when it waits again");
    }
}
