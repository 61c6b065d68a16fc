//! How commands name people and organizations.

use crate::acts::administration::{MalformedOrganizationKey, MalformedUserKey, OrganizationKey, UserKey};

/// An e-mail address or an identifier; in its one spelling.
pub(super) fn parse_user(text: &str) -> Result<String, MalformedUserKey> {
    text.parse().map(|key: UserKey| key.to_string())
}

/// A SIRET or an identifier; in its one spelling.
pub(super) fn parse_organization(text: &str) -> Result<String, MalformedOrganizationKey> {
    text.parse().map(|key: OrganizationKey| key.to_string())
}
