//! Real sockets on loopback.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::*;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A server on loopback: `/` answers at once, `/held` when it is released, `/panic` never.
struct Running {
    port: u16,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
    held: Arc<Notify>,
    release: Arc<Notify>,
}

async fn start(limits: Limits) -> Running {
    let bound = bind(&[LOOPBACK], 0, false).await.unwrap();
    let port = bound.port();
    let (stop, stopped) = oneshot::channel::<()>();
    let (held, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&held), Arc::clone(&release));
    let answer = move |request: Request<RequestBody>, _: IpAddr| {
        let (tell, wait) = (Arc::clone(&tell), Arc::clone(&wait));
        async move {
            match request.uri().path() {
                "/held" => {
                    tell.notify_one();
                    wait.notified().await;
                }
                "/panic" => panic!("asked to"),
                _ => {}
            }
            Response::new(Full::new(Bytes::from_static(b"here")))
        }
    };
    let told = async { drop(stopped.await) };
    Running { port, stop, ended: tokio::spawn(run(bound, Settings::plain(limits), answer, told)), held, release }
}

async fn connect(port: u16) -> TcpStream {
    TcpStream::connect((LOOPBACK, port)).await.unwrap()
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").into_bytes()
}

async fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> String {
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn gen_24_a_request_is_answered_with_a_date_and_stopping_waits_for_nobody_idle() {
    let server = start(Limits::standard()).await;
    let answer = exchange(&mut connect(server.port).await, &get("/")).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("\r\ndate: "), "GEN-24: {answer}");
    let mut idle = connect(server.port).await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"here") {
        idle.read_buf(&mut answer).await.unwrap();
    }
    server.stop.send(()).unwrap();
    server.ended.await.unwrap();
    assert_eq!(exchange(&mut idle, b"").await, "");
    assert!(TcpStream::connect((LOOPBACK, server.port)).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn stopping_lets_a_request_under_way_end() {
    let server = start(Limits::standard()).await;
    let mut stream = connect(server.port).await;
    stream.write_all(&get("/held")).await.unwrap();
    server.held.notified().await;
    server.stop.send(()).unwrap();
    while TcpStream::connect((LOOPBACK, server.port)).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!server.ended.is_finished(), "the request is still under way");
    server.release.notify_one();
    let answer = exchange(&mut stream, b"").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"), "{answer}");
    server.ended.await.unwrap();
}

#[tokio::test]
async fn stopping_cuts_what_does_not_end_in_time_even_when_every_place_is_taken() {
    let limits = Limits { shutdown: Duration::from_millis(20), connections: 1, ..Limits::standard() };
    let server = start(limits).await;
    let mut stream = connect(server.port).await;
    stream.write_all(&get("/held")).await.unwrap();
    server.held.notified().await;
    server.stop.send(()).unwrap();
    server.ended.await.unwrap();
    assert_eq!(exchange(&mut stream, b"").await, "", "the connection is cut without an answer");
}

#[tokio::test]
async fn sec_155_connections_over_the_cap_wait_for_a_place() {
    let server = start(Limits { connections: 1, ..Limits::standard() }).await;
    let mut first = connect(server.port).await;
    first.write_all(&get("/held")).await.unwrap();
    server.held.notified().await;
    let mut second = connect(server.port).await;
    second.write_all(&get("/held")).await.unwrap();
    let is_served = tokio::time::timeout(Duration::from_millis(50), server.held.notified()).await;
    assert!(is_served.is_err(), "the only place is taken");
    server.release.notify_one();
    assert!(exchange(&mut first, b"").await.ends_with("here"));
    server.held.notified().await;
    server.release.notify_one();
    assert!(exchange(&mut second, b"").await.ends_with("here"));
}

