//! Numbers about the instance, for those who watch over it, in the text format of Prometheus. None of them is about a
//! person, and none has a label that a client could choose.

mod exposition;
mod listener;
mod process;
mod requests;
#[cfg(test)]
mod tests;

use std::sync::PoisonError;

use super::operations::{is_degraded, is_ready};
use crate::acts;
use crate::app::App;
use crate::config::DataLocation;
use crate::crypto::KeyState;
use crate::domain::TurnedAway;
use crate::logs::{Counted, Sink};
use crate::protocol::Timestamp;
use crate::serve::{Counters, Event, Settings, Tls, Work};
use crate::store::outbox;
use exposition::{Exposition, Kind};

pub(super) use listener::run;
pub use requests::Requests;

/// Mails of the outbox that are counted.
const MOST_MAILS: usize = 1000;

/// What is measured.
#[derive(Clone)]
pub struct Metrics {
    app: App,
    requests: Requests,
    counters: Counters,
    tls: Option<Tls>,
    log: Option<Sink>,
    started: Timestamp,
}

impl Metrics {
    /// Measures an instance whose requests are counted there, that is served with these settings and logs into `log`.
    pub fn new(app: App, requests: Requests, settings: &Settings, log: Option<Sink>) -> Self {
        let (counters, tls, started) = (settings.counters.clone(), settings.tls.clone(), app.clock.wall());
        Self { app, requests, counters, tls, log, started }
    }

    /// Everything that is measured, as it is now. Reads the outbox.
    pub fn expose(&self) -> String {
        let mut document = Exposition::default();
        self.expose_instance(&mut document);
        self.requests.expose(&mut document);
        self.expose_acts(&mut document);
        self.expose_sockets(&mut document);
        self.expose_passwords(&mut document);
        self.expose_store(&mut document);
        self.expose_keys(&mut document);
        self.expose_directory(&mut document);
        process::expose(&mut document, self.started);
        document.into_text()
    }

    fn expose_instance(&self, document: &mut Exposition) {
        let name = "moncomptepro_build_info";
        document.family(name, Kind::Gauge, "1, for the version that runs.");
        document.sample(name, &[("version", env!("CARGO_PKG_VERSION"))], 1);
        let app = &self.app;
        let is_ready = u8::from(is_ready(app));
        document.single("moncomptepro_ready", Kind::Gauge, "1 while /readyz says ok.", is_ready);
        let help = "Seconds by which the system's clock was set back.";
        document.single("moncomptepro_clock_behind_seconds", Kind::Gauge, help, app.clock.seconds_behind());
        let name = "moncomptepro_degraded";
        document.family(
            name,
            Kind::Gauge,
            "1 while the instance serves, and something is amiss that an operator has to mend.",
        );
        let is_over = self.tls.as_ref().is_some_and(|tls| tls.valid_until().has_come(app.clock.now()));
        for (reason, is_so) in [("clock_set_back", is_degraded(app)), ("certificate_over", is_over)] {
            document.sample(name, &[("reason", reason)], u64::from(is_so));
        }
        if let Some(log) = &self.log {
            let help = "Lines of the log that nobody took in time.";
            document.single("moncomptepro_log_lines_dropped_total", Kind::Counter, help, log.dropped());
        }
    }

