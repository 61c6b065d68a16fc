//! What the page on which one joins asks for each number that is typed: the whole request, of a register of 100,000
//! establishments and of the largest one that was built, one after the other in one run.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use moncomptepro::clock::Clock;
use moncomptepro::config::{Config, DataLocation, DevOptions, DirectorySettings, DirectorySource};
use moncomptepro::crypto::Random;
use moncomptepro::directory::{Filter, Import, import};
use moncomptepro::protocol::Timestamp;
use moncomptepro::{serve, site};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{files, percentile, sirets};

/// The size that the largest is held against.
const FEW: u64 = 100_000;

/// A register that was imported, and the file that it came from.
pub(crate) struct Built<'a> {
    pub(crate) rows: u64,
    pub(crate) data: &'a Path,
    pub(crate) places: &'a Path,
}

/// Prints the slowest hundredth of both, and how many times longer the larger one takes (1.5 at most are expected).
pub(crate) fn compare(directory: &Path, largest: &Built<'_>) {
    let few_rows = FEW.min(largest.rows);
    let (files, few_data) = (directory.join("few"), directory.join("few-data"));
    std::fs::create_dir_all(&files).unwrap();
    files::write(&files, few_rows);
    let of = |name: &str| -> PathBuf { files.join(name) };
    let (units, places) = (of("StockUniteLegale_utf8.csv"), of("StockEtablissement_utf8.csv"));
    let whole = Import { files: vec![units, places.clone()], filter: Filter::default() };
    import(&few_data, &whole, Timestamp(1), &mut |_| {}).unwrap();

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (mut of_few, mut of_most) = runtime.block_on(async {
        let mut few = Asked::begin(&few_data, &places).await;
        let mut most = Asked::begin(largest.data, largest.places).await;
        // Once to warm both, once to measure; turn by turn, so that both meet the same machine.
        for is_measured in [false, true] {
            for turn in 0..few.sirets.len().min(most.sirets.len()) {
                for asked in [&mut few, &mut most] {
                    let taken = asked.ask(turn).await;
                    asked.times.extend(is_measured.then_some(taken));
                }
            }
        }
        (few.times, most.times)
    });
    let (few, most) = (percentile(&mut of_few, 0.99), percentile(&mut of_most, 0.99));
    println!(
        "SIRET preview request: p99 {few:.3} ms of {few_rows} establishments, {most:.3} ms of {}: {:.2} times (at most 1.5)",
        largest.rows,
        most / few
    );
}

/// An instance over one of them, and a connection to it.
struct Asked {
    host: String,
    stream: TcpStream,
    received: Vec<u8>,
    sirets: Vec<String>,
    times: Vec<Duration>,
}

impl Asked {
    async fn begin(data: &Path, places: &Path) -> Self {
        let bound = serve::bind(&[IpAddr::V4(Ipv4Addr::LOCALHOST)], 0, false).await.unwrap();
        let port = bound.port();
        let config = Config {
            data: DataLocation::Directory(data.to_owned()),
            directory: DirectorySettings::of(vec![DirectorySource::Register]),
            ..Config::dev(DevOptions::default(), port)
        };
        let app = site::start(config, Clock::system(), Random::system()).await.unwrap();
        let reception = site::Reception::new(app.clone(), site::routes(&app));
        let settings = site::settings(&app.config, app.clock.now()).unwrap();
        tokio::spawn(async move {
            let answer = move |request, client| {
                let reception = reception.clone();
                async move { reception.answer(request, client).await }
            };
            serve::run(bound, settings, answer, std::future::pending()).await;
        });
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let host = format!("localhost:{port}");
        Self { host, stream, received: Vec::with_capacity(16 * 1024), sirets: sirets(places), times: Vec::new() }
    }

    async fn ask(&mut self, turn: usize) -> Duration {
        let (siret, host) = (&self.sirets[turn], &self.host);
        let request = format!("GET /api/organization-info?siret={siret} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        self.received.clear();
        let began = Instant::now();
        self.stream.write_all(request.as_bytes()).await.unwrap();
        while !is_whole(&self.received) {
            assert!(self.stream.read_buf(&mut self.received).await.unwrap() > 0, "the connection was closed");
        }
        let taken = began.elapsed();
        let text = String::from_utf8_lossy(&self.received);
        assert!(text.starts_with("HTTP/1.1 200") && text.contains(siret.as_str()), "{text}");
        taken
    }
}

/// Whether head and body are there.
fn is_whole(received: &[u8]) -> bool {
    let text = std::str::from_utf8(received).unwrap_or_default();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    length.is_some_and(|length: usize| body.len() >= length)
}
