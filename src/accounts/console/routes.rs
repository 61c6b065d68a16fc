//! The addresses of the account's pages.

use super::{connection_and_account, personal_information};
use crate::app::App;
use crate::domain::AccountPage;
use crate::web::{Guard, Table, paths};

/// Every one of them.
pub(in crate::accounts) fn routes(app: &App) -> Table {
    let whole = Guard::RecentProof(AccountPage::ConnectionAndAccount);
    Table::new(app)
        .visit(paths::OWN_PERSONAL_INFORMATION, Guard::Person, personal_information::show)
        .submission(paths::OWN_PERSONAL_INFORMATION, Guard::Person, personal_information::submit)
        .visit(paths::CONNECTION_AND_ACCOUNT, whole, connection_and_account::show)
}
