//! How urgent a thread is to the system: less than the others where it does nothing but one long work, as a hash of a
//! password or a backup.

/// Of 19 at most: whoever waits for an answer that costs microseconds goes first.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Makes the thread that calls give way to the others. Where the system gives a thread no niceness of its own, nothing
/// changes.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "a thread with long work is as urgent as the others");
    }
}
