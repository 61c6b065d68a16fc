//! The page of an organization.

use std::collections::BTreeMap;

use super::pages::{Author, Authorship, DomainForm, DomainRow, MemberForm, MemberRow, OrganizationCard, RegisterFacts};
use super::{after, changeable, visible};
use crate::acts::administration::{
    self, ORGANIZATIONS_SHOWN, OrganizationKey, OrganizationRefusal, note_organization_view, refresh_organization,
};
use crate::admin::console::form::check_fields;
use crate::app::App;
use crate::domain::{
    Activity, HeadcountBand, LegalCategory, Membership, Organization, OrganizationDomain, OrganizationId, Right, User,
    UserId, UserState, Verification,
};
use crate::protocol::Parameters;
use crate::web::{Browser, Error, Request, Response, StatusCode, Submission, Visit, paths};

/// The names of those who acted.
type Names = BTreeMap<UserId, String>;

/// How old what the register said may be before the page proposes to read it anew.
const CURRENT_FOR_SECONDS: u64 = 31 * 24 * 3600;
/// What the page says that was done.
const NOTIFICATIONS: [&str; 7] = [
    "organization_entered",
    "organization_refreshed",
    "domain_written",
    "domain_removed",
    "member_added",
    "member_changed",
    "member_removed",
];
/// How a moderator may say that a link was proven.
const PROOFS: [Verification; 6] = [
    Verification::ProofReceived,
    Verification::Domain,
    Verification::OfficialContactEmail,
    Verification::InListeDirigeantsRne,
    Verification::InListeDirigeantsRna,
    Verification::OrdreProfessionnelDomain,
];

/// The words of verification that the forms offer.
pub(super) fn offered(app: &App) -> impl Iterator<Item = Verification> {
    let unverified = app.config.joining.policy.allow_unverified.then_some(Verification::Unverified);
    PROOFS.into_iter().chain(unverified)
}

/// What was typed, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    pub(super) domain: DomainForm,
    pub(super) member: MemberForm,
    /// Why the register was not read anew.
    pub(super) register: Option<&'static str>,
    /// Why a link was not changed.
    pub(super) link: Option<&'static str>,
}

impl Attempt {
    fn is_refused(&self) -> bool {
        self.domain.problem.is_some() || self.member.problem.is_some() || self.register.is_some() || self.link.is_some()
    }
}

/// Shows it; that it was looked at is recorded.
pub(super) async fn show(segment: String, app: App, visit: Visit) -> Result<Response, Error> {
    let officer = visit.browser.officer()?;
    let organization = visible(&app, officer, &segment)?;
    note_organization_view(&app, &officer.by(&visit.request), organization.id).await?;
    answer(&app, &visit.browser, &visit.query, organization.id, Attempt::default())
}

/// Shows it again, with what was typed.
pub(super) async fn again(
    app: &App,
    browser: &Browser,
    request: &Request,
    organization: Organization,
    attempt: Attempt,
) -> Result<Response, Error> {
    note_organization_view(app, &browser.officer()?.by(request), organization.id).await?;
    answer(app, browser, &Parameters::default(), organization.id, attempt)
}

