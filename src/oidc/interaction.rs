//! The sign-in under way: taken up again after its last step, or given up.

use super::proceed::{Proceeding, proceed, refuse};
use crate::acts;
use crate::app::App;
use crate::journey;
use crate::protocol::ErrorCode;
use crate::web::{Error, Response, Submission, Visit, paths};

/// Answers the client if every step is done, and leads to the open step otherwise.
pub(super) async fn resume(id: String, app: App, visit: Visit) -> Result<Response, Error> {
    let Visit { browser, request, .. } = visit;
    let current = journey::current_by_id(&app, &browser, &id).await?;
    let (by, source) = (browser.by(&request), request.source());
    let browser = journey::speak(browser, Some(&current));
    match current.interaction.authorization().cloned() {
        Some(pending) => proceed(&app, Proceeding { browser, by, source, pending, current: Some(current) }).await,
        None => browser.redirect(&app, &journey::next(&app, browser.session.as_ref(), Some(&current))?),
    }
}

/// Gives the sign-in up, at the wish of the person.
pub(super) async fn cancel(id: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, .. } = submission;
    let current = journey::current_by_id(&app, &browser, &id).await?;
    let (by, source) = (browser.by(&request), request.source());
    match current.interaction.authorization().cloned() {
        Some(pending) => {
            let proceeding = Proceeding { browser, by, source, pending, current: Some(current) };
            refuse(&app, &proceeding, ErrorCode::AccessDenied).await
        }
        None => {
            acts::finish_interaction(&app, current.key).await?;
            browser.redirect(&app, paths::HOME)
        }
    }
}
