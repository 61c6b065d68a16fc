//! Sign-ins by password, and what goes on meanwhile.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use moncomptepro::crypto::Parameters;

use super::ceilings::{cores, password_hashes};
use super::data::{self, ES256, PASSWORD, address};
use super::http::{Connection, Site};
use super::load::{Load, at_a_rate, at_full_speed};
use super::measure::{Bench, Height, Plan, gathered, signed_in};
use super::program::{Program, dev, serve};
use super::table::{Row, milliseconds};
use super::work::{Client, Entry, Exchange, Jar, Protected, SignIn, SignInWithCode, authorization};

/// Sign-ins under way at one time: enough that the lane always has work.
const SIGN_INS: u64 = 12;
/// People of one office.
const OFFICE: u64 = 40;
/// How many of them mistype at first.
const MISTYPING: u64 = 5;
/// Exchanges a second at the fixed rate.
pub(crate) const EXCHANGES_PER_SECOND: u32 = 200;

/// Threads of the lane, as the executable chooses them: it leaves one core to everything else.
fn lane_threads() -> usize {
    (cores() - 1).clamp(1, 4)
}

fn people(site: &Site, numbers: std::ops::Range<u64>) -> Vec<SignIn> {
    numbers.map(|number| SignIn { site: site.clone(), address: address(number), source: None }).collect()
}

/// Sign-ins beside the hash alone: at the cost of a server, and at the lower one of `dev`.
pub(crate) async fn at_both_costs(bench: &mut Bench) {
    let program = serve(&bench.data);
    let idle = program.resident_mib();
    beside_hashes(bench, &program, Parameters::standard()).await;
    let lane = program.resident_mib() - idle;
    let worst = Parameters::standard().memory_bytes() as usize * lane_threads() / 1_048_576;
    let row = Row::new("memory that sign-ins add", format!("{lane:.1} MiB"));
    bench.table.add(row.expected(format!("the lane's {worst} MiB")));
    beside_passwords(bench, &program).await;
    program.stop();
    let (fixtures, site) = data::fixtures(bench.directory()).await;
    let program = dev(Some(&fixtures), &site);
    beside_hashes(bench, &program, Parameters::floor()).await;
}

async fn beside_hashes(bench: &mut Bench, program: &Program, parameters: Parameters) {
    let plan = bench.plan;
    let load = async || {
        program.under(at_full_speed(program.site.port, people(&program.site, 0..SIGN_INS), plan.hashing)).await
    };
    let ceiling = async || Height::Looped(password_hashes(parameters, lane_threads(), plan.hashing));
    let turns = bench.beside(load, ceiling).await;
    let (memory, passes) = (parameters.memory_kib / 1024, parameters.iterations);
    let row = turns.row(&format!("password sign-ins, {memory} MiB × {passes}"), "argon2id alone");
    bench.table.add(row.expected("≥ 92 %"));
}

/// Sign-ins by a password and the code of an application, beside those by a password alone: the lane keeps its figures.
async fn beside_passwords(bench: &mut Bench, program: &Program) {
    let (time, site) = (bench.plan.hashing, &program.site);
    let protected: Protected = Rc::new(RefCell::new(data::PROTECTED.map(|number| (number, 0)).collect()));
    let worker = SignInWithCode { site: site.clone(), people: protected };
    let load = async || {
        let workers = vec![worker.clone(); SIGN_INS as usize];
        program.under(at_full_speed(site.port, workers, time)).await
    };
    let alone = async || Height::Served(program.under(at_full_speed(site.port, people(site, 0..SIGN_INS), time)).await);
    let turns = bench.beside(load, alone).await;
    let row = turns.row("sign-ins by password and code of an application", "password alone");
    bench.table.add(row.expected("≥ 95 %"));
}

/// Exchanges at a fixed rate, alone and while more people sign in than the lane can serve.
pub(crate) async fn while_saturated(bench: &mut Bench) {
    let program = serve(&bench.data);
    saturate(bench, &program, "").await;
}

