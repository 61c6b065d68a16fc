//! The process as the system sees it, under the names that Prometheus gives these numbers.

use super::exposition::{Exposition, Kind};
use crate::protocol::Timestamp;

pub(super) fn expose(document: &mut Exposition, started: Timestamp) {
    let help = "When the process started, in Unix seconds.";
    document.single("process_start_time_seconds", Kind::Gauge, help, started.0);
    if let Some(bytes) = resident_bytes() {
        document.single("process_resident_memory_bytes", Kind::Gauge, "Memory in use.", bytes);
    }
    if let Some(count) = open_descriptors() {
        document.single("process_open_fds", Kind::Gauge, "Files and sockets that are open.", count);
    }
}

/// `None` where the system does not tell.
#[cfg(target_os = "linux")]
fn resident_bytes() -> Option<u64> {
    let report = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = report.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes.saturating_mul(1024))
}

/// `None` where the system does not tell.
#[cfg(target_os = "linux")]
fn open_descriptors() -> Option<usize> {
    // The directory that is read is one of them.
    std::fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count().saturating_sub(1))
}

/// `None` where the system does not tell.
#[cfg(not(target_os = "linux"))]
fn resident_bytes() -> Option<u64> {
    None
}

/// `None` where the system does not tell.
#[cfg(not(target_os = "linux"))]
fn open_descriptors() -> Option<usize> {
    None
}
