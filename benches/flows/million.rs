//! What a million accounts change.

use std::net::Ipv4Addr;

use super::data;
use super::http::Connection;
use super::load::{Turn, Work, at_full_speed};
use super::measure::{Bench, Height};
use super::program::{Program, serve};
use super::table::Row;
use super::work::{Jar, SignIn};

/// Accounts of the small instance, and of the large one.
const FEW: u64 = 1_000;
const MANY: u64 = 1_000_000;
/// With `--quick`.
const MANY_QUICKLY: u64 = 100_000;
/// Connections: enough that the password lane always has work.
const CONNECTIONS: u64 = 12;
/// Neighbours in this walk through the people are far apart on disk.
const STRIDE: u64 = 7_919;

/// People who sign in one after another, everybody once before anybody comes again.
#[derive(Clone)]
struct Everybody {
    person: SignIn,
    next: u64,
    people: u64,
    /// Of how many sources it has been.
    sources: u32,
    worker: u32,
}

impl Everybody {
    fn all(program: &Program, people: u64) -> Vec<Self> {
        let one = |number| Self {
            person: SignIn { site: program.site.clone(), address: String::new(), source: None },
            next: number * (people / CONNECTIONS),
            people,
            sources: 0,
            worker: number as u32,
        };
        (0..CONNECTIONS).map(one).collect()
    }

    fn advance(&mut self) {
        let number = self.next % self.people;
        self.person.address = data::address(number);
        // From somewhere else each time, whoever it is: what one source may ask is limited, and a thousand people come again
        // within the second.
        let source = self.sources * CONNECTIONS as u32 + self.worker;
        self.person.source = Some(Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + source));
        self.sources += 1;
        self.next += STRIDE;
    }
}

impl Work for Everybody {
    async fn once(&mut self, connection: &mut Connection) -> Turn {
        self.advance();
        self.person.once(connection).await
    }
}

/// The e-mail step alone: everything of a sign-in but its hash.
#[derive(Clone)]
struct Asked(Everybody);

impl Work for Asked {
    async fn once(&mut self, connection: &mut Connection) -> Turn {
        self.0.advance();
        self.0.person.give_address(connection, &mut Jar::default(), "/users/start-sign-in").await;
        Turn::Done
    }
}

/// Sign-ins of everybody in turn, of an instance with a thousand people and of one with a million, in turns.
pub(crate) async fn accounts(bench: &mut Bench) {
    let many = if bench.plan.rounds > 1 { MANY } else { MANY_QUICKLY };
    let few_data = data::prepare_with(&bench.folder("few"), Vec::new(), FEW, 0..0).await;
    let many_data = data::prepare_with(&bench.folder("many"), Vec::new(), many, 0..0).await;
    let size = std::fs::metadata(bench.folder("many").join("data/moncomptepro.redb")).map_or(0, |file| file.len());
    let (small, large) = (serve(&few_data), serve(&many_data));
    let (plan, idle) = (bench.plan, large.resident_mib());
    let round = async |program: &Program, people: u64| {
        program.under(at_full_speed(program.site.port, Everybody::all(program, people), plan.hashing)).await
    };
    let turns =
        bench.beside(async || round(&large, many).await, async || Height::Served(round(&small, FEW).await)).await;
    let what = format!("password sign-ins, {many} accounts");
    bench.table.add(turns.row(&what, &format!("{FEW} accounts")).expected("≥ 80 %"));
    let round = async |program: &Program, people: u64| {
        let workers = Everybody::all(program, people).into_iter().map(Asked).collect();
        program.under(at_full_speed(program.site.port, workers, plan.round)).await
    };
    let turns =
        bench.beside(async || round(&large, many).await, async || Height::Served(round(&small, FEW).await)).await;
    let what = format!("addresses given at the e-mail step, {many} accounts");
    bench.table.add(turns.row(&what, &format!("{FEW} accounts")).expected("≥ 80 %"));
    let figure = format!(
        "{:.1} MiB idle, {:.1} MiB after, {:.0} MiB on disk, {:.0} B for an account",
        idle,
        large.resident_mib(),
        size as f64 / 1_048_576.0,
        size as f64 / many as f64
    );
    bench
        .table
        .add(Row::new(format!("memory and disk, {many} accounts"), figure).expected("64 MiB of cache, and the lane"));
    small.stop();
    large.stop();
}