    fn expose_acts(&self, document: &mut Exposition) {
        for (family, label, acts) in Counted::FAMILIES {
            let name = format!("moncomptepro_{family}_total");
            let help = match *family {
                "sign_ins" => "Sign-ins that were tried, by outcome.",
                "codes" => "Authorization codes, by what became of them.",
                "tokens" => "Token answers with an access token, by grant.",
                "mails" => "Mails that left the outbox or were put off, by outcome.",
                "smtp_connections" => "Conversations with the server of mails, by outcome.",
                "leaked_password_checks" => "Passwords that a service of leaked ones was asked about, by what it said.",
                _ => "Clients that showed a credential, by outcome.",
            };
            document.family(&name, Kind::Counter, help);
            for (counted, word) in *acts {
                document.sample(&name, &[(label, word)], self.app.counts.get(*counted));
            }
        }
        let (refusals, held) = {
            let limiter = self.app.limiter.lock().unwrap_or_else(PoisonError::into_inner);
            (limiter.refusals(), limiter.len())
        };
        let name = "moncomptepro_limited_total";
        document.family(name, Kind::Counter, "Attempts that a limit refused.");
        for (word, number) in
            [("account", refusals.guesses), ("failures", refusals.failures), ("forms", refusals.submissions)]
        {
            document.sample(name, &[("limit", word)], number);
        }
        let name = "moncomptepro_requests_turned_away_total";
        document.family(name, Kind::Counter, "Requests that were turned away before anything was done.");
        let mut turned_away = self.app.turned_away.lock().unwrap_or_else(PoisonError::into_inner);
        for (word, reason) in [("foreign_form", TurnedAway::ForeignForm), ("too_many", TurnedAway::TooMany)] {
            document.sample(name, &[("reason", word)], turned_away.total(reason));
        }
        drop(turned_away);
        let help = "Accounts, sources and clients whose attempts are counted now.";
        document.single("moncomptepro_limiter_keys", Kind::Gauge, help, held);
    }

    fn expose_sockets(&self, document: &mut Exposition) {
        let name = "moncomptepro_connections";
        document.family(name, Kind::Gauge, "Connections that are open, by state.");
        let shaking = self.counters.under_way(Work::Handshake);
        document.sample(name, &[("state", "handshake")], shaking);
        document.sample(name, &[("state", "established")], self.counters.open().saturating_sub(shaking));
        let help = "Requests that are being answered.";
        document.single("moncomptepro_requests_under_way", Kind::Gauge, help, self.counters.under_way(Work::Request));
        let name = "moncomptepro_connection_events_total";
        document.family(name, Kind::Counter, "What happened to connections.");
        for (word, event) in [
            ("accepted", Event::Accepted),
            ("turned_away", Event::TurnedAway),
            ("handshake_failed", Event::HandshakeFailed),
            ("overdue", Event::Overdue),
            ("flood", Event::Flood),
            ("refused_by_system", Event::RefusedBySystem),
        ] {
            document.sample(name, &[("event", word)], self.counters.get(event));
        }
    }

    fn expose_passwords(&self, document: &mut Exposition) {
        let lane = &self.app.passwords;
        let mut gauge = |name, help, number: u64| document.single(name, Kind::Gauge, help, number);
        let size = |number| u64::try_from(number).unwrap_or(u64::MAX);
        gauge("moncomptepro_password_threads", "Threads that hash passwords.", size(lane.threads()));
        gauge("moncomptepro_password_threads_busy", "Those of them that are at work.", lane.busy());
        gauge("moncomptepro_password_queue", "Passwords that wait to be hashed.", size(lane.depth()));
        let mut counter = |name, help, number| document.single(name, Kind::Counter, help, number);
        counter("moncomptepro_passwords_hashed_total", "Passwords hashed.", lane.hashed_count());
        let help = "Passwords that were not hashed because too many waited, or for too long.";
        counter("moncomptepro_passwords_refused_total", help, lane.refused_count());
    }