/// The same on any instance; `where_` is said in the table.
pub(crate) async fn saturate(bench: &mut Bench, program: &Program, where_: &str) {
    let (plan, site) = (bench.plan, &program.site);
    let clients = signed_in(site, ES256).await;
    let quiet = exchanges_at_a_rate(bench, site, &clients).await;
    let people = people(site, 100..100 + SIGN_INS);
    // The lane is full before the first exchange, and until after the last one.
    let sign_ins = at_full_speed(site.port, people, plan.at_a_rate + Duration::from_secs(4));
    let exchanges = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        exchanges_at_a_rate(bench, site, &clients).await
    };
    let (sign_ins, busy) = tokio::join!(sign_ins, exchanges);
    let count = |load: &Load| format!("{} of {EXCHANGES_PER_SECOND}/s", load.latencies.len());
    let what = format!("exchanges at a fixed rate, ES256{where_}");
    bench.table.add(Row::new(&what, count(&quiet)).with_latencies(&quiet));
    let figure = format!("{}, {:.1} sign-ins/s", count(&busy), sign_ins.per_second());
    let row = Row::new(format!("{what}, lane saturated"), figure).with_latencies(&busy);
    bench.table.add(row.expected("p99 ≤ 20 ms"));
}

async fn exchanges_at_a_rate(bench: &Bench, site: &Site, clients: &[Client]) -> Load {
    let workers = exchangers(bench.plan, site, clients).await;
    at_a_rate(site.port, workers, EXCHANGES_PER_SECOND, bench.plan.at_a_rate).await
}

/// Workers with codes enough for exchanges at the fixed rate.
pub(crate) async fn exchangers(plan: Plan, site: &Site, clients: &[Client]) -> Vec<Exchange> {
    let enough = plan.at_a_rate.as_secs() as usize * EXCHANGES_PER_SECOND as usize + 100;
    let stock = gathered(site, clients, enough).await;
    let worker = |client: &Client| Exchange { client: client.clone(), stock: Rc::clone(&stock) };
    clients.iter().cycle().take(32).map(worker).collect()
}

/// Everybody of an office arrives at the same moment, behind one address; some mistype.
pub(crate) async fn one_office(bench: &mut Bench) {
    let program = serve(&bench.data);
    let site = &program.site;
    let begun = Instant::now();
    let arrivals = people(site, 500..500 + OFFICE).into_iter().enumerate();
    let stories = arrivals.map(|(place, person)| arrive(person, (place as u64) < MISTYPING));
    let stories: Vec<Option<Duration>> = join_all(stories).await;
    let everybody = begun.elapsed();
    let refused = stories.iter().filter(|story| story.is_none()).count();
    let load = Load { latencies: stories.into_iter().flatten().collect(), ..Load::default() };
    let figure = format!("{} in, {refused} refused, all within {} ms", load.latencies.len(), milliseconds(everybody));
    let what = format!("{OFFICE} people behind one address at once, {MISTYPING} of them mistype");
    bench.table.add(Row::new(what, figure).with_latencies(&load).expected("0 refused, ≤ 120 s"));
}

/// From the client's link to its tokens; `None` when anything was refused on the way.
async fn arrive(person: SignIn, mistypes: bool) -> Option<Duration> {
    let begun = Instant::now();
    let mut connection = Connection::open(person.site.port).await;
    let mut jar = Jar::default();
    let from = authorization(ES256);
    let mut entry = Entry::Wrong;
    for is_right in [!mistypes, true] {
        let password = if is_right { PASSWORD } else { "un mot de passe de travers" };
        if matches!(entry, Entry::Wrong) {
            entry = person.enter(&mut connection, &mut jar, &from, password).await;
        }
    }
    let Entry::In(next) = entry else { return None };
    let code = person.go_back(&mut connection, &mut jar, &next).await;
    Client::without_person(&person.site, ES256).exchange(&mut connection, &code).await;
    Some(begun.elapsed())
}

async fn join_all<T: 'static>(futures: impl Iterator<Item = impl Future<Output = T> + 'static>) -> Vec<T> {
    let tasks = tokio::task::LocalSet::new();
    let running: Vec<_> = futures.map(|future| tasks.spawn_local(future)).collect();
    tasks.await;
    let mut values = Vec::with_capacity(running.len());
    for one in running {
        values.push(one.await.unwrap());
    }
    values
}
