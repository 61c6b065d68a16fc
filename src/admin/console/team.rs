//! Who has which role: looked at, given, taken away. The last administrator stays (SEC-142).

use std::collections::BTreeSet;

use super::form::{check_fields, parse_word};
use super::pages::{GrantForm, Team, TeamMember, TeamOrganization};
use crate::acts::administration::{
    self, ORGANIZATIONS_SHOWN, OrganizationKey, UserKey, UserRefusal, find_organization, grant_role, note_team_view,
    revoke_role,
};
use crate::app::App;
use crate::domain::{Email, OrganizationId, Right, Role, RoleName, Siret, User, UserId};
use crate::protocol::{Parameters, Timestamp};
use crate::web::{Browser, Error, Guard, Request, Response, StatusCode, Submission, Table, Visit, paths};

/// The most organizations of one moderator that are typed at once.
const MOST_TYPED: usize = 200;
/// How many organizations of one moderator are named.
const NAMED: usize = 20;
/// What the page says that was done.
const NOTIFICATIONS: [&str; 2] = ["role_granted", "role_revoked"];

/// Every route of it.
pub(super) fn routes(app: &App) -> Table {
    let manage = Guard::Administration(Right::ManageTeam);
    Table::new(app)
        .visit(paths::ADMIN_TEAM, Guard::Administration(Right::ReadTeam), show)
        .submission(paths::ADMIN_TEAM, manage, grant)
        .submission_at(paths::ADMIN_TEAM_REVOKE, manage, revoke)
}

/// What was typed, and what is wrong with it.
#[derive(Default)]
struct Attempt {
    form: GrantForm,
    /// Why a role was not taken away.
    refused: Option<&'static str>,
}

/// Shows who there is; that it was looked at is recorded.
async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    answer(&app, &visit.browser, &visit.request, &visit.query, Attempt::default()).await
}

async fn answer(
    app: &App,
    browser: &Browser,
    request: &Request,
    query: &Parameters,
    attempt: Attempt,
) -> Result<Response, Error> {
    let officer = browser.officer()?;
    note_team_view(app, &officer.by(request)).await?;
    let after: Option<UserId> = query.get("after").and_then(|id| id.parse().ok());
    let mut people = administration::list_administrators(app, after, ORGANIZATIONS_SHOWN.saturating_add(1))?;
    let has_more = people.len() > ORGANIZATIONS_SHOWN;
    people.truncate(ORGANIZATIONS_SHOWN);
    let last = people.last().filter(|_| has_more).map(|last| last.id);
    let word = query.get("notification").unwrap_or_default();
    let is_refused = attempt.refused.is_some() || attempt.form.has_problem();
    let page = Team {
        notification: NOTIFICATIONS.into_iter().find(|known| *known == word).map(str::to_owned),
        refused: attempt.refused.map(str::to_owned),
        people: people.into_iter().map(|user| row(app, user)).collect::<Result<_, _>>()?,
        next_href: last.map(|last| format!("{}?after={last}", paths::ADMIN_TEAM)),
        may_manage: officer.has(Right::ManageTeam),
        form: attempt.form,
    };
    let status = if is_refused { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, None)
}

fn row(app: &App, user: User) -> Result<TeamMember, Error> {
    let role = user.role.clone().ok_or(Error::NotFound)?;
    let mut organizations = Vec::new();
    for id in role.organizations().into_iter().flatten().take(NAMED) {
        let found = find_organization(app, &OrganizationKey::Id(*id))?;
        let named = |found: crate::domain::Organization| TeamOrganization { id: id.to_string(), label: found.label };
        organizations.extend(found.map(named));
    }
    Ok(TeamMember {
        id: user.id.to_string(),
        name: user.information.full_name(),
        email: user.email.to_string(),
        role: role.as_str(),
        is_delegated: role.is_delegated(),
        organizations,
        organizations_count: role.organizations().map_or(0, BTreeSet::len),
        until: role.until().map(|until| until.0),
        is_over: role.until().is_some_and(|until| until.has_come(app.clock.now())),
        is_disabled: !user.may_sign_in(),
        has_second_factor: !user.second_factor.is_none(),
    })
}

