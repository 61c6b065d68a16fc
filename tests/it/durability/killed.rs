//! SEC-185: the executable is killed while people sign in, services exchange codes and operators administrate. What each
//! of them was told is noted in this process, and held against the data after every kill.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use moncomptepro::store::{StillImage, StoreError};

use super::dice::{Dice, from_environment};
use super::killed_clients::{Clerk, Visitor};
use super::ledger::Ledger;

/// Browsers at work at once.
const VISITORS: usize = 6;

/// A production instance of the executable, and the data that outlives it.
struct Site {
    directory: tempfile::TempDir,
    running: Option<Child>,
    port: u16,
}

impl Site {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let text = format!(
            "public_url = \"https://identite.exemple.fr\"\ndata_dir = {:?}\nlisten = \"127.0.0.1:0\"\ntls.mode = \"off\"\n\
             keys.rsa_bits = 2048\n",
            directory.path().join("data")
        );
        std::fs::write(directory.path().join("config.toml"), text).unwrap();
        Self { directory, running: None, port: 0 }
    }

    fn data(&self) -> std::path::PathBuf {
        self.directory.path().join("data")
    }

    fn spawn(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_moncomptepro"))
            .args(["serve", "--config"])
            .arg(self.directory.path().join("config.toml"))
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Starts the instance and waits for the line that names its port.
    fn start(&mut self) {
        let mut child = self.spawn();
        let mut line = String::new();
        let read = BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(read > 0, "it does not start: {:?}", child.wait());
        self.port = line.trim().rsplit(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{line}"));
        self.running = Some(child);
    }

    /// kill -9.
    fn kill(&mut self) {
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
enum Moment {
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
        let between =
            |dice: &mut Dice, from: usize, to: usize| Duration::from_millis((from + dice.below(to - from)) as u64);
        match dice.below(100) {
            0..8 => Self::Starting(between(dice, 0, 120)),
            8..75 => Self::After(between(dice, 50, 500)),
            75..96 => Self::After(between(dice, 500, 1_500)),
            _ => Self::After(between(dice, 1_500, 5_000)),
        }
    }
}

/// Holds the data against the ledger, as the kill left it: nothing is written.
fn verify(data: &Path, ledger: &Ledger) -> Result<(), String> {
    let image = StillImage::of_directory(data).map_err(|error| format!("not opened: {error}"))?;
    let now = moncomptepro::clock::Clock::system().now();
    let report = image.check(now).map_err(|error: StoreError| format!("not read: {error}"))?;
    if !report.is_sound() {
        let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        return Err(format!("not sound: {findings:?}"));
    }
    image.read(|tx| Ok(ledger.verify(tx))).map_err(|error| error.to_string())?
}

/// Rounds of starting, working and killing.
async fn kill_rounds(seed: u64, rounds: usize, moment: fn(&mut Dice) -> Moment) {
    let mut dice = Dice::new(seed);
    let mut site = Site::new();
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let results = Arc::new(AtomicUsize::new(0));
    site.start();
    let mut clerk = Clerk::new(&site.data(), dice.roll());
    let secret = clerk.make_client().await;
    let mut visitors = Vec::new();
    for _ in 0..VISITORS {
        visitors.push(Visitor::enter(&clerk, &secret, (site.port, dice.roll()), &ledger).await);
    }
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
            let begun = results.load(Ordering::SeqCst);
            let mut tasks = tokio::task::JoinSet::new();
            for mut visitor in std::mem::take(&mut visitors) {
                let (ledger, results, port) = (Arc::clone(&ledger), Arc::clone(&results), site.port);
                tasks.spawn(async move {
                    while visitor.act(port, &ledger).await.is_ok() {
                        results.fetch_add(1, Ordering::SeqCst);
                    }
                    visitor
                });
            }
            let office = {
                let (ledger, results) = (Arc::clone(&ledger), Arc::clone(&results));
                tokio::spawn(async move {
                    while clerk.act(&ledger).await.is_ok() {
                        results.fetch_add(1, Ordering::SeqCst);
                    }
                    clerk
                })
            };
            match moment {
                Moment::Results(count) => {
                    while results.load(Ordering::SeqCst) < begun + count {
                        tokio::task::yield_now().await;
                    }
                }
                Moment::After(time) | Moment::Starting(time) => tokio::time::sleep(time).await,
            }
            site.kill();
            while let Some(visitor) = tasks.join_next().await {
                visitors.push(visitor.unwrap());
            }
            clerk = office.await.unwrap();
        }
        if let Err(error) = verify(&site.data(), &ledger.lock().unwrap()) {
            failures.push(format!("round {round}, {moment:?}: {error}"));
        }
        if round % 50 == 49 {
            println!(
                "{} rounds, {} results acknowledged, {} failures",
                round + 1,
                results.load(Ordering::SeqCst),
                failures.len()
            );
        }
    }
    // The last start serves as if nothing had happened, and no code works again.
    site.start();
    let codes = ledger.lock().unwrap().latest_redeemed(50);
    for code in &codes {
        if Visitor::redeem_again(site.port, &secret, code).await {
            failures.push(format!("redeemed a second time after the last start: {code}"));
        }
    }
    println!(
        "seed {seed}: {rounds} kills, {during_start} of them while starting; {} results acknowledged: {}; {} failures",
        results.load(Ordering::SeqCst),
        ledger.lock().unwrap().census(),
        failures.len()
    );
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_185_killed_under_load_nothing_acknowledged_is_missing_and_no_act_is_half() {
    kill_rounds(1, 4, Moment::by_count).await;
}

/// `KILLS=500 KILL_SEED=1 cargo test --release --test it -- --ignored --nocapture the_long_run_of_kills`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a run of its own"]
async fn sec_185_the_long_run_of_kills() {
    let rounds = usize::try_from(from_environment("KILLS", 500)).unwrap();
    kill_rounds(from_environment("KILL_SEED", 1), rounds, Moment::by_time).await;
}
