//! The limits of the machine, met by a process of its own.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::process::Process;

fn connect(process: &Process) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", process.port)).unwrap();
    stream.set_read_timeout(Some(super::peer::FOR_EVER)).unwrap();
    stream
}

/// One request on a connection that stays; the status and the body.
fn ask(stream: &mut TcpStream, path: &str) -> (u16, String) {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        let text = String::from_utf8_lossy(&answer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if body.len() >= length.parse().unwrap() {
                return (head[9..12].parse().unwrap(), body.to_owned());
            }
        }
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "closed: {text}");
        answer.extend(&piece[..read]);
    }
}

/// A line of a file about the process.
fn about(process: &Process, file: &str, name: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{}/{file}", process.id())).unwrap();
    text.lines().find(|line| line.starts_with(name)).unwrap().to_owned()
}

/// How many sockets it has.
fn sockets(process: &Process) -> usize {
    let open = fs::read_dir(format!("/proc/{}/fd", process.id())).unwrap();
    let is_socket = |path| fs::read_link(path).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"));
    open.filter(|entry| entry.as_ref().is_ok_and(|entry| is_socket(entry.path()))).count()
}

pub(super) fn resident_kibibytes(process: &Process) -> u64 {
    about(process, "status", "VmRSS:").split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Hundredths of a second that it has worked.
fn worked(process: &Process) -> u64 {
    let text = fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap();
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn sec_208_with_every_descriptor_taken_what_is_open_is_served_writes_work_and_nothing_spins() {
    let mut process = Process::dev_after("ulimit -n 256");
    process.wait_for_line("few open files are allowed");
    let said = process.unread_lines();
    let mut first = connect(&process);
    assert_eq!(ask(&mut first, "/livez").0, 200);
    let own = sockets(&process) - 1;
    // Who rests for long gives way to a crowd: this one does not rest.
    let mut crowd = Vec::new();
    for _ in 0..20 {
        crowd.extend((0..20).map(|_| connect(&process)));
        assert_eq!(ask(&mut first, "/livez").0, 200);
    }
    // A sign-in is begun: it is written.
    let request = "/oauth/authorize?response_type=code&client_id=test-id&scope=openid&state=s&nonce=n\
                   &redirect_uri=http%3A%2F%2Flocalhost%3A9009%2Fauth%2Fcallback";
    assert_eq!(ask(&mut first, request).0, 303);
    assert_eq!(ask(&mut first, "/readyz"), (200, String::from("{\"status\":\"ok\"}")));
    let connections = sockets(&process) - own;
    assert!((180..=192).contains(&connections), "{connections} are open: sixty-four are kept for everything else");
    let before = worked(&process);
    std::thread::sleep(Duration::from_secs(1));
    let spent = worked(&process) - before;
    assert!(spent < 20, "{spent} hundredths of a second of work in one second of waiting");
    drop(crowd);
    let mut later = connect(&process);
    assert_eq!(ask(&mut later, "/livez").0, 200);
    let said = process.unread_lines() - said;
    assert!(said < 20, "{said} lines about 400 connections and a second of waiting");
}

/// The lowest number that no open file of it has.
fn free_descriptor(process: &Process) -> u64 {
    let open = fs::read_dir(format!("/proc/{}/fd", process.id())).unwrap();
    let open: BTreeSet<u64> = open.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok()).collect();
    (0..).find(|number| !open.contains(number)).unwrap()
}

/// From now on its open files have numbers below this one; it may not raise that itself.
fn allow_descriptors_below(process: &Process, number: u64) {
    let id = Pid::from_raw(i32::try_from(process.id()).unwrap());
    let before = prlimit(id, Resource::Nofile, Rlimit { current: Some(number), maximum: Some(1024) });
    before.unwrap();
}

#[test]
fn sec_158_sec_208_while_the_system_gives_no_descriptor_accepting_pauses_and_goes_on_by_itself() {
    let mut process = Process::dev_after("ulimit -n 1024");
    let mut first = connect(&process);
    assert_eq!(ask(&mut first, "/livez").0, 200);
    allow_descriptors_below(&process, free_descriptor(&process));
    let mut waiting = connect(&process);
    process.wait_for_line("no connection can be accepted for now");
    let (said, before) = (process.unread_lines(), worked(&process));
    std::thread::sleep(Duration::from_secs(1));
    let (spent, lines) = (worked(&process) - before, process.unread_lines() - said);
    assert!(spent < 20, "{spent} hundredths of a second of work in one second of waiting");
    assert!(lines < 3, "{lines} lines about one connection");
    // Who is connected already notices nothing.
    assert_eq!(ask(&mut first, "/readyz").0, 200);
    allow_descriptors_below(&process, 1024);
    assert_eq!(ask(&mut waiting, "/livez").0, 200);
}

#[test]
fn sec_208_the_soft_limit_becomes_the_hard_one() {
    let process = Process::dev_after("ulimit -S -n 128");
    assert_eq!(ask(&mut connect(&process), "/livez").0, 200);
    let line = about(&process, "limits", "Max open files");
    let numbers: Vec<&str> = line.split_whitespace().skip(3).take(2).collect();
    assert_eq!(numbers[0], numbers[1], "{line}");
}

#[test]
fn sec_210_streams_without_end_leave_memory_as_it_was() {
    let mut process = Process::dev_after("true");
    let mut first = connect(&process);
    for _ in 0..50 {
        ask(&mut first, "/users/start-sign-in");
    }
    let (before, said) = (resident_kibibytes(&process), process.unread_lines());
    let post = "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let piece = "x".repeat(64 * 1024);
    let streams = [
        (String::from("GET /livez HTTP/1.1\r\nHost: localhost\r\nX: "), piece.clone()),
        (String::from("GET /livez HTTP/1.1\r\nHost: localhost\r\n"), "X: y\r\n".repeat(10_000)),
        (String::from("GET /"), piece.clone()),
        (format!("{post}Content-Length: 10000000000\r\n\r\n"), piece.clone()),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n"), format!("10000\r\n{piece}\r\n")),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n1;"), piece.clone()),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n"), String::from("1;a=b\r\nx\r\n").repeat(5000)),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n0\r\n"), "X: y\r\n".repeat(10_000)),
    ];
    for _ in 0..10 {
        for (begin, more) in &streams {
            let mut stream = connect(&process);
            stream.write_all(begin.as_bytes()).unwrap();
            let mut taken = 0_usize;
            while stream.write_all(more.as_bytes()).is_ok() {
                taken += more.len();
                assert!(taken < 64 << 20, "{begin:?} is taken for ever");
            }
        }
    }
    let grown = resident_kibibytes(&process).saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} KiB more than before");
    assert_eq!(ask(&mut first, "/livez").0, 200, "and nobody else is concerned");
    let said = process.unread_lines() - said;
    assert!(said <= 80, "{said} lines about eighty streams");
}
