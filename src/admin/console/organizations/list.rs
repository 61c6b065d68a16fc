//! The search for organizations: among those that are known here, and in the register.

use super::after;
use super::pages::{OrganizationTile, Organizations, StandingTab};
use crate::acts::administration::{
    self, OrganizationRefusal, OrganizationSearch, OrganizationWanted, enter_from_register,
};
use crate::admin::console::csv::{Csv, MOST_ROWS, grouped, word_of};
use crate::admin::console::form::check_fields;
use crate::app::App;
use crate::domain::{
    Activity, Establishment, HeadcountBand, LegalCategory, Organization, OrganizationId, OrganizationStanding,
    QueryFault, Right, Siret, TakenList,
};
use crate::protocol::{Parameters, Timestamp};
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// Shows what is there, or what was looked for.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let typed = visit.query.get("q").unwrap_or_default();
    answer(&app, &visit.browser, typed, wanted(&visit.query)?, None).await
}

/// What an address looks for.
fn wanted(parameters: &Parameters) -> Result<Result<OrganizationWanted, QueryFault>, Error> {
    let cursor = cursor_of(parameters);
    Ok(match parameters.get("standing") {
        Some(word) => {
            let standing = OrganizationStanding::find(word);
            let standing = standing.ok_or_else(|| Error::bad_request("bad_request").with_detail("standing"))?;
            Ok(OrganizationWanted::Standing(standing, cursor))
        }
        None => OrganizationWanted::parse(parameters.get("q").unwrap_or_default(), cursor),
    })
}

/// Behind which one the list goes on.
fn cursor_of(parameters: &Parameters) -> Option<OrganizationId> {
    parameters.get("after").and_then(|id| id.parse().ok())
}

/// Those of them that are known here as a file, from where the page of this address begins. That it was taken is recorded.
pub(super) async fn file(app: App, visit: Visit) -> Result<Response, Error> {
    let officer = visit.browser.officer()?;
    let wanted = wanted(&visit.query)?.map_err(|_| Error::bad_request("bad_request").with_detail("q"))?;
    let listed = Listed::of(&wanted, visit.query.get("q").unwrap_or_default());
    let after = cursor_of(&visit.query);
    let (found, next) = administration::gather_organizations(&app, officer, wanted, after, MOST_ROWS).await?;
    let mut file = Csv::new(&COLUMNS);
    found.iter().for_each(|organization| add(&mut file, organization));
    let by = officer.by(&visit.request);
    administration::note_taken_list(&app, &by, TakenList::Organizations, file.rows()).await?;
    let next = next.map(|next| listed.address(paths::ADMIN_ORGANIZATIONS_FILE, Some(next)));
    file.into_response("organizations", next)
}

/// The columns of the file.
const COLUMNS: [&str; 13] = [
    "id",
    "siret",
    "label",
    "address",
    "legal_category",
    "activity",
    "headcount",
    "entity_headcount",
    "is_head_office",
    "is_active",
    "is_public_service",
    "standing",
    "as_of",
];

fn add(file: &mut Csv, organization: &Organization) {
    let (id, as_of) = (organization.id.to_string(), organization.as_of().to_iso8601());
    let siret = grouped(organization.siret.as_str());
    file.row([
        Some(id.as_str()),
        Some(&siret),
        Some(&organization.label),
        organization.address.as_deref(),
        organization.legal_category.as_ref().map(LegalCategory::as_str),
        organization.activity.as_ref().map(Activity::as_str),
        organization.headcount.map(HeadcountBand::label),
        organization.entity_headcount.map(HeadcountBand::label),
        Some(word_of(organization.is_head_office)),
        Some(word_of(organization.is_active)),
        Some(word_of(organization.is_public_service())),
        organization.standing().map(OrganizationStanding::as_str),
        Some(&as_of),
    ]);
}

/// What an address lists.
#[derive(Clone, Copy)]
enum Listed<'a> {
    All,
    Standing(OrganizationStanding),
    /// What is found by what was typed.
    Found(&'a str),
}

impl<'a> Listed<'a> {
    fn of(wanted: &OrganizationWanted, typed: &'a str) -> Self {
        match wanted {
            OrganizationWanted::Any(_) => Self::All,
            OrganizationWanted::Standing(standing, _) => Self::Standing(*standing),
            OrganizationWanted::Siret(_) | OrganizationWanted::Siren(_) | OrganizationWanted::Words(_) => {
                Self::Found(typed)
            }
        }
    }

    fn address(self, path: &str, after: Option<OrganizationId>) -> String {
        let mut address = form_urlencoded::Serializer::new(String::new());
        match self {
            Self::All => {}
            Self::Standing(standing) => drop(address.append_pair("standing", standing.as_str())),
            Self::Found(typed) => drop(address.append_pair("q", typed)),
        }
        if let Some(after) = after {
            address.append_pair("after", &after.to_string());
        }
        let query = address.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
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
    let listed = wanted.as_ref().map_or(Listed::Found(typed), |wanted| Listed::of(wanted, typed));
    let standing = if let Listed::Standing(standing) = listed { Some(standing) } else { None };
    let is_listing = !matches!(listed, Listed::Found(_));
    let next = found.next.filter(|_| is_listing);
    let next_href = next.map(|next| listed.address(paths::ADMIN_ORGANIZATIONS, Some(next)));
    let after = match &wanted {
        Ok(OrganizationWanted::Any(after) | OrganizationWanted::Standing(_, after)) => *after,
        Ok(_) | Err(_) => None,
    };
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
        file_href: listed.address(paths::ADMIN_ORGANIZATIONS_FILE, after),
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
    Listed::Standing(standing).address(paths::ADMIN_ORGANIZATIONS, None)
}

fn tile(organization: &Organization) -> OrganizationTile {
    OrganizationTile {
        id: Some(organization.id.to_string()),
        siret: organization.siret.to_string(),
        label: organization.label.clone(),
        address: organization.address.clone(),
        is_head_office: organization.is_head_office,
        is_active: organization.is_active,
        is_ceased: organization.is_entity_active == Some(false),
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
        is_ceased: !establishment.is_entity_active,
        is_unknown: false,
        as_of: establishment.is_stale(now).then_some(establishment.fetched_at.0),
    }
}
