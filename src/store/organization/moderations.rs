//! Requests that a moderator decides on, found by number, by person, by organization, and those that wait.

use crate::domain::{Moderation, ModerationId, OrganizationId, UserId};
use crate::protocol::Timestamp;
use crate::store::engine::Table;
use crate::store::{Read, Snapshot, StoreError, Tx, counters};

pub(in crate::store) const MODERATIONS: Table<ModerationId, Moderation> = Table::new("moderations");
pub(in crate::store) const BY_USER: Table<(UserId, ModerationId), ModerationId> = Table::new("moderations_by_user");
pub(in crate::store) const BY_ORGANIZATION: Table<(OrganizationId, ModerationId), ModerationId> =
    Table::new("moderations_by_organization");
pub(in crate::store) const PENDING: Table<ModerationId, ModerationId> = Table::new("moderations_pending");
pub(in crate::store) const PENDING_OF: Table<(OrganizationId, ModerationId), ModerationId> =
    Table::new("moderations_pending_by_organization");
/// How many requests are indexed at once.
const AT_ONCE: usize = 500;
pub(in crate::store) const COUNTER: &str = "moderations";

/// More requests than a person makes; a bound, so that no listing is endless.
const OF_ONE_USER: usize = 10_000;

/// The request with this number.
pub fn find(tx: &impl Read, id: ModerationId) -> Result<Option<Moderation>, StoreError> {
    MODERATIONS.find(tx, &id)
}

/// Among which requests one goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Among {
    /// All of them.
    All,
    /// Those that wait.
    Pending,
    /// Those of a person.
    User(UserId),
    /// Those for these organizations.
    Organizations(Vec<OrganizationId>),
    /// Those for these organizations that wait.
    PendingOf(Vec<OrganizationId>),
}

/// In which order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first.
    OldestFirst,
    /// The greatest first.
    LatestFirst,
}

/// At most `limit` requests beyond `from` in that direction, without a look at any other.
pub fn walk(
    tx: &impl Read,
    among: &Among,
    direction: Direction,
    from: Option<ModerationId>,
    limit: usize,
) -> Result<Vec<Moderation>, StoreError> {
    use Direction::{LatestFirst, OldestFirst};
    match (among, direction) {
        (Among::All, OldestFirst) => MODERATIONS.list(tx, from.as_ref(), limit),
        (Among::All, LatestFirst) => MODERATIONS.list_latest(tx, from.as_ref(), limit),
        (Among::Pending, OldestFirst) => of(tx, PENDING.list(tx, from.as_ref(), limit)?),
        (Among::Pending, LatestFirst) => of(tx, PENDING.list_latest(tx, from.as_ref(), limit)?),
        (Among::User(id), OldestFirst) => {
            of(tx, BY_USER.list_within(tx, id, from.map(|from| (*id, from)).as_ref(), limit)?)
        }
        (Among::User(id), LatestFirst) => {
            of(tx, BY_USER.list_latest_within(tx, id, from.map(|from| (*id, from)).as_ref(), limit)?)
        }
        (Among::Organizations(some), _) => within(tx, &BY_ORGANIZATION, some, (direction, from), limit),
        (Among::PendingOf(some), _) => within(tx, &PENDING_OF, some, (direction, from), limit),
    }
}

/// The same in an index by organization.
fn within(
    tx: &impl Read,
    index: &Table<(OrganizationId, ModerationId), ModerationId>,
    some: &[OrganizationId],
    (direction, from): (Direction, Option<ModerationId>),
    limit: usize,
) -> Result<Vec<Moderation>, StoreError> {
    let mut ids = Vec::new();
    for id in some {
        let from = from.map(|from| (*id, from));
        ids.extend(match direction {
            Direction::OldestFirst => index.list_within(tx, id, from.as_ref(), limit)?,
            Direction::LatestFirst => index.list_latest_within(tx, id, from.as_ref(), limit)?,
        });
    }
    ids.sort_unstable();
    if direction == Direction::LatestFirst {
        ids.reverse();
    }
    ids.truncate(limit);
    of(tx, ids)
}

/// The number of the first request that was made at `at` or after; one that is not given yet where there is none. Numbers are
/// given in the order of time: a few looks are enough, however many there are.
pub fn first_since(tx: &impl Read, at: Timestamp) -> Result<ModerationId, StoreError> {
    let (mut low, mut high) = (0, last_id(tx)?.saturating_add(1));
    while low < high {
        let middle = low.midpoint(high);
        let before = middle.checked_sub(1).map(ModerationId);
        match MODERATIONS.list(tx, before.as_ref(), 1)?.first() {
            Some(found) if found.created_at < at => low = found.id.0.saturating_add(1),
            Some(_) | None => high = middle,
        }
    }
    Ok(ModerationId(low))
}

/// How many requests wait.
pub fn count_pending(tx: &Snapshot) -> Result<u64, StoreError> {
    tx.count(PENDING.name())
}

/// Every request of a person, the oldest first.
pub fn list_of_user(tx: &impl Read, user_id: UserId) -> Result<Vec<Moderation>, StoreError> {
    of(tx, BY_USER.list_within(tx, &user_id, None, OF_ONE_USER)?)
}

fn of(tx: &impl Read, ids: Vec<ModerationId>) -> Result<Vec<Moderation>, StoreError> {
    ids.iter().map(|id| MODERATIONS.get(tx, id)).collect()
}

