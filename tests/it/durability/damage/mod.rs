//! SEC-192: files that were damaged. What opens is what was written, or else it is refused in words, and the file is left
//! as it is. Never a panic, never other content.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use moncomptepro::app::App;
use moncomptepro::store::{Location, OpenError, Opening, Store};

use super::dice::{Dice, from_environment};
use super::journal::Journal;
use super::recording::RecordingDisk;
use super::work::Workers;
use super::world;

pub(crate) mod salvage;

const PAGE: usize = 4096;

/// What may become of a damaged file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It opens and holds what was written: the damage hit nothing.
    Whole,
    /// It is refused, and its bytes are what they were.
    Refused,
}

/// A database with a past, as it lies in a file, and an earlier state of it.
struct Sample {
    app: App,
    bytes: Vec<u8>,
    earlier: Vec<u8>,
    content: Vec<String>,
    earlier_content: Vec<String>,
    directory: tempfile::TempDir,
}

impl Sample {
    async fn make() -> Self {
        let disk = RecordingDisk::with(Vec::new());
        let app = world::begin(11, disk.backend()).await;
        let mut journal = Journal::new(&disk);
        let mut workers = Workers::new(&app, 11);
        let mut earlier = Vec::new();
        for round in 0..24 {
            workers.round(&mut journal).await;
            if round == 12 {
                earlier = disk.bytes();
            }
        }
        let bytes = disk.bytes();
        let directory = tempfile::tempdir().unwrap();
        let mut sample = Self { app, bytes, earlier, content: Vec::new(), earlier_content: Vec::new(), directory };
        fs::create_dir(sample.data()).unwrap();
        fs::write(sample.file(), &sample.earlier).unwrap();
        sample.earlier_content = sample.content_of(&sample.open().unwrap());
        fs::write(sample.file(), &sample.bytes).unwrap();
        sample.content = sample.content_of(&sample.open().unwrap());
        assert_ne!(sample.content, sample.earlier_content);
        sample
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn file(&self) -> PathBuf {
        self.data().join("moncomptepro.redb")
    }

    fn open(&self) -> Result<Store, OpenError> {
        Store::open(Opening { location: Location::Directory(self.data()), ..world::opening() })
    }

    fn content_of(&self, store: &Store) -> Vec<String> {
        let report = store.check(self.app.clock.now()).unwrap();
        assert!(report.is_sound(), "{:?}", report.findings);
        report.tables.into_iter().map(|count| count.digest).collect()
    }

    /// Opens the file with these bytes instead of its own.
    fn outcome(&self, bytes: &[u8], what: &str) -> Outcome {
        self.outcome_of(bytes, &self.content, what)
    }

    /// The same where it can only hold this.
    fn outcome_of(&self, bytes: &[u8], content: &[String], what: &str) -> Outcome {
        fs::write(self.file(), bytes).unwrap();
        let opened = catch_unwind(AssertUnwindSafe(|| self.open())).unwrap_or_else(|_| panic!("{what}: it panicked"));
        match opened {
            Ok(store) => {
                assert_eq!(self.content_of(&store), content, "{what}: it holds something else");
                Outcome::Whole
            }
            Err(OpenError::Damaged(reason)) => {
                assert!(!reason.is_empty(), "{what}");
                assert!(fs::read(self.file()).unwrap() == bytes, "{what}: the damaged file was changed");
                Outcome::Refused
            }
            Err(other) => panic!("{what}: {other}"),
        }
    }
}

#[tokio::test]
async fn sec_192_a_damaged_file_opens_with_what_was_written_or_is_refused_and_left_alone() {
    let sample = Sample::make().await;
    let mut dice = Dice::new(from_environment("DAMAGE_SEED", 1));
    let flips = from_environment("DAMAGE", 150);
    let mut refused = 0;
    let mut count = |outcome| {
        refused += u64::from(outcome == Outcome::Refused);
    };
    let pages = sample.bytes.len() / PAGE;
    for _ in 0..flips {
        let (place, bit) = (dice.below(sample.bytes.len()), dice.below(8));
        let mut bytes = sample.bytes.clone();
        bytes[place] ^= 1 << bit;
        count(sample.outcome(&bytes, &format!("bit {bit} of byte {place} flipped")));
    }
    for _ in 0..flips / 5 {
        let page = dice.below(pages);
        let mut bytes = sample.bytes.clone();
        bytes[page * PAGE..(page + 1) * PAGE].fill(0);
        count(sample.outcome(&bytes, &format!("page {page} zeroed")));

        let other = dice.below(pages);
        let mut bytes = sample.bytes.clone();
        bytes.copy_within(other * PAGE..(other + 1) * PAGE, page * PAGE);
        bytes[other * PAGE..(other + 1) * PAGE].copy_from_slice(&sample.bytes[page * PAGE..(page + 1) * PAGE]);
        count(sample.outcome(&bytes, &format!("pages {page} and {other} swapped")));

        let mut bytes = sample.bytes.clone();
        bytes[page * PAGE..(page + 1) * PAGE].iter_mut().for_each(|byte| *byte = dice.roll().to_le_bytes()[0]);
        count(sample.outcome(&bytes, &format!("page {page} filled with garbage")));

        let length = 1 + dice.below(sample.bytes.len() - 1);
        count(sample.outcome(&sample.bytes[..length], &format!("cut to {length} bytes")));
    }
    println!("{} damaged files, {refused} refused", flips + flips / 5 * 4);
    assert!(refused > 0, "nothing was ever noticed");
}

#[tokio::test]
async fn sec_192_what_is_no_database_of_ours_is_refused() {
    let sample = Sample::make().await;
    let mut without_magic = sample.bytes.clone();
    without_magic[..9].copy_from_slice(b"something");
    let glued = |share: usize| {
        let middle = sample.bytes.len().min(sample.earlier.len()) * share / 4 / PAGE * PAGE;
        [&sample.earlier[..middle], &sample.bytes[middle..]].concat()
    };
    for (bytes, what) in [
        (without_magic, "another magic"),
        (b"# a text\n".to_vec(), "a text"),
        (vec![0; 65_536], "zeros"),
        (glued(2), "an older first half"),
    ] {
        assert_eq!(sample.outcome(&bytes, what), Outcome::Refused, "{what}");
    }
    // With the beginning it has the roots of the older one: it is that one whole, as a copy put back would be, or nothing.
    sample.outcome_of(&glued(3), &sample.earlier_content, "older but for its last quarter");
    // Where something follows the end, what was written may be there still.
    sample.outcome(&[sample.bytes.as_slice(), &[0xa5; 10_000]].concat(), "garbage behind the end");
    sample.outcome(&[sample.bytes.as_slice(), &sample.bytes].concat(), "twice");
    assert!(Path::new(&sample.file()).exists());
}
