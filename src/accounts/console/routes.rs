//! The addresses of the account's pages.

use super::{
    connection_and_account, delete, email, my_data, password as own_password, personal_information, services, sessions,
    sign_in_history, trusted_browsers,
};
use crate::app::App;
use crate::domain::AccountPage;
use crate::web::{Guard, Table, paths};

/// Every one of them.
pub(in crate::accounts) fn routes(app: &App) -> Table {
    let whole = Guard::RecentProof(AccountPage::ConnectionAndAccount);
    let history = Guard::RecentProof(AccountPage::SignInHistory);
    let data = Guard::RecentProof(AccountPage::MyData);
    let deletion = Guard::RecentProof(AccountPage::Delete);
    let address = Guard::RecentProof(AccountPage::Email);
    let password = Guard::RecentProof(AccountPage::Password);
    Table::new(app)
        .visit(paths::OWN_PERSONAL_INFORMATION, Guard::Person, personal_information::show)
        .submission(paths::OWN_PERSONAL_INFORMATION, Guard::Person, personal_information::submit)
        .visit(paths::CONNECTION_AND_ACCOUNT, whole, connection_and_account::show)
        .submission(paths::OWN_SESSIONS, whole, sessions::submit)
        .submission(paths::OWN_BROWSERS, whole, trusted_browsers::submit)
        .submission(paths::OWN_SERVICES, whole, services::submit)
        .visit(paths::SIGN_IN_HISTORY, history, sign_in_history::show)
        .visit(paths::MY_DATA, data, my_data::show)
        .submission(paths::MY_DATA, data, my_data::submit)
        .visit(paths::MY_DATA_FILE, data, my_data::show_file)
        .submission(paths::MY_DATA_FILE, data, my_data::submit_file)
        .visit(paths::DELETE, deletion, delete::show)
        .submission(paths::DELETE, deletion, delete::submit)
        .visit(paths::OWN_EMAIL, address, email::show)
        .submission(paths::OWN_EMAIL, address, email::submit)
        .submission(paths::OWN_EMAIL_CODE, address, email::submit_code)
        .visit(paths::OWN_PASSWORD, password, own_password::show)
        .submission(paths::OWN_PASSWORD, password, own_password::submit)
}
