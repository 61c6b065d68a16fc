//! Stories of people who look after their account.

mod delete;
mod email;
mod former_address;
mod gate;
mod languages;
pub(crate) mod my_data;
mod new_passkeys;
mod password;
mod personal_information;
mod services;
mod sessions;
mod sign_in_history;
mod stale_forms;
mod trusted_browsers;
