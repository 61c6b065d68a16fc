//! The executable as it is released: started, looked at, stopped.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::data::Data;
use super::http::Site;
use super::load::Load;

/// Clock ticks of `/proc`, for every Linux that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;
/// Nothing that is started here takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The executable of this build, unless `MONCOMPTEPRO_BIN` names another, as that of a release.
fn program() -> String {
    std::env::var("MONCOMPTEPRO_BIN").unwrap_or_else(|_| String::from(env!("CARGO_BIN_EXE_moncomptepro")))
}

/// A process of ours, killed when dropped.
pub(crate) struct Program {
    child: Child,
    /// The process that serves: the child, or the child of the command that it runs under.
    pid: u32,
    pub(crate) site: Site,
    /// From the start of the process to its first discovery answer.
    pub(crate) start: Duration,
}

/// `serve` on this data; its log goes to a file beside it, as the journal would keep it.
pub(crate) fn serve(data: &Data) -> Program {
    serve_under(&data.under.iter().map(String::as_str).collect::<Vec<_>>(), data)
}

/// The same, as the argument of another command.
pub(crate) fn serve_under(wrapper: &[&str], data: &Data) -> Program {
    let log = File::create(data.config.with_extension("log")).unwrap();
    let arguments = ["serve", "--config", data.config.to_str().unwrap()];
    start(wrapper, &arguments, log, data.site.clone())
}

/// `dev`, with these people beside the seeded ones if there are any.
pub(crate) fn dev(fixtures: Option<&Path>, site: &Site) -> Program {
    let listen = format!("127.0.0.1:{}", site.port);
    let mut arguments = vec!["dev", "--listen", &listen];
    arguments.extend(fixtures.iter().flat_map(|path| ["--fixtures", path.to_str().unwrap()]));
    start(&[], &arguments, File::options().write(true).open("/dev/null").unwrap(), site.clone())
}

fn start(wrapper: &[&str], arguments: &[&str], log: File, site: Site) -> Program {
    let mut words: Vec<&str> = wrapper.to_vec();
    let program = program();
    words.push(&program);
    words.extend(arguments);
    let (first, rest) = words.split_first().unwrap();
    // Whoever answers from here on is the one that is started.
    let is_taken = TcpStream::connect(("127.0.0.1", site.port)).is_ok();
    assert!(!is_taken, "somebody else listens on port {} already", site.port);
    let begun = Instant::now();
    let child = Command::new(first)
        .args(rest)
        .env_remove("RUST_LOG")
        .env_remove("MONCOMPTEPRO_CONFIG")
        .env_remove("MONCOMPTEPRO_BIN")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    match site.origin.starts_with("https://localhost") {
        true => first_handshake(&site, begun),
        false => first_answer(&site, begun),
    }
    let start = begun.elapsed();
    let pid = serving(child.id());
    Program { child, pid, site, start }
}

/// Waits for the discovery document.
fn first_answer(site: &Site, begun: Instant) {
    let request = site.get("/.well-known/openid-configuration", "Connection: close\r\n");
    loop {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", site.port)) {
            stream.write_all(&request).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "nothing listens on port {}", site.port);
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// Waits until somebody accepts connections over TLS.
fn first_handshake(site: &Site, begun: Instant) {
    while TcpStream::connect(("127.0.0.1", site.port)).is_err() {
        assert!(begun.elapsed() < PATIENCE, "nothing listens on port {}", site.port);
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// The last descendant of a process: wrappers have one child.
fn serving(pid: u32) -> u32 {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    match children.split_whitespace().next().and_then(|child| child.parse().ok()) {
        Some(child) => serving(child),
        None => pid,
    }
}

/// Whether any thread of a process is more than a record that nobody has fetched.
fn is_alive(pid: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return false };
    threads.flatten().any(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, fields)| !fields.starts_with(['Z', 'X']))
    })
}

impl Program {
    /// A ceiling: this benchmark as a process of its own, in another role. It says its port.
    pub(crate) fn ceiling(role: &[&str]) -> Self {
        let begun = Instant::now();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("--ceiling")
            .args(role)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let site = Site { port: line.trim().parse().unwrap(), origin: String::from("http://localhost") };
        Self { pid: child.id(), child, site, start: begun.elapsed() }
    }

    /// A load on this process, with the processor time that it cost it.
    pub(crate) async fn under(&self, load: impl Future<Output = Load>) -> Load {
        let before = self.processor_time();
        let load = load.await;
        Load { processor: self.processor_time() - before, ..load }
    }

    /// Time on a processor since the start, in all threads.
    fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let ticks: f64 = fields.split(' ').skip(11).take(2).map(|field| field.parse::<f64>().unwrap()).sum();
        Duration::from_secs_f64(ticks / TICKS_PER_SECOND)
    }

    /// Memory that it holds now, in MiB.
    pub(crate) fn resident_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) {
        assert!(Command::new("kill").args(["-TERM", &self.pid.to_string()]).status().unwrap().success());
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Where another command stands between, killing that one could leave ours behind.
        if self.pid != self.child.id() && self.child.try_wait().unwrap().is_none() {
            Command::new("kill").args(["-KILL", &self.pid.to_string()]).status().unwrap();
            // It is not ours to be waited for, and holds its port and its data until the last of its threads is gone: a
            // connection to that port would be taken by nobody, and reset.
            let killed = Instant::now();
            while is_alive(self.pid) && killed.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The start of a process that prints its version: what no start can be below.
pub(crate) fn start_of_nothing() -> Duration {
    let begun = Instant::now();
    assert!(Command::new(program()).arg("--version").stdout(Stdio::null()).status().unwrap().success());
    begun.elapsed()
}

/// A command of the executable, which succeeds.
pub(crate) fn ask(arguments: &[&str]) {
    let mut command = Command::new(program());
    command.args(arguments).env_remove("MONCOMPTEPRO_CONFIG").env_remove("MONCOMPTEPRO_BIN");
    let answer = command.output().unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
}

/// Size of the executable in MiB.
pub(crate) fn executable_mib() -> f64 {
    fs::metadata(program()).unwrap().len() as f64 / 1_048_576.0
}

/// Whether this command is there.
pub(crate) fn has(command: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(command).exists()))
}