#[tokio::test]
async fn sec_12_a_panic_harms_one_request_only() {
    let server = start(Limits::standard()).await;
    let mut stream = connect(server.port).await;
    let both = [b"GET /panic HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(), get("/")].concat();
    let answers = exchange(&mut stream, &both).await;
    assert!(answers.starts_with("HTTP/1.1 500"), "{answers}");
    assert!(answers.contains("HTTP/1.1 200") && answers.ends_with("here"), "the same connection goes on: {answers}");
    assert!(!answers.contains("asked to"), "SEC-15: the cause stays inside");
}

#[tokio::test]
async fn sec_155_a_header_that_never_ends_closes_the_connection() {
    let short = Duration::from_millis(50);
    let limits = Limits { headers: short, idle: short, ..Limits::standard() };
    let server = start(limits).await;
    for begun in ["", "G", "GET / HTTP/1.1\r\nHost: loc", "GET / HTTP/1.1\r\nHost: localhost\r\n"] {
        let answer = exchange(&mut connect(server.port).await, begun.as_bytes()).await;
        assert!(!answer.contains("200"), "{begun:?}: {answer}");
    }
    // Silence after an answer ends the same way.
    let mut stream = connect(server.port).await;
    let answer = exchange(&mut stream, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(Limits::standard().headers <= Duration::from_secs(10));
    assert!(Limits::standard().idle <= Duration::from_secs(60));
}

#[tokio::test]
async fn headers_over_the_limit_are_refused_and_garbage_too() {
    let server = start(Limits::standard()).await;
    let long = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n", "a".repeat(300_000));
    let answer = exchange(&mut connect(server.port).await, long.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer:?}");
    let many = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X-Many: 1\r\n".repeat(1_000));
    let answer = exchange(&mut connect(server.port).await, many.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer:?}");
    for garbage in [&b"\x16\x03\x01 not http\r\n\r\n"[..], b"GET / HTTP/1.1\r\nA\0: b\r\n\r\n", b"GET  \xff\r\n\r\n"] {
        let answer = exchange(&mut connect(server.port).await, garbage).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer:?}");
    }
}

#[tokio::test]
async fn r_10_both_loopback_addresses_share_one_port() {
    let v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let has_v6 = bind(&[v6], 0, false).await.is_ok();
    let bound = bind(&[LOOPBACK, v6], 0, true).await.unwrap();
    let port = bound.port();
    let answer =
        |_: Request<RequestBody>, peer: IpAddr| async move { Response::new(Full::new(Bytes::from(peer.to_string()))) };
    tokio::spawn(run(bound, Settings::plain(Limits::standard()), answer, std::future::pending()));
    assert!(exchange(&mut connect(port).await, &get("/")).await.ends_with("127.0.0.1"));
    if has_v6 {
        let mut stream = TcpStream::connect((v6, port)).await.unwrap();
        assert!(exchange(&mut stream, &get("/")).await.ends_with("::1"));
    }
}

#[tokio::test]
async fn a_port_in_use_is_passed_over_only_when_the_next_one_will_do() {
    let first = bind(&[LOOPBACK], 0, false).await.unwrap();
    let taken = bind(&[LOOPBACK], first.port(), false).await.unwrap_err();
    assert_eq!(taken.address.port(), first.port());
    let next = bind(&[LOOPBACK], first.port(), true).await.unwrap();
    assert!(next.port() > first.port());
}

#[tokio::test]
async fn sec_218_a_port_in_use_is_named_with_its_remedy_and_nothing_else_is_listened_on() {
    let taken = bind(&[LOOPBACK], 0, false).await.unwrap();
    let other = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    let refused = bind(&[other, LOOPBACK], taken.port(), false).await.unwrap_err().to_string();
    assert!(refused.starts_with(&format!("127.0.0.1:{} cannot be listened on: ", taken.port())), "{refused}");
    assert!(refused.contains("ss -ltnp") && refused.contains("choose another port"), "{refused}");
    assert!(TcpStream::connect((other, taken.port())).await.is_err(), "a part of the addresses is not served");
}

#[tokio::test]
async fn sec_218_an_address_of_another_machine_is_named_with_its_remedy() {
    let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let refused = bind(&[LOOPBACK, elsewhere], 0, false).await.unwrap_err().to_string();
    assert!(refused.contains("192.0.2.1:") && refused.contains("this machine has no such address"), "{refused}");
}

#[test]
fn sec_218_each_refusal_of_the_system_has_its_remedy() {
    use std::io::{Error, ErrorKind};

    let say = |address: &str, cause: Error| BindError { address: address.parse().unwrap(), cause }.to_string();
    let forbidden = || Error::from(ErrorKind::PermissionDenied);
    let low = say("0.0.0.0:443", forbidden());
    assert!(low.contains("CAP_NET_BIND_SERVICE") && low.contains("8443"), "{low}");
    assert!(say("0.0.0.0:8443", forbidden()).contains("choose another port"));
    let both = say("[::]:443", Error::from(ErrorKind::AddrInUse));
    assert!(both.contains("leave 0.0.0.0 out") && both.contains("sport = :443"), "{both}");
    let no_v6 = say("[::]:443", Error::from_raw_os_error(97));
    assert!(no_v6.contains("this machine has no IPv6: choose 0.0.0.0:443"), "{no_v6}");
}
