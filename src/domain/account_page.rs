//! The pages of a person's account that a sign-in can lead back to.

use serde::{Deserialize, Serialize};

/// One of them. The list is closed: where a sign-in ends is never an address that came from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountPage {
    /// Address, password, sessions.
    ConnectionAndAccount,
    /// The choice of another password.
    Password,
    /// The choice of another address.
    Email,
    /// Sign-ins, and attempts at one.
    SignInHistory,
    /// Everything that is known about the person.
    MyData,
    /// The deletion of the account.
    Delete,
    /// What is asked beside the password.
    DoubleAuthentication,
    /// The entrance to the console of administration, which wants a second factor.
    Administration,
}
