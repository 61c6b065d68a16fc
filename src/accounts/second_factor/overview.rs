//! What is asked beside the password, in the account: looked at, chosen, taken away.

use super::pages::{DoubleAuthentication, RecoveryCodes};
use super::place;
use crate::accounts::console::Notification;
use crate::acts;
use crate::app::App;
use crate::domain::SecondFactorUse;
use crate::store::credentials;
use crate::web::{Error, Response, Submission, Visit, paths};

/// Shows what there is.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = &visit.browser.session else { return visit.browser.redirect(&app, paths::START_SIGN_IN) };
    let known = app.store.read(|tx| credentials::find(tx, active.user.id))?.map(|known| known.second_factors);
    let page = DoubleAuthentication {
        notification: Notification::of(&visit.query),
        used: match active.user.second_factor {
            SecondFactorUse::None => "none",
            SecondFactorUse::OnDemand => "on_demand",
            SecondFactorUse::Always => "always",
        },
        added_at: known.as_ref().and_then(|known| known.totp.as_ref()).map(|totp| totp.added_at.0),
        recovery_codes_left: known.map_or(0, |known| known.recovery_tags.len()),
        is_required: app.config.accounts.require_second_factor,
    };
    visit.browser.page(&app, &page)
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
    match acts::remove_second_factors(&app, &browser.by(&request), place).await? {
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
            browser.page(&app, &RecoveryCodes { codes, is_set_up: false, next_href })
        }
        None => browser.redirect(&app, paths::DOUBLE_AUTHENTICATION),
    }
}