fn answer(
    app: &App,
    browser: &Browser,
    query: &Parameters,
    id: OrganizationId,
    attempt: Attempt,
) -> Result<Response, Error> {
    let officer = browser.officer()?;
    let key = OrganizationKey::Id(id);
    let cursor = query.get("members_after").and_then(|id| id.parse().ok());
    let one_more = ORGANIZATIONS_SHOWN.saturating_add(1);
    let dossier = administration::view_organization(app, &key, cursor, one_more)?.ok_or(Error::NotFound)?;
    let domains = administration::list_email_domains(app, &key)?.unwrap_or_default();
    // As it is now: what was attempted may have changed it.
    let (organization, mut members) = (dossier.organization, dossier.members);
    let has_more = members.len() > ORGANIZATIONS_SHOWN;
    members.truncate(ORGANIZATIONS_SHOWN);
    let own = administration::find_own_cause(app, officer.user.id, organization.id)?;
    let names = administration::list_authors(app, members.iter().map(|(link, _)| link), &domains)?;
    let here = paths::of(paths::ADMIN_ORGANIZATION, organization.id);
    let last = members.last().filter(|_| has_more).map(|(link, _)| link.user_id);
    let word = query.get("notification").unwrap_or_default();
    let is_refused = attempt.is_refused();
    let page = OrganizationCard {
        notification: NOTIFICATIONS.into_iter().find(|known| *known == word).map(str::to_owned),
        register_problem: attempt.register.map(str::to_owned),
        member_failure: attempt.link,
        id: organization.id.to_string(),
        is_stale: app.clock.now().seconds_since(organization.as_of()) > CURRENT_FOR_SECONDS,
        facts: facts(organization),
        may_manage: officer.has(Right::ManageOrganizations),
        domains: domains.iter().map(|known| domain(known, &names)).collect(),
        own_domain: own.map(|domain| domain.to_string()),
        domain_form: attempt.domain,
        members: members.iter().map(|known| member(known, &names, officer.user.id)).collect(),
        is_first_page: cursor.is_none(),
        more_members_href: last.map(|last| format!("{here}?members_after={last}")),
        member_form: attempt.member,
        verifications: offered(app).collect(),
    };
    let status = if is_refused { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, None)
}

/// Reads anew what the register says.
pub(super) async fn refresh(segment: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    check_fields(&form, &[])?;
    let officer = browser.officer()?;
    let organization = changeable(&app, officer, &segment)?;
    let key = OrganizationKey::Id(organization.id);
    let problem = match refresh_organization(&app, &officer.by(&request), key).await? {
        Ok(read) => return browser.redirect(&app, &after(read.id, "organization_refreshed")),
        Err(OrganizationRefusal::NotInRegister) => "unknown",
        Err(OrganizationRefusal::Unknown) => return Err(Error::NotFound),
        Err(_) => "unavailable",
    };
    again(&app, &browser, &request, organization, Attempt { register: Some(problem), ..Attempt::default() }).await
}

fn facts(organization: Organization) -> RegisterFacts {
    // What the tables do not have yet is told as it is.
    let category = |code: &LegalCategory| code.label().unwrap_or(code.as_str()).to_owned();
    let activity = |code: &Activity| code.label().unwrap_or(code.as_str()).to_owned();
    let band = |band: HeadcountBand| band.label().to_owned();
    RegisterFacts {
        siren: organization.siret.siren().to_owned(),
        legal_category: organization.legal_category.as_ref().map(category),
        activity: organization.activity.as_ref().map(activity),
        headcount: organization.headcount.map(band),
        entity_headcount: organization.entity_headcount.map(band),
        is_public_service: organization.is_public_service(),
        as_of: organization.as_of().0,
        not_found_at: organization.not_found_at.map(|at| at.0),
        siret: organization.siret.to_string(),
        label: organization.label,
        address: organization.address,
        is_head_office: organization.is_head_office,
        is_active: organization.is_active,
        is_ceased: organization.is_entity_active == Some(false),
        source: organization.source,
        told_by: organization.told.map(|told| told.by),
    }
}

fn domain(known: &OrganizationDomain, names: &Names) -> DomainRow {
    DomainRow {
        domain: known.domain.to_string(),
        status: known.status,
        updated_at: known.updated_at.0,
        decided_by: Author::of_domain(known, names),
    }
}

fn member((link, user): &(Membership, User), names: &Names, looking: UserId) -> MemberRow {
    MemberRow {
        id: user.id.to_string(),
        name: user.information.full_name(),
        email: user.email.to_string(),
        is_external: link.is_external,
        verification: link.verification,
        is_proven: link.verification.is_proven(),
        joined_at: link.created_at.0,
        authorship: Authorship::of_link(link, names),
        is_own: user.id == looking,
        is_disabled: matches!(user.state, UserState::Disabled { .. }),
    }
}
