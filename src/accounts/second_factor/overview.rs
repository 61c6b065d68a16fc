//! What is asked beside the password, in the account: looked at, chosen, taken away.

use super::pages::{DoubleAuthentication, PasskeyCard, PasskeyRenaming, PendingRemoval, RecoveryCodes};
use super::place;
use crate::accounts::console::Notification;
use crate::acts::{self, ActiveSession};
use crate::app::App;
use crate::domain::{FactorRemoval, Passkey, SecondFactorUse};
use crate::store::credentials;
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// What the last attempt came to nothing with.
pub(super) enum Failed {
    /// A passkey was not added.
    Passkey,
    /// A passkey cannot go by the name that was typed.
    Renaming(PasskeyRenaming),
}

/// Shows what there is.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = &visit.browser.session else { return visit.browser.redirect(&app, paths::START_SIGN_IN) };
    page(&app, &visit.browser, active, Notification::of(&visit.query), None)
}

/// The page, after an attempt that came to nothing too.
pub(super) fn page(
    app: &App,
    browser: &Browser,
    active: &ActiveSession,
    notification: Option<Notification>,
    failed: Option<Failed>,
) -> Result<Response, Error> {
    let (known, removal) = app.store.read(|tx| {
        let known = credentials::find(tx, active.user.id)?;
        Ok((known, acts::find_pending_removal(tx, &active.user)?))
    })?;
    let known = known.map(|known| known.second_factors).unwrap_or_default();
    let status = if failed.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let (is_refused, renaming) = match failed {
        Some(Failed::Passkey) => (true, None),
        Some(Failed::Renaming(renaming)) => (false, Some(renaming)),
        None => (false, None),
    };
    let page = DoubleAuthentication {
        notification,
        is_refused,
        renaming,
        removal: removal.as_ref().map(pending_removal),
        used: match active.user.second_factor {
            SecondFactorUse::None => "none",
            SecondFactorUse::OnDemand => "on_demand",
            SecondFactorUse::Always => "always",
        },
        added_at: known.totp.as_ref().map(|totp| totp.added_at.0),
        may_add_passkeys: app.passkeys.is_some() && known.may_have_another_passkey(),
        recovery_codes_left: known.recovery_tags.len(),
        passkeys: known.passkeys.into_iter().map(card).collect(),
        is_required: app.config.accounts.require_second_factor,
    };
    browser.page_with(app, &page, status, None)
}

/// A removal as its owner sees it.
pub(in crate::accounts) fn pending_removal(removal: &FactorRemoval) -> PendingRemoval {
    PendingRemoval {
        asked_at: removal.asked_at.0,
        due_at: removal.due_at.0,
        reason: removal.reason.as_str().to_owned(),
    }
}

/// Stops the removal of the second factors. Who lost them never comes to their page: the home page shows what became of it.
pub(super) async fn keep(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    match acts::keep_own_second_factors(&app, &browser.by(&request), active, browser.locale).await? {
        true => browser.redirect(&app, &Notification::SecondFactorKept.on(paths::HOME)),
        false => browser.redirect(&app, paths::HOME),
    }
}

fn card(passkey: Passkey) -> PasskeyCard {
    PasskeyCard {
        id: passkey.id,
        name: passkey.name,
        made_in: passkey.made_in,
        added_at: passkey.added_at.0,
        last_used_at: passkey.last_used_at.map(|at| at.0),
        uses: passkey.uses,
        suspended_at: passkey.suspended_at.map(|at| at.0),
    }
}

/// Asks it at every sign-in, or on demand.
pub(super) async fn choose(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let (always, notification) = match form.get("force2fa") {
        Some("enable") => (true, Notification::SecondFactorEnabled),
        Some("disable") => (false, Notification::SecondFactorDisabled),
        Some(_) | None => return Err(Error::bad_request("bad_request").with_detail("force2fa")),
    };
    let place = place(&app, &request, &browser, active, None);
    match acts::use_second_factor(&app, &browser.by(&request), place, always).await? {
        true => browser.redirect(&app, &notification.on(paths::DOUBLE_AUTHENTICATION)),
        false => browser.redirect(&app, paths::DOUBLE_AUTHENTICATION),
    }
}

/// Takes it away.
pub(super) async fn remove(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let place = place(&app, &request, &browser, active, None);
    match acts::remove_totp(&app, &browser.by(&request), place).await? {
        true => browser.redirect(&app, &Notification::AuthenticatorDeleted.on(paths::DOUBLE_AUTHENTICATION)),
        false => browser.redirect(&app, paths::DOUBLE_AUTHENTICATION),
    }
}

/// Makes new recovery codes, and shows them once.
pub(super) async fn make_codes(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let place = place(&app, &request, &browser, active, None);
    match acts::make_recovery_codes(&app, &browser.by(&request), place).await? {
        Some(codes) => {
            let codes = codes.iter().map(|code| code.expose().to_owned()).collect();
            let next_href = paths::DOUBLE_AUTHENTICATION.to_owned();
            browser.page(&app, &RecoveryCodes { codes, set_up: None, next_href })
        }
        None => browser.redirect(&app, paths::DOUBLE_AUTHENTICATION),
    }
}
