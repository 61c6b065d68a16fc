//! The gate in front of what protects an account: a proof of the person, made in this session a short while ago (SEC-93).

use super::{Browser, Error, Guard, Request, Response, paths};
use crate::acts;
use crate::app::App;

/// Where whoever may not come through is led instead: to a sign-in, which comes back to the page of the guard. A form
/// that they sent is not kept, and has done nothing.
pub(super) async fn lead_to_proof(
    app: &App,
    guard: Guard,
    browser: &Browser,
    request: &Request,
) -> Result<Option<Response>, Error> {
    let Guard::RecentProof(page) = guard else { return Ok(None) };
    let Some(active) = &browser.session else { return browser.redirect(app, paths::START_SIGN_IN).map(Some) };
    if active.session.has_recent_proof(app.clock.now(), app.config.recent_proof) {
        return Ok(None);
    }
    let handle = acts::begin_proof(app, request.source(), active, browser.place().handle, page).await?;
    browser.redirect(app, &paths::interaction(&handle.value)).map(Some)
}
