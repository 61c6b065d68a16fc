//! Who is answered, what is left behind.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener as StdListener;

use hyper::{Method, StatusCode};
use tokio::sync::watch;

use super::caller::call_within;
use super::listener::may_command;
use super::*;

async fn echo(request: LocalRequest) -> (StatusCode, Vec<u8>) {
    let text = format!("{} {}?{} {}", request.method, request.path, request.query, request.body.len());
    (StatusCode::CREATED, text.into_bytes())
}

#[tokio::test]
async fn a_command_is_answered_and_the_socket_goes_with_the_instance() {
    let directory = tempfile::tempdir().unwrap();
    let listener = ControlListener::bind(directory.path()).unwrap();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(listener.run(echo, stopped));
    let (status, answer) = call(directory.path(), &Method::POST, "/clients?a=b", b"{}".to_vec()).await.unwrap();
    assert_eq!((status, answer.as_slice()), (StatusCode::CREATED, b"POST /clients?a=b 2".as_slice()));
    let (status, _) = call(directory.path(), &Method::POST, "/", vec![b' '; MAX_REQUEST_BYTES + 1]).await.unwrap();
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "SEC-148");
    stop.send_replace(true);
    running.await.unwrap();
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    let refused = call(directory.path(), &Method::GET, "/", Vec::new()).await.unwrap_err();
    assert!(matches!(refused, CallError::NotRunning(_)), "{refused}");
}

#[tokio::test]
async fn sec_143_r_39_the_socket_is_for_its_owner_and_root() {
    let directory = tempfile::tempdir().unwrap();
    let listener = ControlListener::bind(directory.path()).unwrap();
    let metadata = std::fs::metadata(socket_path(directory.path())).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    drop(listener);
    let own = own_uid().unwrap();
    assert!(may_command(own, own) && may_command(0, own) && may_command(0, 1000));
    assert!(!may_command(1001, 1000) && !may_command(1000, 0));
}

#[tokio::test]
async fn sec_194_what_a_crash_has_left_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    // A socket whose process is gone: the file stays, nobody listens.
    drop(StdListener::bind(socket_path(directory.path())).unwrap());
    let refused = call(directory.path(), &Method::GET, "/", Vec::new()).await.unwrap_err();
    assert!(matches!(refused, CallError::NotRunning(_)), "{refused}");
    let listener = ControlListener::bind(directory.path()).unwrap();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(listener.run(echo, stopped));
    assert!(call(directory.path(), &Method::GET, "/", Vec::new()).await.is_ok());
    stop.send_replace(true);
    running.await.unwrap();
}

#[tokio::test]
async fn a_command_does_not_wait_for_ever_for_an_instance_that_is_stopped() {
    let directory = tempfile::tempdir().unwrap();
    // The system takes the connection; nobody ever reads from it.
    let _stopped = StdListener::bind(socket_path(directory.path())).unwrap();
    let within = std::time::Duration::from_millis(50);
    let refused = call_within(directory.path(), &Method::GET, "/", Vec::new(), within).await.unwrap_err();
    assert!(matches!(refused, CallError::Silent(..)), "{refused}");
}
