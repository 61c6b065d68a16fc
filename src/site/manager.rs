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
    let current = || Arc::clone(&front.borrow());
    tell_while(silence / 2, async || is_alive(&current()).await, || tell(serve::notify_alive())).await;
}

/// Looks once in each `period`, and tells what was found alive within it.
async fn tell_while(period: Duration, is_alive: impl AsyncFn() -> bool, tell: impl Fn()) {
    let mut rounds = interval(period);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        match timeout(period, is_alive()).await {
            Ok(true) => tell(),
            Ok(false) => tracing::error!("the store takes no writes: the service manager is not told that the instance lives"),
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
    let app = reception.app();
    let asked = Request::get(paths::LIVEZ).header(header::HOST, app.config.public_url.authority());
    let Ok(request) = asked.body(Empty::<Bytes>::new()) else { return false };
    // Nobody wants to read twice a minute that nobody asked anything.
    let answering = reception.answer(request, IpAddr::V4(Ipv4Addr::LOCALHOST));
    drop(answering.with_subscriber(NoSubscriber::default()).await);
    acts::is_writer_alive(app).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// What there is to see at each look.
    #[derive(Clone, Copy)]
    enum Seen {
        Alive,
        Refusing,
        Stuck,
    }

    #[tokio::test(start_paused = true)]
    async fn sec_187_the_service_manager_hears_nothing_while_a_worker_is_stuck_and_hears_again_when_it_goes_on() {
        let (told, looked) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let seen = [Seen::Alive, Seen::Alive, Seen::Stuck, Seen::Refusing, Seen::Alive, Seen::Stuck, Seen::Stuck];
        let look = async || match seen[looked.fetch_add(1, Ordering::SeqCst) % seen.len()] {
            Seen::Alive => true,
            Seen::Refusing => false,
            Seen::Stuck => std::future::pending().await,
        };
        let period = Duration::from_secs(30);
        let telling = tell_while(period, look, || drop(told.fetch_add(1, Ordering::SeqCst)));
        tokio::pin!(telling);
        // By the end of each look: who is stuck has taken the whole period.
        for expected in [1, 2, 2, 2, 3, 3, 3] {
            let step = timeout(period - Duration::from_millis(1), &mut telling);
            assert!(step.await.is_err());
            assert_eq!(told.load(Ordering::SeqCst), expected);
            assert!(timeout(Duration::from_millis(1), &mut telling).await.is_err());
        }
    }
}
