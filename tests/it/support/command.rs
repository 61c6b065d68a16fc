//! The program itself, as an operator types it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a command left behind.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The document that was printed.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|cause| panic!("{cause} in {self:?}"))
    }

    /// Refused with this code, in words that hold `words`, and nothing printed.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, words: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.stderr.contains(words), "no {words:?} in {self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
    }
}

/// The program: the one of this build, unless `MONCOMPTEPRO_BIN` names another, as that of a release.
pub(crate) fn program() -> Command {
    let path = std::env::var_os("MONCOMPTEPRO_BIN")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_moncomptepro")), PathBuf::from);
    let mut command = Command::new(path);
    // It is no setting of the instance's.
    command.env_remove("MONCOMPTEPRO_BIN");
    command
}

/// Runs the program to its end, without anybody's terminal or configuration.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    let output = program()
        .args(arguments)
        .env_remove("MONCOMPTEPRO_CONFIG")
        .env_remove("RUST_LOG")
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ended {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Commands for the instance that a configuration file describes.
#[derive(Debug, Clone)]
pub(crate) struct Operator {
    place: [String; 2],
}

impl Operator {
    /// The operator of the production instance on `directory`.
    pub(crate) fn of(directory: &Path) -> Self {
        Self { place: [String::from("--config"), directory.join("config.toml").to_str().unwrap().to_owned()] }
    }

    /// The operator of whatever instance runs on this data directory.
    pub(crate) fn at(directory: &Path) -> Self {
        Self { place: [String::from("--data-dir"), directory.to_str().unwrap().to_owned()] }
    }

    /// Types a command, and waits on a thread of its own: the instance may run on this one.
    pub(crate) async fn types(&self, arguments: &[&str]) -> Ended {
        let mut typed: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        typed.extend(self.place.clone());
        tokio::task::spawn_blocking(move || run(&typed.iter().map(String::as_str).collect::<Vec<_>>())).await.unwrap()
    }

    /// The same, answered with a document.
    pub(crate) async fn asks(&self, arguments: &[&str]) -> Value {
        self.types(&[arguments, &["--output", "json"]].concat()).await.json()
    }
}
