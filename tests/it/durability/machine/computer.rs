//! The machine itself: qemu with what `tests/machine/build` made, whose instance is reached through two ports of this one.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use moncomptepro::clock;
use tokio::time::Instant;

use super::drive::{Drive, Honesty, Loss};
use crate::durability::dice::Dice;

/// The disk is so large.
const DISK_BYTES: u64 = 320 * 1024 * 1024;
/// Longer than this no start may take, on a machine whose every instruction is simulated.
const PATIENCE: Duration = Duration::from_secs(180);
/// Whoever writes writes again before this is over.
const LULL: Duration = Duration::from_secs(2);
/// It is looked so often whether something has happened.
const TURN: Duration = Duration::from_millis(20);

/// What is kept in the directory of the machine.
pub(super) struct Computer {
    directory: PathBuf,
    file_system: String,
    drive: Drive,
    running: Option<Child>,
    /// Where the machine shows the data that it found on its disk.
    shown: TcpListener,
    /// The instance, as browsers reach it.
    pub(super) port: u16,
    /// Commands for the instance.
    pub(super) desk: u16,
    /// The disk as it was when the power came back.
    found: Vec<u8>,
    powered: Instant,
}

/// Two ports that nobody uses, and that nothing which calls out is given either.
fn free_ports() -> (u16, u16) {
    let first = 20_000 + u16::try_from(std::process::id() % 5_000).unwrap();
    let mut free = (first..32_000).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    (free.next().unwrap(), free.next().unwrap())
}

/// An empty disk.
fn format(file_system: &str, path: &Path) -> Vec<u8> {
    std::fs::File::create(path).unwrap().set_len(DISK_BYTES).unwrap();
    let force = if file_system == "ext4" { "-F" } else { "-f" };
    let made = Command::new(format!("mkfs.{file_system}")).args(["-q", force]).arg(path).status();
    assert!(made.as_ref().is_ok_and(std::process::ExitStatus::success), "mkfs.{file_system}: {made:?}");
    std::fs::read(path).unwrap()
}

impl Computer {
    pub(super) fn new(directory: &Path, file_system: &str, honesty: Honesty) -> Self {
        let scratch = directory.join(format!("disk-{}", std::process::id()));
        let image = format(file_system, &scratch);
        std::fs::remove_file(&scratch).unwrap();
        let (port, desk) = free_ports();
        Self {
            directory: directory.to_owned(),
            file_system: file_system.to_owned(),
            drive: Drive::new(image, honesty, directory.join(format!("drive-{}.sock", std::process::id()))),
            running: None,
            shown: TcpListener::bind("127.0.0.1:0").unwrap(),
            port,
            desk,
            found: Vec::new(),
            powered: clock::machine_instant(),
        }
    }

    fn console(&self) -> PathBuf {
        self.directory.join(format!("console-{}", std::process::id()))
    }

    /// Switches it on.
    pub(super) fn power_on(&mut self) {
        self.found = self.drive.power_on();
        let file = |name: &str| self.directory.join(name).into_os_string().into_string().unwrap();
        let (file_system, shown) = (&self.file_system, self.shown.local_addr().unwrap().port());
        let settings = format!(
            "console=ttyS0 quiet panic=-1 mitigations=off machine.file_system={file_system} machine.shown={shown}"
        );
        let (port, desk) = (self.port, self.desk);
        let net = format!("user,id=net,hostfwd=tcp:127.0.0.1:{port}-:8080,hostfwd=tcp:127.0.0.1:{desk}-:9000");
        let disk = format!("driver=nbd,node-name=disk,server.type=unix,server.path={}", self.drive.socket().display());
        let console = format!("file:{}", self.console().display());
        let mut command = Command::new("qemu-system-x86_64");
        command.args(["-accel", "tcg", "-cpu", "max", "-m", "1024", "-nodefaults", "-no-user-config", "-no-reboot"]);
        command.args(["-display", "none", "-serial", &console, "-append", &settings]);
        command.args(["-kernel", &file("vmlinuz"), "-initrd", &file("initrd")]);
        command.args(["-blockdev", &disk, "-device", "virtio-blk-pci,drive=disk"]);
        command.args(["-netdev", &net, "-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"]);
        self.powered = clock::machine_instant();
        self.running = Some(command.stdin(Stdio::null()).spawn().expect("qemu-system-x86_64"));
    }

