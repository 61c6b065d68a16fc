//! `keys`: the keys that sign.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::{Reply, Request, done};
use crate::acts::administration::{self as acts, KEPT_AFTER_RETIREMENT, KeyRotation, Urgency};
use crate::crypto::{KeySet, KeyState, SigningKey};
use crate::protocol::SignatureAlgorithm;

/// A key as it is shown; its private part never is.
#[derive(Debug, Serialize)]
struct View {
    kid: String,
    algorithm: SignatureAlgorithm,
    state: &'static str,
    created_at: String,
    activated_at: Option<String>,
    retired_at: Option<String>,
    /// From when on a next key may sign.
    signs_from: Option<String>,
    /// Until when a retired key stays published.
    published_until: Option<String>,
}

/// Every key.
#[derive(Debug, Serialize)]
struct Listing {
    items: Vec<View>,
    next: Option<String>,
}

/// A rotation.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rotation {
    algorithm: Option<SignatureAlgorithm>,
    now: bool,
    emergency: bool,
}

pub(super) async fn route(request: &Request<'_>, rest: &[&str]) -> Reply {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => {
            request.call.nothing_else()?;
            Ok(done(&listing(request, &request.app.keyring.set())))
        }
        ("POST", ["rotate"]) => rotate(request).await,
        _ => Err(Refusal::NoSuchAddress),
    }
}

async fn rotate(request: &Request<'_>) -> Reply {
    let Rotation { algorithm, now, emergency } = request.call.document()?;
    let urgency = match (now, emergency) {
        (false, false) => Urgency::None,
        (true, false) => Urgency::Now,
        (_, true) => Urgency::Emergency,
    };
    let algorithms = algorithm.map_or_else(|| SignatureAlgorithm::ALL.to_vec(), |algorithm| vec![algorithm]);
    match acts::rotate_keys(request.app, request.by, KeyRotation { algorithms, urgency }).await? {
        Ok(set) => Ok(done(&listing(request, &set))),
        Err(refusal) => Err(Refusal::of_keys(refusal)),
    }
}

fn listing(request: &Request<'_>, set: &KeySet) -> Listing {
    let mut items: Vec<View> = set.keys().iter().map(|key| view(request, key)).collect();
    items.sort_by(|one, other| {
        (one.algorithm, rank(one.state), &other.created_at, &one.kid).cmp(&(
            other.algorithm,
            rank(other.state),
            &one.created_at,
            &other.kid,
        ))
    });
    Listing { items, next: None }
}

/// In the order of a key's life, what signs first.
fn rank(state: &str) -> u8 {
    match state {
        "current" => 0,
        "next" => 1,
        _ => 2,
    }
}

fn view(request: &Request<'_>, key: &SigningKey) -> View {
    let (state, created_at, activated_at, retired_at) = match key.state() {
        KeyState::Next { created_at } => ("next", created_at, None, None),
        KeyState::Current { created_at, activated_at } => ("current", created_at, Some(activated_at), None),
        KeyState::Retired { created_at, activated_at, retired_at } => {
            ("retired", created_at, Some(activated_at), Some(retired_at))
        }
    };
    View {
        kid: key.kid().to_owned(),
        algorithm: key.algorithm(),
        state,
        created_at: created_at.to_iso8601(),
        activated_at: activated_at.map(|at| at.to_iso8601()),
        retired_at: retired_at.map(|at| at.to_iso8601()),
        signs_from: key.state().signs_from(request.app.config.keys_published_ahead).map(|from| from.to_iso8601()),
        published_until: retired_at.map(|at| at.plus(KEPT_AFTER_RETIREMENT).to_iso8601()),
    }
}
