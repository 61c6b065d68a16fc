//! Every abuse of sockets, TLS and HTTP at once and again, against a process of its own: its memory stays as it was, and
//! whoever comes meanwhile is served.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

use super::frames::{Frames, begin};
use super::machine::resident_kibibytes;
use super::peer::{FOR_EVER, Stream};
use super::process::Process;
use crate::support::{join_all, tls};

/// How often each abuse is tried in a round.
const TIMES: usize = 20;
/// What no memory may grow by, however often it is all done again: far more than a round leaves, far less than it sends.
const MOST_KIBIBYTES: u64 = 24 * 1024;

/// Somebody who means harm, from an address of their own.
struct Attacker {
    port: u16,
    certificate: Vec<u8>,
    /// How many connections were begun, and how many of them the other end had enough of.
    begun: AtomicUsize,
    ended: AtomicUsize,
    sent: AtomicUsize,
}

impl Attacker {
    async fn socket(&self) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 0, 0, 66], 0)))?;
        socket.connect(SocketAddr::from(([127, 0, 0, 1], self.port))).await
    }

    async fn over_tls(&self, alpn: &str) -> io::Result<Pin<Box<dyn Stream>>> {
        let mut config = tls::client(Some(self.certificate.clone()));
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        let name = ServerName::try_from("localhost").unwrap();
        Ok(Box::pin(TlsConnector::from(Arc::new(config)).connect(name, self.socket().await?).await?))
    }

    /// Writes `first`, then `piece` until the other end has enough or `most` pieces went through, and listens to the end.
    async fn flood(&self, mut stream: Pin<Box<dyn Stream>>, first: &[u8], piece: impl Fn(u32) -> Vec<u8>, most: u32) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        let flooding = async {
            let mut round = 0;
            let mut goes_on = stream.write_all(first).await.is_ok();
            while goes_on && round < most {
                let piece = piece(round);
                goes_on = stream.write_all(&piece).await.is_ok() && stream.flush().await.is_ok();
                self.sent.fetch_add(piece.len(), Ordering::Relaxed);
                round += 1;
            }
            // Whatever is answered is read: an end is an end, by a farewell or without one.
            let mut rest = Vec::new();
            let _end = stream.read_to_end(&mut rest).await;
        };
        tokio::time::timeout(FOR_EVER, flooding).await.expect("it is taken for ever, or never ended");
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    async fn bare(&self, bytes: &[u8]) {
        if let Ok(socket) = self.socket().await {
            self.flood(Box::pin(socket), bytes, |_| vec![0xff; 1024], 64).await;
        }
    }

    async fn http1(&self, first: &str, piece: &str, most: u32) {
        if let Ok(stream) = self.over_tls("http/1.1").await {
            self.flood(stream, first.as_bytes(), |_| piece.as_bytes().to_vec(), most).await;
        }
    }

    async fn http2(&self, first: Vec<u8>, piece: impl Fn(u32) -> Vec<u8>) {
        if let Ok(stream) = self.over_tls("h2").await {
            self.flood(stream, &[begin(), first].concat(), piece, 20_000).await;
        }
    }

    fn head(&self, method: &str, more: &[(&str, &str)]) -> Vec<u8> {
        Frames::head_of("localhost", method, "/livez", more)
    }

    /// SEC-154: what is no handshake, half of one, or one that does not end.
    async fn abuse_tls(&self) -> Vec<TcpStream> {
        self.bare(&[0xff; 4096]).await;
        self.bare(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        // A message that says 60,000 bytes, in records that say 1,000 each.
        self.bare(&[&[22, 3, 1, 3, 232, 1, 0, 234, 96][..], &[7; 996]].concat()).await;
        let mut half = Vec::new();
        for _ in 0..TIMES {
            // A few of them at a time: this address has its share of connections.
            if half.len() < 8
                && let Ok(mut socket) = self.socket().await
                && socket.write_all(&[22, 3, 1]).await.is_ok()
            {
                half.push(socket);
            }
        }
        half
    }

    /// SEC-155, SEC-157, SEC-159, SEC-160: headers and bodies without end, two readings, made-up clients and paths.
    async fn abuse_http1(&self, round: usize) {
        let get = "GET /livez HTTP/1.1\r\nHost: localhost\r\n";
        let post =
            "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        self.http1(get, &"X: y\r\n".repeat(1000), 100).await;
        self.http1(&format!("{get}X: "), &"x".repeat(16 * 1024), 100).await;
        self.http1(&format!("{post}Content-Length: 1000000000\r\n\r\n"), &"x".repeat(16 * 1024), 200).await;
        self.http1(&format!("{post}Transfer-Encoding: chunked\r\n\r\n"), &"1;a=b\r\nx\r\n".repeat(1000), 100).await;
        self.http1(&format!("{post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), "0\r\n\r\n", 100).await;
        self.http1("CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "x", 100).await;
        let many: String = (0..200)
            .map(|number| {
                let client = format!("X-Forwarded-For: 2001:db8:{round:x}:{number:x}::1, 203.0.113.{number}");
                format!("GET /{round}/{number} HTTP/1.1\r\nHost: localhost\r\n{client}\r\n\r\n")
            })
            .collect();
        self.http1(&format!("{many}GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), "", 0).await;
    }

    /// SEC-156: streams taken back, frames without a use, headers in pieces, a list that unpacks into a great deal.
    async fn abuse_http2(&self) {
        let open = Frames::frame(0x1, 0x4, 1, &self.head("POST", &[]));
        self.http2(Vec::new(), |round| {
            let stream = round * 2 + 1;
            [Frames::frame(0x1, 0x5, stream, &self.head("GET", &[])), Frames::reset(stream)].concat()
        })
        .await;
        for frame in [Frames::ping(), Frames::settings(&[(0x3, 100), (0x3, 101)]), Frames::frame(0x0, 0, 1, &[])] {
            self.http2(open.clone(), |_| frame.repeat(10)).await;
        }
        let begun = Frames::frame(0x1, 0x1, 1, &self.head("GET", &[]));
        self.http2(begun, |_| Frames::frame(0x9, 0, 1, &self.head("GET", &[])[..4])).await;
        let mut bomb = self.head("GET", &[]);
        let remembered = self.head("GET", &[("x-bomb", &"v".repeat(3000))]).split_off(bomb.len());
        bomb.extend([0x40]);
        bomb.extend(&remembered[1..]);
        bomb.extend([0xbe; 4000]);
        self.http2(Frames::frame(0x1, 0x5, 1, &bomb), |_| Frames::ping()).await;
    }

    /// Everything, by several at once.
    async fn round(&self, number: usize) {
        let mut half = Vec::new();
        for time in 0..TIMES / 2 {
            let everything = join_all((0..2).map(|which| async move {
                match which {
                    0 => {
                        self.abuse_http1(number * TIMES + time).await;
                        Vec::new()
                    }
                    _ => {
                        self.abuse_http2().await;
                        self.abuse_tls().await
                    }
                }
            }));
            half.extend(everything.await.into_iter().flatten());
        }
    }
}

/// Somebody else, who asks one thing after the other until told to stop; how often they were answered.
async fn be_served(port: u16, certificate: Vec<u8>, mut stop: tokio::sync::oneshot::Receiver<()>) -> usize {
    let mut served = 0;
    loop {
        // A connection each time: who comes anew is served, not only who is there.
        let client = tls::http(Some(certificate.clone())).http1_only().build().unwrap();
        let url = format!("https://localhost:{port}/.well-known/openid-configuration");
        let answer = tokio::time::timeout(FOR_EVER, client.get(url).header("host", "localhost").send()).await;
        let status = answer.expect("somebody else waits for ever").unwrap().status();
        assert_eq!(status, 200, "somebody else is refused");
        served += 1;
        if !matches!(stop.try_recv(), Err(tokio::sync::oneshot::error::TryRecvError::Empty)) {
            return served;
        }
    }
}

/// The certificate that the instance made for itself.
fn certificate(data: &Path) -> Vec<u8> {
    let pem = fs::read_to_string(data.join("self-signed-certificate.pem")).unwrap();
    let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(lines).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_154_sec_155_sec_156_sec_157_sec_159_abuse_leaves_memory_flat_and_others_served() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let text = format!(
        "public_url = \"https://localhost\"\ndata_dir = {data:?}\nlisten = \"127.0.0.1:0\"\nkeys.rsa_bits = 2048\naccounts.check_deliverability = false\n\
         logs.level = \"error\"\n"
    );
    let process = Process::serve(directory.path(), &text);
    let certificate = certificate(&data);
    let attacker = Attacker {
        port: process.port,
        certificate: certificate.clone(),
        begun: AtomicUsize::new(0),
        ended: AtomicUsize::new(0),
        sent: AtomicUsize::new(0),
    };
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let other = tokio::spawn(be_served(process.port, certificate.clone(), stopped));
    // What the first round leaves is what a process in use holds: caches, buffers, threads.
    attacker.round(0).await;
    let before = resident_kibibytes(&process);
    for number in 1..4 {
        attacker.round(number).await;
    }
    let after = resident_kibibytes(&process);
    stop.send(()).unwrap();
    assert!(other.await.unwrap() > 3, "somebody else was served all the time");
    let count = |number: &AtomicUsize| number.load(Ordering::Relaxed);
    let (begun, ended, sent) = (count(&attacker.begun), count(&attacker.ended), count(&attacker.sent));
    assert!(begun == ended && begun > 400, "{ended} of {begun} connections were ended");
    assert!(sent > 50 << 20, "{sent} bytes were taken in all: a great deal more than memory grew by");
    let grown = after.saturating_sub(before);
    assert!(grown < MOST_KIBIBYTES, "{grown} KiB more than the {before} KiB of the first round");
}

/// So many idle connections are held.
const IDLE: usize = 2_000;
/// What one of them may cost (SEC-209).
const MOST_KIBIBYTES_EACH: u64 = 40;
/// Fewer than one address may hold.
const OF_ONE_ADDRESS: usize = 200;

type Idle = Pin<Box<dyn Stream>>;

/// A connection from one of many addresses over which something was asked, as of a browser that has come; idle since.
async fn idle(port: u16, certificate: Vec<u8>, alpn: &'static str, number: usize) -> Idle {
    let socket = TcpSocket::new_v4().unwrap();
    let fourth = u8::try_from(number / OF_ONE_ADDRESS + 1).unwrap();
    socket.bind(SocketAddr::from(([127, 0, 9, fourth], 0))).unwrap();
    let stream = socket.connect(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
    let mut config = tls::client(Some(certificate));
    config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream: Idle = Box::pin(TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap());
    if alpn == "h2" {
        stream.write_all(&begin()).await.unwrap();
    }
    is_answered(&mut stream, alpn, 1).await;
    stream
}

/// Asks whether the instance lives; the answer holds that word, however it is framed.
async fn is_answered(stream: &mut Idle, alpn: &str, number: u32) {
    let request = match alpn {
        "h2" => Frames::frame(0x1, 0x5, number, &Frames::head_of("localhost", "GET", "/livez", &[])),
        _ => b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
    };
    stream.write_all(&request).await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|bytes| bytes == b"\"ok\"") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "it was closed: {}", answer.escape_ascii());
    }
}

async fn two_thousand_idle(alpn: &'static str) {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let text = format!(
        "public_url = \"https://localhost\"\ndata_dir = {data:?}\nlisten = \"127.0.0.1:0\"\nkeys.rsa_bits = 2048\n\
         accounts.check_deliverability = false\nlogs.level = \"error\"\nlimits.connections = 4096\n"
    );
    let process = Process::serve(directory.path(), &text);
    let (port, certificate) = (process.port, certificate(&data));
    // What the first ones leave is what a process in use holds.
    drop(join_all((0..64).map(|number| idle(port, certificate.clone(), alpn, number))).await);
    let before = resident_kibibytes(&process);
    let mut held = Vec::with_capacity(IDLE);
    while held.len() < IDLE {
        let some = held.len()..(held.len() + 40).min(IDLE);
        held.extend(join_all(some.map(|number| idle(port, certificate.clone(), alpn, number))).await);
    }
    let grown = resident_kibibytes(&process).saturating_sub(before);
    let each = grown / u64::try_from(IDLE).unwrap();
    println!("{grown} KiB for {IDLE} idle connections, {alpn}");
    assert!(each <= MOST_KIBIBYTES_EACH, "{grown} KiB for {IDLE} idle connections, {alpn}: {each} each");
    // Whoever comes is served, and so is whoever wakes up.
    let mut newcomer = idle(port, certificate.clone(), alpn, IDLE).await;
    is_answered(&mut newcomer, alpn, 3).await;
    for connection in held.iter_mut().rev().take(20) {
        is_answered(connection, alpn, 3).await;
    }
    assert_eq!(held.len(), IDLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_209_two_thousand_idle_connections_cost_at_most_forty_kibibytes_each() {
    two_thousand_idle("http/1.1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_209_two_thousand_idle_connections_of_http2_cost_at_most_forty_kibibytes_each() {
    two_thousand_idle("h2").await;
}
