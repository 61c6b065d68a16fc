//! Services are told that a session is over (OpenID Connect Back-Channel Logout 1.0). Whoever signs out waits for none of them:
//! what is to be told was written in the transaction that ended the session.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::ops::Bound;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use url::Url;

use crate::acts::ActError;
use crate::app::App;
use crate::crypto::SignError;
use crate::domain::{Client, ClientId, LogoutNotice};
use crate::fetch::FetchError;
use crate::protocol::{LogoutTokenClaims, Timestamp, logout_events};
use crate::store::logout_notices::{self, QueuedLogout};
use crate::store::{StoreError, clients};

/// How many of one service are at hand after a look: the next call needs no look of its own.
const AT_HAND: usize = 500;
/// How many services are called at one time.
const AT_ONE_TIME: usize = 16;
/// How many of these calls go to one service.
const AT_ONE_SERVICE: usize = 4;
/// When one looks again at what is due, while calls are under way.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long a logout token is good for.
const LIFETIME: Duration = Duration::from_secs(120);
/// How long is waited where too many calls are under way: none was made.
const WHEN_BUSY: Duration = Duration::from_secs(1);

/// Why nobody was told.
#[derive(Debug, thiserror::Error)]
enum Untold {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Calls the services that are due, and those that become so meanwhile, until none is or the instance is to stop. Gives how
/// many calls were made.
///
/// # Errors
/// When the store fails: they are called again.
pub async fn tell_of_logouts(app: &App) -> Result<usize, ActError> {
    let (mut round, mut outcome) = (Round::default(), Ok(()));
    let mut looks = tokio::time::interval(LOOK_AGAIN);
    looks.reset();
    let mut is_to_look = true;
    loop {
        // Nobody is called where that could not be written down: they would be called again and again.
        if outcome.is_ok() && app.store.is_healthy() && !app.stopping.load(Ordering::Acquire) {
            if is_to_look {
                outcome = round.look(app).await;
            }
            is_to_look = round.begin(app);
            if is_to_look && outcome.is_ok() {
                continue;
            }
        }
        if round.calls.is_empty() {
            return outcome.map(|()| round.made);
        }
        tokio::select! {
            Some(ended) = round.calls.join_next_with_id() => outcome = outcome.and(round.end(app, ended).await),
            _again = looks.tick() => is_to_look = true,
        }
    }
}

/// The calls that are under way, and what is to be called next.
#[derive(Default)]
struct Round {
    calls: JoinSet<Result<(), ActError>>,
    under_way: HashMap<Id, QueuedLogout>,
    at_hand: BTreeMap<ClientId, VecDeque<QueuedLogout>>,
    /// The services of which more is due than is at hand.
    with_more: BTreeSet<ClientId>,
    /// The service that was called last: it is the turn of the one after it.
    last: Option<ClientId>,
    made: usize,
}

impl Round {
    /// Looks at all that is due and not under way, however much of it is for a service that is slow.
    async fn look(&mut self, app: &App) -> Result<(), ActError> {
        let under_way: HashSet<(u64, u64)> = self.under_way.values().map(QueuedLogout::place).collect();
        let (store, now) = (app.store.clone(), app.clock.now());
        let looking = tokio::task::spawn_blocking(move || {
            store.read(|tx| {
                let (mut counts, mut with_more) = (BTreeMap::<ClientId, usize>::new(), BTreeSet::new());
                let due = logout_notices::list_due(tx, now, |queued| {
                    if under_way.contains(&queued.place()) {
                        return false;
                    }
                    let count = counts.entry(queued.notice.client_id.clone()).or_default();
                    *count = count.saturating_add(1);
                    if *count > AT_HAND {
                        with_more.insert(queued.notice.client_id.clone());
                    }
                    *count <= AT_HAND
                })?;
                Ok((due, with_more))
            })
        });
        let ((due, unreadable), with_more) = looking.await.unwrap_or(Err(StoreError::Panicked))?;
        (self.at_hand, self.with_more) = (BTreeMap::new(), with_more);
        for queued in due {
            self.at_hand.entry(queued.notice.client_id.clone()).or_default().push_back(queued);
        }
        if !unreadable.is_empty() {
            let count = unreadable.len();
            app.store.write(move |tx| logout_notices::delete_unreadable(tx, &unreadable)).await?;
            tracing::warn!(
                count,
                "services are not told of sign-outs: what was to be told does not open, and was deleted"
            );
        }
        Ok(())
    }

    /// Begins as many calls as there may be, one service after the other. Whether one has to look for more.
    fn begin(&mut self, app: &App) -> bool {
        while self.calls.len() < AT_ONE_TIME {
            let Some((client_id, queued)) = self.take_next() else { break };
            let (telling, app) = (queued.clone(), app.clone());
            let call = self.calls.spawn(async move { tell(&app, telling).await });
            self.under_way.insert(call.id(), queued);
            self.made = self.made.saturating_add(1);
            self.last = Some(client_id);
        }
        self.with_more.iter().any(|client_id| !self.at_hand.contains_key(client_id) && self.has_room(client_id))
    }

