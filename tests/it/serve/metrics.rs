//! Who may read the numbers of an instance, and where.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use super::process::Process;
use crate::support::run;

fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn free() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn configuration(directory: &Path, metrics: u16) -> String {
    format!(
        "public_url = \"https://identite.exemple.fr\"\ndata_dir = {:?}\nlisten = \"127.0.0.1:0\"\ntls.mode = \"off\"\n\
         proxies.trusted = [\"127.0.0.1\"]\nkeys.rsa_bits = 2048\naccounts.check_deliverability = false\n\
         metrics.listen = \"127.0.0.1:{metrics}\"\n",
        directory.join("data")
    )
}

#[test]
fn sec_160_metrics_are_read_on_a_listener_of_their_own_by_whoever_names_this_machine() {
    let directory = tempfile::tempdir().unwrap();
    let metrics = free();
    let process = Process::serve(directory.path(), &configuration(directory.path(), metrics));
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

#[test]
fn sec_160_metrics_with_a_token_are_read_by_whoever_shows_it_and_it_is_printed_nowhere() {
    let directory = tempfile::tempdir().unwrap();
    let metrics = free();
    let token = "0123456789abcdef0123456789abcdef";
    let file = directory.path().join("token");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let text = configuration(directory.path(), metrics) + &format!("metrics.token_file = {file:?}\n");
    let mut process = Process::serve(directory.path(), &text);
    let get = |path: &str, headers: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Connection: close\r\n\r\n");
        ask(metrics, &request).to_ascii_lowercase()
    };
    for shown in [format!("Bearer {token}"), format!("bearer  {token}")] {
        let answer = get("/metrics", &format!("Authorization: {shown}\r\n"));
        assert!(answer.starts_with("http/1.1 200 ") && answer.contains("\nmoncomptepro_build_info{"), "{answer}");
    }
    let asks = "\r\nwww-authenticate: bearer realm=\"metrics\"";
    for (headers, fault) in [
        (String::new(), "\r\n"),
        (format!("Authorization: Basic {token}\r\n"), "\r\n"),
        (format!("Authorization: {token}\r\n"), "\r\n"),
        (format!("X-Token: {token}\r\n"), "\r\n"),
        (String::from("Authorization: Bearer\r\n"), ", error=\"invalid_token\"\r\n"),
        (format!("Authorization: Bearer {token}0\r\n"), ", error=\"invalid_token\"\r\n"),
        (format!("Authorization: Bearer {}\r\n", &token[1..]), ", error=\"invalid_token\"\r\n"),
        (format!("Authorization: Bearer {}\r\n", token.to_ascii_uppercase()), ", error=\"invalid_token\"\r\n"),
        (format!("Authorization: Bearer {}\r\n", token.replace('f', "e")), ", error=\"invalid_token\"\r\n"),
    ] {
        let answer = get("/metrics", &headers);
        assert!(answer.starts_with("http/1.1 401 "), "{headers}: {answer}");
        assert!(answer.contains(&format!("{asks}{fault}")), "{headers}: {answer}");
        assert!(answer.ends_with("\r\n\r\n"), "nothing is told: {answer}");
        assert!(get("/elsewhere", &headers).starts_with("http/1.1 401 "), "{headers}");
    }
    assert!(get(&format!("/metrics?access_token={token}"), "").starts_with("http/1.1 401 "));
    assert!(get("/elsewhere", &format!("Authorization: Bearer {token}\r\n")).starts_with("http/1.1 404 "));
    let file = directory.path().join("config.toml");
    let shown = run(&["config", "show", "--config", file.to_str().unwrap()]).stdout;
    let line = shown.lines().find(|line| line.starts_with("metrics.token ")).unwrap();
    assert!(line.contains("********") && !shown.contains(token), "{shown}");
    assert!(!process.unread_text().contains(token));
}
