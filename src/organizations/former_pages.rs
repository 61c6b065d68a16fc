//! Addresses of the original that bookmarks and mails still name: each leads to where one goes on now.

use super::place::{Found, Place};
use crate::acts;
use crate::app::App;
use crate::domain::{ModerationId, OrganizationId};
use crate::web::{Error, Response, Submission, Visit, paths};

/// The page of one organization of the person: all of them stand on one page, with the way to leave each.
pub(super) async fn organization(segment: String, app: App, visit: Visit) -> Result<Response, Error> {
    go_on(&app, visit, |_| paths::MANAGE_ORGANIZATIONS.to_owned(), Some(&segment)).await
}

/// The organizations of the e-mail domain: the page on which one joins proposes them.
pub(super) async fn suggestions(app: App, visit: Visit) -> Result<Response, Error> {
    go_on(&app, visit, |_| paths::JOIN_ORGANIZATION.to_owned(), None).await
}

/// Which of several addresses the code is sent to: the page of the code asks.
pub(super) async fn which_contact(segment: String, app: App, visit: Visit) -> Result<Response, Error> {
    go_on(&app, visit, |id| paths::of(paths::OFFICIAL_CONTACT, id), Some(&segment)).await
}

/// The welcome in one organization: it is that of the session.
pub(super) async fn welcome(segment: String, app: App, visit: Visit) -> Result<Response, Error> {
    go_on(&app, visit, |_| paths::WELCOME.to_owned(), Some(&segment)).await
}

/// Another page, within the sign-in under way; none where what should be the number of an organization is none.
async fn go_on(
    app: &App,
    visit: Visit,
    path: impl FnOnce(OrganizationId) -> String,
    segment: Option<&str>,
) -> Result<Response, Error> {
    let place = match Place::of(app, visit.browser, &visit.query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let id = segment.map_or(Ok(OrganizationId(0)), str::parse).map_err(|_| Error::NotFound)?;
    place.lead_to(app, &path(id))
}

/// Takes a request back, and goes where the person wanted to begin anew.
pub(super) async fn cancel(
    segment: String,
    app: App,
    submission: Submission,
    path: &'static str,
) -> Result<Response, Error> {
    let Submission { browser, request, query, .. } = submission;
    let place = match Place::of(&app, browser, &query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let id: ModerationId = segment.parse().map_err(|_| Error::NotFound)?;
    // Sent twice, the second does nothing and leads to the same.
    let _cancelled =
        acts::cancel_request(&app, &place.browser.by(&request), &place.active, id, place.browser.locale).await?;
    place.lead_to(&app, path)
}
