//! The command's end of the local socket.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::UnixStream;

use super::socket_path;

/// The most bytes of an answer.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// What every command asks first: whether the instance answers at all, and how long that may take.
const PROBE: &str = "/instance";
const PROBED_WITHIN: Duration = Duration::from_secs(10);
/// How long an answer may take that copies or looks through the whole database.
const ANSWERED_WITHIN: Duration = Duration::from_secs(3600);

/// Why a running instance did not answer.
#[derive(Debug, Error)]
pub enum CallError {
    /// There is no socket, or nobody behind it.
    #[error("no instance is running on {0}")]
    NotRunning(PathBuf),
    /// The socket is another account's.
    #[error("{0} belongs to another account: run this command as the account of the instance, or as root")]
    Denied(PathBuf),
    /// It took the command and says nothing; whether it was carried out is unknown.
    #[error(
        "the instance on {0} has not answered within {1} seconds: whether the command was carried out is unknown; see \
         whether the process works (is it stopped? does its disk answer?), and ask again"
    )]
    Silent(PathBuf, u64),
    /// The connection broke; whether the command was carried out is unknown.
    #[error("the instance on {0} went away before it answered: {1}")]
    Broken(PathBuf, String),
}

/// Asks the instance of a data directory, and gives status and document.
///
/// # Errors
/// When there is no instance, it belongs to somebody else, or it does not answer.
pub async fn call(
    directory: &Path,
    method: &Method,
    target: &str,
    body: Vec<u8>,
) -> Result<(StatusCode, Vec<u8>), CallError> {
    let within = if target == PROBE { PROBED_WITHIN } else { ANSWERED_WITHIN };
    call_within(directory, method, target, body, within).await
}

/// The same with a time limit of one's own.
pub(super) async fn call_within(
    directory: &Path,
    method: &Method,
    target: &str,
    body: Vec<u8>,
    within: Duration,
) -> Result<(StatusCode, Vec<u8>), CallError> {
    let silent = || CallError::Silent(directory.to_owned(), within.as_secs());
    tokio::time::timeout(within, ask(directory, method, target, body)).await.unwrap_or_else(|_| Err(silent()))
}

async fn ask(
    directory: &Path,
    method: &Method,
    target: &str,
    body: Vec<u8>,
) -> Result<(StatusCode, Vec<u8>), CallError> {
    let path = socket_path(directory);
    let stream = UnixStream::connect(&path).await.map_err(|cause| match cause.kind() {
        io::ErrorKind::PermissionDenied => CallError::Denied(path.clone()),
        _ => CallError::NotRunning(directory.to_owned()),
    })?;
    let broken = |cause: String| CallError::Broken(directory.to_owned(), cause);
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|cause| broken(cause.to_string()))?;
    let driving = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header(HOST, "localhost")
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(|cause| broken(cause.to_string()))?;
    let response = sender.send_request(request).await.map_err(|cause| broken(cause.to_string()))?;
    let status = response.status();
    let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await;
    let body = body.map_err(|cause| broken(cause.to_string()))?.to_bytes().to_vec();
    driving.abort();
    Ok((status, body))
}
