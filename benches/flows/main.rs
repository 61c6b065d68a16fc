//! How fast, how small: real HTTP against the released executable with shipped defaults, and what nothing could exceed.
//!
//! `cargo bench --bench flows` prints one table. Each row stands beside its ceiling, measured in the same run, both in
//! turns so that a neighbour on the machine weighs on both: the share is what to compare between machines. The driver
//! is part of this process and shares the cores with what it drives.
//!
//! `-- --quick` takes one or two seconds a row; words choose sections: `start answers exchanges flows passwords
//! saturated backup office slow-disk one-core million idle`. `--under 'perf record -g'` puts a command before `serve`,
//! for a profile. With `MONCOMPTEPRO_BIN` it is the executable of that path that is measured.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark stops at the first surprise and prints what it measured"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock of the machine")]

mod backup;
mod ceilings;
mod data;
mod http;
mod idle;
mod load;
mod measure;
mod million;
mod passwords;
mod program;
mod prototype;
mod requests;
mod small;
mod table;
mod work;

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use measure::{Bench, Plan};

/// That of the executable, so that the ceilings are as high as they can be.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--ceiling", "hyper"] => on_every_core(ceilings::bare_hyper()),
        ["--ceiling", "prototype", algorithm, directory] => {
            on_every_core(prototype::serve(Path::new(directory), algorithm));
        }
        words => on_one_core(measure_all(&Chosen::read(words))),
    }
}

/// What can be chosen.
const SECTIONS: [&str; 12] = [
    "start",
    "answers",
    "exchanges",
    "flows",
    "passwords",
    "saturated",
    "backup",
    "office",
    "slow-disk",
    "one-core",
    "million",
    "idle",
];

/// What is to be measured.
struct Chosen<'a> {
    plan: Plan,
    sections: Vec<&'a str>,
    under: Vec<String>,
}

impl<'a> Chosen<'a> {
    fn read(mut words: &[&'a str]) -> Self {
        let mut chosen = Self { plan: Plan::whole(), sections: Vec::new(), under: Vec::new() };
        while let Some((word, rest)) = words.split_first() {
            words = rest;
            match (*word, rest.split_first()) {
                ("--quick", _) => chosen.plan = Plan::quick(),
                ("--under", Some((command, rest))) => {
                    chosen.under = command.split_whitespace().map(str::to_owned).collect();
                    words = rest;
                }
                (section, _) => {
                    assert!(SECTIONS.contains(&section), "no section is called {section}: {}", SECTIONS.join(" "));
                    chosen.sections.push(section);
                }
            }
        }
        chosen
    }

    fn holds(&self, section: &str) -> bool {
        self.sections.is_empty() || self.sections.contains(&section)
    }
}

async fn measure_all(chosen: &Chosen<'_>) {
    let mut bench = Bench::new(chosen.plan, chosen.under.clone()).await;
    bench.heading();
    if chosen.holds("start") {
        small::start_and_size(&mut bench).await;
    }
    if chosen.holds("answers") {
        requests::answers(&mut bench).await;
    }
    if chosen.holds("exchanges") {
        requests::exchanges(&mut bench).await;
    }
    if chosen.holds("flows") {
        requests::flows(&mut bench).await;
    }
    if chosen.holds("passwords") {
        passwords::at_both_costs(&mut bench).await;
    }
    if chosen.holds("saturated") {
        passwords::while_saturated(&mut bench).await;
    }
    if chosen.holds("backup") {
        backup::while_backed_up(&mut bench).await;
    }
    if chosen.holds("office") {
        passwords::one_office(&mut bench).await;
    }
    if chosen.holds("slow-disk") {
        small::slow_disk(&mut bench).await;
    }
    if chosen.holds("one-core") {
        small::one_core(&mut bench).await;
    }
    if chosen.holds("million") {
        million::accounts(&mut bench).await;
    }
    if chosen.holds("idle") {
        idle::connections(&mut bench).await;
    }
    bench.table.print();
}

/// As the executable runs.
fn on_every_core(role: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(role);
}

/// The driver: one thread.
fn on_one_core(driver: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(driver);
    // Blocking threads of the library may still wait for work.
    runtime.shutdown_timeout(Duration::from_secs(1));
}
