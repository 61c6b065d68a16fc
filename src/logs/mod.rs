//! What the program tells its operator: one line for each event, as text or JSON, and numbers.
//!
//! Refuses to be waited for, to be written into by what it quotes, and to quote what libraries read. Doors: [`start`],
//! [`Log`], [`Lines`], [`Sink`]; [`during`] for whoever works on a request; [`Counts`] and [`Durations`].

mod counts;
mod escape;
mod layer;
mod panics;
mod request;
mod sink;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};

use crate::clock::Clock;
use crate::config::{LogFormat, Logs};

pub use counts::{Counted, Counts, Durations, DurationsRead, Family, Stopwatch};
pub use layer::Lines;
pub use request::{RequestId, Route, during, elapsed, note_route, request_id, route};
pub use sink::Sink;

/// A log that was started; clones share it.
#[derive(Debug, Clone)]
pub struct Log {
    /// Where its lines go.
    pub sink: Sink,
    filter: Handle<EnvFilter, Registry>,
}

impl Log {
    /// Logs at another level from now on, unless `RUST_LOG` says which.
    pub fn set_level(&self, level: &str) {
        if let Err(cause) = self.filter.reload(filter(level)) {
            tracing::warn!(%cause, "the level of the log cannot be changed");
        }
    }
}

/// `RUST_LOG` wins over the level of the configuration.
fn filter(level: &str) -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level))
}

/// Logs to `output` from now on, panics too. `RUST_LOG` wins over the level of the configuration.
///
/// # Errors
/// When there is no thread to be had, or something logs already.
pub fn start(output: impl Write + Send + 'static, logs: &Logs, clock: Clock) -> io::Result<Log> {
    let (filter, handle) = reload::Layer::new(filter(&logs.level));
    let sink = Sink::new(output, complaint(logs.format, clock.clone()))?;
    let lines = Lines::new(logs.format, clock, sink.clone());
    tracing_subscriber::registry().with(filter).with(lines).try_init().map_err(io::Error::other)?;
    panics::log_from_now_on();
    Ok(Log { sink, filter: handle })
}

/// Makes the line that stands for those that were dropped.
pub fn complaint(format: LogFormat, clock: Clock) -> impl Fn(u64) -> String + Send + 'static {
    const SAYING: &str = "lines were dropped: nobody took them in time";
    const TARGET: &str = "moncomptepro::logs";
    move |count| {
        let time = layer::time(clock.now_millis());
        match format {
            LogFormat::Text => format!("{time}  WARN {TARGET}: {SAYING} dropped={count}\n"),
            LogFormat::Json => {
                let record = serde_json::json!({
                    "time": time, "level": "WARN", "target": TARGET, "message": SAYING, "dropped": count,
                });
                format!("{record}\n")
            }
        }
    }
}
