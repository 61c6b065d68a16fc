//! Where companies and administrations are looked up: the register's files, good and bad, and a service on the
//! network that answers or does not.

mod contacts;
mod files;
mod import;
mod keyed;
mod remote;
mod search;
mod swap;
