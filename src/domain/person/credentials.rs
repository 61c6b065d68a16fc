//! What a person proves their identity with.

use serde::{Deserialize, Serialize};

use super::{DataLink, FactorRemoval, PasswordLink, SecondFactors};
use crate::domain::{HandleKey, UserId};
use crate::protocol::Timestamp;

/// The credentials of one person.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// Whose they are.
    pub user_id: UserId,
    /// PHC string of the password's hash, its parameters inside; absent for a person who never chose one.
    pub password_hash: Option<String>,
    /// When the password was last chosen.
    pub password_changed_at: Timestamp,
    /// Wrong passwords in a row, from browsers in which the person never signed in.
    #[serde(default)]
    pub wrong_guesses: u32,
    /// The one link to choose a password with that works; a new one takes the place of the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_link: Option<HandleKey<PasswordLink>>,
    /// What stands beside the password: no change of it touches them (SEC-73).
    #[serde(default, skip_serializing_if = "SecondFactors::is_untouched")]
    pub second_factors: SecondFactors,
    /// The removal of the second factors that was asked for last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor_removal: Option<HandleKey<FactorRemoval>>,
    /// The one link to take one's data away with that works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_link: Option<HandleKey<DataLink>>,
}

impl Credentials {
    /// Credentials at which nobody has guessed yet.
    pub fn new(user_id: UserId, password_hash: Option<String>, now: Timestamp) -> Self {
        Self {
            user_id,
            password_hash,
            password_changed_at: now,
            wrong_guesses: 0,
            password_link: None,
            second_factors: SecondFactors::default(),
            factor_removal: None,
            data_link: None,
        }
    }

    /// The same with a password that was chosen now: guesses and links of before are forgotten, and nothing else is.
    #[must_use]
    pub fn with_password(self, password_hash: String, now: Timestamp) -> Self {
        Self {
            password_hash: Some(password_hash),
            password_changed_at: now,
            wrong_guesses: 0,
            password_link: None,
            ..self
        }
    }
}
