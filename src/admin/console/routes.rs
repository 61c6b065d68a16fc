//! The addresses of the console.

use super::{home, moderations, organizations, sign_in, team};
use crate::app::App;
use crate::domain::Right;
use crate::web::{Guard, Table, paths};

/// Every route of the console.
pub fn routes(app: &App) -> Table {
    let whoever = Guard::Administration(Right::Enter);
    Table::new(app)
        .visit(paths::ADMIN, whoever, home::show)
        .visit(paths::ADMIN_SIGN_IN, Guard::AdministrationEntrance, sign_in::show)
        .submission(paths::ADMIN_SIGN_IN, Guard::AdministrationEntrance, sign_in::submit)
        .submission(paths::ADMIN_SIGN_OUT, whoever, sign_in::leave)
        .join(moderations::routes(app))
        .join(organizations::routes(app))
        .join(team::routes(app))
}
