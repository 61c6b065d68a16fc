//! Where there are no local sockets, no command comes in by one.

use std::path::Path;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::StartError;
use crate::app::App;
use crate::config::DataLocation;

/// What commands come in by: nothing.
#[derive(Debug, Default)]
pub struct Commands;

impl Commands {
    /// There is nothing to listen on.
    ///
    /// # Errors
    /// None.
    pub fn of(_: &DataLocation) -> Result<Self, StartError> {
        Ok(Self)
    }

    pub(super) fn answer(
        self,
        _: impl Fn() -> App + Clone + Send + Sync + 'static,
        _: watch::Receiver<bool>,
    ) -> Option<JoinHandle<()>> {
        None
    }
}

/// There is nothing to be reached by.
///
/// # Errors
/// None.
pub fn check_reach(_: &Path) -> Result<(), StartError> {
    Ok(())
}
