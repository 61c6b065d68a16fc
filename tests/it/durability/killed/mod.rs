//! SEC-185: the executable is killed while people sign in, services exchange codes and operators administrate. What each
//! of them was told is noted in this process, and held against the data after every kill.

pub(super) mod clients;
mod commands;
pub(super) mod crowd;
mod ledger;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use self::clients::Desk;
use self::crowd::Crowd;
use super::dice::{Dice, from_environment};
use crate::support::program;

/// A production instance of the executable, and the data that outlives it.
pub(super) struct Site {
    directory: tempfile::TempDir,
    running: Option<Child>,
    port: u16,
}

impl Site {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let text = format!(
            "public_url = \"https://identite.exemple.fr\"\ndata_dir = {:?}\nlisten = \"127.0.0.1:0\"\ntls.mode = \"off\"\n\
             proxies.trusted = [\"127.0.0.1\"]\nkeys.rsa_bits = 2048\naccounts.check_deliverability = false\naccounts.trusted_browsers = false\n",
            directory.path().join("data")
        );
        std::fs::write(directory.path().join("config.toml"), text).unwrap();
        Self { directory, running: None, port: 0 }
    }

    /// The configuration.
    pub(super) fn file(&self) -> std::path::PathBuf {
        self.directory.path().join("config.toml")
    }

    pub(super) fn data(&self) -> std::path::PathBuf {
        self.directory.path().join("data")
    }

    fn spawn(&self) -> Child {
        program()
            .args(["serve", "--config"])
            .arg(self.file())
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Starts the instance and waits for the line that names its port.
    pub(super) fn start(&mut self) {
        let mut child = self.spawn();
        let mut line = String::new();
        let read = BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(read > 0, "it does not start: {:?}", child.wait());
        self.port = line.trim().rsplit(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{line}"));
        self.running = Some(child);
    }

    /// kill -9.
    pub(super) fn kill(&mut self) {
        let mut child = self.running.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

/// When a round ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    /// After so many results.
    Results(usize),
    /// After a time.
    After(Duration),
    /// Before the instance is ready.
    Starting(Duration),
}

impl Moment {
    /// For the runs of every day: after some results, whatever time they take.
    fn by_count(dice: &mut Dice) -> Self {
        Self::Results(dice.below(60))
    }

    /// For the long run: between 0.05 and 5 seconds, mostly short; now and then while it starts.
    fn by_time(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..8 => Self::Starting(dice.time(0, 120)),
            8..75 => Self::After(dice.time(50, 500)),
            75..96 => Self::After(dice.time(500, 1_500)),
            _ => Self::After(dice.time(1_500, 5_000)),
        }
    }
}

/// Rounds of starting, working and killing.
async fn kill_rounds(seed: u64, rounds: usize, moment: fn(&mut Dice) -> Moment) {
    let mut dice = Dice::new(seed);
    let mut site = Site::new();
    site.start();
    let mut crowd = Crowd::gather(&Desk::Here(site.data()), site.port, &mut dice).await;
    site.kill();
    let (mut failures, mut during_start) = (Vec::new(), 0);
    for round in 0..rounds {
        let moment = moment(&mut dice);
        if let Moment::Starting(after) = moment {
            site.running = Some(site.spawn());
            tokio::time::sleep(after).await;
            site.kill();
            during_start += 1;
        } else {
            site.start();
            let amiss = crowd.work(site.port, moment, || site.kill()).await;
            failures.extend(amiss.into_iter().map(|found| format!("round {round}, {moment:?}: {found}")));
        }
        if let Err(error) = crowd.verify(&site.data()) {
            failures.push(format!("round {round}, {moment:?}: {error}"));
        }
        if round % 50 == 49 {
            println!("{} rounds, {} results acknowledged, {} failures", round + 1, crowd.results(), failures.len());
        }
    }
    // The last start serves as if nothing had happened, and no code works again.
    site.start();
    failures.extend(crowd.look_back(site.port, 50).await);
    println!(
        "seed {seed}: {rounds} kills, {during_start} of them while starting; {}; {} failures",
        crowd.census(),
        failures.len()
    );
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_185_killed_under_load_nothing_acknowledged_is_missing_and_no_act_is_half() {
    kill_rounds(1, 4, Moment::by_count).await;
}

/// `KILLS=500 KILL_SEED=1 cargo test --release --test it -- --ignored --nocapture the_long_run_of_kills`; with
/// `MONCOMPTEPRO_BIN`, the executable that it names is killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a run of its own"]
async fn sec_185_the_long_run_of_kills() {
    let rounds = usize::try_from(from_environment("KILLS", 500)).unwrap();
    kill_rounds(from_environment("KILL_SEED", 1), rounds, Moment::by_time).await;
}
