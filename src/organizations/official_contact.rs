//! The code that an organization's own address is sent: to which address, and its way back.

use super::pages::{ContactOption, OfficialContact, OfficialContactState};
use super::place::{Found, Place};
use crate::acts::{self, ContactOrder, ContactOutcome, ContactSent, ContactStanding};
use crate::app::App;
use crate::domain::OrganizationId;
use crate::web::{Error, Response, StatusCode, Submission, Visit, paths};

fn number(segment: &str) -> Result<OrganizationId, Error> {
    segment.parse().map_err(|_| Error::NotFound)
}

/// Asks for the code, or to which address it goes. Sends nothing.
pub(super) async fn show(segment: String, app: App, visit: Visit) -> Result<Response, Error> {
    let place = match Place::of(&app, visit.browser, &visit.query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let id = number(&segment)?;
    answer(&app, place, id, None).await
}

async fn answer(app: &App, place: Place, id: OrganizationId, problem: Option<&'static str>) -> Result<Response, Error> {
    let (organization, state) = match acts::contact_standing(app, &place.active, id).await? {
        ContactStanding::NotAwaited => return place.go_on(app).await,
        ContactStanding::Sent(organization, masked) => (organization, OfficialContactState::Sent { masked }),
        ContactStanding::Choose(organization, choices) => {
            let option = |choice: acts::ContactChoice| ContactOption { name: choice.name, masked: choice.masked };
            (organization, OfficialContactState::Choose { contacts: choices.into_iter().map(option).collect() })
        }
        ContactStanding::Unavailable(organization) => (organization, OfficialContactState::Unavailable),
    };
    let page = OfficialContact {
        interaction: place.interaction(),
        client: place.client(app)?,
        organization_id: id.to_string(),
        label: organization.label.clone(),
        siret: organization.siret.to_string(),
        kind: match (organization.is_school(), organization.is_commune()) {
            (true, _) => "school",
            (false, true) => "town_hall",
            (false, false) => "organization",
        },
        problem: problem.map(str::to_owned),
        state,
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    place.answer(app, &page, status)
}

/// Sends a code to the address that was chosen.
pub(super) async fn send(segment: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let place = match Place::of(&app, browser, &query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let id = number(&segment)?;
    let choice = form.get("contact").map(str::to_owned);
    let order = ContactOrder { organization_id: id, choice, source: request.source() };
    match acts::mail_contact_code(&app, &place.browser.by(&request), &place.active, order).await? {
        ContactSent::Sent | ContactSent::Unavailable => place.lead_to(&app, &paths::of(paths::OFFICIAL_CONTACT, id)),
        ContactSent::TooSoon(_) => answer(&app, place, id, Some("too_soon")).await,
        ContactSent::NotChosen => answer(&app, place, id, Some("not_chosen")).await,
        ContactSent::NotAwaited => place.go_on(&app).await,
    }
}

/// Takes the two words.
pub(super) async fn submit(segment: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let place = match Place::of(&app, browser, &query).await? {
        Found::Here(place) => *place,
        Found::Elsewhere(response) => return Ok(response),
    };
    let id = number(&segment)?;
    let attempt = acts::ContactAttempt {
        organization_id: id,
        typed: form.get("official_contact_email_verification_token").unwrap_or_default(),
        interaction: place.key(),
        locale: place.browser.locale,
    };
    match acts::redeem_contact_code(&app, &place.browser.by(&request), &place.active, attempt).await? {
        ContactOutcome::Joined | ContactOutcome::NotAwaited => place.go_on(&app).await,
        ContactOutcome::Wrong => answer(&app, place, id, Some("wrong")).await,
        ContactOutcome::Over => answer(&app, place, id, Some("over")).await,
    }
}
