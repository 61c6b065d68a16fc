//! The packages of the executable, as cargo resolves them for this machine.

use std::collections::BTreeSet;
use std::process::Command;

/// One package of the graph.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) license: String,
    /// Where it comes from when that is not the registry.
    pub(super) elsewhere: Option<String>,
}

/// Every package that goes into the executable or builds it, ourselves and what only tests need left out.
pub(super) fn packages_of_the_executable() -> BTreeSet<Package> {
    let cargo = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none", "--format", "{p}|{l}|"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    let text = String::from_utf8(cargo.stdout).unwrap();
    let packages: BTreeSet<Package> = text.lines().map(parse).collect();
    packages.into_iter().filter(|package| package.name != env!("CARGO_PKG_NAME")).collect()
}

/// A line like `syn v2.0.1 (proc-macro)|MIT OR Apache-2.0|`.
fn parse(line: &str) -> Package {
    let mut fields = line.split('|');
    let (identity, license) = (fields.next().unwrap(), fields.next().unwrap());
    let identity = identity.replace(" (proc-macro)", "");
    let mut words = identity.splitn(3, ' ');
    let (name, version) = (words.next().unwrap(), words.next().unwrap().trim_start_matches('v'));
    Package {
        name: name.to_owned(),
        version: version.to_owned(),
        license: license.to_owned(),
        elsewhere: words.next().map(str::to_owned),
    }
}
