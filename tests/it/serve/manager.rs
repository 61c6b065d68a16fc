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

fn heard(manager: &UnixDatagram) -> String {
    let mut message = [0; 256];
    let length = manager.recv(&mut message).expect("nothing is told");
    String::from_utf8(message[..length].to_vec()).unwrap()
}

#[test]
fn sec_174_a_service_manager_is_told_when_it_answers_and_when_it_stops() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("notify");
    let manager = UnixDatagram::bind(&place).unwrap();
    manager.set_read_timeout(Some(FOR_EVER)).unwrap();
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
