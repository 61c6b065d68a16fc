//! Who belongs to an organization: added by address, changed, removed.

use super::card::{Attempt, again, offered};
use super::pages::MemberForm;
use super::{after, changeable};
use crate::acts::administration::{self, Link, OrganizationKey, OrganizationRefusal, UserKey, link_user, unlink_user};
use crate::admin::console::form::{check_fields, parse_word};
use crate::app::App;
use crate::domain::{Email, UserId, Verification};
use crate::web::{Error, Response, Submission};

/// Adds the person who has an address.
pub(super) async fn add(segment: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    check_fields(&form, &["email", "is_external", "verification"])?;
    let officer = browser.officer()?;
    let organization = changeable(&app, officer, &segment)?;
    let verification: Verification = parse_word(&form, "verification")?;
    check_offered(&app, verification, None)?;
    let is_external = form.has("is_external");
    let typed = form.get("email").unwrap_or_default().to_owned();
    let key = OrganizationKey::Id(organization.id);
    let is_member = |email: &Email| {
        let found = administration::find_membership(&app, organization.id, &UserKey::Email(email.clone()));
        found.map(|found| found.is_some())
    };
    let problem = match typed.parse::<Email>() {
        Err(_) => "malformed",
        Ok(email) if is_member(&email)? => "member",
        Ok(email) => {
            let link = Link { is_external, verification: Some(verification) };
            match link_user(&app, &officer.by(&request), key, UserKey::Email(email), link).await? {
                Ok(_) => return browser.redirect(&app, &after(organization.id, "member_added")),
                Err(OrganizationRefusal::UnknownUser) => "unknown",
                Err(OrganizationRefusal::Unverified) => "unverified",
                Err(OrganizationRefusal::NotByDomain) => "not_by_domain",
                Err(OrganizationRefusal::Closed) => "closed",
                Err(OrganizationRefusal::Unconfirmed) => "unconfirmed",
                Err(OrganizationRefusal::Own) => "own",
                Err(_) => return Err(Error::NotFound),
            }
        }
    };
    let problem = Some(problem.to_owned());
    let member = MemberForm { email: typed, is_external, verification: Some(verification), problem };
    again(&app, &browser, &request, organization, Attempt { member, ..Attempt::default() }).await
}

/// Changes a link.
pub(super) async fn change(segments: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    check_fields(&form, &["is_external", "verification"])?;
    let officer = browser.officer()?;
    let (segment, named) = segments.split_once('/').ok_or(Error::NotFound)?;
    let organization = changeable(&app, officer, segment)?;
    let user = UserKey::Id(named.parse::<UserId>().map_err(|_| Error::NotFound)?);
    let known = administration::find_membership(&app, organization.id, &user)?.ok_or(Error::NotFound)?;
    let verification: Verification = parse_word(&form, "verification")?;
    check_offered(&app, verification, Some(known.verification))?;
    let link = Link { is_external: form.has("is_external"), verification: Some(verification) };
    let key = OrganizationKey::Id(organization.id);
    let failure = match link_user(&app, &officer.by(&request), key, user, link).await? {
        Ok(_) => return browser.redirect(&app, &after(organization.id, "member_changed")),
        Err(OrganizationRefusal::Unverified) => "unverified",
        Err(OrganizationRefusal::NotByDomain) => "not_by_domain",
        Err(OrganizationRefusal::Own) => "own_link_refused",
        Err(_) => return Err(Error::NotFound),
    };
    again(&app, &browser, &request, organization, Attempt { link: Some(failure), ..Attempt::default() }).await
}

/// A word that the form does not offer is none of ours; that of the link as it is stays possible.
fn check_offered(app: &App, verification: Verification, present: Option<Verification>) -> Result<(), Error> {
    match offered(app).chain(present).any(|known| known == verification) {
        true => Ok(()),
        false => Err(Error::bad_request("bad_request").with_detail("verification")),
    }
}

/// Removes somebody: what they authorized ends with it.
pub(super) async fn remove(segments: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    check_fields(&form, &[])?;
    let officer = browser.officer()?;
    let (segment, named) = segments.split_once('/').ok_or(Error::NotFound)?;
    let organization = changeable(&app, officer, segment)?;
    let user = UserKey::Id(named.parse::<UserId>().map_err(|_| Error::NotFound)?);
    let key = OrganizationKey::Id(organization.id);
    match unlink_user(&app, &officer.by(&request), key, user).await? {
        Ok(_) => browser.redirect(&app, &after(organization.id, "member_removed")),
        Err(_) => Err(Error::NotFound),
    }
}
