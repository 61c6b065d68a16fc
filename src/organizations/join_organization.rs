//! Joining an organization: by its number, by one of those that the address suggests, or by looking for its name.

use super::pages::{EstablishmentTile, JoinOrganization, JoinOrganizationConfirm, Search};
use super::place::{Found, Place, tile, tile_of, tile_of_answer, tile_of_own};
use crate::acts::{self, ContactOrder, JoiningAttempt, JoiningOutcome, Preview};
use crate::app::App;
use crate::domain::{EmailDomain, EstablishmentQuery, JoiningRefusal, OrganizationId, QueryFault, Siren, Siret};
use crate::protocol::Parameters;
use crate::web::{Error, Request, Response, StatusCode, Submission, Visit, paths};

/// Asks for the number; finds what was looked for, and shows what the client names.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let place = match Place::of(&app, visit.browser, &visit.query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let asked = place.current.as_ref().and_then(|current| current.interaction.authorization());
    let hint = visit.query.get("siret_hint").or(asked.and_then(|pending| pending.request.siret_hint.as_deref()));
    let hint: Option<Siret> = hint.and_then(|hint| hint.parse().ok());
    let hinted = match &hint {
        Some(siret) => match acts::preview_organization(&app, &place.active, siret).await? {
            Preview::Known(organization) => Some(tile_of_answer(&app, &organization)),
            Preview::Unknown | Preview::Unavailable => None,
        },
        None => None,
    };
    let typed = hint.map(|siret| siret.to_string()).unwrap_or_default();
    let [name, town] = ["name", "place"].map(|field| visit.query.get(field).unwrap_or_default().to_owned());
    let search = match visit.query.get("name") {
        Some(_) => search(&app, &place, name, town).await?,
        None => Search { name, place: town, problem: None, found: None },
    };
    let is_external = says_external(&visit.query, "is_external_hint");
    answer(&app, place, Shown { typed, is_external, problem: None, hinted, search }).await
}

/// Whether a parameter says that the person works for the organization without belonging to it.
fn says_external(parameters: &Parameters, name: &str) -> bool {
    parameters.get(name) == Some("true")
}

/// Why nothing has a number: it may be in the part of the register that the import left out.
fn unknown(app: &App) -> &'static str {
    if app.directory.keeps_a_part() { "left_out" } else { "unknown" }
}

/// What the page shows beside what it always shows.
struct Shown {
    typed: String,
    is_external: bool,
    problem: Option<&'static str>,
    hinted: Option<EstablishmentTile>,
    search: Search,
}

async fn search(app: &App, place: &Place, name: String, town: String) -> Result<Search, Error> {
    let nothing = Search { name: name.clone(), place: town.clone(), problem: None, found: None };
    let problem = |word: &str| Search { problem: Some(word.to_owned()), ..nothing.clone() };
    // Whoever types a number where a name is looked for sees what it is the number of.
    if let Ok(siret) = name.parse::<Siret>() {
        return Ok(match acts::preview_organization(app, &place.active, &siret).await? {
            Preview::Known(organization) => Search { found: Some(vec![tile_of_answer(app, &organization)]), ..nothing },
            Preview::Unknown => Search { found: Some(Vec::new()), ..nothing },
            Preview::Unavailable => problem("unavailable"),
        });
    }
    let wanted = match EstablishmentQuery::by_name(&name).and_then(|wanted| wanted.at(&town)) {
        Ok(wanted) => wanted,
        Err(QueryFault::TooShort) => return Ok(problem("too_short")),
        Err(QueryFault::TooLong) => return Ok(problem("too_long")),
    };
    Ok(match acts::search_organizations(app, &place.active, &wanted).await? {
        Some(found) => Search { found: Some(found.iter().map(|found| tile_of(app, found)).collect()), ..nothing },
        None => problem("unavailable"),
    })
}

async fn answer(app: &App, place: Place, shown: Shown) -> Result<Response, Error> {
    let suggestions = acts::suggest_organizations(app, &place.active).await?;
    let (links, _) = acts::list_own_organizations(app, &place.active)?;
    let page = JoinOrganization {
        interaction: place.interaction(),
        client: place.client(app)?,
        email: place.active.user.email.to_string(),
        siret: shown.typed,
        is_external: shown.is_external,
        problem: shown.problem.map(str::to_owned),
        unknown: unknown(app),
        hinted: shown.hinted,
        unproven: links.iter().filter(|link| !link.membership.verification.is_proven()).map(tile_of_own).collect(),
        suggestions: suggestions.iter().map(tile).collect(),
        proposed_search: EmailDomain::of(&place.active.user.email).is_of_the_gendarmerie().then_some("gendarmerie"),
        search: shown.search,
        has_organizations: !links.is_empty(),
    };
    let status = if shown.problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    place.answer(app, &page, status)
}

