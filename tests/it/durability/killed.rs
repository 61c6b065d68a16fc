//! SEC-185: the executable is killed while people sign in, services exchange codes and operators administrate. What each
//! of them was told is noted in this process, and held against the data after every kill.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use moncomptepro::store::{StillImage, StoreError};

use super::dice::{Dice, from_environment};
use super::killed_clients::{Clerk, Visitor};
use super::ledger::Ledger;
use crate::support::program;

/// Browsers at work at once.
const VISITORS: usize = 6;

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

/// Everybody who uses the instance, and what they were told.
struct Crowd {
    visitors: Vec<Visitor>,
    clerk: Option<Clerk>,
    secret: String,
    ledger: Arc<Mutex<Ledger>>,
    results: Arc<AtomicUsize>,
}

impl Crowd {
    /// Comes to an instance that runs.
    async fn gather(site: &Site, dice: &mut Dice) -> Self {
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let clerk = Clerk::new(&site.data(), dice.roll());
        let secret = clerk.make_client().await;
        let mut visitors = Vec::new();
        for _ in 0..VISITORS {
            visitors.push(Visitor::enter(&clerk, &secret, (site.port, dice.roll()), &ledger).await);
        }
        Self { visitors, clerk: Some(clerk), secret, ledger, results: Arc::default() }
    }

    fn results(&self) -> usize {
        self.results.load(Ordering::SeqCst)
    }

    /// Works until the instance is killed at its moment.
    async fn work(&mut self, site: &mut Site, moment: Moment) {
        let begun = self.results();
        let mut browsers = tokio::task::JoinSet::new();
        for mut visitor in std::mem::take(&mut self.visitors) {
            let (ledger, results, port) = (Arc::clone(&self.ledger), Arc::clone(&self.results), site.port);
            browsers.spawn(async move {
                while visitor.act(port, &ledger).await.is_ok() {
                    results.fetch_add(1, Ordering::SeqCst);
                }
                visitor
            });
        }
        let (ledger, results, mut clerk) =
            (Arc::clone(&self.ledger), Arc::clone(&self.results), self.clerk.take().unwrap());
        let office = tokio::spawn(async move {
            while clerk.act(&ledger).await.is_ok() {
                results.fetch_add(1, Ordering::SeqCst);
            }
            clerk
        });
        match moment {
            Moment::Results(count) => {
                while self.results() < begun + count {
                    tokio::task::yield_now().await;
                }
            }
            Moment::After(time) | Moment::Starting(time) => tokio::time::sleep(time).await,
        }
        site.kill();
        while let Some(visitor) = browsers.join_next().await {
            self.visitors.push(visitor.unwrap());
        }
        self.clerk = Some(office.await.unwrap());
    }

    /// The last start serves as if nothing had happened, and no code works again.
    async fn look_back(&self, site: &mut Site) -> Vec<String> {
        site.start();
        let codes = self.ledger.lock().unwrap().latest_redeemed(50);
        let mut failures = Vec::new();
        for code in &codes {
            if Visitor::redeem_again(site.port, &self.secret, code).await {
                failures.push(format!("redeemed a second time after the last start: {code}"));
            }
        }
        failures
    }
}

/// Rounds of starting, working and killing.
async fn kill_rounds(seed: u64, rounds: usize, moment: fn(&mut Dice) -> Moment) {
    let mut dice = Dice::new(seed);
    let mut site = Site::new();
    site.start();
    let mut crowd = Crowd::gather(&site, &mut dice).await;
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
            crowd.work(&mut site, moment).await;
        }
        if let Err(error) = verify(&site.data(), &crowd.ledger.lock().unwrap()) {
            failures.push(format!("round {round}, {moment:?}: {error}"));
        }
        if round % 50 == 49 {
            println!("{} rounds, {} results acknowledged, {} failures", round + 1, crowd.results(), failures.len());
        }
    }
    failures.extend(crowd.look_back(&mut site).await);
    println!(
        "seed {seed}: {rounds} kills, {during_start} of them while starting; {} results acknowledged: {}; {} failures",
        crowd.results(),
        crowd.ledger.lock().unwrap().census(),
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
