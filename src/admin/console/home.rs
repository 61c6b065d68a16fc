//! The first page of the console: who one is here, and what waits.

use super::pages::Home;
use crate::acts::administration;
use crate::app::App;
use crate::domain::Right;
use crate::web::{Error, Response, Visit};

/// Shows it.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let officer = visit.browser.officer()?;
    let overview = administration::look_over(&app, officer)?;
    let page = Home {
        name: officer.user.information.full_name(),
        email: officer.user.email.to_string(),
        role: officer.role.as_str(),
        is_delegated: officer.role.is_delegated(),
        role_until: officer.role.until().map(|until| until.0),
        open_until: officer.until.0,
        pending: overview.pending,
        may_be_more: overview.may_be_more,
        oldest_at: overview.oldest_at.map(|at| at.0),
        may_moderate: officer.has(Right::Moderate),
        organizations: overview.organizations,
        people_with_roles: officer.has(Right::ReadTeam).then_some(overview.people_with_roles),
    };
    visit.browser.page(&app, &page)
}