/// Gives a role, in place of the one that there is.
async fn grant(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    check_fields(&form, &["email", "role", "organizations", "until"])?;
    let officer = browser.officer()?;
    let text = |field: &str| form.get(field).unwrap_or_default().to_owned();
    let name: RoleName = parse_word(&form, "role")?;
    let mut typed = GrantForm {
        email: text("email"),
        role: Some(name.as_str()),
        organizations: text("organizations"),
        until: text("until"),
        ..GrantForm::default()
    };
    let email = typed.email.parse::<Email>();
    typed.email_problem = email.is_err().then(|| String::from("malformed"));
    let organizations = take_organizations(&app, name, &mut typed)?;
    let until = take_end(&app, name, &mut typed);
    let (Ok(email), false) = (email, typed.has_problem()) else {
        return answer(&app, &browser, &request, &query, Attempt { form: typed, refused: None }).await;
    };
    let role = match name {
        RoleName::Administrator => Role::Administrator,
        RoleName::Moderator => Role::Moderator { organizations, until },
        RoleName::Reader => Role::Reader,
    };
    let problem = match grant_role(&app, &officer.by(&request), UserKey::Email(email), role, false).await? {
        Ok(_) => return browser.redirect(&app, &paths::notifying(paths::ADMIN_TEAM, "role_granted")),
        Err(UserRefusal::Unknown) => "unknown",
        Err(UserRefusal::Disabled) => "disabled",
        Err(UserRefusal::LastAdministrator) => "last_administrator",
        Err(_) => return Err(Error::NotFound),
    };
    typed.email_problem = Some(problem.to_owned());
    answer(&app, &browser, &request, &query, Attempt { form: typed, refused: None }).await
}

/// The organizations that were typed, by SIRET; all of them when none was.
fn take_organizations(
    app: &App,
    name: RoleName,
    typed: &mut GrantForm,
) -> Result<Option<BTreeSet<OrganizationId>>, Error> {
    let lines = typed.organizations.split(['\n', ',', ';']).map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let mut problem = (name != RoleName::Moderator).then_some("not_a_moderator");
    problem = problem.or((lines.len() > MOST_TYPED).then_some("too_many"));
    let mut found = BTreeSet::new();
    for line in lines.into_iter().take(MOST_TYPED) {
        let Ok(siret) = line.parse::<Siret>() else {
            problem = problem.or(Some("malformed"));
            continue;
        };
        match find_organization(app, &OrganizationKey::Siret(siret))? {
            Some(organization) => drop(found.insert(organization.id)),
            None => problem = problem.or(Some("unknown")),
        }
    }
    typed.organizations_problem = problem.map(str::to_owned);
    Ok(Some(found))
}

/// The day that was typed, at whose end the role ends; none when none was.
fn take_end(app: &App, name: RoleName, typed: &mut GrantForm) -> Option<Timestamp> {
    if typed.until.trim().is_empty() {
        return None;
    }
    let until = Timestamp::parse_end(typed.until.trim());
    let problem = match until {
        _ if name != RoleName::Moderator => Some("not_a_moderator"),
        None => Some("malformed"),
        Some(until) if until.has_come(app.clock.now()) => Some("past"),
        Some(_) => None,
    };
    typed.until_problem = problem.map(str::to_owned);
    until
}

/// Takes a role away.
async fn revoke(segment: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    check_fields(&form, &[])?;
    let officer = browser.officer()?;
    let id: UserId = segment.parse().map_err(|_| Error::NotFound)?;
    match revoke_role(&app, &officer.by(&request), UserKey::Id(id), false).await? {
        Ok(_) => browser.redirect(&app, &paths::notifying(paths::ADMIN_TEAM, "role_revoked")),
        Err(UserRefusal::LastAdministrator) => {
            let attempt = Attempt { refused: Some("last_administrator"), ..Attempt::default() };
            answer(&app, &browser, &request, &query, attempt).await
        }
        Err(_) => Err(Error::NotFound),
    }
}
