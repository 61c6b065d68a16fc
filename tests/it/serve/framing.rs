//! Requests that two readers may read differently (RFC 9112 §11).

use super::peer::{Peer, assert_served, get, port, statuses};
use crate::support::Instance;

/// What stands behind a request that is refused must never be answered.
const BEHIND: &str = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn sec_157_requests_with_two_readings_are_refused_and_the_connection_closed() {
    let instance = Instance::dev().await;
    let host = format!("Host: localhost:{}\r\n", port(&instance));
    for request in [
        // Two framings.
        format!("POST /livez HTTP/1.1\r\n{host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("POST /livez HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
        format!("POST /livez HTTP/1.1\r\n{host}Content-Length: 0\r\nContent-Length: 44\r\n\r\n"),
        format!("POST /livez HTTP/1.1\r\n{host}Content-Length: 0, 0\r\n\r\n"),
        format!("POST /livez HTTP/1.1\r\n{host}Content-Length: +0\r\n\r\n"),
        format!("POST /livez HTTP/1.1\r\n{host}Content-Length: 0x0\r\n\r\n"),
        format!("POST /livez HTTP/1.1\r\n{host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        format!("POST /livez HTTP/1.1\r\n{host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        format!("POST /livez HTTP/1.1\r\n{host}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
        format!("POST /livez HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"),
        format!("POST /livez HTTP/1.0\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        // Two readings of a line.
        format!("GET /livez HTTP/1.1\r\n{host}X: a\r\n b\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\n{host}X : a\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\n{host}X: a\n\r\n"),
        format!("GET /livez HTTP/1.1\n{host}\r\n"),
        format!("GET /livez HTTP/1.1\r\n{host}X: a\rb\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\n{host}X: a\0b\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\n{host}X(y): a\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\n{host}: a\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\n{host}no colon\r\n\r\n"),
        format!("GET\t/livez HTTP/1.1\r\n{host}\r\n"),
        format!("GET /livez HTTP/1.12\r\n{host}\r\n"),
        format!("GET /livez\r\n{host}\r\n"),
        format!("G\u{e9}T /livez HTTP/1.1\r\n{host}\r\n"),
        // Two hosts, or none.
        format!("GET /livez HTTP/1.1\r\n{host}{host}Connection: close\r\n\r\n"),
        String::from("GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n"),
        format!("GET http://other.localhost/livez HTTP/1.1\r\n{host}Connection: close\r\n\r\n"),
        format!("GET ftp://localhost:{}/livez HTTP/1.1\r\n{host}Connection: close\r\n\r\n", port(&instance)),
    ] {
        let answers = Peer::http1(&instance).await.exchange(format!("{request}{BEHIND}")).await;
        assert_eq!(statuses(&answers), [400], "{request:?}: {answers}");
    }
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_157_what_was_asked_before_is_answered_first() {
    let instance = Instance::dev().await;
    let sound = get(&instance, "/livez", "");
    let sly = get(&instance, "/livez", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n");
    let answers = Peer::http1(&instance).await.exchange(format!("{sound}{sound}{sly}{BEHIND}")).await;
    assert_eq!(statuses(&answers), [200, 200, 400], "{answers}");
}

#[tokio::test]
async fn sec_157_a_body_is_never_read_as_a_request() {
    let instance = Instance::dev().await;
    let inside = get(&instance, "/livez", "");
    let length = inside.len();
    let close = get(&instance, "/nowhere", "Connection: close\r\n");
    for body in [
        format!("Content-Length: {length}\r\n\r\n{inside}"),
        format!("Content-Length: {length}\r\nContent-Length: {length}\r\n\r\n{inside}"),
        format!("Transfer-Encoding: chunked\r\n\r\n{length:x};a=b\r\n{inside}\r\n0\r\nX: y\r\n\r\n"),
    ] {
        let request = format!("POST /oauth/token HTTP/1.1\r\nHost: localhost:{}\r\n{body}", port(&instance));
        let answers = Peer::http1(&instance).await.exchange(format!("{request}{close}")).await;
        assert_eq!(statuses(&answers).len(), 2, "{body:?}: {answers}");
        assert_eq!(statuses(&answers).last(), Some(&404), "{body:?}: {answers}");
    }
}

#[tokio::test]
async fn sec_157_absolute_targets_old_versions_and_head_are_read_as_written() {
    let instance = Instance::dev().await;
    let port = port(&instance);
    let close = "Connection: close\r\n\r\n";
    for (request, status) in [
        (format!("GET http://localhost:{port}/livez HTTP/1.1\r\nHost: localhost:{port}\r\n{close}"), 200),
        (format!("GET http://localhost:{port}/livez HTTP/1.1\r\nHost: LOCALHOST:{port}\r\n{close}"), 200),
        (format!("GET http://evil.fr/ HTTP/1.1\r\nHost: evil.fr\r\n{close}"), 421),
        (format!("GET /livez HTTP/1.0\r\nHost: localhost:{port}\r\n\r\n"), 200),
        (format!("OPTIONS * HTTP/1.1\r\nHost: localhost:{port}\r\n{close}"), 404),
    ] {
        let answer = Peer::http1(&instance).await.exchange(&request).await;
        let got = answer.split(' ').nth(1).unwrap_or_default().to_owned();
        assert_eq!(got, status.to_string(), "{request:?}: {answer}");
    }
    let head = format!("HEAD /livez HTTP/1.1\r\nHost: localhost:{port}\r\n{close}");
    let answer = Peer::http1(&instance).await.exchange(head).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn sec_157_tunnels_are_refused_and_no_other_protocol_is_switched_to() {
    let instance = Instance::dev().await;
    let port = port(&instance);
    for (line, status) in [
        (format!("CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}"), 405),
        (format!("TRACE /livez HTTP/1.1\r\nHost: localhost:{port}"), 405),
        (format!("GET /livez HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: upgrade"), 200),
        (
            format!(
                "GET /livez HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\
                 Connection: upgrade, http2-settings"
            ),
            200,
        ),
    ] {
        let close = get(&instance, "/nowhere", "Connection: close\r\n");
        let answers = Peer::http1(&instance).await.exchange(format!("{line}\r\n\r\n{close}")).await;
        assert_eq!(statuses(&answers), [status, 404], "{line:?}: {answers}");
    }
    let prior = Peer::http1(&instance).await.exchange(super::frames::begin()).await;
    assert!(!prior.contains(" 200 "), "no HTTP/2 in clear: {prior:?}");
    assert_served(&instance).await;
}
