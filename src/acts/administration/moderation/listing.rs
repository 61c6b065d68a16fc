//! Lists of requests, by cursor: an index leads to what is looked for, and a list that finds little stops and says where it
//! goes on.

use std::collections::HashMap;

use super::reach::Reach;
use super::{ListedModeration, ModerationFilter, UserKey};
use crate::acts::administration::audit::looking;
use crate::acts::administration::organizations::{OrganizationKey, find as find_organization};
use crate::acts::administration::users::find as find_user;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{
    Actor, AuditEvent, ClientId, Moderation, ModerationId, ModerationQuery, ModerationStanding, OrganizationId, UserId,
    folded,
};
use crate::store::moderations::{Among, Direction, first_since, walk};
use crate::store::{Read, StoreError, clients, organizations, users};

/// How many requests are looked at at once.
const STEP: usize = 200;
/// How many requests are looked at for one page.
const MOST_LOOKS: usize = 2_000;

/// A page of a list.
#[derive(Debug, Clone)]
pub struct ModerationPage {
    /// What was found.
    pub listed: Vec<ListedModeration>,
    /// Where the list goes on; nowhere on its last page.
    pub next: Option<ModerationId>,
}

/// What a query comes to in the store.
struct Search {
    among: Among,
    direction: Direction,
    from: Option<ModerationId>,
    by: Option<Actor>,
    user: Option<UserId>,
}

/// At most `limit` requests beyond `cursor`; that they were looked at is recorded.
///
/// # Errors
/// When the store fails.
pub async fn list_moderations(
    app: &App,
    by: &By,
    filter: &ModerationFilter,
    cursor: Option<ModerationId>,
    limit: usize,
) -> Result<ModerationPage, ActError> {
    let circumstances = Circumstances::of(app, by);
    app.store.write(move |tx| circumstances.record(tx, AuditEvent::ModerationsListed)).await?;
    list_more_moderations(app, by, filter, cursor, limit).await
}

/// The same for whoever goes on with a list that is recorded as looked at.
///
/// # Errors
/// When the store fails.
pub async fn list_more_moderations(
    app: &App,
    by: &By,
    filter: &ModerationFilter,
    cursor: Option<ModerationId>,
    limit: usize,
) -> Result<ModerationPage, ActError> {
    let (actor, filter, now) = (by.actor.clone(), filter.clone(), app.clock.now());
    looking(&app.store, move |tx| {
        let reach = Reach::of(tx, &actor, now)?;
        match search(tx, &reach, &filter)? {
            Some(search) => look(tx, &reach, &search, &filter.query, cursor, limit),
            None => Ok(ModerationPage { listed: Vec::new(), next: None }),
        }
    })
    .await
}

/// What to look for, and where; nothing where nothing can be found.
fn search(tx: &impl Read, reach: &Reach, filter: &ModerationFilter) -> Result<Option<Search>, StoreError> {
    let query = &filter.query;
    let user_key = filter.user.clone().or_else(|| query.email.clone().map(UserKey::Email));
    let user = match user_key.map(|key| find_user(tx, &key)).transpose()? {
        Some(None) => return Ok(None),
        Some(Some(user)) => Some(user.id),
        None => None,
    };
    let organization_key = filter.organization.clone().or_else(|| query.siret.clone().map(OrganizationKey::Siret));
    let organization = match organization_key.map(|key| find_organization(tx, &key)).transpose()? {
        Some(None) => return Ok(None),
        Some(Some(organization)) => Some(organization.id),
        None => None,
    };
    let by = match query.by.as_deref().map(|name| decider(tx, name)).transpose()? {
        Some(None) => return Ok(None),
        Some(Some(actor)) => Some(actor),
        None => None,
    };
    // What waits is looked for among what waits: a list costs what it shows, however much was decided.
    let of = |some: Vec<OrganizationId>| match query.standing {
        ModerationStanding::Pending => Among::PendingOf(some),
        ModerationStanding::Processed | ModerationStanding::Any => Among::Organizations(some),
    };
    let among = match (organization, user, reach) {
        (Some(id), _, reach) if !reach.has(id) => return Ok(None),
        (Some(id), _, _) => of(vec![id]),
        (None, Some(id), _) => Among::User(id),
        (None, None, Reach::Some(some)) => of(some.iter().copied().collect()),
        (None, None, Reach::Everything) if query.standing == ModerationStanding::Pending => Among::Pending,
        (None, None, Reach::Everything) => Among::All,
    };
    let direction = match query.standing {
        ModerationStanding::Pending => Direction::OldestFirst,
        ModerationStanding::Processed | ModerationStanding::Any => Direction::LatestFirst,
    };
    let from = match (&query.date, direction) {
        (Some(day), Direction::OldestFirst) => first_since(tx, day.begin)?.0.checked_sub(1).map(ModerationId),
        (Some(day), Direction::LatestFirst) => Some(first_since(tx, day.end)?),
        (None, _) => None,
    };
    Ok(Some(Search { among, direction, from, by, user }))
}

