//! What a service manager is told, and what it finds.

use std::os::unix::net::UnixDatagram;

use rustix::process::Signal;

use super::peer::FOR_EVER;
use super::process::Process;
use crate::support::program;

const HOST: &str = "identite.exemple.fr";

fn configuration(directory: &std::path::Path) -> std::path::PathBuf {
    let file = directory.join("config.toml");
    let data = directory.join("data");
    let text = format!(
        "public_url = \"https://{HOST}\"\ndata_dir = {data:?}\nlisten = \"127.0.0.1:0\"\ntls.mode = \"off\"\n\
         proxies.trusted = [\"127.0.0.1\"]\n\
         keys.rsa_bits = 2048\naccounts.check_deliverability = false\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// A manager that listens, and where.
fn listening(directory: &std::path::Path) -> (std::path::PathBuf, UnixDatagram) {
    let place = directory.join("notify");
    let manager = UnixDatagram::bind(&place).unwrap();
    manager.set_read_timeout(Some(FOR_EVER)).unwrap();
    (place, manager)
}

fn heard(manager: &UnixDatagram) -> String {
    let mut message = [0; 256];
    let length = manager.recv(&mut message).expect("nothing is told");
    String::from_utf8(message[..length].to_vec()).unwrap()
}

#[test]
fn sec_174_a_service_manager_is_told_when_it_answers_and_when_it_stops() {
    let directory = tempfile::tempdir().unwrap();
    let (place, manager) = listening(directory.path());
    let mut command = program();
    command.args(["serve", "--config"]).arg(configuration(directory.path())).env("NOTIFY_SOCKET", &place);
    let mut process = Process::start(command);
    assert_eq!(heard(&manager), "READY=1");
    // Whoever was told can rely on it: it answers, and it hears signals.
    assert_eq!(process.get("/readyz", HOST), 200);
    process.signal(Signal::TERM);
    assert_eq!(heard(&manager), "STOPPING=1");
    assert_eq!(process.wait().code(), Some(0));
}

/// The next message that is not about being alive.
fn heard_apart(manager: &UnixDatagram) -> String {
    loop {
        let message = heard(manager);
        if message != "WATCHDOG=1" {
            return message;
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn sec_187_a_service_manager_that_asks_hears_that_it_lives_and_when_the_configuration_is_read_again() {
    use rustix::time::{ClockId, clock_gettime};

    let micros = || {
        let now = clock_gettime(ClockId::Monotonic);
        now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
    };
    let directory = tempfile::tempdir().unwrap();
    let (place, manager) = listening(directory.path());
    let file = configuration(directory.path());
    let mut command = program();
    command.args(["serve", "--config"]).arg(&file).env("NOTIFY_SOCKET", &place).env("WATCHDOG_USEC", "400000");
    let mut process = Process::start(command);
    assert_eq!(heard_apart(&manager), "READY=1");
    for _ in 0..5 {
        assert_eq!(heard(&manager), "WATCHDOG=1");
    }
    // A good configuration, and one that is not used: the reading is over either way.
    for text in [std::fs::read_to_string(&file).unwrap(), String::from("nonsense")] {
        std::fs::write(&file, text).unwrap();
        let before = micros();
        process.signal(Signal::HUP);
        let message = heard_apart(&manager);
        let at: i64 = message.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect(&message).parse().unwrap();
        assert!((before..=micros()).contains(&at), "{before} {at}");
        assert_eq!(heard_apart(&manager), "READY=1");
    }
    assert_eq!(heard(&manager), "WATCHDOG=1");
    assert_eq!(process.get("/readyz", HOST), 200);
    process.signal(Signal::TERM);
    assert_eq!(heard_apart(&manager), "STOPPING=1");
    assert_eq!(process.wait().code(), Some(0));
    let log = process.unread_text();
    assert_eq!(log.matches("/livez").count(), 0, "what it asks of itself is not logged: {log}");
}

#[test]
fn sec_187_who_is_not_asked_does_not_tell_that_it_lives() {
    let directory = tempfile::tempdir().unwrap();
    let (place, manager) = listening(directory.path());
    let mut command = program();
    command.args(["serve", "--config"]).arg(configuration(directory.path())).env("NOTIFY_SOCKET", &place);
    // Another process is meant: the number of this test's.
    command.env("WATCHDOG_USEC", "2000").env("WATCHDOG_PID", std::process::id().to_string());
    let mut process = Process::start(command);
    assert_eq!(heard(&manager), "READY=1");
    assert_eq!(process.get("/readyz", HOST), 200);
    process.signal(Signal::TERM);
    assert_eq!(heard(&manager), "STOPPING=1");
    assert_eq!(process.wait().code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn sec_174_a_manager_in_the_abstract_namespace_is_told_and_one_that_is_gone_stops_nothing() {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::SocketAddr;

    let directory = tempfile::tempdir().unwrap();
    let name = format!("moncomptepro-test-{}", std::process::id());
    let manager = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    manager.set_read_timeout(Some(FOR_EVER)).unwrap();
    let file = configuration(directory.path());
    let started = |place: &str| {
        let mut command = program();
        command.args(["serve", "--config"]).arg(&file).env("NOTIFY_SOCKET", place);
        Process::start(command)
    };
    let mut process = started(&format!("@{name}"));
    assert_eq!(heard(&manager), "READY=1");
    process.signal(Signal::TERM);
    assert_eq!(process.wait().code(), Some(0));
    let mut process = started("/nowhere/notify");
    process.wait_for_line("the service manager cannot be told");
    assert_eq!(process.get("/readyz", HOST), 200);
}

#[cfg(target_os = "linux")]
#[test]
fn sec_173_a_crash_leaves_no_copy_of_the_memory() {
    let directory = tempfile::tempdir().unwrap();
    let file = configuration(directory.path());
    let mut command = program();
    command.args(["serve", "--config"]).arg(&file);
    let process = Process::start(command);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", process.id())).unwrap();
    let cores = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let limits: Vec<&str> = cores.split_whitespace().skip(4).take(2).collect();
    assert_eq!(limits, ["0", "0"], "{cores}");
}
