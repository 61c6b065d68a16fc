//! Exchanges while the instance is backed up, again and again (SEC-213).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::data::{self, Data, ES256};
use super::load::{Load, at_a_rate};
use super::measure::{Bench, Plan, signed_in};
use super::passwords::{EXCHANGES_PER_SECOND, exchangers};
use super::program::{Program, ask, serve};
use super::table::{Row, median, milliseconds};
use super::work::Client;

/// Accounts: enough that a backup lasts for some seconds.
const PEOPLE: u64 = 100_000;
/// Rounds at least: a disk is busy with something else at times.
const ROUNDS: usize = 3;
/// A backup is under way before the first exchange.
const AHEAD: Duration = Duration::from_millis(500);

/// What one backup took.
#[derive(Debug, Clone, Copy)]
struct Made {
    time: Duration,
    bytes: u64,
}

/// Backups one after another, in a thread of their own, until told to stop.
struct Backups {
    enough: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Made>>,
}

impl Backups {
    /// In this folder, and deleted when all are made: what deleting costs the disk is no part of a backup.
    fn begin(config: &Path, folder: PathBuf) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let (config, stop) = (config.to_path_buf(), Arc::clone(&enough));
        let thread = std::thread::spawn(move || {
            let mut made = Vec::new();
            std::fs::create_dir(&folder).unwrap();
            while !stop.load(Ordering::Acquire) {
                made.push(back_up(&config, &folder.join(made.len().to_string())));
            }
            std::fs::remove_dir_all(folder).unwrap();
            made
        });
        Self { enough, thread }
    }

    /// The one under way is brought to its end.
    fn end(self) -> Vec<Made> {
        self.enough.store(true, Ordering::Release);
        self.thread.join().unwrap()
    }
}

/// Has the instance make one backup.
fn back_up(config: &Path, file: &Path) -> Made {
    let begun = Instant::now();
    ask(&["backup", "create", file.to_str().unwrap(), "--config", config.to_str().unwrap()]);
    Made { time: begun.elapsed(), bytes: std::fs::metadata(file).unwrap().len() }
}

/// The latencies of exchanges at a fixed rate without and with backups in turns, and what a backup takes without and with
/// them.
pub(crate) async fn while_backed_up(bench: &mut Bench) {
    let folder = bench.folder("backed-up");
    let data = data::prepare_with(&folder, Vec::new(), PEOPLE, 0..0).await;
    let program = serve(&Data { under: bench.data.under.clone(), ..data });
    let (config, backups) = (folder.join("config.toml"), folder.join("backups"));
    let clients = signed_in(&program.site, ES256).await;
    let alone = back_up(&config, &folder.join("first.backup"));
    let (mut quiet, mut busy, mut ratios, mut made) = (Load::default(), Load::default(), Vec::new(), Vec::new());
    for _ in 0..bench.plan.rounds.max(ROUNDS) {
        let without = exchanges(bench.plan, &program, &clients, Duration::ZERO, || ()).await;
        let mut under_way = None;
        let begin = || under_way = Some(Backups::begin(&config, backups.clone()));
        let with = exchanges(bench.plan, &program, &clients, AHEAD, begin).await;
        made.extend(under_way.unwrap().end());
        ratios.push(with.quantile(0.99).as_secs_f64() / without.quantile(0.99).as_secs_f64());
        quiet.absorb(without);
        busy.absorb(with);
    }
    let count = |load: &Load| format!("{} of {EXCHANGES_PER_SECOND}/s", load.latencies.len());
    let database = data_mib(&folder.join("data/moncomptepro.redb"));
    let what = format!("exchanges at a fixed rate, ES256, {PEOPLE} accounts ({database:.0} MiB)");
    bench.table.add(Row::new(&what, count(&quiet)).with_latencies(&quiet));
    let figure = format!("{}, {} backups", count(&busy), made.len());
    let row = Row::new("the same while backups are made", figure).with_latencies(&busy);
    let ratio = format!("p99 {:.2} times (median of {})", median(ratios.clone()), ratios.len());
    bench.table.add(Row { ceiling: ratio, ..row.expected("≤ 2 times") });
    let time = median(made.iter().map(|one| one.time.as_secs_f64()).collect());
    let mib = alone.bytes as f64 / 1_048_576.0;
    let figure = format!("{time:.2} s, {:.0} MiB/s", mib / time);
    let row = Row::new(format!("a backup beside these exchanges ({mib:.0} MiB, read back)"), figure);
    let ceiling = format!("alone: {} ms, {:.0} MiB/s", milliseconds(alone.time), mib / alone.time.as_secs_f64());
    bench.table.add(Row { ceiling, ..row });
    program.stop();
}

/// Exchanges at the fixed rate; `first` is done when their codes are gathered, so long before them.
async fn exchanges(plan: Plan, program: &Program, clients: &[Client], ahead: Duration, first: impl FnOnce()) -> Load {
    let workers = exchangers(plan, &program.site, clients).await;
    first();
    tokio::time::sleep(ahead).await;
    program.under(at_a_rate(program.site.port, workers, EXCHANGES_PER_SECOND, plan.at_a_rate)).await
}

fn data_mib(database: &Path) -> f64 {
    std::fs::metadata(database).unwrap().len() as f64 / 1_048_576.0
}
