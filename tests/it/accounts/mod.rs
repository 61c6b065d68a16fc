//! Stories of people signing in and looking after their account.

mod change_password;
mod gate;
mod guessing;
mod handles;
mod home;
mod known_browsers;
mod organization;
mod password;
mod personal_information;
mod sessions;
mod sign_in;
mod sources;
