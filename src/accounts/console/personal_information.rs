//! Names, telephone number and position, at any time after a sign-in.

use super::notification::Notification;
use super::pages::PersonalInformation as Page;
use crate::accounts::personal_information::{field_error, fields};
use crate::acts;
use crate::app::App;
use crate::domain::PersonalInformation;
use crate::web::{Error, Response, StatusCode, Submission, Visit, paths};

/// Shows what is known.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = &visit.browser.session else { return visit.browser.redirect(&app, paths::START_SIGN_IN) };
    let known = active.user.information.clone();
    let page = Page {
        notification: Notification::of(&visit.query),
        given_name: known.given_name.unwrap_or_default(),
        family_name: known.family_name.unwrap_or_default(),
        phone_number: known.phone_number.unwrap_or_default(),
        job: known.job.unwrap_or_default(),
        errors: Vec::new(),
    };
    visit.browser.page(&app, &page)
}

/// Takes what was typed, or says everything that cannot stand.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let Some(active) = &browser.session else { return browser.redirect(&app, paths::START_SIGN_IN) };
    let [given_name, family_name, phone_number, job] = fields(&form);
    match PersonalInformation::parse(given_name, family_name, phone_number, job) {
        Ok(information) => {
            let (by, locale) = (browser.by(&request), browser.locale);
            acts::update_personal_information(&app, &by, active, None, information, locale).await?;
            let done = Notification::PersonalInformationUpdateSuccess;
            browser.redirect(&app, &done.on(paths::OWN_PERSONAL_INFORMATION))
        }
        Err(faults) => {
            let page = Page {
                notification: None,
                given_name: given_name.to_owned(),
                family_name: family_name.to_owned(),
                phone_number: phone_number.to_owned(),
                job: job.to_owned(),
                errors: faults.into_iter().map(field_error).collect(),
            };
            browser.page_with(&app, &page, StatusCode::BAD_REQUEST, None)
        }
    }
}
