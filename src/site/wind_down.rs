//! The end of what works beside the requests: it is waited for, and not for ever.

use std::time::Duration;

use tokio::task::JoinHandle;

/// How long each of them may take to end, once it is told to. A round that writes takes far less.
pub(super) const WITHIN: Duration = Duration::from_secs(10);

/// Waits for a task that was told to end, where there is one; what does not end in time is dropped, as a cut of the power would do.
pub(super) async fn let_end<T>(what: &'static str, task: Option<JoinHandle<T>>, within: Duration) {
    let Some(task) = task else { return };
    let handle = task.abort_handle();
    match tokio::time::timeout(within, task).await {
        Ok(Ok(_)) => {}
        Ok(Err(cause)) => tracing::error!(what, %cause, "ended badly"),
        Err(_) => {
            tracing::warn!(what, "was still at work when the time to stop was over");
            handle.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn who_does_not_end_is_dropped() {
        let held = Arc::new(());
        let kept = Arc::clone(&held);
        let task = tokio::spawn(async move {
            let _kept = kept;
            pending::<()>().await;
        });
        let_end("a task", Some(task), Duration::from_millis(20)).await;
        while Arc::strong_count(&held) > 1 {
            tokio::task::yield_now().await;
        }
    }
}
