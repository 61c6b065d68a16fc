//! Who did something, and when: what links and domains keep of how they came to be (SEC-108).

use serde::{Deserialize, Serialize};

use crate::domain::Actor;
use crate::protocol::Timestamp;

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

impl Deed {
    /// What a rule of the program decides.
    pub fn of_the_program(at: Timestamp) -> Self {
        Self { by: Actor::System, at }
    }
}
