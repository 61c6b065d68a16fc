//! A handler at work on one request.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// What a handler does.
type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs within the task of its connection, so that a request costs no task of its own. Where that ends before it, since
/// the client went away, it goes on by itself: what was begun is brought to its end. A panic is an error and harms nobody
/// else.
pub(super) struct Handling<T: Send + 'static> {
    /// None once it is over.
    work: Option<Work<T>>,
}

/// The handler panicked; the log says where.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the handler panicked")]
pub(super) struct Panicked;

impl<T: Send + 'static> Handling<T> {
    pub(super) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self { work: Some(Box::pin(work)) }
    }
}

impl<T: Send + 'static> Future for Handling<T> {
    type Output = Result<T, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = &mut self.work else { return Poll::Ready(Err(Panicked)) };
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(done)) => {
                self.work = None;
                Poll::Ready(Ok(done))
            }
            Err(_logged) => {
                let broken = self.work.take();
                // What it held is given up as well, whatever that does.
                let _given_up = catch_unwind(AssertUnwindSafe(|| drop(broken)));
                Poll::Ready(Err(Panicked))
            }
        }
    }
}

impl<T: Send + 'static> Drop for Handling<T> {
    fn drop(&mut self) {
        let Some(work) = self.work.take() else { return };
        // Outside of a runtime nothing can go on.
        if let Ok(runtime) = Handle::try_current() {
            drop(runtime.spawn(work));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn what_a_handler_gives_comes_back() {
        assert_eq!(Handling::new(async { 7 }).await, Ok(7));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_of_this_request_alone() {
        assert_eq!(Handling::new(async { panic!("of a handler") }).await, Err::<(), _>(Panicked));
    }

    #[tokio::test]
    async fn what_was_begun_for_a_client_that_went_away_is_brought_to_its_end() {
        let (go_on, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let work = {
            let (go_on, done) = (Arc::clone(&go_on), Arc::clone(&done));
            async move {
                go_on.notified().await;
                done.notify_one();
            }
        };
        let mut handling = Box::pin(Handling::new(work));
        assert!(poll_once(&mut handling).await.is_pending());
        drop(handling);
        go_on.notify_one();
        done.notified().await;
    }

    async fn poll_once<T: Send + 'static>(handling: &mut Pin<Box<Handling<T>>>) -> Poll<Result<T, Panicked>> {
        std::future::poll_fn(|context| Poll::Ready(handling.as_mut().poll(context))).await
    }
}
