//! Files that are none of what they say they are: each import says something, and none panics (SEC-150, SEC-152).

use moncomptepro::directory::{Filter, import_contacts};
use moncomptepro::protocol::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;

use super::contact_files::SCHOOLS;
use super::files::{ENTITIES, ENTITY, ESTABLISHMENT, ESTABLISHMENTS, csv, imported, write, zipped};

/// One change of a file.
#[derive(Debug, Clone)]
enum Change {
    /// Bytes in the place of others.
    Overwrite(Index, Vec<u8>),
    /// Bytes between others.
    Insert(Index, Vec<u8>),
    /// All that follows is missing.
    Cut(Index),
    /// A part of it comes a second time.
    Again(Index, Index),
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let telling = proptest::sample::select(&b"\"\n\r,;[]{}:\0PKN\xff\xc3"[..]);
    proptest::collection::vec(prop_oneof![any::<u8>(), telling], 1..40)
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<Index>(), bytes()).prop_map(|(at, bytes)| Change::Overwrite(at, bytes)),
        4 => (any::<Index>(), bytes()).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => any::<Index>().prop_map(Change::Cut),
        2 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Again(from, to)),
    ]
}

fn changed(content: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut content = content.to_vec();
    for change in changes {
        let length = content.len().max(1);
        match change {
            Change::Overwrite(at, bytes) => {
                let at = at.index(length);
                let end = (at + bytes.len()).min(content.len());
                content.splice(at.min(end)..end, bytes.iter().copied());
            }
            Change::Insert(at, bytes) => {
                let at = at.index(length).min(content.len());
                content.splice(at..at, bytes.iter().copied());
            }
            Change::Cut(at) => content.truncate(at.index(length)),
            Change::Again(from, to) => {
                let (from, to) = (from.index(length).min(content.len()), to.index(length).min(content.len()));
                let part = content[from.min(to)..from.max(to)].to_vec();
                content.extend(part);
            }
        }
    }
    content
}

/// A file with some changes, or nothing but bytes; as it is, or in an archive that may be changed itself.
fn file(good: Vec<u8>) -> impl Strategy<Value = (Vec<u8>, bool, Vec<Change>)> {
    let changes = || proptest::collection::vec(change(), 0..5);
    let content = prop_oneof![
        4 => changes().prop_map(move |changes| changed(&good, &changes)),
        1 => proptest::collection::vec(any::<u8>(), 0..2_000),
    ];
    (content, any::<bool>(), changes())
}

fn placed(
    directory: &std::path::Path,
    name: &str,
    (content, is_zipped, changes): &(Vec<u8>, bool, Vec<Change>),
) -> std::path::PathBuf {
    match is_zipped {
        false => write(directory, name, content),
        true => {
            let path = zipped(directory, name, &[("file.csv", content)]);
            let archive = std::fs::read(&path).unwrap();
            write(directory, name, &changed(&archive, changes))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn sec_152_no_file_of_the_register_panics_and_each_import_says_something(
        units in file(csv(ENTITY, &ENTITIES).into_bytes()),
        places in file(csv(ESTABLISHMENT, &ESTABLISHMENTS).into_bytes()),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let files = vec![placed(directory.path(), "units", &units), placed(directory.path(), "places", &places)];
        let data = directory.path().join("data");
        match imported(&data, files, Filter::default()) {
            Ok(report) => {
                prop_assert!(report.establishments > 0 && report.rejected.iter().all(|line| !line.reason.is_empty()));
            }
            Err(cause) => {
                prop_assert!(!cause.to_string().is_empty());
                prop_assert!(!data.join("register").join("current").exists(), "nothing is half done");
            }
        }
    }

    #[test]
    fn sec_152_no_file_of_contacts_panics_and_each_import_says_something(schools in file(SCHOOLS.as_bytes().to_vec())) {
        let directory = tempfile::tempdir().unwrap();
        let path = placed(directory.path(), "schools", &schools);
        match import_contacts(&directory.path().join("data"), &[path], Timestamp(1), &mut |_| {}) {
            Ok(report) => prop_assert!(report.rejected.iter().all(|line| !line.reason.is_empty())),
            Err(cause) => prop_assert!(!cause.to_string().is_empty()),
        }
    }
}
