//! The executable, run as a service manager runs it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::peer::FOR_EVER;

const EXECUTABLE: &str = env!("CARGO_BIN_EXE_moncomptepro");

pub(crate) struct Process {
    child: Child,
    /// What it says, line by line.
    said: mpsc::Receiver<String>,
    say: mpsc::Sender<String>,
    /// What it said before it listened.
    at_first: Vec<String>,
    pub(crate) port: u16,
}

impl Process {
    /// `serve` with this configuration; its port is the one that it says.
    pub(crate) fn serve(directory: &Path, configuration: &str) -> Self {
        let file = directory.join("config.toml");
        std::fs::write(&file, configuration).unwrap();
        let mut command = Command::new(EXECUTABLE);
        command.arg("serve").arg("--config").arg(file);
        Self::start(command)
    }

    /// The same, with standard error left to the caller.
    pub(crate) fn serve_unread(directory: &Path, configuration: &str) -> (Self, ChildStderr) {
        let file = directory.join("config.toml");
        std::fs::write(&file, configuration).unwrap();
        let mut command = Command::new(EXECUTABLE);
        command.arg("serve").arg("--config").arg(file);
        let mut process = Self::spawn(command);
        let unread = process.child.stderr.take().unwrap();
        process.wait_for_port();
        (process, unread)
    }

    /// `dev`, started by a shell that sets a limit first.
    pub(crate) fn dev_after(shell: &str) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{shell}; exec \"$0\" \"$@\""), EXECUTABLE, "dev", "--listen", "127.0.0.1:0"]);
        let mut process = Self::start(command);
        // Its first page ends with this: whoever counts lines counts those that come after.
        while process.at_first.last().is_none_or(|line| !line.contains("trl-C")) {
            let line = process.next_line().expect("it ends before its first page does");
            process.at_first.push(line);
        }
        process
    }

    pub(crate) fn start(command: Command) -> Self {
        let mut process = Self::spawn(command);
        let (errors, complain) = (process.child.stderr.take().unwrap(), process.say.clone());
        std::thread::spawn(move || {
            BufReader::new(errors).lines().map_while(Result::ok).try_for_each(|line| complain.send(line))
        });
        process.wait_for_port();
        process
    }

    fn spawn(mut command: Command) -> Self {
        command.env_remove("RUST_LOG").stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
        let mut child = command.spawn().unwrap();
        let (say, said) = mpsc::channel();
        let (out, tell) = (child.stdout.take().unwrap(), say.clone());
        std::thread::spawn(move || {
            BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| tell.send(line))
        });
        Self { child, say, said, at_first: Vec::new(), port: 0 }
    }

    fn wait_for_port(&mut self) {
        self.port = loop {
            let line = self.next_line().expect("it ends before it listens");
            let number =
                ["listens on port ", "à l'écoute sur le port "].iter().find_map(|words| line.split(words).nth(1));
            let number = number.or_else(|| line.split("http://localhost:").nth(1));
            let digits: String = number.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
            self.at_first.push(line);
            if let Ok(port) = digits.parse() {
                break port;
            }
        };
    }

    fn next_line(&self) -> Option<String> {
        self.said.recv_timeout(FOR_EVER).ok()
    }

    /// The next line that holds these words.
    pub(crate) fn wait_for_line(&mut self, words: &str) -> String {
        let mut others = std::mem::take(&mut self.at_first);
        if let Some(line) = others.iter().find(|line| line.contains(words)) {
            return line.clone();
        }
        while let Some(line) = self.next_line() {
            if line.contains(words) {
                return line;
            }
            others.push(line);
        }
        panic!("nobody says “{words}”: {others:?}");
    }

    /// How many lines it has said and nobody has read.
    pub(crate) fn unread_lines(&mut self) -> usize {
        self.at_first.extend(self.said.try_iter());
        self.at_first.len()
    }

    /// What it has said until now and nobody has read.
    pub(crate) fn unread_text(&mut self) -> String {
        self.unread_lines();
        self.at_first.join("\n")
    }

    /// The status of the answer to a request in plain text.
    pub(crate) fn get(&self, path: &str, host: &str) -> u16 {
        get(self.port, path, host).0
    }

    /// The whole answer.
    pub(crate) fn text(&self, path: &str, host: &str) -> String {
        get(self.port, path, host).1
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails if it does not end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let step = Duration::from_millis(10);
        for _ in 0..FOR_EVER.as_millis() / step.as_millis() {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(step);
        }
        panic!("it does not end");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// One request in plain text: status and answer.
pub(crate) fn get(port: u16, path: &str, host: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(FOR_EVER)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}
