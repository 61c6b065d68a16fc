//! How long each row is measured, on which data, and how a load is put beside its ceiling.

use std::cell::RefCell;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use moncomptepro::crypto::Parameters;

use super::ceilings::cores;
use super::data::{self, Data, PASSWORD, address};
use super::http::{Connection, Site};
use super::load::{Load, Work, at_full_speed};
use super::program::Program;
use super::table::{Row, Table, median, per_second};
use super::work::{Client, Entry, Exchange, Flow, Gather, Jar, SignIn, Stock};

/// Connections of a load.
pub(crate) const CONNECTIONS: usize = 64;
/// People whose browsers are signed in.
const SIGNED_IN: u64 = 16;

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Rounds of a row, each beside one of its ceiling.
    pub(crate) rounds: usize,
    /// One round.
    pub(crate) round: Duration,
    /// One round of password hashes.
    pub(crate) hashing: Duration,
    /// Codes of one round of exchanges.
    pub(crate) stock: usize,
    /// Ticks at a fixed rate.
    pub(crate) at_a_rate: Duration,
    /// Starts of the process.
    pub(crate) starts: usize,
}

impl Plan {
    pub(crate) fn quick() -> Self {
        Self {
            rounds: 1,
            round: Duration::from_secs(1),
            hashing: Duration::from_secs(3),
            stock: 5000,
            at_a_rate: Duration::from_secs(4),
            starts: 5,
        }
    }

    pub(crate) fn whole() -> Self {
        Self {
            rounds: 5,
            round: Duration::from_secs(3),
            hashing: Duration::from_secs(10),
            stock: 15_000,
            at_a_rate: Duration::from_secs(20),
            starts: 20,
        }
    }
}

/// What every section works with.
pub(crate) struct Bench {
    pub(crate) plan: Plan,
    pub(crate) data: Data,
    pub(crate) table: Table,
    directory: tempfile::TempDir,
}

/// A load and its ceiling, in turns.
#[derive(Default)]
pub(crate) struct Turns {
    load: Load,
    rates: Vec<f64>,
    ceilings: Vec<f64>,
    /// What the ceilings cost, where they are processes.
    ceiling: Load,
}

/// How fast a ceiling went in one turn.
pub(crate) enum Height {
    /// A server.
    Served(Load),
    /// A loop, at this rate.
    Looped(f64),
}

impl Bench {
    pub(crate) async fn new(plan: Plan, under: Vec<String>) -> Self {
        // Not in a temporary folder that may lie in memory: what is durable is to cost what it costs.
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let data = data::prepare(directory.path(), under).await;
        Self { plan, data, table: Table::default(), directory }
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A directory of its own for a ceiling.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.directory().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    pub(crate) fn prototype(&self, algorithm: &str) -> Program {
        let folder = self.folder(&format!("prototype-{algorithm}"));
        Program::ceiling(&["prototype", algorithm, folder.to_str().unwrap()])
    }

    /// What the figures are to be read with.
    pub(crate) fn heading(&self) {
        let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
        let standard = Parameters::standard();
        println!(
            "{} cores{model}, the driver among what runs on them; one sync of this disk takes {:.2} ms (median).",
            cores(),
            median(self.syncs(20)) * 1000.0
        );
        println!(
            "`serve` with its defaults behind a proxy (no TLS), log to a file; RS256 keys of 3,072 bits; argon2id with {} \
             MiB and {} passes; 1,000 people, 100 organizations; {CONNECTIONS} connections; {} rounds, medians.\n",
            standard.memory_kib / 1024,
            standard.iterations,
            self.plan.rounds
        );
    }

    fn syncs(&self, count: usize) -> Vec<f64> {
        let mut file = std::fs::File::create(self.directory().join("sync")).unwrap();
        let mut one = || {
            file.rewind().unwrap();
            file.write_all(&[1; 4096]).unwrap();
            let begun = Instant::now();
            file.sync_data().unwrap();
            begun.elapsed().as_secs_f64()
        };
        (0..count).map(|_| one()).collect()
    }

    /// A row in turns with its ceiling: rates are the medians of the rounds.
    pub(crate) async fn beside(
        &self,
        mut load: impl AsyncFnMut() -> Load,
        mut ceiling: impl AsyncFnMut() -> Height,
    ) -> Turns {
        let mut turns = Turns::default();
        for _ in 0..self.plan.rounds {
            let one = load().await;
            turns.rates.push(one.per_second());
            turns.load.absorb(one);
            match ceiling().await {
                Height::Served(one) => {
                    turns.ceilings.push(one.per_second());
                    turns.ceiling.absorb(one);
                }
                Height::Looped(rate) => turns.ceilings.push(rate),
            }
        }
        turns
    }
}

impl Turns {
    pub(crate) fn share(&self) -> f64 {
        median(self.rates.iter().zip(&self.ceilings).map(|(rate, ceiling)| rate / ceiling).collect())
    }

