//! Who may do something that costs now: so many at a time, so many who wait for their turn, and nobody for longer than a
//! second. Whoever comes too many is told so at once, and holds nothing (SEC-158).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The longest wait for a turn.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// A turn; it ends when this is dropped.
pub type Turn = OwnedSemaphorePermit;

/// The places of one kind of work. Clones share them.
#[derive(Debug, Clone)]
pub struct Turns {
    free: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Turns {
    /// So many at one time, and so many who wait.
    pub fn new(at_one_time: usize, waiting: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(at_one_time)), waiting: Arc::new(Semaphore::new(waiting)) }
    }

    /// A turn, within a second; `None` where too many wait already, or the second is over.
    pub async fn take(&self) -> Option<Turn> {
        if let Ok(turn) = Arc::clone(&self.free).try_acquire_owned() {
            return Some(turn);
        }
        let _place = self.waiting.try_acquire().ok()?;
        tokio::time::timeout(LONGEST_WAIT, Arc::clone(&self.free).acquire_owned()).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sec_158_who_comes_too_many_is_told_at_once_and_nobody_waits_without_end() {
        let turns = Turns::new(2, 1);
        let (first, _second) = (turns.take().await.unwrap(), turns.take().await.unwrap());
        let waiting = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take().await.is_some() }
        });
        tokio::task::yield_now().await;
        let at_once = tokio::time::timeout(Duration::ZERO, turns.take()).await;
        assert!(at_once.unwrap().is_none(), "one waits already");
        drop(first);
        assert!(waiting.await.unwrap(), "a turn was free again");
        let _third = turns.take().await.unwrap();
        assert!(turns.take().await.is_none(), "its second is over");
        assert!(turns.take().await.is_none(), "and whoever gave up has left the queue");
        assert_eq!((turns.free.available_permits(), turns.waiting.available_permits()), (0, 1));
    }
}
