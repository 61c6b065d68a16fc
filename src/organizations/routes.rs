//! The addresses of this room.

use super::select_organization;
use crate::app::App;
use crate::web::{Guard, Table, paths};

/// Every route of this room.
pub fn routes(app: &App) -> Table {
    Table::new(app).visit(paths::SELECT_ORGANIZATION, Guard::Person, select_organization::show).submission(
        paths::SELECT_ORGANIZATION,
        Guard::Person,
        select_organization::submit,
    )
}
