//! What those see who watch over an instance: its log, its audit, its numbers.

mod alerts;
#[cfg(unix)]
mod arrivals;
mod audit;
mod catalogue;
mod logs;
mod mails;
mod metrics;
mod retention;