    pub(crate) fn row(&self, what: &str, ceiling: &str) -> Row {
        let cost = match self.ceiling.latencies.len() {
            0 => String::new(),
            _ => format!(", {:.0} µs", self.ceiling.processor_micros()),
        };
        let ceiling = format!("{ceiling}: {}{cost}", per_second(median(self.ceilings.clone())));
        let refused = if self.load.refused == 0 { String::new() } else { format!(", {} refused", self.load.refused) };
        let figure = format!("{}{refused}", per_second(median(self.rates.clone())));
        Row::new(what, figure).with_latencies(&self.load).beside(ceiling, self.share())
    }
}

/// The same worker for each connection.
pub(crate) fn each<W: Clone>(workers: &[W]) -> Vec<W> {
    workers.iter().cycle().take(CONNECTIONS).cloned().collect()
}

/// Full speed with these workers, for one round.
pub(crate) async fn round<W: Work + Clone + 'static>(plan: Plan, program: &Program, workers: &[W]) -> Load {
    program.under(at_full_speed(program.site.port, each(workers), plan.round)).await
}

/// A client with the browsers of several people who are signed in.
pub(crate) async fn signed_in(site: &Site, client_id: &str) -> Vec<Client> {
    let mut connection = Connection::open(site.port).await;
    let mut clients = Vec::new();
    for number in 0..SIGNED_IN {
        let person = SignIn { site: site.clone(), address: address(number), source: None };
        let mut jar = Jar::default();
        match person.enter(&mut connection, &mut jar, "/users/start-sign-in", PASSWORD).await {
            Entry::In(_) => clients.push(Client::new(site, client_id, &jar.cookies())),
            Entry::Wrong | Entry::Refused => panic!("{} could not sign in", person.address),
        }
    }
    clients
}

/// One round of exchanges: the codes are gathered before it.
pub(crate) async fn exchange_round(plan: Plan, program: &Program, clients: &[Client]) -> Load {
    let site = &program.site;
    let stock = gathered(site, clients, plan.stock).await;
    let workers: Vec<Exchange> =
        clients.iter().map(|client| Exchange { client: client.clone(), stock: Rc::clone(&stock) }).collect();
    program.under(at_full_speed(site.port, each(&workers), Duration::MAX)).await
}

/// Codes that wait.
pub(crate) async fn gathered(site: &Site, clients: &[Client], enough: usize) -> Stock {
    let stock = Rc::new(RefCell::new(Vec::new()));
    let gatherers: Vec<Gather> =
        clients.iter().map(|client| Gather { client: client.clone(), stock: Rc::clone(&stock), enough }).collect();
    at_full_speed(site.port, each(&gatherers), Duration::MAX).await;
    stock
}

pub(crate) fn flows(clients: &[Client]) -> Vec<Flow> {
    clients.iter().cloned().map(Flow).collect()
}
