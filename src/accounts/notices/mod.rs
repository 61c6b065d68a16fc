//! What is said where data is asked: personal data, terms of use, accessibility (RGPD articles 13 and 14, RGAA).

pub(in crate::accounts) mod pages;

use crate::app::App;
use crate::config::Notices;
use crate::web::{Error, Response, Visit};
use pages::{Accessibility, Help, PersonalData, Terms};

/// What is kept about people, why, and for how long.
pub(in crate::accounts) async fn personal_data(app: App, visit: Visit) -> Result<Response, Error> {
    let Notices { controller, contact, .. } = app.config.notices.clone();
    let page = PersonalData {
        controller,
        contact: contact.map(|email| email.to_string()),
        unused_months: app.config.retention.unused_account_months(),
        audit_months: app.config.retention.audit_months(),
        address_months: app.config.retention.audit_address_months(),
    };
    visit.browser.page(&app, &page)
}

/// On what terms the service is used.
pub(in crate::accounts) async fn terms(app: App, visit: Visit) -> Result<Response, Error> {
    let Notices { controller, contact, .. } = app.config.notices.clone();
    visit.browser.page(&app, &Terms { controller, contact: contact.map(|email| email.to_string()) })
}

/// What to do when a code does not come, a password is forgotten, an organization cannot be joined.
pub(in crate::accounts) async fn help(app: App, visit: Visit) -> Result<Response, Error> {
    let Notices { controller, contact, .. } = app.config.notices.clone();
    let mail_from = app.config.mail.as_ref().map(|mailing| mailing.from.to_string());
    visit.browser.page(&app, &Help { controller, contact: contact.map(|email| email.to_string()), mail_from })
}

/// How far the pages comply with the rules of accessibility.
pub(in crate::accounts) async fn accessibility(app: App, visit: Visit) -> Result<Response, Error> {
    let Notices { controller, contact, accessibility, .. } = app.config.notices.clone();
    let contact = contact.map(|email| email.to_string());
    visit.browser.page(&app, &Accessibility { controller, contact, state: accessibility.as_str() })
}
