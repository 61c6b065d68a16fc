//! What machine this is.

/// The memory of the machine in bytes; 0 where it cannot be known, which chooses what the smallest affords.
#[cfg(target_os = "linux")]
pub(super) fn memory_bytes() -> u64 {
    let Ok(report) = std::fs::read_to_string("/proc/meminfo") else { return 0 };
    let line = report.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.map_or(0, |kibibytes| kibibytes.saturating_mul(1024))
}

/// The memory of the machine in bytes; 0 where it cannot be known, which chooses what the smallest affords.
#[cfg(not(target_os = "linux"))]
pub(super) fn memory_bytes() -> u64 {
    0
}
