//! What the system tells a process: to stop, to stop at once, to read its certificate again.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use moncomptepro::serve::{BodyLimits, Limits};
use rustix::process::Signal;

use super::certificates::{Pair, configuration};
use super::peer::{FOR_EVER, Peer, port};
use super::process::Process;
use crate::support::{Instance, tls};

fn behind_a_proxy(directory: &std::path::Path) -> Process {
    let data = directory.join("data");
    let text = format!(
        "public_url = \"https://identite.exemple.fr\"\ndata_dir = {data:?}\nlisten = \"127.0.0.1:0\"\n\
         tls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]\nkeys.rsa_bits = 2048\naccounts.check_deliverability = false\n"
    );
    Process::serve(directory, &text)
}

/// A request whose body has begun to come.
fn half_a_request(process: &Process) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", process.port)).unwrap();
    let head = "POST /oauth/token HTTP/1.1\r\nHost: identite.exemple.fr\r\nExpect: 100-continue\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    // It is under way when the body is asked for.
    let mut answer = [0; 25];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[test]
fn sec_187_told_to_stop_it_ends_what_is_under_way_and_takes_nothing_new() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = behind_a_proxy(directory.path());
    let _idle = TcpStream::connect(("127.0.0.1", process.port)).unwrap();
    let mut stream = half_a_request(&process);
    process.signal(Signal::TERM);
    process.wait_for_line("told to stop");
    while TcpStream::connect(("127.0.0.1", process.port)).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(b"grant_type").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 4") && !answer.starts_with("HTTP/1.1 408"), "judged to its end: {answer}");
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn sec_187_a_file_that_nobody_ever_gives_keeps_no_instance_from_stopping() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = behind_a_proxy(directory.path());
    let config = directory.path().join("config.toml");
    std::fs::remove_file(&config).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&config).status().unwrap();
    assert!(made.success());
    process.signal(Signal::HUP);
    // It is being read again, or was refused already, once the next request is answered.
    drop(half_a_request(&process));
    process.signal(Signal::TERM);
    process.wait_for_line("the instance has stopped");
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn sec_187_what_is_told_during_the_start_is_done_after_it() {
    let directory = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        let mut process = behind_a_proxy(directory.path());
        process.signal(Signal::HUP);
        process.signal(Signal::TERM);
        process.wait_for_line("the instance has stopped");
        assert_eq!(process.wait().code(), Some(0));
    }
}

#[test]
fn sec_187_a_second_signal_ends_it_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = behind_a_proxy(directory.path());
    let _under_way = half_a_request(&process);
    process.signal(Signal::INT);
    process.wait_for_line("told to stop");
    process.signal(Signal::TERM);
    assert_eq!(process.wait().code(), Some(1));
    // As safe as a loss of power: it starts again.
    drop(behind_a_proxy(directory.path()));
}

#[tokio::test]
async fn sec_187_a_request_that_never_ends_keeps_nobody_from_stopping() {
    assert_eq!(Limits::standard().shutdown, Duration::from_secs(10));
    let instance = Instance::dev_with_limits(|limits| {
        limits.shutdown = Duration::from_millis(150);
        // Nothing else ends it.
        let for_ever = Duration::from_secs(3600);
        limits.body = BodyLimits { grace: for_ever, bytes_per_second: 0, whole: for_ever };
    })
    .await;
    let mut peer = Peer::http1(&instance).await;
    let head = format!(
        "POST /oauth/token HTTP/1.1\r\nHost: localhost:{}\r\nExpect: 100-continue\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\n",
        port(&instance)
    );
    peer.write(head).await;
    let answer = peer.read_until(|bytes| bytes.ends_with(b"\r\n\r\n")).await;
    assert!(answer.starts_with(b"HTTP/1.1 100"), "it is under way when the body is asked for");
    tokio::time::timeout(FOR_EVER, instance.stop()).await.expect("it waits for a body that never comes");
    assert_eq!(peer.read_to_end().await, b"", "it is cut, and not answered");
}

#[tokio::test]
async fn sec_187_sec_160_who_is_told_to_stop_is_alive_and_not_ready_and_says_no_more_than_that() {
    let instance = Instance::dev().await;
    let person = instance.person();
    for (stopping, ready, word) in [(false, 200, "ok"), (true, 503, "fail")] {
        instance.app.stopping.store(stopping, Ordering::Relaxed);
        let page = person.get("/readyz").await;
        assert_eq!((page.status.as_u16(), page.body), (ready, format!("{{\"status\":\"{word}\"}}")));
        let page = person.get("/livez").await;
        assert_eq!((page.status.as_u16(), page.body.as_str()), (200, "{\"status\":\"ok\"}"));
    }
}

