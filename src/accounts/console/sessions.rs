//! The end of sessions of the person.

use super::notification::Notification;
use crate::acts::{self, EndedSessions, SessionsEnd};
use crate::app::App;
use crate::web::{Error, Response, Submission, cookies, paths};

/// Ends the session that `session` names, `others`, or `all`.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let which = match form.get("session") {
        Some("others") => EndedSessions::Others,
        Some("all") => EndedSessions::All,
        Some(name) => EndedSessions::One(name.to_owned()),
        None => return Err(Error::bad_request("bad_request").with_detail("session")),
    };
    match acts::end_own_sessions(&app, &browser.by(&request), active, browser.place().handle, which).await? {
        // One that ended by itself meanwhile is as much over as if it had been ended here.
        SessionsEnd::GoesOn(_) => {
            browser.redirect(&app, &Notification::SessionsEnded.on(paths::CONNECTION_AND_ACCOUNT))
        }
        SessionsEnd::SignedOut(next) => {
            let mut response = browser.renewed(next).redirect(&app, paths::START_SIGN_IN)?;
            cookies::clear(&mut response, &app.config.cookies, cookies::SESSION)?;
            Ok(response)
        }
    }
}