    /// Waits for the data as the kernel of the machine recovered them; nothing has written to them since. The instance
    /// starts thereafter, by itself.
    pub(super) fn look_at_data(&mut self, into: &Path) -> Result<(), String> {
        let Some(mut shown) = self.await_data(PATIENCE) else {
            return Err(format!("the machine does not start: {:?}", self.complaints()));
        };
        let mut unpacking = Command::new("tar").args(["-x", "-C"]).arg(into).stdin(Stdio::piped()).spawn().unwrap();
        let copied = std::io::copy(&mut shown, &mut unpacking.stdin.take().unwrap());
        if copied.is_ok() && unpacking.wait().unwrap().success() {
            return Ok(());
        }
        Err(format!("the data are not shown: {copied:?}"))
    }

    /// The connection that brings the data of the machine, unless it comes later or never.
    fn await_data(&mut self, at_most: Duration) -> Option<TcpStream> {
        self.shown.set_nonblocking(true).unwrap();
        while self.powered.elapsed() < at_most {
            if let Ok((shown, _)) = self.shown.accept() {
                shown.set_nonblocking(false).unwrap();
                return Some(shown);
            }
            if self.running.as_mut().is_none_or(|machine| machine.try_wait().unwrap().is_some()) {
                return None;
            }
            std::thread::sleep(TURN);
        }
        None
    }

    /// Lets it start for this long, and looks at nothing.
    pub(super) fn pass_by(&mut self, time: Duration) {
        if let Some(mut shown) = self.await_data(time) {
            std::io::copy(&mut shown, &mut std::io::sink()).unwrap();
        }
        std::thread::sleep(time.saturating_sub(self.powered.elapsed()));
    }

    /// Waits until the instance says that it is ready; gives how long the machine has been on.
    pub(super) async fn wait_until_ready(&self) -> Result<Duration, String> {
        let http = reqwest::Client::new();
        while self.powered.elapsed() < PATIENCE {
            let asked = http.get(format!("http://127.0.0.1:{}/readyz", self.port)).timeout(Duration::from_secs(5));
            if asked.send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(self.powered.elapsed());
            }
            tokio::time::sleep(TURN).await;
        }
        Err(String::from("the instance is not ready"))
    }

    /// Cuts the power in the midst of writing: after so many more writes and flushes, or when none come for a while.
    pub(super) fn cut_after(&mut self, count: usize) {
        let begun = clock::machine_instant();
        self.drive.power_off_after(count);
        while self.drive.is_on() && begun.elapsed() < LULL {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.cut();
    }

    /// Cuts the power: first the disk hears nothing more, then the machine is no more.
    pub(super) fn cut(&mut self) {
        self.drive.power_off();
        if let Some(mut machine) = self.running.take() {
            machine.kill().unwrap();
            machine.wait().unwrap();
        }
        // What was shown meanwhile is of a machine that is no more.
        self.shown.set_nonblocking(true).unwrap();
        while self.shown.accept().is_ok() {}
    }

    /// What becomes of the cache of the disk.
    pub(super) fn lose(&self, loss: Loss, dice: &mut Dice) -> usize {
        self.drive.lose(loss, dice)
    }

    /// What the kernel or the executable complained of.
    pub(super) fn complaints(&self) -> Vec<String> {
        let said = std::fs::read(self.console()).unwrap_or_default();
        let lines = String::from_utf8_lossy(&said).into_owned();
        let is_complaint =
            |line: &&str| ["MACHINE", "error", "ERROR", "orrupt", "panicked"].iter().any(|word| line.contains(word));
        lines.lines().filter(is_complaint).map(str::to_owned).collect()
    }

    /// Keeps the disk as it was when the power came back, and what the console showed.
    pub(super) fn keep(&self, name: &str) -> PathBuf {
        let path = self.directory.join(format!("{name}.img"));
        let mut file = std::fs::File::create(&path).unwrap();
        file.write_all(&self.found).unwrap();
        std::fs::copy(self.console(), self.directory.join(format!("{name}.console"))).unwrap();
        path
    }
}

impl Drop for Computer {
    fn drop(&mut self) {
        self.cut();
        for left in [self.console(), self.drive.socket().to_owned()] {
            if left.exists() {
                std::fs::remove_file(left).unwrap();
            }
        }
    }
}
