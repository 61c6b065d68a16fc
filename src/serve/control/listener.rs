//! The instance's end of the local socket.

use std::convert::Infallible;
use std::fs;
use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::{MAX_REQUEST_BYTES, own_uid, socket_path};

/// Commands at one time; more wait to be accepted.
const CONNECTIONS: usize = 16;
/// Time for the request of a command.
const READ: Duration = Duration::from_secs(10);
/// Time for the commands under way when the instance stops.
const SHUTDOWN: Duration = Duration::from_secs(10);
/// How long nothing is accepted after the system refused to.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// What a command asks.
#[derive(Debug, Clone)]
pub struct LocalRequest {
    /// The method.
    pub method: Method,
    /// The path as sent.
    pub path: String,
    /// The query without its `?`, as sent.
    pub query: String,
    /// The document.
    pub body: Bytes,
    /// The account of whoever asks, as the system says.
    pub uid: u32,
}

/// A socket that is listened on. It is taken away when the listener ends.
#[derive(Debug)]
pub struct ControlListener {
    listener: UnixListener,
    path: PathBuf,
    uid: u32,
}

impl ControlListener {
    /// Listens in the data directory of a database that this process holds: what is there under the name is what a
    /// crash has left, and is replaced.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn bind(directory: &Path) -> io::Result<Self> {
        let path = socket_path(directory);
        // Made under another name and moved, so that nobody ever meets it with wide permissions or half made.
        let fresh = directory.join("control.new");
        remove(&fresh)?;
        let listener = UnixListener::bind(&fresh)?;
        fs::set_permissions(&fresh, fs::Permissions::from_mode(0o600))?;
        fs::rename(&fresh, &path)?;
        Ok(Self { listener, path, uid: own_uid()? })
    }

    /// Answers commands until `stopped` becomes true, then lets those under way end.
    pub async fn run<Answer, Answering>(self, answer: Answer, mut stopped: watch::Receiver<bool>)
    where
        Answer: Fn(LocalRequest) -> Answering + Clone + Send + Sync + 'static,
        Answering: Future<Output = (StatusCode, Vec<u8>)> + Send + 'static,
    {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let place = tokio::select! {
                place = Arc::clone(&places).acquire_owned() => place,
                _ = stopped.wait_for(|stopped| *stopped) => break,
            };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stopped.wait_for(|stopped| *stopped) => break,
            };
            while connections.try_join_next().is_some() {}
            match accepted {
                Ok((stream, _)) => {
                    let serving = serve(stream, self.uid, answer.clone());
                    connections.spawn(async move {
                        serving.await;
                        drop(place);
                    });
                }
                Err(cause) => {
                    tracing::warn!(%cause, "a command was not accepted");
                    tokio::time::sleep(PAUSE_AFTER_REFUSAL).await;
                }
            }
        }
        drop(self);
        let every_one = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(SHUTDOWN, every_one).await.is_err() {
            tracing::warn!("commands were still under way when the time to stop was over");
        }
    }
}

impl Drop for ControlListener {
    fn drop(&mut self) {
        if let Err(cause) = remove(&self.path) {
            tracing::warn!(%cause, "the local socket was not taken away");
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// One command, one connection.
async fn serve<Answer, Answering>(stream: UnixStream, own_uid: u32, answer: Answer)
where
    Answer: Fn(LocalRequest) -> Answering + Clone + Send + Sync + 'static,
    Answering: Future<Output = (StatusCode, Vec<u8>)> + Send + 'static,
{
    let uid = match stream.peer_cred() {
        Ok(peer) => peer.uid(),
        Err(cause) => {
            tracing::warn!(%cause, "the system does not say who asks");
            return;
        }
    };
    if !may_command(uid, own_uid) {
        tracing::warn!(uid, "an account that may not was refused at the local socket");
        return;
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer.clone();
        async move { Ok::<_, Infallible>(respond(request, uid, answer).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(cause) = connection.await {
        tracing::debug!(%cause, "a command went away early");
    }
}

/// The account of the instance, and root.
pub(super) fn may_command(uid: u32, own_uid: u32) -> bool {
    uid == own_uid || uid == 0
}

async fn respond<Answer, Answering>(request: Request<Incoming>, uid: u32, answer: Answer) -> Response<Full<Bytes>>
where
    Answer: Fn(LocalRequest) -> Answering,
    Answering: Future<Output = (StatusCode, Vec<u8>)>,
{
    let (parts, body) = request.into_parts();
    let (status, document) = match tokio::time::timeout(READ, Limited::new(body, MAX_REQUEST_BYTES).collect()).await {
        Ok(Ok(whole)) => {
            let request = LocalRequest {
                method: parts.method,
                path: parts.uri.path().to_owned(),
                query: parts.uri.query().unwrap_or_default().to_owned(),
                body: whole.to_bytes(),
                uid,
            };
            answer(request).await
        }
        Ok(Err(_)) => refused(StatusCode::PAYLOAD_TOO_LARGE, "the document is too large or did not come whole"),
        Err(_) => refused(StatusCode::REQUEST_TIMEOUT, "the document did not come in time"),
    };
    let mut response = Response::new(Full::new(Bytes::from(document)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn refused(status: StatusCode, message: &str) -> (StatusCode, Vec<u8>) {
    (status, format!(r#"{{"error":"malformed","message":"{message}"}}"#).into_bytes())
}