    fn expose_store(&self, document: &mut Exposition) {
        let store = &self.app.store;
        let mut gauge = |name, help, number: u64| document.single(name, Kind::Gauge, help, number);
        gauge("moncomptepro_store_writable", "1 while writes are taken.", u64::from(store.is_healthy()));
        gauge("moncomptepro_store_file_bytes", "Size of the database's file.", store.file_bytes());
        if let Some(held) = store.statistics().held() {
            let free = store.file_bytes().saturating_sub(held.used);
            gauge("moncomptepro_store_free_bytes", "What of the file holds nothing, as it was looked at last.", free);
            let help = "What is lost between the records, as it was looked at last.";
            gauge("moncomptepro_store_fragmented_bytes", help, held.fragmented);
        }
        let help = "How long the oldest reading has been under way: the file grows meanwhile.";
        gauge("moncomptepro_store_oldest_read_seconds", help, store.statistics().oldest_read().as_secs());
        let depth = u64::try_from(store.queue_depth()).unwrap_or(u64::MAX);
        gauge("moncomptepro_store_queue", "Writes that wait for the writer.", depth);
        if let Some(space) = store.space() {
            gauge("moncomptepro_disk_free_bytes", "Room on the disk of the data directory.", space.free);
            gauge("moncomptepro_disk_bytes", "Size of the disk of the data directory.", space.total);
        }
        if let DataLocation::Directory(directory) = &self.app.config.data
            && let Some(taken_at) = acts::newest_backup(directory, self.app.clock.wall())
        {
            let help = "When the newest backup in the data directory was taken, in Unix seconds.";
            gauge("moncomptepro_backup_newest_timestamp_seconds", help, taken_at.0);
        }
        // A database that cannot be read says so above.
        if let Ok(mails) = store.read(|tx| outbox::list(tx, None, MOST_MAILS)) {
            let waiting = u64::try_from(mails.len()).unwrap_or(u64::MAX);
            gauge("moncomptepro_outbox_mails", "Mails that wait to leave, up to 1000.", waiting);
            let now = self.app.clock.now();
            let oldest = mails.first().map_or(0, |queued| now.seconds_since(queued.mail.created_at));
            gauge("moncomptepro_outbox_oldest_seconds", "How long the oldest of them has waited.", oldest);
        }
        let statistics = store.statistics();
        let mut counter = |name, help, number| document.single(name, Kind::Counter, help, number);
        counter("moncomptepro_store_writes_total", "Writes that are durable.", statistics.acknowledged());
        counter("moncomptepro_store_writes_refused_total", "Writes that failed.", statistics.refused());
        let help = "Readings that took too long.";
        counter("moncomptepro_store_reads_given_up_total", help, statistics.given_up());
        let name = "moncomptepro_store_commit_duration_seconds";
        let help = "From the beginning of a write transaction until it is durable; its count is that of the commits.";
        document.family(name, Kind::Histogram, help);
        document.durations(name, &[], &statistics.transactions.read());
    }

    fn expose_keys(&self, document: &mut Exposition) {
        let now = self.app.clock.now();
        let name = "moncomptepro_signing_key_age_seconds";
        document.family(name, Kind::Gauge, "How long the current signing key of each algorithm has existed.");
        for key in self.app.keyring.set().keys() {
            if let KeyState::Current { created_at, .. } = key.state() {
                document.sample(name, &[("alg", key.algorithm().as_str())], now.seconds_since(created_at));
            }
        }
        if let Some(tls) = &self.tls {
            let name = "moncomptepro_certificate_expiry_timestamp_seconds";
            document.single(name, Kind::Gauge, "When the certificate is over, in Unix seconds.", tls.valid_until().0);
            let help = "1 while the files hold a certificate or key that is not used: the one before goes on.";
            let is_refused = u8::from(tls.is_refusing());
            document.single("moncomptepro_certificate_files_refused", Kind::Gauge, help, is_refused);
        }
    }

    fn expose_directory(&self, document: &mut Exposition) {
        let standings = self.app.directory.standings();
        if standings.is_empty() {
            return;
        }
        let name = "moncomptepro_directory_calls_total";
        document.family(
            name,
            Kind::Counter,
            "Questions to services of the register and of official contacts, by service.",
        );
        for (source, standing) in &standings {
            document.sample(name, &[("source", *source)], standing.calls);
        }
        let name = "moncomptepro_directory_failures_total";
        document.family(name, Kind::Counter, "Those that failed: no answer, a refusal, or nonsense.");
        for (source, standing) in &standings {
            document.sample(name, &[("source", *source)], standing.failures);
        }
    }
}
