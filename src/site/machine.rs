//! What machine this is: the memory that the process may take, which bounds what hashing takes (SEC-64).

#[cfg(target_os = "linux")]
use std::path::Path;

use crate::config::{Config, PasswordCost};
use crate::crypto::{LaneLimits, Parameters};

/// What the memory that was seen affords passwords.
pub(super) struct Hashing {
    /// The memory that the process may take, in bytes; 0 where nothing says it.
    pub(super) memory_bytes: u64,
    /// What a hash costs.
    pub(super) parameters: Parameters,
    /// How many are computed at a time; `None` where not even one leaves enough to everything else.
    pub(super) limits: Option<LaneLimits>,
}

impl Hashing {
    /// On this machine, with this configuration.
    pub(super) fn of(config: &Config) -> Self {
        Self::within(memory_bytes(), config.password_cost)
    }

    fn within(memory_bytes: u64, cost: PasswordCost) -> Self {
        let parameters = match cost {
            PasswordCost::Floor => Parameters::floor(),
            PasswordCost::Machine => Parameters::for_machine(memory_bytes),
        };
        let limits = match memory_bytes {
            0 => Some(LaneLimits::default()),
            seen => LaneLimits::default().within(seen, parameters),
        };
        Self { memory_bytes, parameters, limits }
    }
}

/// The memory of the machine or that of the control group, whichever is less, in bytes; 0 where neither can be known, which
/// chooses what the smallest affords.
#[cfg(target_os = "linux")]
fn memory_bytes() -> u64 {
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    match (memory_of_the_machine(), limit_of_groups(Path::new("/sys/fs/cgroup"), &groups)) {
        (0, limit) => limit.unwrap_or(0),
        (whole, limit) => limit.map_or(whole, |limit| limit.min(whole)),
    }
}

#[cfg(target_os = "linux")]
fn memory_of_the_machine() -> u64 {
    let Ok(report) = std::fs::read_to_string("/proc/meminfo") else { return 0 };
    let line = report.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.map_or(0, |kibibytes| kibibytes.saturating_mul(1024))
}

/// The least limit that the group of a process and those above it have, in either version of control groups (cgroups(7)).
/// Within a container the group is the root of what is mounted, whatever its name outside.
#[cfg(target_os = "linux")]
fn limit_of_groups(mounted: &Path, groups: &str) -> Option<u64> {
    let read = |path: &Path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let lines = groups.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, group) = rest.split_once(':')?;
        match controllers {
            "" => Some((mounted.to_owned(), "memory.max", group)),
            _ if controllers.split(',').any(|name| name == "memory") => {
                Some((mounted.join("memory"), "memory.limit_in_bytes", group))
            }
            _ => None,
        }
    });
    let limits = lines.flat_map(|(root, file, group)| {
        let own = root.join(group.trim_start_matches('/'));
        let above: Vec<_> =
            own.ancestors().take_while(|path| path.starts_with(&root)).map(|path| path.join(file)).collect();
        above.into_iter().filter_map(|path| read(&path))
    });
    limits.min()
}

/// The memory of the machine in bytes; 0 where it cannot be known, which chooses what the smallest affords.
#[cfg(not(target_os = "linux"))]
fn memory_bytes() -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn sec_64_hashing_takes_at_most_two_fifths_of_the_memory_that_was_seen_or_none_at_all() {
        for mib in (1..=16_384).step_by(7) {
            for cost in [PasswordCost::Floor, PasswordCost::Machine] {
                let Hashing { parameters, limits, .. } = Hashing::within(mib * MIB, cost);
                match limits {
                    Some(limits) => {
                        let most = parameters.memory_bytes() * limits.threads as u64;
                        assert!(limits.threads > 0 && most * 5 <= mib * MIB * 2, "{most} of {mib} MiB");
                    }
                    None => assert!(parameters.memory_bytes() * 5 > mib * MIB * 2, "{mib} MiB are enough"),
                }
            }
        }
        assert!(Hashing::within(0, PasswordCost::Machine).limits.is_some(), "where nothing says how much there is");
        assert_eq!(Hashing::within(8 << 30, PasswordCost::Machine).parameters, Parameters::standard());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn sec_64_the_least_limit_of_the_groups_above_is_the_one_that_counts() {
        let directory = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let limit = |groups: &str| limit_of_groups(directory.path(), groups);
        assert_eq!(limit("0::/\n"), None);
        write("system.slice/one.service/memory.max", "max\n");
        write("system.slice/memory.max", "536870912\n");
        assert_eq!(limit("0::/system.slice/one.service\n"), Some(512 * MIB));
        write("system.slice/one.service/memory.max", "268435456\n");
        assert_eq!(limit("0::/system.slice/one.service\n"), Some(256 * MIB));
        assert_eq!(limit("0::/elsewhere\n"), None);
        write("memory.max", "134217728");
        assert_eq!(limit("0::/a-name-of-outside\n"), Some(128 * MIB), "within a container");
        write("memory/memory.limit_in_bytes", "67108864");
        assert_eq!(limit("4:cpu,memory:/\n"), Some(64 * MIB), "version 1");
    }
}
