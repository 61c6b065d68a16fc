//! The executable, and the packages that it is made of: what deny.toml allows, checked without another tool.

#[cfg(target_os = "linux")]
mod executable;
mod graph;
mod license;

use std::collections::{BTreeMap, BTreeSet};

use graph::{Package, packages_of_the_executable};
use license::is_allowed;
use serde::Deserialize;

#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Entry>,
    skip: Vec<Entry>,
}

/// A package, or the versions of it that begin with what stands behind `@`.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "crate")]
    package: String,
    reason: String,
}

impl Entry {
    fn matches(&self, package: &Package) -> bool {
        match self.package.split_once('@') {
            Some((name, version)) => {
                name == package.name && format!("{}.", package.version).starts_with(&format!("{version}."))
            }
            None => self.package == package.name,
        }
    }
}

fn deny() -> Deny {
    toml::from_str(include_str!("../../../deny.toml")).unwrap()
}

fn package(name: &str, version: &str) -> Package {
    Package { name: name.to_owned(), version: version.to_owned(), license: "MIT".to_owned(), elsewhere: None }
}

/// Names in more than one version, but for the versions that are skipped; and skips that skip nothing.
fn find_duplicates(packages: &BTreeSet<Package>, skip: &[Entry]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages.iter().filter(|package| !skip.iter().any(|entry| entry.matches(package))) {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    let duplicates = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    let needless = skip.iter().filter(|entry| !packages.iter().any(|package| entry.matches(package)));
    duplicates
        .map(|(name, versions)| format!("{name}: {}", versions.join(", ")))
        .chain(needless.map(|entry| format!("{}: skipped, but not there", entry.package)))
        .collect()
}

#[test]
fn no_package_is_there_twice_without_a_reason() {
    let skip = deny().bans.skip;
    assert!(skip.iter().all(|entry| !entry.reason.is_empty()));
    assert_eq!(find_duplicates(&packages_of_the_executable(), &skip), Vec::<String>::new());
}

#[test]
fn a_second_version_and_a_needless_skip_are_found() {
    let new: BTreeSet<Package> = [package("syn", "3.0.0"), package("url", "2.5.0")].into();
    let both: BTreeSet<Package> = new.iter().cloned().chain([package("syn", "2.0.1")]).collect();
    assert_eq!(find_duplicates(&both, &[]), ["syn: 2.0.1, 3.0.0"]);
    let skip = |package: &str| Entry { package: package.to_owned(), reason: "moves".to_owned() };
    assert_eq!(find_duplicates(&both, &[skip("syn@2")]), Vec::<String>::new());
    assert_eq!(find_duplicates(&new, &[skip("syn@2")]), ["syn@2: skipped, but not there"]);
}

#[test]
fn one_cryptographic_library_and_no_banned_package() {
    let packages = packages_of_the_executable();
    let banned = deny().bans.deny;
    for name in ["ring", "openssl-sys", "native-tls"] {
        assert!(banned.iter().any(|entry| entry.package == name), "deny.toml no longer bans {name}");
    }
    let found: Vec<&Package> =
        packages.iter().filter(|package| banned.iter().any(|entry| entry.matches(package))).collect();
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(packages.iter().filter(|package| package.name == "aws-lc-sys").count(), 1);
}

#[test]
fn every_licence_is_allowed_and_every_source_is_the_registry() {
    let allowed = deny().licenses.allow;
    for Package { name, version, license, elsewhere } in packages_of_the_executable() {
        assert!(is_allowed(&license, &allowed), "{name} {version}: {license:?}");
        assert_eq!(elsewhere, None, "{name} {version}");
    }
}
