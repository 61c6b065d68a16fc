//! Real sockets on loopback.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::*;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

async fn start(limits: Limits) -> (u16, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let bound = bind(&[LOOPBACK], 0, false).await.unwrap();
    let port = bound.port();
    let (stop, stopped) = oneshot::channel::<()>();
    let answer = |_request, _peer| async { Response::new(Full::new(Bytes::from_static(b"here"))) };
    let told = async {
        let _either_way = stopped.await;
    };
    (port, stop, tokio::spawn(run(bound, answer, limits, told)))
}

async fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> String {
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_request_is_answered_with_a_date_and_stopping_waits_for_nobody_idle() {
    let (port, stop, running) = start(Limits::standard()).await;
    let mut stream = TcpStream::connect((LOOPBACK, port)).await.unwrap();
    let answer = exchange(&mut stream, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("\r\ndate: "), "GEN-24: {answer}");
    let _idle = TcpStream::connect((LOOPBACK, port)).await.unwrap();
    stop.send(()).unwrap();
    running.await.unwrap();
    assert!(TcpStream::connect((LOOPBACK, port)).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_header_that_never_ends_closes_the_connection() {
    let limits = Limits { header_read: Duration::from_millis(50), ..Limits::standard() };
    let (port, _stop, _running) = start(limits).await;
    let mut stream = TcpStream::connect((LOOPBACK, port)).await.unwrap();
    let answer = exchange(&mut stream, b"GET / HTTP/1.1\r\nHost: loc").await;
    assert!(!answer.contains("200"), "{answer}");
}

#[tokio::test]
async fn headers_over_the_limit_are_refused_and_garbage_too() {
    let (port, _stop, _running) = start(Limits::standard()).await;
    let mut stream = TcpStream::connect((LOOPBACK, port)).await.unwrap();
    let long = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n", "a".repeat(300_000));
    let answer = exchange(&mut stream, long.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer:?}");
    let mut stream = TcpStream::connect((LOOPBACK, port)).await.unwrap();
    let answer = exchange(&mut stream, b"\x16\x03\x01 not http\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer:?}");
}

#[tokio::test]
async fn a_port_in_use_is_passed_over_only_when_the_next_one_will_do() {
    let first = bind(&[LOOPBACK], 0, false).await.unwrap();
    let taken = bind(&[LOOPBACK], first.port(), false).await.unwrap_err();
    assert_eq!(taken.address.port(), first.port());
    let next = bind(&[LOOPBACK], first.port(), true).await.unwrap();
    assert!(next.port() > first.port());
}
