//! Everything that is known about the person: to read, and to take away by a link that is mailed to them.

use super::pages::{MyData, MyDataFile};
use crate::acts;
use crate::app::App;
use crate::domain::PersonalData;
use crate::web::{Error, HeaderValue, Response, StatusCode, Submission, Visit, header, json_response, paths};

/// The name of the link's value.
const TOKEN: &str = "my_data_token";

/// Shows it to be read.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = &visit.browser.session else { return visit.browser.redirect(&app, paths::START_SIGN_IN) };
    let pending = acts::find_data_link(&app, active)?;
    let data = acts::export_personal_data(&app, &visit.browser.by(&visit.request), active).await?;
    let number = visit.query.get("page").and_then(|number| number.parse().ok()).unwrap_or(1);
    visit.browser.page(&app, &MyData::of(data, number, pending, app.config.lacks_mail()))
}

/// Mails the link to the file. Where no mail leaves, the file is handed out at once, and the page has said so.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let by = browser.by(&request);
    if app.config.lacks_mail() {
        return file(&acts::export_personal_data(&app, &by, active).await?);
    }
    let page = format!("{}?{TOKEN}=", paths::MY_DATA_FILE);
    acts::mail_data_link(&app, &by, active, request.source(), (browser.locale, &page)).await?;
    browser.redirect(&app, paths::MY_DATA)
}

/// Shows what a link is good for. Looking does not use it up: programs look at links too.
pub(super) async fn show_file(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = &visit.browser.session else { return visit.browser.redirect(&app, paths::START_SIGN_IN) };
    let value = visit.query.get(TOKEN).unwrap_or_default();
    match acts::is_data_link_good(&app, active, value)? {
        true => visit.browser.page(&app, &MyDataFile { my_data: Some(value.to_owned()) }),
        false => visit.browser.page_with(&app, &MyDataFile { my_data: None }, StatusCode::GONE, None),
    }
}

/// Uses the link up, and hands the file out.
pub(super) async fn submit_file(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let value = form.get(TOKEN).unwrap_or_default();
    match acts::redeem_data_link(&app, &browser.by(&request), active, value).await? {
        Some(data) => file(&data),
        None => browser.page_with(&app, &MyDataFile { my_data: None }, StatusCode::GONE, None),
    }
}

fn file(data: &PersonalData) -> Result<Response, Error> {
    let mut response = json_response(StatusCode::OK, &serde_json::to_value(data).map_err(Error::internal)?);
    let name = HeaderValue::from_static("attachment; filename=\"moncomptepro.json\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}
