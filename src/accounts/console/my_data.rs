//! Everything that is known about the person: to read, and to take away.

use super::pages::MyData;
use crate::acts;
use crate::app::App;
use crate::web::{Error, HeaderValue, Response, StatusCode, Submission, Visit, header, json_response, paths};

/// Shows it to be read.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = &visit.browser.session else { return visit.browser.redirect(&app, paths::START_SIGN_IN) };
    let data = acts::export_personal_data(&app, &visit.browser.by(&visit.request), active).await?;
    visit.browser.page(&app, &MyData::of(data))
}

/// Hands it out as a file in JSON.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let data = acts::export_personal_data(&app, &browser.by(&request), active).await?;
    let mut response = json_response(StatusCode::OK, &serde_json::to_value(&data).map_err(Error::internal)?);
    let name = HeaderValue::from_static("attachment; filename=\"moncomptepro.json\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}