    fn take_next(&mut self) -> Option<(ClientId, QueuedLogout)> {
        let from = self.last.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let after = self.at_hand.range::<ClientId, _>((from, Bound::Unbounded));
        let mut in_turn = after.chain(&self.at_hand).map(|(client_id, _)| client_id);
        let client_id = in_turn.find(|client_id| self.has_room(client_id))?.clone();
        let queue = self.at_hand.get_mut(&client_id)?;
        let queued = queue.pop_front()?;
        if queue.is_empty() {
            self.at_hand.remove(&client_id);
        }
        Some((client_id, queued))
    }

    fn has_room(&self, client_id: &ClientId) -> bool {
        self.under_way.values().filter(|queued| queued.notice.client_id == *client_id).count() < AT_ONE_SERVICE
    }

    async fn end(&mut self, app: &App, ended: Result<(Id, Result<(), ActError>), JoinError>) -> Result<(), ActError> {
        match ended {
            Ok((id, told)) => {
                self.under_way.remove(&id);
                told
            }
            Err(cause) => {
                let Some(queued) = self.under_way.remove(&cause.id()) else { return Ok(()) };
                tracing::error!(client_id = %queued.notice.client_id, "telling a service that a session is over panicked");
                let next = queued.notice.clone().failed();
                let next = next.map(|(notice, wait)| (notice, app.clock.now().plus(wait)));
                note(app, queued, next).await
            }
        }
    }
}

async fn tell(app: &App, queued: QueuedLogout) -> Result<(), ActError> {
    let notice = &queued.notice;
    let found = app.store.read(|tx| {
        let is_waiting = logout_notices::is_waiting(tx, &queued)?;
        Ok(is_waiting.then_some(clients::find(tx, &notice.client_id)?))
    })?;
    // It was given up since it was looked at.
    let Some(client) = found else { return Ok(()) };
    let address = client.as_ref().and_then(|client| client.backchannel_logout_uri.as_ref());
    let address = address.and_then(|uri| Url::parse(uri.as_str()).ok());
    let is_worth_it = !notice.expires_at.has_come(app.clock.now());
    let next = match client.zip(address).filter(|_| is_worth_it) {
        Some((client, address)) => call(app, &client, &address, notice).await,
        // Nobody wants to know any more.
        None => None,
    };
    note(app, queued, next).await
}

/// Notes what became of one: done with, or called again then.
async fn note(app: &App, queued: QueuedLogout, next: Option<(LogoutNotice, Timestamp)>) -> Result<(), ActError> {
    app.store
        .write(move |tx| match next.clone() {
            Some((notice, due_at)) => logout_notices::postpone(tx, &queued, notice, due_at),
            None => logout_notices::delete(tx, &queued).map(drop),
        })
        .await?;
    Ok(())
}

/// Calls a service. Gives what is to be told later, and when.
async fn call(app: &App, client: &Client, address: &Url, notice: &LogoutNotice) -> Option<(LogoutNotice, Timestamp)> {
    let told = match token(app, client, notice) {
        Ok(token) => app.relying_parties.tell(address, &token).await.map_err(Untold::from),
        Err(cause) => Err(cause.into()),
    };
    let client_id = &client.id;
    let later = |wait: Duration| app.clock.now().plus(wait);
    match told {
        Ok(()) => {
            tracing::debug!(%client_id, "a service was told that a session is over");
            None
        }
        Err(Untold::Fetch(FetchError::Busy)) => Some((notice.clone(), later(WHEN_BUSY))),
        // It understood, and will not (OpenID Connect Back-Channel Logout 1.0 §2.8).
        Err(Untold::Fetch(cause @ FetchError::Status(400))) => {
            tracing::warn!(%client_id, %cause, "a service refuses to be told that a session is over");
            None
        }
        Err(cause) => {
            let next = notice.clone().failed();
            let is_last = next.is_none();
            tracing::warn!(%client_id, %cause, is_last, "a service was not told that a session is over");
            next.map(|(notice, wait)| (notice, later(wait)))
        }
    }
}

/// The token that says it, by the algorithm of the service's ID tokens.
fn token(app: &App, client: &Client, notice: &LogoutNotice) -> Result<String, SignError> {
    let algorithm = client.id_token_signed_response_alg;
    let now = app.keyring.date_of_token(algorithm, app.clock.wall());
    let claims = LogoutTokenClaims {
        iss: app.config.issuer().to_owned(),
        sub: notice.user_id.to_string(),
        aud: client.id.to_string(),
        iat: now,
        exp: now.plus(LIFETIME),
        jti: app.random.token(),
        sid: app.keys.sid.tag("sid", &[notice.session_id.0.as_str(), client.id.as_str()]),
        events: logout_events(),
    };
    app.keyring.sign(algorithm, Some("logout+jwt"), &claims)
}