/// The next number; not given again once the transaction is kept.
pub fn next_id(tx: &mut Tx) -> Result<ModerationId, StoreError> {
    counters::next(tx, COUNTER).map(ModerationId)
}

/// The last number ever given.
pub(in crate::store) fn last_id(tx: &impl Read) -> Result<u64, StoreError> {
    counters::last(tx, COUNTER)
}

/// Enters a request under a number of [`next_id`].
pub fn insert(tx: &mut Tx, moderation: &Moderation) -> Result<(), StoreError> {
    MODERATIONS.insert(tx, &moderation.id, moderation)?;
    index(tx, moderation)
}

/// Puts a request into every index.
pub(in crate::store) fn index(tx: &mut Tx, moderation: &Moderation) -> Result<(), StoreError> {
    let Moderation { id, user_id, organization_id, .. } = *moderation;
    BY_USER.put(tx, &(user_id, id), &id)?;
    BY_ORGANIZATION.put(tx, &(organization_id, id), &id)?;
    note_pending(tx, moderation)
}

/// Writes a request anew; person and organization stay what they were.
pub fn update(tx: &mut Tx, moderation: &Moderation) -> Result<(), StoreError> {
    MODERATIONS.update(tx, &moderation.id, moderation)?;
    note_pending(tx, moderation)
}

fn note_pending(tx: &mut Tx, moderation: &Moderation) -> Result<(), StoreError> {
    let Moderation { id, organization_id, .. } = *moderation;
    match moderation.is_pending() {
        true => {
            PENDING.put(tx, &id, &id)?;
            PENDING_OF.put(tx, &(organization_id, id), &id).map(drop)
        }
        false => {
            PENDING.delete(tx, &id)?;
            PENDING_OF.delete(tx, &(organization_id, id)).map(drop)
        }
    }
}

/// Makes the index by organization of those that wait in a database that had none.
pub(in crate::store) fn index_pending(tx: &mut Tx) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let some = of(tx, PENDING.list(tx, after.as_ref(), AT_ONCE)?)?;
        let Some(last) = some.last() else { return Ok(()) };
        after = Some(last.id);
        some.iter().try_for_each(|moderation| note_pending(tx, moderation))?;
    }
}

/// Deletes a request.
pub fn delete(tx: &mut Tx, moderation: &Moderation) -> Result<(), StoreError> {
    let Moderation { id, user_id, organization_id, .. } = *moderation;
    PENDING.delete(tx, &id)?;
    PENDING_OF.delete(tx, &(organization_id, id))?;
    BY_ORGANIZATION.delete(tx, &(organization_id, id))?;
    BY_USER.delete(tx, &(user_id, id))?;
    MODERATIONS.delete(tx, &id).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Actor, ModerationKind, ModerationMove, ModerationState};
    use crate::protocol::Locale;
    use crate::store::{Location, Opening, Store, engine};

    const NOW: Timestamp = Timestamp(1_700_000_000);

    fn request(id: u64, organization: u64) -> Moderation {
        Moderation {
            id: ModerationId(id),
            user_id: UserId(7),
            organization_id: OrganizationId(organization),
            kind: ModerationKind::OrganizationJoinBlock,
            state: ModerationState::Pending { since: NOW, by: None },
            client_id: None,
            created_at: NOW,
            as_external: false,
            locale: Locale::Fr,
            asked_with: None,
            effect: None,
            history: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn opening(directory: &std::path::Path) -> Opening {
        Opening {
            location: Location::Directory(directory.to_owned()),
            cache_bytes: 1024 * 1024,
            mode: String::from("serve"),
            issuer: String::from("https://identity.example"),
            instance_id: String::from("test"),
            accept_issuer_change: false,
            now: NOW,
        }
    }

    fn waiting(store: &Store, organizations: &[u64]) -> Vec<u64> {
        let among = Among::PendingOf(organizations.iter().copied().map(OrganizationId).collect());
        let found = store.read(|tx| walk(tx, &among, Direction::OldestFirst, None, 10)).unwrap();
        found.iter().map(|request| request.id.0).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sec_215_what_waits_is_found_by_its_organization_also_in_a_database_of_before() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(opening(directory.path())).unwrap();
        store
            .write(|tx| {
                for (id, organization) in [(1, 1), (2, 2), (3, 1), (4, 3)] {
                    insert(tx, &request(id, organization))?;
                }
                let decided = request(3, 1).moved(Actor::Operator, ModerationMove::Accept, NOW).unwrap();
                update(tx, &decided)?;
                delete(tx, &request(4, 3))
            })
            .await
            .unwrap();
        assert_eq!((waiting(&store, &[1, 3]), waiting(&store, &[2, 1])), (vec![1], vec![1, 2]));
        store
            .write(|tx| {
                for (id, organization) in [(1, 1), (2, 2)] {
                    PENDING_OF.delete(tx, &(OrganizationId(organization), ModerationId(id)))?;
                }
                engine::set_format(tx, 2)
            })
            .await
            .unwrap();
        assert_eq!(waiting(&store, &[1, 2]), [0_u64; 0]);
        drop(store);
        let store = Store::open(opening(directory.path())).unwrap();
        assert_eq!(waiting(&store, &[1, 2]), [1, 2]);
    }
}
