//! Names, telephone number and position, as a step of a sign-in.

use super::pages::{FieldError, PersonalInformation as Page};
use crate::acts;
use crate::app::App;
use crate::domain::{PersonalInformation, PersonalInformationFault, PersonalInformationField};
use crate::journey::{self, Current};
use crate::protocol::Parameters;
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit};

/// Shows what is known.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    let Some(active) = &visit.browser.session else {
        return visit.browser.redirect(&app, &journey::next(&app, None, current.as_ref())?);
    };
    let known = active.user.information.clone();
    let page = Page {
        interaction: current.as_ref().map(|current| current.id.clone()),
        client: current.as_ref().map(|current| journey::client_label(&app, current)).transpose()?.flatten(),
        given_name: known.given_name.unwrap_or_default(),
        family_name: known.family_name.unwrap_or_default(),
        phone_number: known.phone_number.unwrap_or_default(),
        job: known.job.unwrap_or_default(),
        errors: Vec::new(),
    };
    answer(&app, visit.browser, current.as_ref(), &page, StatusCode::OK)
}

/// Takes what was typed, or says everything that cannot stand.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let Some(active) = &browser.session else {
        return browser.redirect(&app, &journey::next(&app, None, current.as_ref())?);
    };
    let [given_name, family_name, phone_number, job] = fields(&form);
    match PersonalInformation::parse(given_name, family_name, phone_number, job) {
        Ok(information) => {
            let key = current.as_ref().map(|current| current.key);
            let (by, locale) = (browser.by(&request), browser.locale);
            acts::update_personal_information(&app, &by, active, key, information, locale).await?;
            let session = acts::find_session(&app, &active.value).await?;
            browser.redirect(&app, &journey::next(&app, session.as_ref(), current.as_ref())?)
        }
        Err(faults) => {
            let page = Page {
                interaction: current.as_ref().map(|current| current.id.clone()),
                client: current.as_ref().map(|current| journey::client_label(&app, current)).transpose()?.flatten(),
                given_name: given_name.to_owned(),
                family_name: family_name.to_owned(),
                phone_number: phone_number.to_owned(),
                job: job.to_owned(),
                errors: faults.into_iter().map(field_error).collect(),
            };
            answer(&app, browser, current.as_ref(), &page, StatusCode::BAD_REQUEST)
        }
    }
}

pub(super) fn fields(form: &Parameters) -> [&str; 4] {
    use PersonalInformationField::{FamilyName, GivenName, Job, PhoneNumber};
    [GivenName, FamilyName, PhoneNumber, Job].map(|field| form.get(field.as_str()).unwrap_or_default())
}

pub(super) fn field_error(fault: PersonalInformationFault) -> FieldError {
    let (field, problem) = match fault {
        PersonalInformationFault::Missing(field) => (field, "missing"),
        PersonalInformationFault::TooLong(field) => (field, "too_long"),
        PersonalInformationFault::Malformed(field) => (field, "malformed"),
        PersonalInformationFault::Mixed(field) => (field, "mixed"),
    };
    FieldError { field: field.as_str().to_owned(), problem: problem.to_owned() }
}

fn answer(
    app: &App,
    browser: Browser,
    current: Option<&Current>,
    page: &Page,
    status: StatusCode,
) -> Result<Response, Error> {
    let browser = journey::speak(browser, current);
    browser.page_with(app, page, status, current.and_then(Current::form_target).as_deref())
}
