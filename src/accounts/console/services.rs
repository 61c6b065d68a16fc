//! A service that the person does not want to be known to any more.

use super::notification::Notification;
use crate::acts;
use crate::app::App;
use crate::domain::ClientId;
use crate::web::{Error, Response, Submission, paths};

/// Takes back what the service of `client_id` was granted.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let client_id = form.get("client_id").and_then(|id| id.parse::<ClientId>().ok());
    let client_id = client_id.ok_or_else(|| Error::bad_request("bad_request").with_detail("client_id"))?;
    // What was taken back in another tab is as much taken back as if it had been here.
    acts::revoke_service(&app, &browser.by(&request), active, client_id).await?;
    browser.redirect(&app, &Notification::ServiceRevoked.on(paths::CONNECTION_AND_ACCOUNT))
}
