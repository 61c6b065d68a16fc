//! Browsers that keep their connection open and ask nothing (SEC-209).

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::data::{Data, free_port};
use super::http::Site;
use super::measure::Bench;
use super::program::{Program, serve};
use super::table::{Row, milliseconds};

/// Connections, and with `--quick`.
const MANY: usize = 10_000;
const MANY_QUICKLY: usize = 2_000;
/// Fewer than one source may hold.
const OF_ONE_SOURCE: usize = 200;
/// Handshakes at one time.
const AT_ONCE: usize = 32;
/// Requests that are timed.
const ASKED: usize = 2_000;

type Connection = TlsStream<TcpStream>;

/// Memory for each, and what they cost those who ask something.
pub(crate) async fn connections(bench: &mut Bench) {
    let many = if bench.plan.rounds > 1 { MANY } else { MANY_QUICKLY };
    for (name, protocol) in [("HTTP/1.1", &b"http/1.1"[..]), ("HTTP/2", &b"h2"[..])] {
        let port = free_port();
        let folder = bench.folder(&format!("idle-{port}"));
        let config = folder.join("config.toml");
        let text = format!(
            "public_url = \"https://localhost:{port}\"\ndata_dir = {:?}\nlisten = \"127.0.0.1:{port}\"\n\
             limits.connections = 16384\n",
            folder.join("data")
        );
        std::fs::write(&config, text).unwrap();
        let site = Site { port, origin: format!("https://localhost:{port}") };
        let program = serve(&Data { config, site, under: Vec::new() });
        let mut asking = connect(port, 0, b"http/1.1").await;
        let alone = asked(&program, &mut asking).await;
        let before = program.resident_mib();
        let held = hold(port, many, protocol).await;
        let together = program.resident_mib();
        let beside = asked(&program, &mut asking).await;
        let kib = (together - before) * 1024.0 / held.len() as f64;
        let what = format!("memory with {many} idle connections over TLS, {name}");
        let figure = format!("{together:.0} MiB, {kib:.1} KiB each");
        bench.table.add(Row::new(what, figure).expected("≤ 400 MiB"));
        let what = format!("p99 of discovery beside {many} idle connections, {name}");
        let row = Row::new(what, format!("{} ms", milliseconds(beside)));
        bench.table.add(Row { ceiling: format!("alone: {} ms", milliseconds(alone)), ..row.expected("< 2 times") });
        drop(held);
        program.stop();
    }
}

/// Opens so many, some at a time, from so many addresses as one source would be too few for.
async fn hold(port: u16, many: usize, protocol: &'static [u8]) -> Vec<Connection> {
    let mut held = Vec::with_capacity(many);
    while held.len() < many {
        let mut some = JoinSet::new();
        for number in held.len()..many.min(held.len() + AT_ONCE) {
            some.spawn(connect(port, number + 1, protocol));
        }
        held.extend(some.join_all().await);
    }
    held
}

async fn connect(port: u16, number: usize, protocol: &'static [u8]) -> Connection {
    let source =
        Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 0, 1, 1)) + u32::try_from(number / OF_ONE_SOURCE).unwrap());
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((source, 0).into()).unwrap();
    let stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Anybody(Arc::clone(&provider)));
    let building = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]);
    let mut config = building.unwrap().dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    // Whoever never asked anything is sent away soon.
    match protocol {
        b"h2" => ask_by_frames(&mut connection, port).await,
        _ => ask(&mut connection, port).await,
    }
    connection
}

/// The preface, empty settings, and one request of static header fields (RFC 9113, RFC 7541).
async fn ask_by_frames(connection: &mut Connection, port: u16) {
    let host = format!("localhost:{port}");
    let mut fields = vec![0x82, 0x87, 0x04, 6];
    fields.extend(b"/livez");
    fields.extend([0x01, u8::try_from(host.len()).unwrap()]);
    fields.extend(host.as_bytes());
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    bytes.extend([0, 0, u8::try_from(fields.len()).unwrap(), 0x01, 0x05, 0, 0, 0, 1]);
    bytes.extend(fields);
    connection.write_all(&bytes).await.unwrap();
    connection.flush().await.unwrap();
    let mut answer = Vec::with_capacity(1024);
    while !answer.windows(2).any(|bytes| bytes == b"ok") {
        assert!(connection.read_buf(&mut answer).await.unwrap() > 0, "the connection was closed");
    }
}

async fn ask(connection: &mut Connection, port: u16) {
    let request = format!("GET /.well-known/openid-configuration HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    connection.flush().await.unwrap();
    let mut answer = Vec::with_capacity(16 * 1024);
    // The document ends with its object.
    while !answer.ends_with(b"}") {
        assert!(connection.read_buf(&mut answer).await.unwrap() > 0, "the connection was closed");
    }
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

/// The latency that one request in a hundred exceeds.
async fn asked(program: &Program, connection: &mut Connection) -> Duration {
    let mut latencies = Vec::with_capacity(ASKED);
    for _ in 0..ASKED {
        let begun = Instant::now();
        ask(connection, program.site.port).await;
        latencies.push(begun.elapsed());
    }
    latencies.sort_unstable();
    latencies[ASKED * 99 / 100]
}

/// The certificate is the one that the instance has just made for itself.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General(String::from("TLS 1.3 only")))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