#[tokio::test]
async fn sec_203_at_sighup_the_certificate_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) = (Pair::new(), Pair::new());
    first.write(directory.path());
    let text = configuration(directory.path(), 0).replace("localhost:0", "localhost");
    let mut process = Process::serve(directory.path(), &text);
    let port = process.port;
    let shows = async |certificate: &[u8]| {
        let http = tls::http(Some(certificate.to_vec())).build().unwrap();
        http.get(format!("https://localhost:{port}/livez")).send().await.is_ok()
    };
    assert!(shows(&first.der).await);
    second.write(directory.path());
    process.signal(Signal::HUP);
    process.wait_for_line("asked to read the certificate again");
    assert!(shows(&second.der).await && !shows(&first.der).await);
    std::fs::write(directory.path().join("key.pem"), "").unwrap();
    process.signal(Signal::HUP);
    process.wait_for_line("the one before goes on");
    assert!(shows(&second.der).await);
}

#[test]
fn a_process_without_tls_lives_through_sighup() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = behind_a_proxy(directory.path());
    process.signal(Signal::HUP);
    process.wait_for_line("asked to read the certificate again");
    process.signal(Signal::TERM);
    assert_eq!(process.wait().code(), Some(0));
}

/// The end of `serve` with this configuration.
fn ended(directory: &std::path::Path, text: &str) -> (Option<i32>, String) {
    let file = directory.join("second.toml");
    std::fs::write(&file, text).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_moncomptepro"));
    let output = command.arg("serve").arg("--config").arg(file).env("LC_ALL", "C").output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn sec_203_a_bad_pair_refuses_the_start_as_a_mistake_of_the_configuration_before_anything_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let text = configuration(directory.path(), 0).replace("localhost:0", "localhost");
    let (code, said) = ended(directory.path(), &text);
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("tls: ") && said.contains("certificate.pem: No such file"), "{said}");
    Pair::new().write(directory.path());
    std::fs::write(directory.path().join("key.pem"), "").unwrap();
    let (code, said) = ended(directory.path(), &text);
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("key.pem: no private key in PEM here"), "{said}");
    assert!(!directory.path().join("data").exists(), "nothing was made");
}

#[test]
fn sec_194_a_second_instance_hears_who_holds_the_data_and_not_that_the_port_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let first = behind_a_proxy(directory.path());
    let text = std::fs::read_to_string(directory.path().join("config.toml")).unwrap();
    let same_port = text.replace("127.0.0.1:0", &format!("127.0.0.1:{}", first.port));
    let (code, said) = ended(directory.path(), &same_port);
    assert_eq!(code, Some(4), "{said}");
    assert!(!said.contains("cannot be listened on"), "{said}");
}

#[test]
fn sec_165_an_output_that_nobody_reads_stops_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let text = format!(
        "public_url = \"https://identite.exemple.fr\"\ndata_dir = {data:?}\nlisten = \"127.0.0.1:0\"\n\
         tls.mode = \"off\"\nproxies.trusted = [\"127.0.0.1\"]\nkeys.rsa_bits = 2048\naccounts.check_deliverability = false\n"
    );
    let (process, mut unread) = Process::serve_unread(directory.path(), &text);
    let mut stream = TcpStream::connect(("127.0.0.1", process.port)).unwrap();
    stream.set_read_timeout(Some(super::peer::FOR_EVER)).unwrap();
    let request = b"GET /livez HTTP/1.1\r\nHost: identite.exemple.fr\r\n\r\n";
    let mut piece = [0; 64 * 1024];
    // A line for each: more than the pipe and the queue hold together.
    for _ in 0..200 {
        stream.write_all(&request.repeat(50)).unwrap();
        let mut heard = Vec::new();
        while heard.windows(12).filter(|window| window == b"HTTP/1.1 200").count() < 50 {
            let read = stream.read(&mut piece).expect("it waits for somebody to read its log");
            heard.extend_from_slice(&piece[..read]);
        }
    }
    let mut log = Vec::new();
    while !String::from_utf8_lossy(&log).contains(" dropped=") {
        let read = unread.read(&mut piece).unwrap();
        assert!(read > 0, "nothing was dropped, or nobody says so");
        log.extend_from_slice(&piece[..read]);
    }
}
