//! Stories of people signing in and looking after their account.

mod change_password;
mod gate;
mod guessing;
mod handles;
mod home;
mod known_browsers;
mod magic_link;
mod my_data;
mod organization;
mod password;
mod personal_information;
mod reset_password;
mod services;
mod sessions;
mod sign_in;
mod sign_in_history;
mod sign_up;
mod sources;
mod verify_email;
