//! Confirmation of the account, when a client asks for it.

use super::pages::SelectAccount;
use crate::acts;
use crate::app::App;
use crate::domain::steps::Step;
use crate::journey::{self, Current};
use crate::web::{Error, Response, StatusCode, Submission, Visit, paths};

/// Shows who is signed in.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    let Some(active) = visit.browser.session.clone() else {
        return visit.browser.redirect(&app, &journey::next(&app, None, current.as_ref())?);
    };
    let browser = journey::speak(visit.browser, current.as_ref());
    // Whoever knows a password alone learns no more than the address that they typed.
    let is_whole = acts::security_step(&app, &active) == Step::Finish;
    let page = SelectAccount {
        interaction: current.as_ref().map(|current| current.id.clone()),
        name: active.user.information.full_name().filter(|_| is_whole).unwrap_or_default(),
        email: active.user.email.to_string(),
        client: current.as_ref().map(|current| journey::client_label(&app, current)).transpose()?.flatten(),
    };
    browser.page_with(&app, &page, StatusCode::OK, current.as_ref().and_then(Current::form_target).as_deref())
}

/// Goes on as this person, or asks for another address.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, query, form, .. } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let id = current.as_ref().map(|current| current.id.as_str());
    match (form.get("choice"), &current) {
        (Some("continue"), Some(current)) => {
            if let Some(active) = &browser.session {
                acts::note_step(&app, active, current.key, |progress| progress.account_selected = true).await?;
            }
        }
        (Some("another"), _) => return browser.redirect(&app, &paths::within(paths::START_SIGN_IN, id)),
        (_, _) => {}
    }
    browser.redirect(&app, &journey::next(&app, browser.session.as_ref(), current.as_ref())?)
}
