//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::{Limits, Phase};

/// Speaks HTTP/1.1 with a peer until either side has enough, or the server stops. The stream may be any: encryption
/// goes around it.
pub(super) async fn serve<Stream, Answer, Answering, ResponseBody>(
    stream: Stream,
    peer: SocketAddr,
    answer: Answer,
    limits: Limits,
    mut phase: watch::Receiver<Phase>,
) where
    Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    Answer: Fn(Request<Incoming>, SocketAddr) -> Answering + Clone + Send + Sync + 'static,
    Answering: Future<Output = Response<ResponseBody>> + Send + 'static,
    ResponseBody: Body<Data = Bytes> + Default + Send + 'static,
    ResponseBody::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let service = service_fn(move |request| {
        let answer = answer.clone();
        let answering = survive(async move { answer(request, peer).await });
        async move { Ok::<_, Infallible>(answering.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read)
        .max_buf_size(limits.max_header_bytes)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let mut is_draining = false;
    let ended = loop {
        let told = phase.wait_for(|phase| if is_draining { *phase == Phase::Cut } else { *phase != Phase::Serving });
        tokio::select! {
            ended = connection.as_mut() => break ended,
            now = told => match now.as_deref() {
                Ok(Phase::Draining) => connection.as_mut().graceful_shutdown(),
                // The server is gone, or its time to stop is over.
                Ok(Phase::Serving | Phase::Cut) | Err(_) => return,
            }
        }
        is_draining = true;
    };
    if let Err(cause) = ended {
        tracing::debug!(%cause, "a connection ended early");
    }
}

/// A panic costs this request its answer and nothing else: the peer gets a bare 500.
async fn survive<ResponseBody: Default>(
    answering: impl Future<Output = Response<ResponseBody>>,
) -> Response<ResponseBody> {
    let mut answering = Box::pin(answering);
    let polled = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(response)) => Poll::Ready(Some(response)),
        Err(_) => Poll::Ready(None),
    });
    polled.await.unwrap_or_else(|| {
        tracing::error!("a request panicked");
        let mut response = Response::new(ResponseBody::default());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    })
}
