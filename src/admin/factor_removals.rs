//! `factor-removals`: second factors that operators asked to remove.

use serde::{Deserialize, Serialize};

use super::page::{ENTRIES, Listing, Page};
use super::refusal::Refusal;
use super::{Reply, Request, created, done};
use crate::acts::administration::{self as acts, PendingRemoval, UserKey};
use crate::domain::{Email, UserId};

/// A removal as it is shown.
#[derive(Debug, Serialize)]
struct View {
    user_id: UserId,
    email: Email,
    reason: String,
    asked_by: String,
    asked_at: String,
    due_at: String,
    notice: &'static str,
}

/// What is said with a removal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    reason: String,
}

pub(super) async fn route(request: &Request<'_>, rest: &[&str]) -> Reply {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => list(request).await,
        _ => Err(Refusal::NoSuchAddress),
    }
}

async fn list(request: &Request<'_>) -> Reply {
    let Listing { cursor } = request.call.parameters()?;
    let after = cursor.key("factor-removals")?;
    let listed = acts::list_factor_removals(request.app, request.by, after, ENTRIES).await?;
    let views = listed.into_iter().map(view).collect();
    Ok(done(&Page::new("factor-removals", views, |view: &View| view.user_id.to_string())))
}

pub(super) async fn ask(request: &Request<'_>, key: UserKey) -> Reply {
    let Order { reason } = request.call.document()?;
    let reason = reason
        .parse()
        .map_err(|fault: crate::domain::MalformedReason| Refusal::Invalid(vec![("reason", fault.to_string())]))?;
    match acts::ask_factor_removal(request.app, request.by, key.clone(), reason).await? {
        Ok(pending) => Ok(created(&view(pending))),
        Err(refusal) => Err(Refusal::of_user(&key, refusal)),
    }
}

pub(super) async fn cancel(request: &Request<'_>, key: UserKey) -> Reply {
    request.call.nothing_else()?;
    super::users::answer(&key, acts::cancel_factor_removal(request.app, request.by, key.clone()).await?)
}

fn view(pending: PendingRemoval) -> View {
    let PendingRemoval { user, removal, is_notice_waiting } = pending;
    View {
        user_id: user.id,
        email: user.email,
        reason: removal.reason.into(),
        asked_by: removal.asked_by.to_string(),
        asked_at: removal.asked_at.to_iso8601(),
        due_at: removal.due_at.to_iso8601(),
        notice: if is_notice_waiting { "waiting" } else { "left" },
    }
}
