//! `audit`: what happened, in the order of time.

use serde::{Deserialize, Serialize};

use super::page::Cursor;
use super::refusal::Refusal;
use super::{Reply, Request, done, instant};
use crate::acts::administration::{self as acts, AuditPosition};
use crate::domain::{AuditEvent, AuditRecord};
use crate::protocol::Timestamp;
use crate::store::audit::AuditEntry;

/// Records of one answer: an export is no page that somebody reads.
const RECORDS: usize = 500;

/// A record as it is shown; the fields of the event stand beside the others.
#[derive(Debug, Serialize)]
struct View {
    id: u64,
    at: String,
    actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(flatten)]
    event: AuditEvent,
}

/// Records, where they go on, and where to look for those that are not written yet.
#[derive(Debug, Serialize)]
struct Extract {
    items: Vec<View>,
    next: Option<String>,
    position: String,
}

/// Which records: since a time, after a cursor, the latest, or those written after a position.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    since: Option<String>,
    latest: Option<String>,
    #[serde(default)]
    cursor: Cursor,
    position: Option<String>,
}

pub(super) async fn route(request: &Request<'_>, rest: &[&str]) -> Reply {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => list(request).await,
        _ => Err(Refusal::NoSuchAddress),
    }
}

async fn list(request: &Request<'_>) -> Reply {
    let (app, by) = (request.app, request.by);
    let Which { since, latest, cursor, position } = request.call.parameters()?;
    let cursor = cursor.text("audit")?;
    let (start, entries) = match (since, latest, cursor, position) {
        (None, None, None, None) => read(request, AuditPosition::default(), true).await?,
        (Some(since), None, None, None) => {
            let expected = "a date or an instant is expected, such as 2027-01-31 or 2027-01-31T12:00:00Z";
            let since = instant(&since).ok_or_else(|| Refusal::Invalid(vec![("since", expected.to_owned())]))?;
            read(request, AuditPosition::at(since.0.saturating_mul(1000)), true).await?
        }
        (None, Some(latest), None, None) => {
            let expected = || Refusal::Invalid(vec![("latest", format!("a number from 1 to {RECORDS} is expected"))]);
            let limit: usize = latest.parse().map_err(|_| expected())?;
            if !(1..=RECORDS).contains(&limit) {
                return Err(expected());
            }
            (AuditPosition::default(), acts::read_latest_audit(app, by, limit).await?)
        }
        (None, None, Some(cursor), None) => read(request, parse(&cursor)?, false).await?,
        (None, None, None, Some(position)) => {
            let position = Cursor::of(position).text("audit")?.ok_or(Refusal::Cursor)?;
            let seen = parse(&position)?;
            (seen, acts::follow_audit(app, seen, RECORDS).await?)
        }
        _ => {
            let reason = String::from("only one of since, latest, cursor and position can be given");
            return Err(Refusal::Malformed(reason));
        }
    };
    // What was written last is not always what happened last.
    let last = entries.last().map_or(start, AuditPosition::of);
    let newest = entries.iter().map(|entry| entry.sequence).max().unwrap_or(start.sequence);
    let next = (entries.len() >= RECORDS).then(|| write(last));
    let position = write(AuditPosition { at_millis: last.at_millis, sequence: newest });
    Ok(done(&Extract { items: entries.into_iter().map(view).collect(), next, position }))
}

async fn read(
    request: &Request<'_>,
    after: AuditPosition,
    is_first: bool,
) -> Result<(AuditPosition, Vec<AuditEntry>), Refusal> {
    Ok((after, acts::read_audit(request.app, request.by, after, is_first, RECORDS).await?))
}

fn parse(text: &str) -> Result<AuditPosition, Refusal> {
    let (at_millis, sequence) = text.split_once('-').ok_or(Refusal::Cursor)?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| Refusal::Cursor);
    Ok(AuditPosition { at_millis: number(at_millis)?, sequence: number(sequence)? })
}

fn write(position: AuditPosition) -> String {
    Cursor::write("audit", &format!("{}-{}", position.at_millis, position.sequence))
}

fn view(entry: AuditEntry) -> View {
    let AuditEntry { sequence, record: AuditRecord { at_millis, actor, origin, event } } = entry;
    let second = Timestamp(at_millis / 1000).to_iso8601();
    let at = match second.strip_suffix(".000Z") {
        Some(second) => format!("{second}.{:03}Z", at_millis % 1000),
        None => second,
    };
    View { id: sequence, at, actor: actor.to_string(), source: origin.source, request_id: origin.request_id, event }
}
