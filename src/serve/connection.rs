//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;

use super::activity::Activity;
use super::admission::Admitted;
use super::body::{AnswerBody, RequestBody};
use super::counters::{Event, Work};
use super::gate::Gate;
use super::listeners::Door;
use super::proxies::misfits::Misfit;
use super::proxies::{self, client_of};
use super::proxy_protocol::{self, Told};
use super::wire::Wire;
use super::{Answer, Phase, Server, tls};
use crate::protocol::ShownCertificate;

/// The other end of a connection, and where it came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    pub(super) address: IpAddr,
    pub(super) door: Door,
}

/// How a connection ended before its peer or the server ended it.
enum Cut {
    /// The peer was silent or slow.
    Overdue,
    /// The peer did too much.
    Flood,
}

/// Speaks with a peer until either side has enough, or the server stops.
pub(super) async fn serve<Stream, A>(
    server: Arc<Server<A>>,
    mut stream: Stream,
    mut peer: Peer,
    mut admitted: Admitted,
    mut phase: watch::Receiver<Phase>,
) where
    Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Answer,
{
    if proxies::announce(&server.proxies) {
        let announced = Box::pin(announced(&server, &mut stream, (peer, admitted), &mut phase));
        let Some(client) = announced.await else { return server.counters.count(Event::TurnedAway) };
        (peer, admitted) = client;
    }
    // Each part has room of its own while it lasts: a connection that is kept holds none for what is over.
    let wire = Wire::new(stream, server.limits.write_stall);
    if server.tls.is_none() {
        let from = Sender { address: peer.address, certificate: None };
        return Box::pin(serve_http1(server, wire, from, admitted, phase)).await;
    }
    let Some(stream) = Box::pin(shake_hands(&server, wire, peer.door, &mut phase)).await else { return };
    let certificate = (peer.door == Door::Certificates).then(|| tls::shown(stream.get_ref().1.peer_certificates()));
    let from = Sender { address: peer.address, certificate };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        Box::pin(serve_http2(server, stream, from, admitted, phase)).await;
    } else {
        Box::pin(serve_http1(server, stream, from, admitted, phase)).await;
    }
}

/// The client whom a proxy announces, admitted as if it came by itself; none where nothing is said in time, or it has its share.
async fn announced<A>(
    server: &Server<A>,
    stream: &mut (impl AsyncRead + Unpin),
    (peer, admitted): (Peer, Admitted),
    phase: &mut watch::Receiver<Phase>,
) -> Option<(Peer, Admitted)> {
    let told = tokio::select! {
        told = tokio::time::timeout(server.limits.proxy_header, proxy_protocol::read(stream)) => told.ok().flatten(),
        _stopping = phase.wait_for(|phase| *phase != Phase::Serving) => None,
    };
    let Some(told) = told else {
        if *phase.borrow() == Phase::Serving {
            server.misfits.tell(Misfit::Unannounced, peer.address);
        }
        return None;
    };
    match told {
        Told::Nothing => None,
        Told::Itself => Some((peer, admitted)),
        Told::Client(address) => {
            let peer = Peer { address: address.to_canonical(), ..peer };
            server.admission.admit(peer.address, false).map(|admitted| (peer, admitted))
        }
    }
}

/// The handshake of TLS; none where it failed, took too long, or the server stops.
async fn shake_hands<Stream, A>(
    server: &Server<A>,
    wire: Wire<Stream>,
    door: Door,
    phase: &mut watch::Receiver<Phase>,
) -> Option<TlsStream<Wire<Stream>>>
where
    Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let tls = server.tls.as_ref()?;
    let wire = wire.limited_to(server.limits.handshake_bytes);
    let shaking = server.counters.begin(Work::Handshake);
    let handshake = tls.accept(wire, door, &server.handshakes);
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(server.limits.handshake, handshake) => shaken.ok().and_then(Result::ok),
        _stopping = phase.wait_for(|phase| *phase != Phase::Serving) => return None,
    };
    drop(shaking);
    let Some(mut stream) = shaken else {
        server.counters.count(Event::HandshakeFailed);
        return None;
    };
    stream.get_mut().0.unlimited();
    Some(stream)
}

async fn serve_http1<Stream, A>(
    server: Arc<Server<A>>,
    stream: Stream,
    from: Sender,
    admitted: Admitted,
    phase: watch::Receiver<Phase>,
) where
    Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Answer,
{
    let activity = Activity::begin(server.limits, admitted, server.places.clone());
    let io = TokioIo::new(Gate::http1(stream, Arc::clone(&activity)));
    let requests = Requests { server: Arc::clone(&server), from, activity: Arc::clone(&activity) };
    let service = service_fn(move |request| requests.clone().answer(request));
    // Waits are limited by the activity, which tells headers from silence between requests.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_header_size(server.limits.max_header_bytes)
        .max_buf_size(server.limits.max_header_bytes.saturating_mul(2))
        .serve_connection(io, service);
    drive(&server, Box::pin(connection), &activity, phase).await;
}

