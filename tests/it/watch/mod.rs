//! What those see who watch over an instance: its log, its audit, its numbers.

mod audit;
#[cfg(unix)]
mod joiners;
mod logs;
mod mails;
mod metrics;
