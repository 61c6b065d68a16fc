//! The home page of a person: who they are, for whom they act, where they can go.

use super::console::Notification;
use super::pages::{Home, HomeOrganization, HomeService, HomeUsedService};
use super::second_factor;
use crate::acts::{self, UsedService};
use crate::app::App;
use crate::domain::{Client, ClientId};
use crate::store::clients;
use crate::web::{Error, Response, Visit, paths};

/// The services of one page.
const SERVICES: usize = 50;

/// Shows the page, or asks to sign in.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = visit.browser.session.clone() else {
        return visit.browser.redirect(&app, paths::START_SIGN_IN);
    };
    let chosen = active.session.organization_id;
    let after = visit.query.get("services_after").and_then(|id| id.parse::<ClientId>().ok());
    let (subject, used, mut services, removal) = app.store.read(|tx| {
        let removal = acts::find_pending_removal(tx, &active.user)?;
        let subject = acts::subject_of(tx, active.user.clone(), chosen)?;
        let used = acts::list_used_services(tx, active.user.id)?;
        Ok((subject, used, clients::list_offered(tx, after.as_ref(), SERVICES.saturating_add(1))?, removal))
    })?;
    let is_all = services.len() <= SERVICES;
    services.truncate(SERVICES);
    let last = services.last().filter(|_| !is_all).map(|client| client.id.clone());
    let organizations = subject.organizations.iter().map(|(membership, organization)| HomeOrganization {
        label: organization.label.clone(),
        siret: organization.siret.to_string(),
        is_external: membership.is_external,
    });
    let page = Home {
        notification: Notification::of(&visit.query),
        removal: removal.as_ref().map(second_factor::pending_removal),
        name: subject.user.information.full_name().unwrap_or_default(),
        email: subject.user.email.to_string(),
        organizations: organizations.collect(),
        used_services: used.into_iter().filter_map(used_service).take(SERVICES).collect(),
        services: services.into_iter().filter_map(service).collect(),
        more_services_href: last.map(|id| format!("{}?services_after={}", paths::HOME, id.as_str())),
    };
    visit.browser.page(&app, &page)
}

fn used_service(service: UsedService) -> Option<HomeUsedService> {
    let (_, last) = service.used.in_use()?;
    let client = service.client.filter(Client::is_enabled)?;
    Some(HomeUsedService { name: client.name, href: client.client_uri, last_used_at: last.0 })
}

fn service(client: Client) -> Option<HomeService> {
    let href = client.client_uri?;
    Some(HomeService { name: client.name, description: client.description, href })
}
