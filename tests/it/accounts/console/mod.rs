//! Stories of people who look after their account.

mod delete;
mod email;
mod former_address;
mod gate;
mod my_data;
mod password;
mod personal_information;
mod services;
mod sessions;
mod sign_in_history;
mod trusted_browsers;
