//! The trust of browsers, taken back by the person.

use super::notification::Notification;
use crate::acts;
use crate::app::App;
use crate::web::{Error, Response, Submission, paths};

/// Takes back the trust of the browser that `browser` names, or of `all`.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let name = match form.get("browser") {
        Some("all") => None,
        Some(name) => Some(name.to_owned()),
        None => return Err(Error::bad_request("bad_request").with_detail("browser")),
    };
    // One whose trust ended by itself meanwhile is as little trusted as if it had been taken back here.
    acts::distrust_browsers(&app, &browser.by(&request), active, name).await?;
    browser.redirect(&app, &Notification::BrowsersDistrusted.on(paths::CONNECTION_AND_ACCOUNT))
}
