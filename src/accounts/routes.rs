//! The addresses of this room.

use super::{change_password, console, home, personal_information, select_account, sign_in, sign_out, start_sign_in};
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
        .visit(paths::SELECT_ACCOUNT, Guard::Person, select_account::show)
        .submission(paths::SELECT_ACCOUNT, Guard::Person, select_account::submit)
        .visit(paths::PERSONAL_INFORMATION, Guard::Person, personal_information::show)
        .submission(paths::PERSONAL_INFORMATION, Guard::Person, personal_information::submit)
        .visit(paths::CHANGE_PASSWORD, Guard::Link, change_password::show)
        .submission(paths::CHANGE_PASSWORD, Guard::Link, change_password::submit)
        .submission(paths::SIGN_OUT, Guard::Person, sign_out::submit)
        .join(console::routes(app))
}
