//! Changes of stored records from one format to the next.
//!
//! Append only: the format of a database is the length of the list when it was last opened. A new field with a
//! default needs no migration.

use super::engine::Migration;
use super::organization::authorship;
use super::{clients, moderations, organizations, users};

/// The newest format of records that this program knows.
pub(super) fn known_format() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// The first format whose clients have their indexes.
pub(super) const CLIENTS_INDEXED: u32 = 1;

/// The first format whose organizations are found by words of their names.
pub(super) const ORGANIZATIONS_INDEXED: u32 = 2;

/// The first format whose requests that wait are found by their organization.
pub(super) const PENDING_INDEXED: u32 = 3;

/// The first format whose people who decide are found by the organization.
pub(super) const DECIDERS_INDEXED: u32 = 4;

/// The first format whose organizations that the register closed or knows no more are listed.
pub(super) const STANDINGS_INDEXED: u32 = 6;

/// All changes, oldest first.
pub(super) const MIGRATIONS: &[Migration] = &[
    clients::index_all,
    organizations::index_all,
    moderations::index_pending,
    users::index_who_decides,
    authorship::fill,
    organizations::index_standings,
];