async fn serve_http2<Stream, A>(
    server: Arc<Server<A>>,
    stream: Stream,
    from: Sender,
    admitted: Admitted,
    phase: watch::Receiver<Phase>,
) where
    Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Answer,
{
    const STREAM_WINDOW: u32 = 64 * 1024;
    const CONNECTION_WINDOW: u32 = 256 * 1024;
    let limits = server.limits.http2;
    let activity = Activity::begin(server.limits, admitted, server.places.clone());
    let io = TokioIo::new(Gate::http2(stream, Arc::clone(&activity), limits));
    let requests = Requests { server: Arc::clone(&server), from, activity: Arc::clone(&activity) };
    let service = service_fn(move |request| requests.clone().answer(request));
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(limits.header_list_bytes)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(limits.ping)
        .keep_alive_timeout(limits.ping)
        .serve_connection(io, service);
    drive(&server, Box::pin(connection), &activity, phase).await;
}

/// Lets a connection run until it ends, has had its time, or the server stops.
async fn drive<Connection, A>(
    server: &Server<A>,
    mut connection: Pin<Box<Connection>>,
    activity: &Activity,
    mut phase: watch::Receiver<Phase>,
) where
    Connection: GracefulConnection,
    Connection::Error: std::fmt::Display,
{
    let mut timer = None;
    let mut is_draining = false;
    let ended = loop {
        let told = phase.wait_for(|phase| if is_draining { *phase == Phase::Cut } else { *phase != Phase::Serving });
        let supervised = poll_fn(|context| supervise(connection.as_mut(), activity, &mut timer, context));
        tokio::select! {
            ended = supervised => break ended,
            now = told => match now.as_deref() {
                Ok(Phase::Draining) => connection.as_mut().graceful_shutdown(),
                // The server is gone, or its time to stop is over.
                Ok(Phase::Serving | Phase::Cut) | Err(_) => return,
            }
        }
        is_draining = true;
    };
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(cause)) => tracing::debug!(%cause, "a connection ended early"),
        Err(Cut::Overdue) => server.counters.count(Event::Overdue),
        Err(Cut::Flood) => {
            server.counters.count(Event::Flood);
            // The peer is told, if it still listens; nothing more of it is read.
            connection.as_mut().graceful_shutdown();
            poll_fn(|context| {
                drop(connection.as_mut().poll(context));
                Poll::Ready(())
            })
            .await;
        }
    }
}

fn supervise<Connection: GracefulConnection>(
    connection: Pin<&mut Connection>,
    activity: &Activity,
    timer: &mut Option<Pin<Box<tokio::time::Sleep>>>,
    context: &mut Context<'_>,
) -> Poll<Result<Result<(), Connection::Error>, Cut>> {
    if let Poll::Ready(ended) = connection.poll(context) {
        return Poll::Ready(Ok(ended));
    }
    if activity.is_flooding() {
        return Poll::Ready(Err(Cut::Flood));
    }
    activity.poll_over(timer, context).map(|()| Err(Cut::Overdue))
}

/// Who sends the requests of one connection.
#[derive(Debug, Clone, Copy)]
struct Sender {
    address: IpAddr,
    /// What was shown, where certificates are asked for.
    certificate: Option<ShownCertificate>,
}

/// What the requests of one connection share.
struct Requests<A> {
    server: Arc<Server<A>>,
    from: Sender,
    activity: Arc<Activity>,
}

impl<A> Clone for Requests<A> {
    fn clone(&self) -> Self {
        Self { server: Arc::clone(&self.server), from: self.from, activity: Arc::clone(&self.activity) }
    }
}

impl<A: Answer> Requests<A> {
    async fn answer(self, request: Request<Incoming>) -> Result<Response<AnswerBody<A::Body>>, Infallible> {
        let under_way = self.activity.begin_request();
        let _counted = self.server.counters.begin(Work::Request);
        let client = client_of(&self.server.proxies, self.from.address, request.headers());
        let mut request = request.map(|incoming| RequestBody::new(incoming, self.server.limits.body));
        if let Some(shown) = self.from.certificate {
            request.extensions_mut().insert(shown);
        }
        let answer = self.server.answer.clone();
        // Apart: the connection has room for this future from its beginning to its end, and keeps a pointer only.
        let response = survive(Box::pin(async move { answer.answer(request, client).await })).await;
        let untaken = under_way.answered();
        Ok(response.map(|body| AnswerBody::new(body, untaken)))
    }
}

/// A panic costs this request its answer and nothing else: the peer gets a bare 500.
async fn survive<ResponseBody: Default>(
    mut answering: Pin<Box<impl Future<Output = Response<ResponseBody>>>>,
) -> Response<ResponseBody> {
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
