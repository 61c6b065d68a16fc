//! What was done to an organization, to its domains and to its members, the latest first.

use serde_json::Value;

use super::pages::{ActRow, OrganizationHistory};
use super::visible;
use crate::acts::administration::{OrganizationAct, list_organization_acts, note_organization_view};
use crate::app::App;
use crate::domain::{AuditEvent, User};
use crate::web::{Error, Response, Visit, paths};

/// Acts of one page.
const SHOWN: usize = 50;

/// Shows it; that it was looked at is recorded.
pub(super) async fn show(segment: String, app: App, visit: Visit) -> Result<Response, Error> {
    let officer = visit.browser.officer()?;
    let organization = visible(&app, officer, &segment)?;
    let before = visit.query.get("before").and_then(place);
    let mut acts = list_organization_acts(&app, organization.id, before, SHOWN.saturating_add(1))?;
    note_organization_view(&app, &officer.by(&visit.request), organization.id).await?;
    let has_more = acts.len() > SHOWN;
    acts.truncate(SHOWN);
    let here = paths::of(paths::ADMIN_ORGANIZATION_HISTORY, organization.id);
    let last = acts.last().filter(|_| has_more);
    let next_href = last.map(|last| {
        let (at, sequence) = (last.entry.record.at_millis, last.entry.sequence);
        format!("{here}?before={at}-{sequence}")
    });
    // Of what was done before its trail began, nothing is known: the page says so.
    let is_whole =
        acts.last().is_some_and(|act| matches!(act.entry.record.event, AuditEvent::OrganizationCreated { .. }));
    let page = OrganizationHistory {
        id: organization.id.to_string(),
        label: organization.label,
        incomplete_since: (!has_more && !is_whole).then_some(organization.created_at.0),
        acts: acts.into_iter().map(row).collect::<Result<_, _>>()?,
        next_href,
    };
    visit.browser.page(&app, &page)
}

/// A place in the trail, as the address of the next page has it.
fn place(text: &str) -> Option<(u64, u64)> {
    let (at, sequence) = text.split_once('-')?;
    Some((at.parse().ok()?, sequence.parse().ok()?))
}

fn row(act: OrganizationAct) -> Result<ActRow, Error> {
    let OrganizationAct { entry, about, by } = act;
    let event = serde_json::to_value(&entry.record.event).map_err(Error::internal)?;
    let word = |member: &str| event.get(member).and_then(Value::as_str).map(str::to_owned);
    let name = |user: User| user.information.full_name().unwrap_or_else(|| user.email.to_string());
    Ok(ActRow {
        at: entry.record.at_millis / 1_000,
        event: word("event").unwrap_or_default(),
        step: word("step"),
        status: word("status"),
        domain: word("domain"),
        verification: word("verification"),
        is_external: event.get("is_external").and_then(Value::as_bool).unwrap_or_default(),
        about: about.map(name),
        by: by.map_or_else(|| entry.record.actor.to_string(), name),
    })
}
