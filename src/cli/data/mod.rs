//! Commands about the data as a whole: checked, backed up, restored.

pub(super) mod backup;
pub(super) mod check;
pub(super) mod restore;
mod secret;
