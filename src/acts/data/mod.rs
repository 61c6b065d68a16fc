//! The data as a whole: taken over from run to run, backed up, restored.

mod backups;
mod continuity;
mod exchange;
mod master_key;
mod restore;
mod salvage;
mod schedule;
mod upgrade;

pub use backups::{
    BackupMade, BackupOrder, BackupRefusal, BackupSecret, about_key_file, create_backup, list_own_backups,
    unlock_backup, verify_backup,
};
pub use continuity::{Continuity, begin_run, note_time};
pub use exchange::clear_workshops;
pub(in crate::acts) use master_key::sealing_key;
pub use master_key::{
    MasterKeyRotationError, Resealed, RotatedMasterKey, master_key_place, read_mac_keys, rotate_master_key,
};
pub use restore::{RestoreError, RestoreOrder, Restored, check_seal, check_seal_by_key_inside, restore};
pub use salvage::{SalvageError, SalvageOrder, Salvaged, salvage};
pub use schedule::{back_up_when_due, newest_backup};
pub use upgrade::{back_up_before_migration, note_backup};
