//! `clients`: relying parties.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::page::{ENTRIES, Listing, Page};
use super::refusal::Refusal;
use super::{Reply, Request, created, done};
use crate::acts::administration::{self as acts, IssuedClient};
use crate::domain::{Client, ClientId, ClientOrigin, ClientSettings};

/// How long the secret before works after a rotation, when nothing is said.
const OVERLAP: u64 = 24 * 3600;

/// A client as it is shown.
#[derive(Debug, Serialize)]
struct View {
    client_id: ClientId,
    origin: ClientOrigin,
    #[serde(flatten)]
    settings: ClientSettings,
    /// Until when the secret before the last rotation works.
    previous_secret_valid_until: Option<String>,
    created_at: String,
    /// Only when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

/// A rotation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    #[serde(default = "overlap")]
    overlap_seconds: u64,
}

fn overlap() -> u64 {
    OVERLAP
}

pub(super) async fn route(request: &Request<'_>, rest: &[&str]) -> Reply {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => list(request),
        ("POST", []) => create(request, None).await,
        ("PUT", [id]) => create(request, Some(parse(id)?)).await,
        ("GET", [id]) => show(request, &parse(id)?),
        ("PATCH", [id]) => update(request, parse(id)?).await,
        ("DELETE", [id]) => delete(request, parse(id)?).await,
        ("POST", [id, "secret"]) => rotate_secret(request, parse(id)?).await,
        _ => Err(Refusal::NoSuchAddress),
    }
}

fn parse(id: &str) -> Result<ClientId, Refusal> {
    let expected = "3 to 64 of the characters A-Z a-z 0-9 . _ -, not digits only";
    id.parse().map_err(|_| Refusal::Identifier { noun: "client", id: id.chars().take(64).collect(), expected })
}

fn list(request: &Request<'_>) -> Reply {
    let Listing { cursor } = request.call.parameters()?;
    let listed = acts::list_clients(request.app, cursor.key("clients")?.as_ref(), ENTRIES)?;
    let views = listed.into_iter().map(|client| view(IssuedClient { client, secret: None })).collect();
    Ok(done(&Page::new("clients", views, |view: &View| view.client_id.to_string())))
}

async fn create(request: &Request<'_>, id: Option<ClientId>) -> Reply {
    let settings: ClientSettings = request.call.document()?;
    let name = id.as_ref().map(ToString::to_string).unwrap_or_default();
    match acts::create_client(request.app, request.by, id, &settings).await? {
        Ok(issued) => Ok(created(&view(issued))),
        Err(refusal) => Err(Refusal::of_client(request.app, &name, refusal)),
    }
}

fn show(request: &Request<'_>, id: &ClientId) -> Reply {
    request.call.nothing_else()?;
    match acts::find_client(request.app, id)? {
        Some(client) => Ok(done(&view(IssuedClient { client, secret: None }))),
        None => Err(Refusal::Unknown { noun: "client", id: id.to_string() }),
    }
}

async fn update(request: &Request<'_>, id: ClientId) -> Reply {
    let settings: ClientSettings = request.call.document()?;
    answer(request, &id, acts::update_client(request.app, request.by, id.clone(), settings).await?)
}

async fn rotate_secret(request: &Request<'_>, id: ClientId) -> Reply {
    let Rotation { overlap_seconds } = request.call.document()?;
    let overlap = Duration::from_secs(overlap_seconds);
    answer(request, &id, acts::rotate_client_secret(request.app, request.by, id.clone(), overlap).await?)
}

async fn delete(request: &Request<'_>, id: ClientId) -> Reply {
    request.call.nothing_else()?;
    match acts::delete_client(request.app, request.by, id.clone()).await? {
        Ok(()) => Ok(done(&serde_json::json!({ "client_id": id, "deleted": true }))),
        Err(refusal) => Err(Refusal::of_client(request.app, id.as_str(), refusal)),
    }
}

fn answer(request: &Request<'_>, id: &ClientId, outcome: Result<IssuedClient, acts::ClientRefusal>) -> Reply {
    match outcome {
        Ok(issued) => Ok(done(&view(issued))),
        Err(refusal) => Err(Refusal::of_client(request.app, id.as_str(), refusal)),
    }
}

fn view(issued: IssuedClient) -> View {
    let IssuedClient { client, secret } = issued;
    let Client { id, origin, created_at, .. } = &client;
    View {
        client_id: id.clone(),
        origin: *origin,
        settings: ClientSettings::of(&client),
        previous_secret_valid_until: client.retiring_secret.as_ref().map(|secret| secret.until.to_iso8601()),
        created_at: created_at.to_iso8601(),
        client_secret: secret.map(|secret| secret.expose().to_owned()),
    }
}
