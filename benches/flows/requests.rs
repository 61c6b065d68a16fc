//! What clients ask: documents, claims, tokens, whole flows.

use super::ceilings::{cores, signatures};
use super::data::{ES256, RS256};
use super::measure::{Bench, Height, exchange_round, flows as flows_of, round, signed_in};
use super::program::{Program, serve};
use super::table::{Row, per_second};
use super::work::{Client, Read};

/// Discovery and UserInfo, beside hyper that answers 200.
pub(crate) async fn answers(bench: &mut Bench) {
    let (plan, program) = (bench.plan, serve(&bench.data));
    let hyper = Program::ceiling(&["hyper"]);
    let nothing = [Read { request: hyper.site.get("/", "") }];
    let discovery = [Read { request: program.site.get("/.well-known/openid-configuration", "") }];
    let mut claims = Vec::new();
    for client in signed_in(&program.site, ES256).await {
        claims.push(Read { request: client.question().await });
    }
    for (what, reads) in [("discovery", discovery.as_slice()), ("UserInfo", claims.as_slice())] {
        let load = async || round(plan, &program, reads).await;
        let ceiling = async || Height::Served(round(plan, &hyper, &nothing).await);
        let turns = bench.beside(load, ceiling).await;
        bench.table.add(turns.row(what, "bare hyper"));
    }
    program.stop();
}

/// Codes for tokens, beside the prototype; and the signatures alone.
pub(crate) async fn exchanges(bench: &mut Bench) {
    let (plan, program) = (bench.plan, serve(&bench.data));
    for (client_id, algorithm, size) in [(ES256, "ES256", "P-256"), (RS256, "RS256", "3,072 bits")] {
        let clients = signed_in(&program.site, client_id).await;
        let prototype = bench.prototype(algorithm);
        let bare = [Client::without_person(&prototype.site, client_id)];
        let load = async || exchange_round(plan, &program, &clients).await;
        let ceiling = async || Height::Served(exchange_round(plan, &prototype, &bare).await);
        let turns = bench.beside(load, ceiling).await;
        let row = turns.row(&format!("token exchanges, {algorithm} ({size})"), "prototype");
        bench.table.add(row.expected("≥ 80 %"));
        let rate = per_second(signatures(algorithm, plan.round));
        bench.table.add(Row::new(format!("{algorithm} signatures alone, {} threads", cores()), rate));
    }
    let memory = format!("{:.1} MiB", program.resident_mib());
    bench.table.add(Row::new("memory after this load", memory));
    program.stop();
}

/// Authorization, exchange and claims of people who are signed in.
pub(crate) async fn flows(bench: &mut Bench) {
    let (plan, program) = (bench.plan, serve(&bench.data));
    for (client_id, algorithm, size) in [(ES256, "ES256", "P-256"), (RS256, "RS256", "3,072 bits")] {
        let clients = flows_of(&signed_in(&program.site, client_id).await);
        let prototype = bench.prototype(algorithm);
        let bare = flows_of(&[Client::without_person(&prototype.site, client_id)]);
        let load = async || round(plan, &program, &clients).await;
        let ceiling = async || Height::Served(round(plan, &prototype, &bare).await);
        let turns = bench.beside(load, ceiling).await;
        let expected = if algorithm == "ES256" { "≥ 4400/s" } else { "" };
        bench.table.add(turns.row(&format!("complete flows, {algorithm} ({size})"), "prototype").expected(expected));
    }
    program.stop();
}
