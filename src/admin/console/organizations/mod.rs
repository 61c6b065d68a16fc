//! Organizations in the console: looked for, and each with its domains, its members and its history.
//!
//! Whatever an officer may not see is as if it were not there (SEC-141).

mod card;
mod domains;
mod history;
mod list;
mod members;

use super::pages;
use crate::acts::administration::{self, Officer, OrganizationKey};
use crate::app::App;
use crate::domain::{Organization, OrganizationId, Right};
use crate::web::{Error, Guard, Table, paths};

/// Every route of them.
pub(super) fn routes(app: &App) -> Table {
    let read = Guard::Administration(Right::ReadOrganizations);
    let manage = Guard::Administration(Right::ManageOrganizations);
    Table::new(app)
        .visit(paths::ADMIN_ORGANIZATIONS, read, list::show)
        .submission(paths::ADMIN_ORGANIZATIONS, manage, list::enter)
        .visit(paths::ADMIN_ORGANIZATIONS_FILE, read, list::file)
        .visit_at(paths::ADMIN_ORGANIZATION, read, card::show)
        .submission_at(paths::ADMIN_ORGANIZATION_REFRESH, manage, card::refresh)
        .submission_at(paths::ADMIN_ORGANIZATION_DOMAINS, manage, domains::add)
        .submission_at(paths::ADMIN_ORGANIZATION_DOMAIN, manage, domains::change)
        .submission_at(paths::ADMIN_ORGANIZATION_DOMAIN_REMOVE, manage, domains::remove)
        .submission_at(paths::ADMIN_ORGANIZATION_MEMBERS, manage, members::add)
        .submission_at(paths::ADMIN_ORGANIZATION_MEMBER, manage, members::change)
        .submission_at(paths::ADMIN_ORGANIZATION_MEMBER_REMOVE, manage, members::remove)
        .visit_at(paths::ADMIN_ORGANIZATION_HISTORY, read, history::show)
}

/// The organization that a path names, where the officer may see it.
fn visible(app: &App, officer: &Officer, segment: &str) -> Result<Organization, Error> {
    let id: OrganizationId = segment.parse().map_err(|_| Error::NotFound)?;
    let found = administration::find_organization(app, &OrganizationKey::Id(id))?;
    found.filter(|_| officer.may_see(id)).ok_or(Error::NotFound)
}

/// The same where they may change it.
fn changeable(app: &App, officer: &Officer, segment: &str) -> Result<Organization, Error> {
    let organization = visible(app, officer, segment)?;
    if officer.may_moderate(organization.id) { Ok(organization) } else { Err(Error::NotFound) }
}

/// The page of an organization, saying what was just done, at the place where it is seen.
fn after(id: OrganizationId, notification: &str) -> String {
    paths::notifying(&paths::of(paths::ADMIN_ORGANIZATION, id), notification)
}