/// Whoever decided, by their address or by the word that listings show.
fn decider(tx: &impl Read, name: &str) -> Result<Option<Actor>, StoreError> {
    if let Some(account) = name.strip_prefix("cli:") {
        return Ok(Some(Actor::CommandLine(account.to_owned())));
    }
    let Ok(key) = name.strip_prefix("user:").unwrap_or(name).parse::<UserKey>() else { return Ok(None) };
    Ok(find_user(tx, &key)?.map(|user| Actor::User(user.id)))
}

/// Goes on from `cursor` until the page is full, the list at its end, or enough was looked at.
fn look(
    tx: &impl Read,
    reach: &Reach,
    search: &Search,
    query: &ModerationQuery,
    cursor: Option<ModerationId>,
    limit: usize,
) -> Result<ModerationPage, StoreError> {
    let (mut from, mut looks, mut listed) = (cursor.or(search.from), 0_usize, Vec::new());
    let mut services = Services::default();
    loop {
        let step = walk(tx, &search.among, search.direction, from, STEP)?;
        let is_last = step.len() < STEP;
        for request in step {
            if is_beyond(&request, query, search.direction) {
                return Ok(ModerationPage { listed, next: None });
            }
            if listed.len() == limit || looks == MOST_LOOKS {
                return Ok(ModerationPage { listed, next: from });
            }
            (from, looks) = (Some(request.id), looks.saturating_add(1));
            let service = services.name(tx, request.client_id.as_ref())?;
            if is_wanted(&request, reach, search, query) && is_from(&request, service.as_deref(), query) {
                listed.extend(listed_with(tx, request, service)?);
            }
        }
        if is_last {
            return Ok(ModerationPage { listed, next: None });
        }
    }
}

/// Whether nothing of the day follows.
fn is_beyond(request: &Moderation, query: &ModerationQuery, direction: Direction) -> bool {
    query.date.as_ref().is_some_and(|day| match direction {
        Direction::OldestFirst => request.created_at >= day.end,
        Direction::LatestFirst => request.created_at < day.begin,
    })
}

fn is_wanted(request: &Moderation, reach: &Reach, search: &Search, query: &ModerationQuery) -> bool {
    // The same person, in the console and by a link.
    let is_same =
        |by: &Actor, wanted: &Actor| by == wanted || wanted.person().is_some_and(|id| by.person() == Some(id));
    let is_by = |wanted: &Actor| request.decision().is_some_and(|(by, _)| is_same(by, wanted));
    query.standing.has(request)
        && reach.has(request.organization_id)
        && search.user.is_none_or(|id| request.user_id == id)
        && search.by.as_ref().is_none_or(is_by)
        && query.date.as_ref().is_none_or(|day| (day.begin..day.end).contains(&request.created_at))
}

fn is_from(request: &Moderation, service: Option<&str>, query: &ModerationQuery) -> bool {
    let is_named = |wanted: &String| {
        request.client_id.as_ref().is_some_and(|id| id.as_str() == wanted)
            || service.is_some_and(|name| folded(name).contains(&folded(wanted)))
    };
    query.service.as_ref().is_none_or(is_named) && !query.other_service.as_ref().is_some_and(is_named)
}

/// Names of services, each looked up once.
#[derive(Default)]
pub(super) struct Services(HashMap<ClientId, Option<String>>);

impl Services {
    pub(super) fn name(&mut self, tx: &impl Read, id: Option<&ClientId>) -> Result<Option<String>, StoreError> {
        let Some(id) = id else { return Ok(None) };
        if let Some(known) = self.0.get(id) {
            return Ok(known.clone());
        }
        // A client that is gone is named by its identifier.
        let name = clients::find(tx, id)?.map_or_else(|| id.as_str().to_owned(), |client| client.name);
        self.0.insert(id.clone(), Some(name.clone()));
        Ok(Some(name))
    }
}

pub(super) fn listed_with(
    tx: &impl Read,
    request: Moderation,
    service: Option<String>,
) -> Result<Option<ListedModeration>, StoreError> {
    let user = users::find(tx, request.user_id)?;
    let organization = organizations::find(tx, request.organization_id)?;
    let decider = match request.decision().map(|(by, _)| by.clone()) {
        Some(actor) => Some(name_of(tx, &actor)?),
        None => None,
    };
    let listed = |(user, organization)| ListedModeration { request, user, organization, service, decider };
    Ok(user.zip(organization).map(listed))
}

/// Whoever acted, as moderators call them.
pub(super) fn name_of(tx: &impl Read, actor: &Actor) -> Result<String, StoreError> {
    let user = match actor.person() {
        Some(id) => users::find(tx, id)?,
        None => None,
    };
    let name = user.map(|user| user.information.full_name().unwrap_or_else(|| user.email.to_string()));
    Ok(name.unwrap_or_else(|| actor.to_string()))
}

pub(super) fn all_listed(
    tx: &impl Read,
    requests: impl IntoIterator<Item = Moderation>,
) -> Result<Vec<ListedModeration>, StoreError> {
    let (mut services, mut list) = (Services::default(), Vec::new());
    for request in requests {
        let service = services.name(tx, request.client_id.as_ref())?;
        list.extend(listed_with(tx, request, service)?);
    }
    Ok(list)
}
