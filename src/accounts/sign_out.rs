//! Leaving: the button of every page of a person who is signed in.

use crate::acts;
use crate::app::App;
use crate::web::{Error, Response, Submission, cookies, paths};

/// Ends the session of this browser.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { mut browser, request, .. } = submission;
    if let Some(active) = &browser.session {
        let next = acts::sign_out(&app, &browser.by(&request), active, browser.place().handle).await?;
        browser = browser.renewed(next);
    }
    let mut response = browser.redirect(&app, paths::START_SIGN_IN)?;
    cookies::clear(&mut response, &app.config.cookies, cookies::SESSION)?;
    Ok(response)
}
