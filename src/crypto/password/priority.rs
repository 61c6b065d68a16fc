//! How urgent the hashes are to the system: less than everything else, since each of them is a long computation and
//! nothing but that.

/// Of 19 at most: whoever waits for an answer that costs microseconds goes first.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Makes the thread that calls give way to the others. Where the system gives a thread no niceness of its own, nothing
/// changes.
pub(super) fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "the threads that hash passwords are as urgent as the others");
    }
}
