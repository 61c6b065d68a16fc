//! The home page of a person: who they are, for whom they act, where they can go.

use super::pages::{Home, HomeOrganization, HomeService};
use crate::acts;
use crate::app::App;
use crate::domain::{Client, ClientOrigin};
use crate::store::clients;
use crate::web::{Error, Response, Visit, paths};

/// The most clients looked through for services.
const MAX_SERVICES: usize = 1000;

/// Shows the page, or asks to sign in.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = visit.browser.session.clone() else {
        return visit.browser.redirect(&app, paths::START_SIGN_IN);
    };
    let chosen = active.session.organization_id;
    let (subject, services) = app.store.read(|tx| {
        let subject = acts::subject_of(tx, active.user.clone(), chosen)?;
        Ok((subject, clients::list(tx, None, MAX_SERVICES)?))
    })?;
    let organizations = subject.organizations.iter().map(|(membership, organization)| HomeOrganization {
        label: organization.label.clone(),
        siret: organization.siret.to_string(),
        is_external: membership.is_external,
    });
    let page = Home {
        name: subject.user.information.full_name().unwrap_or_default(),
        email: subject.user.email.to_string(),
        organizations: organizations.collect(),
        services: services.into_iter().filter_map(service).collect(),
    };
    visit.browser.page(&app, &page)
}

/// A declared service that has an address of its own.
fn service(client: Client) -> Option<HomeService> {
    if client.origin != ClientOrigin::Declared || !client.is_enabled() {
        return None;
    }
    let href = client.client_uri?;
    Some(HomeService { name: client.name, description: client.description, href })
}
