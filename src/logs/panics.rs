//! Panics are lines of the log like all others: standard error is never waited for.

use std::panic::PanicHookInfo;

/// Says where the program panicked. The words are told only where they stand in the source: others may quote what
/// somebody has sent.
pub(super) fn log_from_now_on() {
    std::panic::set_hook(Box::new(log));
}

fn log(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let words = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or_default();
    let thread = std::thread::current();
    tracing::error!(%place, words, thread = thread.name().unwrap_or_default(), "a panic");
}
