//! Stories of people signing in and looking after their account.

mod change_password;
mod handles;
mod home;
mod organization;
mod sign_in;
