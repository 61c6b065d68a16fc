//! Who may read the numbers of an instance, and where.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::process::Process;
use crate::support::run;

fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn sec_160_metrics_are_read_on_a_listener_of_their_own_by_whoever_names_this_machine() {
    let directory = tempfile::tempdir().unwrap();
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let metrics = free();
    let text = format!(
        "public_url = \"https://identite.exemple.fr\"\ndata_dir = {:?}\nlisten = \"127.0.0.1:0\"\ntls.mode = \"off\"\n\
         proxies.trusted = [\"127.0.0.1\"]\n         keys.rsa_bits = 2048\naccounts.check_deliverability = false\nmetrics.listen = \"127.0.0.1:{metrics}\"\n",
        directory.path().join("data")
    );
    let process = Process::serve(directory.path(), &text);
    let get = |path: &str, host: &str| {
        ask(metrics, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    };
    for host in ["127.0.0.1", &format!("127.0.0.1:{metrics}"), "localhost:9464", "[::1]:9464"] {
        let answer = get("/metrics", host);
        assert!(
            answer.starts_with("HTTP/1.1 200 ") && answer.contains("\nmoncomptepro_build_info{"),
            "{host}: {answer}"
        );
        assert!(answer.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{answer}");
        assert!(answer.contains("\nmoncomptepro_log_lines_dropped_total 0\n"), "{answer}");
    }
    // A page of the web may have taken over a name for this address.
    for host in ["attacker.example.com", "identite.exemple.fr", ""] {
        assert!(get("/metrics", host).starts_with("HTTP/1.1 421 "), "{host}");
    }
    assert!(get("/", "127.0.0.1").starts_with("HTTP/1.1 404 "));
    let post = "POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert!(ask(metrics, post).starts_with("HTTP/1.1 405 "));
    let outside = "GET /metrics HTTP/1.1\r\nHost: identite.exemple.fr\r\nConnection: close\r\n\r\n";
    assert!(ask(process.port, outside).starts_with("HTTP/1.1 404 "), "never where everybody asks");
}

#[test]
fn sec_160_metrics_of_other_machines_are_refused_unless_the_operator_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    let data_dir = directory.path().join("data");
    let text = format!("public_url = \"https://a.fr\"\ndata_dir = {data_dir:?}\nmetrics.listen = \"0.0.0.0:9464\"\n");
    std::fs::write(&file, text).unwrap();
    run(&["serve", "--config", file.to_str().unwrap()]).refused(78, "metrics.allow_remote");
}
