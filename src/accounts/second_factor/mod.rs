//! What is asked beside the password: given within a sign-in, set up there or in the account, looked at and changed.
//!
//! Refuses to judge how old a proof may be: the guards of the routes and the journey do. Door: `routes`.

mod decision_helper;
mod dormant_account;
mod given;
mod overview;
pub mod pages;
mod passkeys;
mod set_up;

pub(super) use overview::pending_removal;

use crate::acts::{ActiveSession, InSession};
use crate::app::App;
use crate::domain::AccountPage;
use crate::journey::{self, Current};
use crate::web::{Browser, Guard, Request, Table, paths};

/// Every address of this room.
pub(super) fn routes(app: &App) -> Table {
    let protected = Guard::RecentProof(AccountPage::DoubleAuthentication);
    Table::new(app)
        .visit(paths::SECOND_FACTOR, Guard::Session, given::show)
        .visit(paths::DORMANT_ACCOUNT, Guard::Session, dormant_account::show)
        .submission(paths::SECOND_FACTOR_TOTP, Guard::Session, given::submit_totp)
        .submission(paths::SECOND_FACTOR_RECOVERY, Guard::Session, given::submit_recovery_code)
        .submission(paths::SECOND_FACTOR_PASSKEY, Guard::Session, given::submit_passkey)
        .submission(paths::PASSKEY_OPTIONS, Guard::Visitor, passkeys::ask_in_sign_in)
        .visit(paths::SET_UP_SECOND_FACTOR, Guard::Session, set_up::show_choice)
        .visit(paths::DECISION_HELPER_IN_SIGN_IN, Guard::Session, decision_helper::begin_in_sign_in)
        .visit_at(paths::DECISION_IN_SIGN_IN, Guard::Session, decision_helper::show_in_sign_in)
        .visit(paths::DECISION_HELPER, protected, decision_helper::begin)
        .visit_at(paths::DECISION, protected, decision_helper::show)
        .submission(paths::SET_UP_PASSKEY, Guard::Session, passkeys::add_in_sign_in)
        .submission(paths::NEW_PASSKEY_OPTIONS, protected, passkeys::ask_for_new)
        .submission(paths::NEW_PASSKEY, protected, passkeys::add)
        .submission_at(paths::DELETE_PASSKEY, protected, passkeys::remove)
        .submission_at(paths::RENAME_PASSKEY, protected, passkeys::rename)
        .submission(paths::KEEP_OWN_SECOND_FACTOR, Guard::Person, overview::keep)
        .visit(paths::SET_UP_TOTP, Guard::Session, set_up::show_in_sign_in)
        .submission(paths::SET_UP_TOTP, Guard::Session, set_up::submit_in_sign_in)
        .visit(paths::DOUBLE_AUTHENTICATION, protected, overview::show)
        .visit(paths::TOTP_CONFIGURATION, protected, set_up::show)
        .submission(paths::TOTP_CONFIGURATION, protected, set_up::submit)
        .submission(paths::DELETE_TOTP_CONFIGURATION, protected, overview::remove)
        .submission(paths::SET_FORCE_2FA, protected, overview::choose)
        .submission(paths::RECOVERY_CODES, protected, overview::make_codes)
}

/// Where the acts of this room take place.
fn place<'a>(
    app: &App,
    request: &'a Request,
    browser: &'a Browser,
    active: &'a ActiveSession,
    current: Option<&Current>,
) -> InSession<'a> {
    InSession {
        active,
        browser: browser.place().handle,
        known_browser: journey::known_browser(app, request),
        interaction: current.map(|current| current.key),
        locale: browser.locale,
    }
}
