//! Address, password and sessions of the person.

use super::notification::Notification;
use super::pages::{BrowserCard, ConnectionAndAccount, ServiceCard, SessionCard};
use crate::acts::{self, OwnSession, TrustedBrowser, UsedService};
use crate::app::App;
use crate::domain::Factor;
use crate::journey;
use crate::store::credentials;
use crate::web::{Error, Response, Visit, paths};

/// Shows them.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let Some(active) = &visit.browser.session else { return visit.browser.redirect(&app, paths::START_SIGN_IN) };
    let user_id = active.user.id;
    let (known, services) =
        app.store.read(|tx| Ok((credentials::find(tx, user_id)?, acts::list_used_services(tx, user_id)?)))?;
    let cookie = journey::known_browser(&app, &visit.request);
    let browsers = acts::list_trusted_browsers(&app, active, cookie)?;
    let known = known.filter(|known| known.password_hash.is_some());
    let page = ConnectionAndAccount {
        notification: Notification::of(&visit.query),
        email: active.user.email.to_string(),
        password_chosen_at: known.map(|known| known.password_changed_at.0),
        services: services.into_iter().filter_map(service).collect(),
        browsers: browsers.into_iter().map(browser).collect(),
        sessions: acts::list_own_sessions(&app, active)?.into_iter().map(card).collect(),
    };
    visit.browser.page(&app, &page)
}

pub(super) fn card(own: OwnSession) -> SessionCard {
    let OwnSession { name, session, is_this_one } = own;
    SessionCard {
        name,
        is_this_one,
        browser: session.whereabouts.browser,
        source: session.whereabouts.source,
        started_at: session.started_at.0,
        last_used_at: session.last_used_at.0,
        methods: session.proofs.iter().map(|proof| word(proof.factor)).collect(),
    }
}

fn browser(TrustedBrowser { name, trust, is_this_one }: TrustedBrowser) -> BrowserCard {
    BrowserCard {
        name,
        is_this_one,
        browser: trust.whereabouts.browser,
        source: trust.whereabouts.source,
        since: trust.since.0,
        until: trust.until.0,
    }
}

/// A service that is not there any more has nothing left to take back.
fn service(service: UsedService) -> Option<ServiceCard> {
    let (_, last) = service.used.in_use()?;
    let client = service.client?;
    let client_id = client.id.as_str().to_owned();
    Some(ServiceCard { client_id, name: client.name, href: client.client_uri, last_used_at: last.0 })
}

/// The word of the catalogue.
fn word(factor: Factor) -> &'static str {
    match factor {
        Factor::Password => "password",
        Factor::EmailLink => "email_link",
        Factor::EmailCode => "email_code",
        Factor::Totp => "totp",
        Factor::RecoveryCode => "recovery_code",
        Factor::Passkey | Factor::PasskeyBeside => "passkey",
    }
}
