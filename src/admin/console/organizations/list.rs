//! The search for organizations: among those that are known here, and in the register.

use super::after;
use super::pages::{OrganizationTile, Organizations, StandingTab};
use crate::acts::administration::{
    self, OrganizationRefusal, OrganizationSearch, OrganizationWanted, enter_from_register,
};
use crate::admin::console::form::check_fields;
use crate::app::App;
use crate::domain::{Establishment, Organization, OrganizationStanding, QueryFault, Right, Siret};
use crate::protocol::Timestamp;
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// Shows what is there, or what was looked for.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let typed = visit.query.get("q").unwrap_or_default();
    let cursor = visit.query.get("after").and_then(|id| id.parse().ok());
    let wanted = match visit.query.get("standing") {
        Some(word) => {
            let standing = OrganizationStanding::find(word);
            let standing = standing.ok_or_else(|| Error::bad_request("bad_request").with_detail("standing"))?;
            Ok(OrganizationWanted::Standing(standing, cursor))
        }
        None => OrganizationWanted::parse(typed, cursor),
    };
    answer(&app, &visit.browser, typed, wanted, None).await
}

async fn answer(
    app: &App,
    browser: &Browser,
    typed: &str,
    wanted: Result<OrganizationWanted, QueryFault>,
    problem: Option<&'static str>,
) -> Result<Response, Error> {
    let officer = browser.officer()?;
    let (found, fault) = match &wanted {
        Ok(wanted) => (administration::look_for_organizations(app, officer, wanted).await?, None),
        Err(QueryFault::TooShort) => (OrganizationSearch::default(), Some("too_short")),
        Err(QueryFault::TooLong) => (OrganizationSearch::default(), Some("too_long")),
    };
    let standing = match wanted {
        Ok(OrganizationWanted::Standing(standing, _)) => Some(standing),
        Ok(_) | Err(_) => None,
    };
    let is_listing = standing.is_some() || matches!(wanted, Ok(OrganizationWanted::Any(_)));
    let next = found.next.filter(|_| is_listing);
    let next_href = next.map(|next| match standing {
        Some(standing) => format!("{}&after={next}", href(standing)),
        None => format!("{}?after={next}", paths::ADMIN_ORGANIZATIONS),
    });
    let tab =
        |of: OrganizationStanding| StandingTab { standing: of.as_str(), href: href(of), is_here: standing == Some(of) };
    let (problem, now) = (fault.or(problem), app.clock.now());
    let page = Organizations {
        typed: typed.chars().take(200).collect(),
        problem: problem.map(str::to_owned),
        is_listing,
        tabs: OrganizationStanding::ALL.map(tab).into(),
        standing: standing.map(OrganizationStanding::as_str),
        is_delegated: officer.role.is_delegated(),
        known: found.known.iter().map(tile).collect(),
        may_be_more: found.next.is_some() && !is_listing,
        next_href,
        from_register: found.from_register.iter().map(|found| tile_of(found, now)).collect(),
        is_register_silent: found.is_register_silent,
        may_manage: officer.has(Right::ManageOrganizations),
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, None)
}

/// Enters what the register says of a number, and shows it.
pub(super) async fn enter(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    check_fields(&form, &["siret"])?;
    let officer = browser.officer()?;
    // A moderator of some organizations has those, and enters no other.
    if officer.role.is_delegated() {
        return Err(Error::NotFound);
    }
    let typed = form.get("siret").unwrap_or_default();
    let siret: Siret = typed.parse().map_err(|_| Error::bad_request("bad_request"))?;
    let problem = match enter_from_register(&app, &officer.by(&request), siret.clone()).await? {
        Ok(organization) => return browser.redirect(&app, &after(organization.id, "organization_entered")),
        Err(OrganizationRefusal::NotInRegister) if app.directory.keeps_a_part() => "left_out",
        Err(OrganizationRefusal::NotInRegister) => "unknown",
        Err(OrganizationRefusal::Unknown) => return Err(Error::NotFound),
        Err(_) => "unavailable",
    };
    answer(&app, &browser, typed, Ok(OrganizationWanted::Siret(siret)), Some(problem)).await
}

fn href(standing: OrganizationStanding) -> String {
    format!("{}?standing={}", paths::ADMIN_ORGANIZATIONS, standing.as_str())
}

fn tile(organization: &Organization) -> OrganizationTile {
    OrganizationTile {
        id: Some(organization.id.to_string()),
        siret: organization.siret.to_string(),
        label: organization.label.clone(),
        address: organization.address.clone(),
        is_head_office: organization.is_head_office,
        is_active: organization.is_active,
        is_unknown: organization.standing() == Some(OrganizationStanding::Unknown),
        as_of: None,
    }
}

fn tile_of(establishment: &Establishment, now: Timestamp) -> OrganizationTile {
    OrganizationTile {
        id: None,
        siret: establishment.siret.to_string(),
        label: establishment.name.label(),
        address: establishment.town(),
        is_head_office: establishment.is_head_office,
        is_active: establishment.is_active,
        is_unknown: false,
        as_of: establishment.is_stale(now).then_some(establishment.fetched_at.0),
    }
}
