//! How many files and sockets the process may hold.

/// What is kept for the database, the log, and calls to the outside.
const KEPT: u64 = 64;
/// Below this the operator is told.
const EXPECTED: u64 = 4096;

/// Raises the limit of this process as far as the system allows. How many connections that leaves room for, at most
/// `wanted`.
pub(super) fn room_for(wanted: usize) -> usize {
    let limit = raise();
    if limit < EXPECTED {
        tracing::warn!(
            limit,
            "few open files are allowed: connections wait when they are used up; raise LimitNOFILE of the service \
             (ulimit -n) to {EXPECTED} or more"
        );
    }
    wanted.min(room_in(limit))
}

/// One connection at the very least, where nothing can be kept.
fn room_in(limit: u64) -> usize {
    usize::try_from(limit.saturating_sub(KEPT)).unwrap_or(usize::MAX).max(1)
}

/// The soft limit, once it is the hard one.
#[cfg(unix)]
fn raise() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let before = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: before.maximum, maximum: before.maximum };
    let now = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => before.maximum,
        // Some systems allow less than they say.
        Err(_refused) => before.current,
    };
    now.unwrap_or(u64::MAX)
}

/// The system keeps no such limit.
#[cfg(not(unix))]
fn raise() -> u64 {
    u64::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_208_some_are_kept_for_everything_else() {
        assert_eq!(room_in(4096), 4032);
        assert_eq!(room_in(256), 192);
        assert_eq!(room_in(10), 1);
        assert_eq!(room_for(100), 100, "this machine has room for a hundred");
    }
}
