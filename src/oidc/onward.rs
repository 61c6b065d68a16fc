//! The last step of a sign-in or sign-out, out of this site (SEC-116).
//!
//! Some browsers hold a form to the `form-action` of its page through every redirect that follows, those of the client
//! included, and nobody here knows where these lead. What may follow a form of ours therefore ends in a page of its
//! own, which goes on by itself; everything else is redirected.

use super::pages::Onward;
use crate::app::App;
use crate::domain::ClientId;
use crate::protocol::RedirectUri;
use crate::store::clients;
use crate::web::{Browser, Error, Response, StatusCode, headers};

/// Where somebody goes, and on whose behalf.
pub(super) struct Way<'a> {
    /// The client.
    pub(super) client_id: &'a ClientId,
    /// The address that it registered.
    pub(super) target: &'a RedirectUri,
    /// The same with its parameters.
    pub(super) location: String,
}

/// Leads there: by a page where a form of this site may have led here, by redirect otherwise.
///
/// # Errors
/// When the page cannot be rendered, or the store fails.
pub(super) fn lead(app: &App, browser: &Browser, way: Way<'_>) -> Result<Response, Error> {
    if !browser.may_follow_a_form() || !way.target.is_of_the_web() {
        return browser.redirect(app, &way.location);
    }
    let client = app.store.read(|tx| clients::find(tx, way.client_id))?;
    // A system opens the application of a claimed address after a form or a link, but not after a page that goes on by
    // itself (RFC 8252 §7.2). Such an address is the last one.
    if way.target.is_https() && client.as_ref().is_some_and(|client| client.is_native) {
        return browser.redirect(app, &way.location);
    }
    let page = Onward { href: way.location, client: client.map(|client| client.name) };
    let mut response = browser.page_with(app, &page, StatusCode::OK, None)?;
    headers::set_no_referrer(&mut response);
    Ok(response)
}
