//! The e-mail domains of an organization: added, judged, removed. Links of members follow as by command.

use super::card::{Attempt, again};
use super::pages::DomainForm;
use super::{after, changeable};
use crate::acts::administration::{ModerationRefusal, OrganizationKey, delete_email_domain, write_email_domain};
use crate::admin::console::form::{check_fields, parse_word};
use crate::app::App;
use crate::domain::{EmailDomain, EmailDomainStatus};
use crate::web::{Error, Response, Submission};

/// Adds one.
pub(super) async fn add(segment: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    check_fields(&form, &["domain", "status"])?;
    let officer = browser.officer()?;
    let organization = changeable(&app, officer, &segment)?;
    let status: EmailDomainStatus = parse_word(&form, "status")?;
    let typed = form.get("domain").unwrap_or_default().to_owned();
    let key = OrganizationKey::Id(organization.id);
    let problem = match typed.parse::<EmailDomain>() {
        Err(_) => "malformed",
        Ok(domain) => match write_email_domain(&app, &officer.by(&request), key, domain, status).await? {
            Ok(_) => return browser.redirect(&app, &after(organization.id, "domain_written")),
            Err(ModerationRefusal::OpenToAnybody(_)) => "open_to_anybody",
            Err(ModerationRefusal::OwnDomain(_)) => "own_domain",
            Err(_) => return Err(Error::NotFound),
        },
    };
    let domain = DomainForm { domain: typed, status: Some(status), problem: Some(problem.to_owned()) };
    again(&app, &browser, &request, organization, Attempt { domain, ..Attempt::default() }).await
}

/// Judges one anew.
pub(super) async fn change(segments: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    check_fields(&form, &["status"])?;
    let officer = browser.officer()?;
    let (segment, named) = segments.split_once('/').ok_or(Error::NotFound)?;
    let organization = changeable(&app, officer, segment)?;
    let status: EmailDomainStatus = parse_word(&form, "status")?;
    let domain: EmailDomain = named.parse().map_err(|_| Error::NotFound)?;
    let key = OrganizationKey::Id(organization.id);
    if !crate::acts::administration::has_email_domain(&app, organization.id, &domain)? {
        return Err(Error::NotFound);
    }
    match write_email_domain(&app, &officer.by(&request), key, domain, status).await? {
        Ok(_) => browser.redirect(&app, &after(organization.id, "domain_written")),
        Err(refusal @ (ModerationRefusal::OpenToAnybody(_) | ModerationRefusal::OwnDomain(_))) => {
            let is_own = matches!(refusal, ModerationRefusal::OwnDomain(_));
            let problem = Some(String::from(if is_own { "own_domain" } else { "open_to_anybody" }));
            let domain = DomainForm { domain: named.to_owned(), status: Some(status), problem };
            again(&app, &browser, &request, organization, Attempt { domain, ..Attempt::default() }).await
        }
        Err(_) => Err(Error::NotFound),
    }
}

/// Removes one.
pub(super) async fn remove(segments: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    check_fields(&form, &[])?;
    let officer = browser.officer()?;
    let (segment, named) = segments.split_once('/').ok_or(Error::NotFound)?;
    let organization = changeable(&app, officer, segment)?;
    let domain: EmailDomain = named.parse().map_err(|_| Error::NotFound)?;
    let key = OrganizationKey::Id(organization.id);
    match delete_email_domain(&app, &officer.by(&request), key, domain).await? {
        Ok(()) => browser.redirect(&app, &after(organization.id, "domain_removed")),
        Err(_) => Err(Error::NotFound),
    }
}
