//! The places for connections, and whether they run short.

use std::sync::Arc;

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// So many connections at one time.
#[derive(Debug, Clone)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    all: usize,
}

impl Places {
    pub(super) fn new(all: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(all)), all }
    }

    /// Waits for a place; it is given back when dropped.
    pub(super) async fn take(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.free).acquire_owned().await
    }

    /// Waits until every place is free: every connection is closed.
    pub(super) async fn all_free(&self) {
        let all = u32::try_from(self.all).unwrap_or(u32::MAX);
        // Nobody closes the places; if somebody did, nothing would be open any more.
        self.free.acquire_many(all).await.map(drop).unwrap_or_default();
    }

    /// Whether fewer than one in five are free.
    pub(super) fn are_short(&self) -> bool {
        self.free.available_permits() < self.all.div_ceil(5)
    }
}
