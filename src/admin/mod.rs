//! Administration: the console in the browser, and a JSON interface for what an operator may ask of an instance, apart from
//! the way by which it is asked.
//!
//! The command line asks through the local socket of a running instance, or in its own process where none runs; the
//! answers are the same. Identifiers come from the path only, bodies name only their own fields, listings come by pages.
//! The interface refuses to know sockets, cookies and pages, the console refuses
//! to decide: both ask the acts. Doors: [`answer`], [`Call`], [`Answer`], [`by_command_line`], [`routes`], [`pages`].

#![deny(clippy::wildcard_enum_match_arm)]

mod audit;
mod call;
mod clients;
mod console;
mod data;
mod directory;
mod factor_removals;
mod imports;
mod invitations;
mod keys;
mod moderations;
mod organization_imports;
mod organizations;
mod page;
mod refusal;
mod retention;
mod sessions;
mod users;

use serde::Serialize;
use serde_json::{Value, json};

use crate::acts::{self, By, SandboxReset};
use crate::app::App;
use crate::domain::{Actor, Origin};
use crate::protocol::Timestamp;
use crate::web::{Method, StatusCode};

pub use call::Call;
pub use console::{pages, routes};
pub use data::{described_backup, described_check, described_salvage};
pub use directory::{described_contacts, described_import};
use refusal::Refusal;

/// What comes back.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// As over HTTP.
    pub status: StatusCode,
    /// A document; of a refusal `error`, `message` and sometimes `fields`.
    pub body: Value,
}

/// One call with everything that a noun needs to answer it.
struct Request<'a> {
    app: &'a App,
    by: &'a By,
    call: &'a Call,
}

/// What a noun answers when nothing is in the way.
type Reply = Result<Answer, Refusal>;

/// The operator at the machine, by the name of their account on it; each call has its own id in the audit.
pub fn by_command_line(app: &App, account: &str) -> By {
    let request_id = app.random.token().chars().take(16).collect();
    let origin = Origin { source: None, request_id: Some(request_id), session: None };
    By { actor: Actor::CommandLine(account.to_owned()), origin, browser: None }
}

/// Answers one call of somebody who may ask everything.
pub async fn answer(app: &App, by: &By, call: &Call) -> Answer {
    let reply = route(&Request { app, by, call }).await;
    let answer = reply.unwrap_or_else(|refusal| refusal.with_cause(app).answer());
    let noun = call.segments().into_iter().flatten().next().unwrap_or_default();
    // Of the path only the noun: what follows may be an address.
    let noun: String = noun.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    let request_id = by.origin.request_id.as_deref().unwrap_or_default();
    tracing::info!(%request_id, method = %call.method, noun, status = answer.status.as_u16(), "administration");
    answer
}

/// The table of nouns.
async fn route(request: &Request<'_>) -> Reply {
    let segments = request.call.segments()?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.split_first() {
        Some((&"clients", rest)) => Box::pin(clients::route(request, rest)).await,
        Some((&"users", rest)) => Box::pin(users::route(request, rest)).await,
        Some((&"factor-removals", rest)) => Box::pin(factor_removals::route(request, rest)).await,
        Some((&"imports", rest)) => Box::pin(imports::route(request, rest)).await,
        Some((&"retention", rest)) => Box::pin(retention::route(request, rest)).await,
        Some((&"invitations", rest)) => Box::pin(invitations::route(request, rest)).await,
        Some((&"organizations", rest)) => Box::pin(organizations::route(request, rest)).await,
        Some((&"directory", rest)) => Box::pin(directory::route(request, rest)).await,
        Some((&"moderations", rest)) => Box::pin(moderations::route(request, rest)).await,
        Some((&"administrators", rest)) => users::route_administrators(request, rest),
        Some((&"audit", rest)) => Box::pin(audit::route(request, rest)).await,
        Some((&"keys", rest)) => Box::pin(keys::route(request, rest)).await,
        Some((&"sessions", rest)) => Box::pin(sessions::route(request, rest)).await,
        Some((&"instance", [])) if request.call.is_get() => Ok(instance(request.app)),
        Some((&"instance", ["check"])) if request.call.is_get() => Box::pin(data::check(request)).await,
        Some((&"backups", [])) if request.call.method == Method::POST => Box::pin(data::back_up(request)).await,
        Some((&"master-key", ["rotate"])) if request.call.method == Method::POST => {
            Box::pin(data::rotate_master_key(request)).await
        }
        Some((&"instance", ["reset"])) if request.call.method == Method::POST => reset(request).await,
        _ => Err(Refusal::NoSuchAddress),
    }
}

/// Who answers.
fn instance(app: &App) -> Answer {
    done(&json!({
        "issuer": app.config.issuer(),
        "mode": app.config.mode.as_str(),
        "pid": std::process::id(),
        "version": env!("CARGO_PKG_VERSION"),
    }))
}

/// Empties a sandbox.
async fn reset(request: &Request<'_>) -> Reply {
    request.call.nothing_else()?;
    match acts::reset_sandbox(request.app, request.by).await? {
        SandboxReset::Done => Ok(done(&json!({ "reset": true }))),
        SandboxReset::NotASandbox => Err(Refusal::NotASandbox),
        SandboxReset::BeginsOtherwise => Err(Refusal::BeginsOtherwise),
    }
}

/// A date, which begins at midnight UTC, or an instant.
fn instant(text: &str) -> Option<Timestamp> {
    Timestamp::parse_iso8601(text)
}

/// A document with status 200.
fn done(document: &impl Serialize) -> Answer {
    with_status(StatusCode::OK, document)
}

/// A document about something new.
fn created(document: &impl Serialize) -> Answer {
    with_status(StatusCode::CREATED, document)
}

fn with_status(status: StatusCode, document: &impl Serialize) -> Answer {
    match serde_json::to_value(document) {
        Ok(body) => Answer { status, body },
        Err(cause) => Refusal::Unwritable(cause.to_string()).answer(),
    }
}
