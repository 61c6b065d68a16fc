//! Sockets, TLS, connections and shutdown: the loop that we own, so that every wait has a limit.
//!
//! Refuses to know what is answered: it is given an [`Answer`]. Doors: [`bind`], [`Tls`], [`run`], [`Signals`].

mod activity;
mod admission;
mod body;
mod connection;
#[cfg(unix)]
pub mod control;
mod counters;
mod descriptors;
mod dumps;
mod gate;
mod limits;
mod listeners;
mod notify;
mod places;
mod proxies;
mod proxy_protocol;
mod signals;
#[cfg(test)]
mod tests;
mod tls;
mod wire;

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Bytes};
use hyper::{Request, Response};
use tokio::sync::{Semaphore, watch};

use crate::config::Proxies;
use admission::Admission;
pub use body::{BodyError, RequestBody};
use connection::Peer;
pub use counters::{Counters, Event, Work};
pub use dumps::forbid_core_dumps;
pub use limits::{BodyLimits, Http2Limits, Limits, SourceLimits};
pub use listeners::{BindError, Bound, bind};
pub use notify::{notify_alive, notify_ready, notify_reloading, notify_stopping, watchdog_interval};
use places::Places;
use proxies::misfits::{Misfit, Misfits};
pub use signals::{Hangups, Signals, Stop};
pub use tls::{Refreshed, Tls, TlsError, Unfit};

/// How long nothing is accepted after the system refused to: out of descriptors, for example.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// What answers the requests.
pub trait Answer: Clone + Send + Sync + 'static {
    /// The body of its answers.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Default
        + Send
        + Unpin
        + 'static;

    /// Answers one request of a client: of the peer, or of whom a trusted proxy asks for. Where certificates of clients are
    /// asked for, the [`ShownCertificate`](crate::protocol::ShownCertificate) is among the extensions of the request.
    fn answer(
        &self,
        request: Request<RequestBody>,
        client: IpAddr,
    ) -> impl Future<Output = Response<Self::Body>> + Send + 'static;
}

impl<Function, Answering, ResponseBody> Answer for Function
where
    Function: Fn(Request<RequestBody>, IpAddr) -> Answering + Clone + Send + Sync + 'static,
    Answering: Future<Output = Response<ResponseBody>> + Send + 'static,
    ResponseBody:
        Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Default + Send + Unpin + 'static,
{
    type Body = ResponseBody;

    fn answer(
        &self,
        request: Request<RequestBody>,
        client: IpAddr,
    ) -> impl Future<Output = Response<ResponseBody>> + Send + 'static {
        self(request, client)
    }
}

/// How an instance serves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long and how much a connection may take.
    pub limits: Limits,
    /// TLS; without it, plain HTTP/1.1.
    pub tls: Option<Tls>,
    /// Who may say for whom it asks.
    pub proxies: Proxies,
    /// Where what happens is counted.
    pub counters: Counters,
}

impl Settings {
    /// Plain HTTP/1.1 with these limits, and nobody trusted.
    pub fn plain(limits: Limits) -> Self {
        Self { limits, tls: None, proxies: Proxies::none(), counters: Counters::default() }
    }
}

/// What connections are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// End the request under way, take no other.
    Draining,
    /// End now.
    Cut,
}

/// What connections share.
struct Server<A> {
    answer: A,
    limits: Limits,
    tls: Option<Tls>,
    proxies: Proxies,
    counters: Counters,
    misfits: Misfits,
    admission: Arc<Admission>,
    handshakes: Semaphore,
    places: Places,
}

/// Serves on every listener until `stopped` ends, then lets the requests under way end, within the limit; what is
/// still open after it is cut.
pub async fn run<A: Answer>(bound: Bound, settings: Settings, answer: A, stopped: impl Future<Output = ()>) {
    let limits = settings.limits;
    let server = Arc::new(Server {
        answer,
        limits,
        tls: settings.tls,
        proxies: settings.proxies,
        counters: settings.counters,
        misfits: Misfits::default(),
        admission: Admission::new(limits.per_source),
        handshakes: Semaphore::new(limits.handshakes),
        places: Places::new(descriptors::room_for(limits.connections)),
    });
    let (phase, _) = watch::channel(Phase::Serving);
    tokio::select! {
        () = accept(&bound, &server, &phase) => {}
        () = stopped => {}
    }
    // Nobody is accepted any more; who waits to be is refused by the system.
    drop(bound);
    phase.send_replace(Phase::Draining);
    if tokio::time::timeout(limits.shutdown, server.places.all_free()).await.is_err() {
        tracing::warn!("requests were still under way when the time to stop was over");
        phase.send_replace(Phase::Cut);
    }
}

/// Accepts for ever; every connection is a task of its own that holds one place.
async fn accept<A: Answer>(bound: &Bound, server: &Arc<Server<A>>, phase: &watch::Sender<Phase>) {
    let mut is_refused = false;
    loop {
        let Ok(place) = server.places.take().await else { return };
        let (stream, peer, door) = match bound.accept().await {
            Ok(accepted) => accepted,
            Err(cause) if is_of_the_peer(&cause) => continue,
            Err(cause) => {
                server.counters.count(Event::RefusedBySystem);
                // Once: a full table of descriptors would fill the log as well.
                if !is_refused {
                    tracing::warn!(%cause, "no connection can be accepted for now");
                    is_refused = true;
                }
                tokio::time::sleep(PAUSE_AFTER_REFUSAL).await;
                continue;
            }
        };
        if is_refused {
            tracing::info!("connections are accepted again");
            is_refused = false;
        }
        let peer = Peer { address: peer.ip().to_canonical(), door };
        let is_proxy = proxies::are_at(&server.proxies, peer.address);
        let may_come = is_proxy || !proxies::announce(&server.proxies);
        if !may_come {
            server.misfits.tell(Misfit::Stranger, peer.address);
        }
        let Some(admitted) = server.admission.admit(peer.address, is_proxy).filter(|_| may_come) else {
            server.counters.count(Event::TurnedAway);
            continue;
        };
        if let Err(cause) = stream.set_nodelay(true) {
            tracing::debug!(%cause, "small packets may wait");
        }
        server.counters.count(Event::Accepted);
        // Apart: a future that is moved into the one that waits for it takes its room twice.
        let connection = Box::pin(connection::serve(Arc::clone(server), stream, peer, admitted, phase.subscribe()));
        let counters = server.counters.clone();
        tokio::spawn(async move {
            connection.await;
            counters.count(Event::Ended);
            drop(place);
        });
    }
}

/// The peer went away before it was accepted; the next one is not concerned.
fn is_of_the_peer(cause: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(cause.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
