//! Addresses under which a public directory says that an establishment can be written to.

use serde::{Deserialize, Serialize};

use crate::domain::Email;

/// Of which service it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfficialContactKind {
    /// A town hall, that of a former commune included.
    TownHall,
    /// A school.
    School,
    /// Another public service.
    PublicService,
}

/// An address that a public directory gives for an establishment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficialContact {
    /// Where it can be written to.
    pub email: Email,
    /// How the directory names the service.
    pub name: String,
    /// Of which service it is.
    pub kind: OfficialContactKind,
}
