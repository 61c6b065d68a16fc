//! Sockets, connections and shutdown: the loop that we own, so that every wait has a limit.
//!
//! Refuses to know what is answered: it is given a function from request and peer to answer. Doors: [`bind`], [`run`],
//! [`told_to_stop`].

mod connection;
mod listeners;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Bytes, Incoming};
use hyper::{Request, Response};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

pub use listeners::{BindError, Bound, bind};

/// How long and how much a connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at one time.
    pub connections: usize,
    /// Time for the headers of a request, and for silence between two requests.
    pub header_read: Duration,
    /// Time for the requests under way to end when the server stops.
    pub shutdown: Duration,
    /// Bytes of the headers of a request.
    pub max_header_bytes: usize,
}

impl Limits {
    /// 4,096 connections, 15 seconds for headers, 10 seconds to stop, 64 KiB of headers.
    pub fn standard() -> Self {
        Self {
            connections: 4096,
            header_read: Duration::from_secs(15),
            shutdown: Duration::from_secs(10),
            max_header_bytes: 64 * 1024,
        }
    }
}

/// Serves on every listener until `stopped` ends, then lets the requests under way end, within the limit.
pub async fn run<Answer, Answering, ResponseBody>(
    bound: Bound,
    answer: Answer,
    limits: Limits,
    stopped: impl Future<Output = ()>,
) where
    Answer: Fn(Request<Incoming>, SocketAddr) -> Answering + Clone + Send + Sync + 'static,
    Answering: Future<Output = Response<ResponseBody>> + Send + 'static,
    ResponseBody: Body<Data = Bytes> + Send + 'static,
    ResponseBody::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let places = Arc::new(Semaphore::new(limits.connections));
    let (stop, stopping) = watch::channel(false);
    let mut accepting = JoinSet::new();
    for listener in bound.into_listeners() {
        accepting.spawn(accept(listener, answer.clone(), limits, places.clone(), stopping.clone()));
    }
    stopped.await;
    stop.send_replace(true);
    while accepting.join_next().await.is_some() {}
    let every_place = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    // Every place free means every connection closed; what is still open after the limit is cut with the process.
    if tokio::time::timeout(limits.shutdown, places.acquire_many(every_place)).await.is_err() {
        tracing::warn!("requests were still under way when the time to stop was over");
    }
}

async fn accept<Answer, Answering, ResponseBody>(
    listener: TcpListener,
    answer: Answer,
    limits: Limits,
    places: Arc<Semaphore>,
    mut stopping: watch::Receiver<bool>,
) where
    Answer: Fn(Request<Incoming>, SocketAddr) -> Answering + Clone + Send + Sync + 'static,
    Answering: Future<Output = Response<ResponseBody>> + Send + 'static,
    ResponseBody: Body<Data = Bytes> + Send + 'static,
    ResponseBody::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.changed() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection::serve(stream, peer, answer.clone(), limits, stopping.clone());
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(cause) => {
                // Out of descriptors, for example: the next try at once would only spin.
                tracing::warn!(%cause, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
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
