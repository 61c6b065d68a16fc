//! The addresses of this room.

use super::client::{self, Trials};
use super::{another_person, control, home, listing, mailbox, sign_in};
use crate::app::App;
use crate::web::{Guard, Method, Table, api, page, paths};

/// Every route of this room.
pub fn routes(app: &App) -> Table {
    let trials = Trials::default();
    let table = Table::new(app)
        .visit("/_dev", Guard::Visitor, home::show)
        .submission("/_dev/sign-in", Guard::Visitor, sign_in::submit)
        .visit("/_dev/another-person", Guard::Visitor, another_person::show)
        .submission("/_dev/another-person", Guard::Visitor, another_person::submit)
        .call((Method::GET, "/_dev/api/people"), Guard::Operator, api, listing::people)
        .call((Method::GET, "/_dev/api/clients"), Guard::Operator, api, listing::all_clients)
        .call((Method::GET, "/_dev/api/clock"), Guard::Operator, api, control::show)
        .call((Method::POST, "/_dev/api/clock"), Guard::Operator, api, control::steer);
    table.join(mails(app, "/_dev/mailbox", "/_dev/api/mailbox")).join(trial(app, &trials)).join(reset(app, trials))
}

/// What a shared sandbox has of this room: its mails, as a page and for programs.
pub fn sandbox_routes(app: &App) -> Table {
    mails(app, paths::MAILBOX, "/api/mailbox")
}

fn mails(app: &App, shown: &'static str, listed: &'static str) -> Table {
    let table = Table::new(app).visit(shown, Guard::Visitor, mailbox::show);
    table.call((Method::GET, listed), Guard::Operator, api, mailbox::list)
}

fn trial(app: &App, trials: &Trials) -> Table {
    let (shown, submitted, got, posted) = (trials.clone(), trials.clone(), trials.clone(), trials.clone());
    let path = "/_dev/client/callback";
    Table::new(app)
        .visit("/_dev/client", Guard::Visitor, move |app, visit| client::show(app, shown.clone(), visit))
        .submission("/_dev/client", Guard::Visitor, move |app, form| client::submit(app, submitted.clone(), form))
        .call((Method::GET, path), Guard::Visitor, page, move |app, request| client::receive(app, got.clone(), request))
        .call((Method::POST, path), Guard::Visitor, page, move |app, request| {
            client::receive(app, posted.clone(), request)
        })
}

fn reset(app: &App, trials: Trials) -> Table {
    Table::new(app).call((Method::POST, "/_dev/api/reset"), Guard::Operator, api, move |app, request| {
        control::reset(app, trials.clone(), request)
    })
}
