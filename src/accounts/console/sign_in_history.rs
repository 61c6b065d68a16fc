//! When and from where the person signed in, and who tried to.

use super::pages::{SignInCard, SignInHistory};
use crate::app::App;
use crate::domain::{AuditEvent, ClientId, SignInFailure, SignInMethod};
use crate::protocol::Timestamp;
use crate::store::audit::{self, AuditEntry};
use crate::store::{Read, StoreError, clients};
use crate::web::{Error, Response, Visit, paths};

/// The entries of one page.
const ENTRIES: usize = 50;

/// Shows one page of them, the latest first.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = &visit.browser.session else { return visit.browser.redirect(&app, paths::START_SIGN_IN) };
    let before = visit.query.get("before").and_then(parse_place);
    let (user_id, now) = (active.user.id, app.clock.now());
    let page = app.store.read(|tx| {
        let mut entries = audit::list_sign_ins(tx, user_id, before, ENTRIES.saturating_add(1))?;
        let is_all = entries.len() <= ENTRIES;
        entries.truncate(ENTRIES);
        let last = entries.last().filter(|_| !is_all);
        let earlier_href = last
            .map(|entry| format!("{}?before={}-{}", paths::SIGN_IN_HISTORY, entry.record.at_millis, entry.sequence));
        let cards = entries.iter().map(|entry| card(tx, entry, now)).collect::<Result<_, _>>()?;
        Ok(SignInHistory { entries: cards, earlier_href, is_first: before.is_none() })
    })?;
    visit.browser.page(&app, &page)
}

fn parse_place(text: &str) -> Option<(u64, u64)> {
    let (at_millis, sequence) = text.split_once('-')?;
    Some((at_millis.parse().ok()?, sequence.parse().ok()?))
}

pub(super) fn card(tx: &impl Read, entry: &AuditEntry, now: Timestamp) -> Result<SignInCard, StoreError> {
    let (outcome, client_id) = outcome(&entry.record.event);
    let client = match client_id {
        Some(id) => clients::find(tx, id)?,
        None => None,
    };
    Ok(SignInCard {
        at: entry.record.at_millis / 1000,
        outcome,
        service: client.map(|client| client.name),
        source: entry.record.shown_source(now),
    })
}

/// The word of the catalogue, and for which client.
fn outcome(event: &AuditEvent) -> (&'static str, Option<&ClientId>) {
    if let AuditEvent::SignedIn { client_id, method, .. } = event {
        let word = match method {
            SignInMethod::Password => "password",
            SignInMethod::EmailLink => "email_link",
            SignInMethod::EmailCode => "email_code",
            SignInMethod::Passkey => "passkey",
            SignInMethod::Chosen => "chosen",
        };
        (word, client_id.as_ref())
    } else if let AuditEvent::SignInFailed { reason, .. } = event {
        let word = match reason {
            SignInFailure::WrongPassword | SignInFailure::UnknownAddress => "wrong_password",
            SignInFailure::WrongCode => "wrong_code",
            SignInFailure::WrongPasskey => "wrong_passkey",
            SignInFailure::NoPassword => "no_password",
            SignInFailure::AccountClosed => "account_closed",
        };
        (word, None)
    } else {
        ("unknown", None)
    }
}
