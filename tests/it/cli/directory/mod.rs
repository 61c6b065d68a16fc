//! Where companies and administrations are looked up: the register's files, good and bad, and a service on the
//! network that answers or does not.

mod busy;
mod commands;
mod contact_files;
mod contacts;
pub(in crate::cli) mod files;
mod hostile;
mod import;
mod keyed;
mod outages;
pub(crate) mod remote;
mod search;
mod standings;
mod swap;
mod withheld;

/// Both files of a small register.
pub(crate) fn both_register_files(directory: &std::path::Path) -> Vec<String> {
    files::both(directory).iter().map(|path| path.to_str().unwrap().to_owned()).collect()
}

/// A small directory of schools.
pub(crate) fn contacts_file(directory: &std::path::Path) -> String {
    contact_files::schools(directory).to_str().unwrap().to_owned()
}
