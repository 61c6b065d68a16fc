//! Sockets, connections and shutdown: the loop that we own, so that every wait has a limit.
//!
//! Refuses to know what is answered: it is given a function from request and peer to answer. Doors: [`bind`], [`run`],
//! [`told_to_stop`].

mod connection;
#[cfg(unix)]
pub mod control;
mod listeners;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Bytes, Incoming};
use hyper::{Request, Response};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};

pub use listeners::{BindError, Bound, bind};

/// How long nothing is accepted after the system refused to: out of descriptors, for example.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// How long and how much a connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at one time; more wait to be accepted.
    pub connections: usize,
    /// Time for the headers of a request, and for silence between two requests.
    pub header_read: Duration,
    /// Time for the requests under way to end when the server stops.
    pub shutdown: Duration,
    /// Bytes of the headers of a request.
    pub max_header_bytes: usize,
}

impl Limits {
    /// 4,096 connections, 10 seconds for headers, 10 seconds to stop, 64 KiB of headers.
    pub fn standard() -> Self {
        Self {
            connections: 4096,
            header_read: Duration::from_secs(10),
            shutdown: Duration::from_secs(10),
            max_header_bytes: 64 * 1024,
        }
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

/// Serves on every listener until `stopped` ends, then lets the requests under way end, within the limit; what is
/// still open after it is cut.
pub async fn run<Answer, Answering, ResponseBody>(
    bound: Bound,
    answer: Answer,
    limits: Limits,
    stopped: impl Future<Output = ()>,
) where
    Answer: Fn(Request<Incoming>, SocketAddr) -> Answering + Clone + Send + Sync + 'static,
    Answering: Future<Output = Response<ResponseBody>> + Send + 'static,
    ResponseBody: Body<Data = Bytes> + Default + Send + 'static,
    ResponseBody::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let places = Arc::new(Semaphore::new(limits.connections));
    let (phase, _) = watch::channel(Phase::Serving);
    tokio::select! {
        () = accept(&bound, &answer, limits, &places, &phase) => {}
        () = stopped => {}
    }
    // Nobody is accepted any more; who waits to be is refused by the system.
    drop(bound);
    phase.send_replace(Phase::Draining);
    let every_place = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    // Every place free means every connection closed.
    if tokio::time::timeout(limits.shutdown, places.acquire_many(every_place)).await.is_err() {
        tracing::warn!("requests were still under way when the time to stop was over");
        phase.send_replace(Phase::Cut);
    }
}

/// Accepts for ever; every connection is a task of its own that holds one place.
async fn accept<Answer, Answering, ResponseBody>(
    bound: &Bound,
    answer: &Answer,
    limits: Limits,
    places: &Arc<Semaphore>,
    phase: &watch::Sender<Phase>,
) where
    Answer: Fn(Request<Incoming>, SocketAddr) -> Answering + Clone + Send + Sync + 'static,
    Answering: Future<Output = Response<ResponseBody>> + Send + 'static,
    ResponseBody: Body<Data = Bytes> + Default + Send + 'static,
    ResponseBody::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    loop {
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return };
        let (stream, peer) = match bound.accept().await {
            Ok(accepted) => accepted,
            Err(cause) => {
                tracing::warn!(%cause, "a connection was not accepted");
                tokio::time::sleep(PAUSE_AFTER_REFUSAL).await;
                continue;
            }
        };
        if let Err(cause) = stream.set_nodelay(true) {
            tracing::debug!(%cause, "small packets may wait");
        }
        let connection = connection::serve(stream, peer, answer.clone(), limits, phase.subscribe());
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
}

/// Ends when the system asks the process to stop (SIGTERM, SIGINT). A second signal stops it at once.
///
/// # Errors
/// When the signals cannot be listened to.
pub fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::process::exit(1);
        });
    })
}
