//! Commands about the data as a whole, and of the register: checked, backed up, restored, emptied, imported.

pub(super) mod backup;
pub(super) mod check;
pub(super) mod compact;
pub(super) mod directory;
pub(super) mod master_key;
pub(super) mod reset;
pub(super) mod restore;
pub(super) mod retention;
pub(super) mod salvage;
mod secret;
