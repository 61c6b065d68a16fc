//! What the service manager is told, and as long as it asks for it, that the instance lives: only while a request of its own
//! and a write have been answered, on the way that those of everybody take (SEC-187).

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Empty;
use hyper::body::Bytes;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;
use warp::http::{Request, header};

use super::Reception;
use crate::web::paths;
use crate::{acts, serve};

/// Whoever started the service and does not hear of it waits for nothing.
pub(super) fn tell(told: std::io::Result<()>) {
    if let Err(cause) = told {
        tracing::warn!(%cause, "the service manager cannot be told (NOTIFY_SOCKET)");
    }
}

/// Tells for ever that the instance lives, twice in the time after which the service manager ends who was silent; nothing
/// where it does not ask.
pub(super) async fn keep_telling(front: watch::Receiver<Arc<Reception>>) {
    let Some(silence) = serve::watchdog_interval() else { return };
    let look = || {
        let reception = Arc::clone(&front.borrow());
        async move { is_alive(&reception).await }
    };
    tell_while(silence / 2, look, || tell(serve::notify_alive())).await;
}

/// Looks once in each `period`, and tells what was found alive within it.
async fn tell_while<Look: Future<Output = bool>>(period: Duration, look: impl Fn() -> Look, tell: impl Fn()) {
    let mut rounds = interval(period);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        match timeout(period, look()).await {
            Ok(true) => tell(),
            Ok(false) => {
                tracing::error!("the store takes no writes: the service manager is not told that the instance lives")
            }
            Err(_) => tracing::error!(
                millis = u64::try_from(period.as_millis()).unwrap_or(u64::MAX),
                "no request or no write was answered: the service manager is not told that the instance lives"
            ),
        }
    }
}

/// Asks as everybody asks, then has the store write as every act does. An answer that refuses is one: of a full disk starting
/// again mends nothing. Does not end where a worker is stuck.
pub async fn is_alive(reception: &Reception) -> bool {
    let app = reception.app().clone();
    let asked = Request::get(paths::LIVEZ).header(header::HOST, app.config.public_url.authority());
    let Ok(request) = asked.body(Empty::<Bytes>::new()) else { return false };
    // Nobody wants to read twice a minute that nobody asked anything.
    let answering = reception.answer(request, IpAddr::V4(Ipv4Addr::LOCALHOST));
    drop(answering.with_subscriber(NoSubscriber::default()).await);
    acts::is_writer_alive(&app).await
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    /// What there is to see at each look.
    #[derive(Clone, Copy)]
    enum Seen {
        Alive,
        Refusing,
        Stuck,
    }

    #[tokio::test]
    async fn sec_187_the_service_manager_hears_nothing_while_a_worker_is_stuck_and_hears_again_when_it_goes_on() {
        const SEEN: [Seen; 7] =
            [Seen::Alive, Seen::Alive, Seen::Stuck, Seen::Refusing, Seen::Alive, Seen::Stuck, Seen::Stuck];
        let (looked, told, is_over) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Notify::new());
        let look = || {
            let seen = SEEN.get(looked.fetch_add(1, Ordering::SeqCst)).copied();
            if seen.is_none() {
                is_over.notify_one();
            }
            async move {
                match seen {
                    Some(Seen::Alive) => true,
                    Some(Seen::Refusing) => false,
                    Some(Seen::Stuck) | None => pending().await,
                }
            }
        };
        let tell = || told.lock().unwrap().push(looked.load(Ordering::SeqCst));
        tokio::select! {
            () = tell_while(Duration::from_millis(20), look, tell) => {}
            () = is_over.notified() => {}
        }
        assert_eq!(*told.lock().unwrap(), [1, 2, 5]);
    }
}
