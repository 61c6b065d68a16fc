//! The addresses of this room.

use super::mailed_links::{accept_invitation, keep_second_factor, restore_address};
use super::{
    change_password, console, home, magic_link, notices, personal_information, reset_password, second_factor,
    select_account, sign_in, sign_in_with_passkey, sign_out, sign_up, start_sign_in, verify_email,
};
use crate::app::App;
use crate::web::{Guard, Table, paths};

/// Every route of this room.
pub fn routes(app: &App) -> Table {
    Table::new(app)
        .visit(paths::HOME, Guard::Person, home::show)
        .visit(paths::START_SIGN_IN, Guard::Visitor, start_sign_in::show)
        .submission(paths::START_SIGN_IN, Guard::Visitor, start_sign_in::submit)
        .visit(paths::SIGN_IN, Guard::Visitor, sign_in::show)
        .submission(paths::SIGN_IN, Guard::Visitor, sign_in::submit)
        .submission(paths::SIGN_IN_WITH_PASSKEY, Guard::Visitor, sign_in_with_passkey::submit)
        .visit(paths::SIGN_UP, Guard::Visitor, sign_up::show)
        .submission(paths::SIGN_UP, Guard::Visitor, sign_up::submit)
        .visit(paths::VERIFY_EMAIL, Guard::Visitor, verify_email::show)
        .submission(paths::VERIFY_EMAIL, Guard::Visitor, verify_email::submit)
        .submission(paths::SEND_EMAIL_VERIFICATION, Guard::Visitor, verify_email::send)
        .submission(paths::SEND_MAGIC_LINK, Guard::Visitor, magic_link::send)
        .visit(paths::MAGIC_LINK_SENT, Guard::Visitor, magic_link::show_sent)
        .visit(paths::SIGN_IN_WITH_MAGIC_LINK, Guard::Link, magic_link::show)
        .submission(paths::SIGN_IN_WITH_MAGIC_LINK, Guard::Link, magic_link::submit)
        .submission(paths::DISOWN_MAGIC_LINK, Guard::Link, magic_link::disown)
        .visit(paths::PERSONAL_DATA_NOTICE, Guard::Visitor, notices::personal_data)
        .visit(paths::TERMS, Guard::Visitor, notices::terms)
        .visit(paths::HELP, Guard::Visitor, notices::help)
        .visit(paths::ACCESSIBILITY, Guard::Visitor, notices::accessibility)
        .visit(paths::RESTORE_ADDRESS, Guard::Link, restore_address::show)
        .submission(paths::RESTORE_ADDRESS, Guard::Link, restore_address::submit)
        .visit(paths::ACCEPT_INVITATION, Guard::Link, accept_invitation::show)
        .submission(paths::ACCEPT_INVITATION, Guard::Link, accept_invitation::submit)
        .visit(paths::KEEP_SECOND_FACTOR, Guard::Link, keep_second_factor::show)
        .submission(paths::KEEP_SECOND_FACTOR, Guard::Link, keep_second_factor::submit)
        .visit(paths::RESET_PASSWORD, Guard::Visitor, reset_password::show)
        .submission(paths::RESET_PASSWORD, Guard::Visitor, reset_password::submit)
        .visit(paths::SELECT_ACCOUNT, Guard::Session, select_account::show)
        .submission(paths::SELECT_ACCOUNT, Guard::Session, select_account::submit)
        .visit(paths::PERSONAL_INFORMATION, Guard::Person, personal_information::show)
        .submission(paths::PERSONAL_INFORMATION, Guard::Person, personal_information::submit)
        .visit(paths::CHANGE_PASSWORD, Guard::Link, change_password::show)
        .submission(paths::CHANGE_PASSWORD, Guard::Link, change_password::submit)
        .submission(paths::SIGN_OUT, Guard::Session, sign_out::submit)
        .join(console::routes(app))
        .join(second_factor::routes(app))
}
