//! Commands about the data as a whole: checked, backed up, restored, emptied.

pub(super) mod backup;
pub(super) mod check;
pub(super) mod reset;
pub(super) mod restore;
mod secret;
