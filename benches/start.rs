//! From the start of the process to the first discovery document, beside the start of a process that does nothing.
//!
//! `cargo bench --bench start` prints one line for each: minimum, median and maximum of twenty runs, and their ratio.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first surprise and prints what it measured"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock of the machine")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_moncomptepro");
const RUNS: usize = 20;

fn main() {
    let nothing: Vec<Duration> = (0..RUNS).map(|_| start_of_nothing()).collect();
    let ready: Vec<Duration> = (0..RUNS).map(|_| start_to_first_answer()).collect();
    let baseline = report("a process that prints its version", nothing);
    let median = report("dev, to its first discovery answer", ready);
    println!("ratio of the medians: {:.1}", median.as_secs_f64() / baseline.as_secs_f64());
}

fn start_of_nothing() -> Duration {
    let begun = Instant::now();
    assert!(Command::new(PROGRAM).arg("--version").stdout(Stdio::null()).status().unwrap().success());
    begun.elapsed()
}

fn start_to_first_answer() -> Duration {
    let directory = tempfile::tempdir().unwrap();
    let port_file = directory.path().join("port");
    let begun = Instant::now();
    let mut provider = Command::new(PROGRAM)
        .args(["dev", "--listen", "127.0.0.1:0", "--port-file"])
        .arg(&port_file)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let port = wait_for_port(&port_file);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET /.well-known/openid-configuration HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let elapsed = begun.elapsed();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    provider.kill().unwrap();
    provider.wait().unwrap();
    elapsed
}

fn wait_for_port(file: &Path) -> u16 {
    loop {
        if let Some(port) = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()) {
            return port;
        }
        std::thread::yield_now();
    }
}

fn report(what: &str, mut times: Vec<Duration>) -> Duration {
    times.sort();
    let [minimum, median, maximum] = [0, RUNS / 2, RUNS - 1].map(|place| times.get(place).copied().unwrap());
    println!("{what}: {minimum:.1?} min, {median:.1?} median, {maximum:.1?} max");
    median
}
