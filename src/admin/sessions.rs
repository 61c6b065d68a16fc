//! `sessions`: who is signed in. Handles are never shown.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::page::{Cursor, ENTRIES, Page};
use super::refusal::Refusal;
use super::{Reply, Request, done, users};
use crate::acts::administration::{self as acts, ListedSession, UserKey};
use crate::domain::{BrowserSession, ClientId, HandleKey, OrganizationId, UserId};

/// A session as it is shown.
#[derive(Debug, Serialize)]
struct View {
    session_id: String,
    user_id: UserId,
    organization_id: Option<OrganizationId>,
    clients: Vec<ClientId>,
    started_at: String,
    last_used_at: String,
    expires_at: String,
    #[serde(skip)]
    key: String,
}

/// Which sessions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    #[serde(default)]
    cursor: Cursor,
    user: Option<String>,
}

pub(super) async fn route(request: &Request<'_>, rest: &[&str]) -> Reply {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => list(request).await,
        ("DELETE", []) => revoke_all(request).await,
        ("DELETE", [id]) => revoke(request, id).await,
        _ => Err(Refusal::NoSuchAddress),
    }
}

async fn list(request: &Request<'_>) -> Reply {
    let Which { cursor, user } = request.call.parameters()?;
    let key: Option<UserKey> = user.as_deref().map(users::parse).transpose()?;
    let after: Option<HandleKey<BrowserSession>> = match cursor.text("sessions")? {
        Some(text) => Some(serde_json::from_value(Value::from(text)).map_err(|_| Refusal::Cursor)?),
        None => None,
    };
    match acts::list_sessions(request.app, request.by, key.clone(), after, ENTRIES).await? {
        Ok(listed) => {
            let views = listed.into_iter().map(view).collect();
            Ok(done(&Page::new("sessions", views, |view: &View| view.key.clone())))
        }
        Err(refusal) => Err(Refusal::of_user(&key.unwrap_or(UserKey::Id(UserId(0))), refusal)),
    }
}

async fn revoke(request: &Request<'_>, id: &str) -> Reply {
    request.call.nothing_else()?;
    let is_name = id.len() == 16 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !is_name {
        let expected = "16 of the characters 0-9 a-f are expected, as `session list` shows them";
        return Err(Refusal::Identifier { noun: "session", id: id.chars().take(64).collect(), expected });
    }
    match acts::revoke_session(request.app, request.by, id.to_owned()).await? {
        Ok(listed) => Ok(done(&json!({ "session_id": id, "user_id": listed.session.user_id, "revoked": true }))),
        Err(acts::UnknownSession) => Err(Refusal::Unknown { noun: "session", id: id.to_owned() }),
    }
}

async fn revoke_all(request: &Request<'_>) -> Reply {
    request.call.nothing_else()?;
    let ended = acts::revoke_every_session(request.app, request.by).await?;
    Ok(done(&json!({ "sessions_revoked": ended })))
}

fn view(listed: ListedSession) -> View {
    let ListedSession { name, key, session } = listed;
    let key = serde_json::to_value(key).ok().and_then(|key| key.as_str().map(str::to_owned)).unwrap_or_default();
    View {
        session_id: name,
        user_id: session.user_id,
        organization_id: session.organization_id,
        clients: session.clients.iter().cloned().collect(),
        started_at: session.started_at.to_iso8601(),
        last_used_at: session.last_used_at.to_iso8601(),
        expires_at: session.expires_at().to_iso8601(),
        key,
    }
}