/// Joins, or says what stands in the way.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let place = match Place::of(&app, browser, &query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let typed = form.get("siret").unwrap_or_default().to_owned();
    let typed = Typed { siret: typed, is_external: says_external(&form, "is_external") };
    let Ok(siret) = typed.siret.parse::<Siret>() else {
        let is_siren = typed.siret.parse::<Siren>().is_ok();
        return again(&app, place, typed, if is_siren { "siren" } else { "malformed" }).await;
    };
    let hinted = place.current.as_ref().and_then(|current| current.interaction.authorization());
    let attempt = JoiningAttempt {
        siret: siret.clone(),
        is_confirmed: form.get("confirmed") == Some("true"),
        interaction: place.key(),
        is_external: typed.is_external || hinted.is_some_and(|pending| pending.request.is_external_hint),
        locale: place.browser.locale,
    };
    let by = place.browser.by(&request);
    let id = place.interaction();
    match acts::join_organization(&app, &by, &place.active, attempt).await? {
        JoiningOutcome::Unknown => again(&app, place, typed, unknown(&app)).await,
        JoiningOutcome::Unavailable => again(&app, place, typed, "unavailable").await,
        JoiningOutcome::AlreadyMember(_, true) => again(&app, place, typed, "member").await,
        JoiningOutcome::AlreadyMember(_, false) => again(&app, place, typed, "unproven_member").await,
        JoiningOutcome::Refused(_, JoiningRefusal::Closed) => again(&app, place, typed, "closed").await,
        JoiningOutcome::Refused(_, refusal) => {
            place.browser.redirect(&app, &paths::about_siret(refusal_path(refusal), &siret, id.as_deref()))
        }
        JoiningOutcome::Confirm(_) => {
            let path = paths::about_siret(paths::JOIN_ORGANIZATION_CONFIRM, &siret, id.as_deref());
            let path = if typed.is_external { format!("{path}&is_external_hint=true") } else { path };
            place.browser.redirect(&app, &path)
        }
        JoiningOutcome::UnderReview(request) => {
            let path = paths::about_request(paths::UNABLE_TO_AUTO_JOIN, request, id.as_deref());
            place.browser.redirect(&app, &path)
        }
        JoiningOutcome::Rejected(request) => {
            let path = paths::about_request(paths::MODERATION_REJECTED, request, id.as_deref());
            place.browser.redirect(&app, &path)
        }
        JoiningOutcome::ProveByContact(organization) => prove(&app, &place, &request, organization).await,
        JoiningOutcome::Joined(_) | JoiningOutcome::SignedOut => place.go_on(&app).await,
    }
}

/// The code is on its way when its page is shown, where there is one address only.
async fn prove(app: &App, place: &Place, request: &Request, id: OrganizationId) -> Result<Response, Error> {
    let order = ContactOrder { organization_id: id, choice: None, source: request.source() };
    match acts::mail_contact_code(app, &place.browser.by(request), &place.active, order).await {
        // The page says what is left to do.
        Ok(_) | Err(acts::ActError::TooManyAttempts { .. }) => {}
        Err(failure) => return Err(failure.into()),
    }
    place.lead_to(app, &paths::of(paths::OFFICIAL_CONTACT, id))
}

/// What was typed, and what came with it.
struct Typed {
    siret: String,
    is_external: bool,
}

async fn again(app: &App, place: Place, typed: Typed, problem: &'static str) -> Result<Response, Error> {
    let Typed { siret, is_external } = typed;
    let search = match problem {
        // Whoever types the number of the legal entity chooses among its establishments.
        "siren" => Box::pin(search(app, &place, siret.clone(), String::new())).await?,
        _ => Search { name: String::new(), place: String::new(), problem: None, found: None },
    };
    Box::pin(answer(app, place, Shown { typed: siret, is_external, problem: Some(problem), hinted: None, search }))
        .await
}

fn refusal_path(refusal: JoiningRefusal) -> &'static str {
    match refusal {
        JoiningRefusal::Closed => paths::JOIN_ORGANIZATION,
        JoiningRefusal::DomainNotAllowed => paths::DOMAIN_NOT_ALLOWED,
        JoiningRefusal::DomainRefused => paths::DOMAIN_REFUSED,
        JoiningRefusal::NotForTheState => paths::NOT_FOR_THE_STATE,
        JoiningRefusal::NotForAnyMailbox => paths::NOT_FOR_ANY_MAILBOX,
    }
}

/// Asks whether a big organization is the right one, for an address that anybody can have.
pub(super) async fn confirm(app: App, visit: Visit) -> Result<Response, Error> {
    let place = match Place::of(&app, visit.browser, &visit.query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let siret = visit.query.get("siret").and_then(|siret| siret.parse::<Siret>().ok());
    let Some(siret) = siret else { return place.lead_to(&app, paths::JOIN_ORGANIZATION) };
    let Preview::Known(organization) = acts::preview_organization(&app, &place.active, &siret).await? else {
        return place.lead_to(&app, paths::JOIN_ORGANIZATION);
    };
    let page = JoinOrganizationConfirm {
        interaction: place.interaction(),
        client: place.client(&app)?,
        email: place.active.user.email.to_string(),
        organization: tile_of_answer(&app, &organization),
        is_external: says_external(&visit.query, "is_external_hint"),
    };
    place.answer(&app, &page, StatusCode::OK)
}
