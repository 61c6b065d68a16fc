//! What is asked beside the password, in the account: looked at, chosen, taken away.

use super::pages::{DoubleAuthentication, PasskeyCard, RecoveryCodes};
use super::place;
use crate::accounts::console::Notification;
use crate::acts::{self, ActiveSession};
use crate::app::App;
use crate::domain::{Passkey, SecondFactorUse};
use crate::store::credentials;
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// Shows what there is.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = &visit.browser.session else { return visit.browser.redirect(&app, paths::START_SIGN_IN) };
    page(&app, &visit.browser, active, Notification::of(&visit.query), None)
}

/// The page; `problem` says why the last attempt came to nothing: `passkey`.
pub(super) fn page(
    app: &App,
    browser: &Browser,
    active: &ActiveSession,
    notification: Option<Notification>,
    problem: Option<&str>,
) -> Result<Response, Error> {
    let known = app.store.read(|tx| credentials::find(tx, active.user.id))?.map(|known| known.second_factors);
    let known = known.unwrap_or_default();
    let page = DoubleAuthentication {
        notification,
        problem: problem.map(str::to_owned),
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
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, None)
}

fn card(passkey: Passkey) -> PasskeyCard {
    PasskeyCard {
        id: passkey.id,
        name: passkey.name,
        made_in: passkey.made_in,
        added_at: passkey.added_at.0,
        last_used_at: passkey.last_used_at.map(|at| at.0),
        uses: passkey.uses,
        is_suspended: passkey.suspended_at.is_some(),
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
