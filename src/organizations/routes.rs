//! The addresses of this room.

use super::pages::RefusalReason;
use super::{
    former_pages, join_organization, joining_refused, manage_organizations, official_contact, organization_info,
    requests, select_organization, welcome,
};
use crate::app::App;
use crate::web::{Guard, Method, Table, api, paths};

/// Every route of this room.
pub fn routes(app: &App) -> Table {
    let table = Table::new(app)
        .call((Method::GET, paths::ORGANIZATION_INFO), Guard::Public, api, organization_info::of_query)
        .call_at((Method::GET, paths::ORGANIZATION_INFO_OF), Guard::Public, api, organization_info::of_path)
        .visit(paths::SELECT_ORGANIZATION, Guard::Person, select_organization::show)
        .submission(paths::SELECT_ORGANIZATION, Guard::Person, select_organization::submit)
        .visit(paths::JOIN_ORGANIZATION, Guard::Person, join_organization::show)
        .submission(paths::JOIN_ORGANIZATION, Guard::Person, join_organization::submit)
        .visit(paths::JOIN_ORGANIZATION_CONFIRM, Guard::Person, join_organization::confirm)
        .visit_at(paths::OFFICIAL_CONTACT, Guard::Person, official_contact::show)
        .submission_at(paths::OFFICIAL_CONTACT, Guard::Person, official_contact::submit)
        .submission_at(paths::SEND_OFFICIAL_CONTACT, Guard::Person, official_contact::send)
        .visit(paths::UNABLE_TO_AUTO_JOIN, Guard::Person, requests::show_pending)
        .submission_at(paths::CANCEL_MODERATION, Guard::Person, requests::cancel)
        .visit(paths::MODERATION_REJECTED, Guard::Person, requests::show_rejected)
        .submission_at(paths::REOPEN_MODERATION, Guard::Person, requests::reopen)
        .visit(paths::WELCOME, Guard::Person, welcome::show)
        .submission(paths::WELCOME, Guard::Person, welcome::submit)
        .visit(paths::MANAGE_ORGANIZATIONS, Guard::Person, manage_organizations::show)
        .submission_at(paths::QUIT_ORGANIZATION, Guard::Person, manage_organizations::quit)
        .visit_at(paths::FORMER_ORGANIZATION, Guard::Person, former_pages::organization)
        .visit(paths::FORMER_SUGGESTIONS, Guard::Person, former_pages::suggestions)
        .visit_at(paths::FORMER_WHICH_CONTACT, Guard::Person, former_pages::which_contact)
        .visit_at(paths::FORMER_WELCOME, Guard::Person, former_pages::welcome);
    let table = [
        (paths::FORMER_CANCEL_TO_SIGN_IN, paths::START_SIGN_IN),
        (paths::FORMER_CANCEL_TO_JOIN, paths::JOIN_ORGANIZATION),
        (paths::FORMER_CANCEL_TO_NAMES, paths::PERSONAL_INFORMATION),
    ]
    .into_iter()
    .fold(table, |table, (path, to)| {
        table.submission_at(path, Guard::Person, move |segment, app, submission| {
            former_pages::cancel(segment, app, submission, to)
        })
    });
    [
        (paths::DOMAIN_NOT_ALLOWED, RefusalReason::DomainNotAllowed),
        (paths::DOMAIN_REFUSED, RefusalReason::DomainRefused),
        (paths::NOT_FOR_ANY_MAILBOX, RefusalReason::NotForAnyMailbox),
        (paths::NOT_FOR_THE_STATE, RefusalReason::NotForTheState),
    ]
    .into_iter()
    .fold(table, |table, (path, reason)| {
        table.visit(path, Guard::Person, move |app, visit| joining_refused::show(app, visit, reason))
    })
}
