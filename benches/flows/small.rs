//! The process itself: its start, its size, its memory; and what is left of it on a slow disk and on one core.

use std::time::Duration;

use super::ceilings::cores;
use super::data::{ES256, free_port};
use super::http::Site;
use super::load::at_full_speed;
use super::measure::{Bench, exchange_round, flows, round, signed_in};
use super::passwords;
use super::program::{Program, dev, executable_mib, has, serve, serve_under, start_of_nothing};
use super::table::{Row, median, milliseconds, per_second};
use super::work::{Read, SignIn};

/// What a sync takes on the slow disk, in microseconds.
const SLOW_SYNC_MICROS: u32 = 5000;

/// Start to the first answer, memory before any password, size of the file.
pub(crate) async fn start_and_size(bench: &mut Bench) {
    let starts = bench.plan.starts;
    let nothing = median_of(starts, start_of_nothing);
    let port = free_port();
    let site = Site { port, origin: format!("http://localhost:{port}") };
    let of_dev = median_of(starts, || {
        let program = dev(None, &site);
        let start = program.start;
        program.stop();
        start
    });
    let of_serve = median_of(starts, || {
        let program = serve(&bench.data);
        let start = program.start;
        program.stop();
        start
    });
    for (what, time) in [("`dev`", of_dev), ("`serve` on existing data", of_serve)] {
        let row =
            Row::new(format!("start of {what} to its first discovery answer"), format!("{} ms", milliseconds(time)));
        let ceiling = format!("`--version`: {} ms", milliseconds(nothing));
        bench.table.add(Row { ceiling, ..row.expected("≤ 50 ms") });
    }
    bench.table.add(Row::new("executable", format!("{:.1} MiB", executable_mib())).expected("≤ 20 MiB"));
    let program = serve(&bench.data);
    let idle = program.resident_mib();
    let discovery = [Read { request: program.site.get("/.well-known/openid-configuration", "") }];
    round(bench.plan, &program, &discovery).await;
    bench.table.add(Row::new("memory of `serve`, idle", format!("{idle:.1} MiB")).expected("≤ 16 MiB"));
    let loaded = program.resident_mib();
    bench.table.add(Row::new("memory after discovery at full speed", format!("{loaded:.1} MiB")));
}

fn median_of(count: usize, mut one: impl FnMut() -> Duration) -> Duration {
    Duration::from_secs_f64(median((0..count).map(|_| one().as_secs_f64()).collect()))
}

/// Every sync of the executable held up by `strace`, which lets every other call of the system pass.
pub(crate) async fn slow_disk(bench: &mut Bench) {
    if !has("strace") {
        bench.table.add(Row::new("on a disk whose sync takes 5 ms", "not measured: strace is not installed"));
        return;
    }
    let delay = format!("inject=fdatasync,fsync:delay_enter={SLOW_SYNC_MICROS}");
    let wrapper =
        ["strace", "--seccomp-bpf", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", &delay];
    let program = serve_under(&wrapper, &bench.data);
    what_is_left(bench, &program, ", a sync takes 5 ms more").await;
}

/// The executable on one core, the driver on the others.
pub(crate) async fn one_core(bench: &mut Bench) {
    if !has("taskset") {
        bench.table.add(Row::new("on one core", "not measured: taskset is not installed"));
        return;
    }
    let last = (cores() - 1).to_string();
    let program = serve_under(&["taskset", "-c", &last], &bench.data);
    what_is_left(bench, &program, ", on one core").await;
    passwords::saturate(bench, &program, ", on one core").await;
}

async fn what_is_left(bench: &mut Bench, program: &Program, where_: &str) {
    let (plan, site) = (bench.plan, &program.site);
    let clients = signed_in(site, ES256).await;
    let exchanges = exchange_round(plan, program, &clients).await;
    let row = Row::new(format!("token exchanges, ES256{where_}"), per_second(exchanges.per_second()));
    bench.table.add(row.with_latencies(&exchanges));
    let whole = round(plan, program, &flows(&clients)).await;
    let row = Row::new(format!("complete flows, ES256{where_}"), per_second(whole.per_second()));
    bench.table.add(row.with_latencies(&whole));
    let person = |number| SignIn { site: site.clone(), address: super::data::address(number), source: None };
    let sign_ins = at_full_speed(site.port, (200..212).map(person).collect(), plan.hashing).await;
    let row = Row::new(format!("password sign-ins{where_}"), per_second(sign_ins.per_second()));
    bench.table.add(row.with_latencies(&sign_ins));
}
