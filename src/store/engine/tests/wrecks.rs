//! What is read of a file in which pages are not where they were written.

use std::collections::BTreeMap;
use std::fs;

use super::super::medium::FILE_NAME;
use super::super::still::StillImage;
use super::super::wreck::{for_each_whole_row, quietly};
use super::*;

/// Of the engine.
const PAGE: usize = 4_096;
const ROWS: u64 = 2_000;

fn record(number: u64) -> String {
    format!("<{number}>{}", "-".repeat(200))
}

/// The pages in which a record lies.
fn places(bytes: &[u8], number: u64) -> Vec<usize> {
    let needle = record(number).into_bytes();
    let holds = |page: &[u8]| page.windows(needle.len()).any(|window| window == needle);
    let pages = bytes.chunks(PAGE).enumerate();
    pages.filter(|(_, page)| holds(page)).map(|(place, _)| place * PAGE).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_192_a_page_in_the_place_of_another_one_gives_no_row_twice_and_hides_no_other() {
    // The page of the first number lies in the place of that of the second as well; that of the third cannot be read.
    for (moved, unreadable) in [
        ([300, 1_700], None),
        ([1_700, 300], None),
        ([700, 720], None),
        ([0, ROWS - 1], None),
        ([ROWS - 1, 0], None),
        ([100, 1_200], Some(800)),
        ([1_900, 200], Some(1_800)),
        ([200, 1_900], Some(ROWS - 1)),
        ([1_900, 800], Some(0)),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::Directory(directory.path().to_path_buf());
        let store = Store::open(Opening { location, ..opening() }).unwrap();
        let fill =
            |tx: &mut super::super::transaction::Tx| (0..ROWS).try_for_each(|n| NUMBERS.insert(tx, &n, &record(n)));
        store.write(fill).await.unwrap();
        drop(store);
        let file = directory.path().join(FILE_NAME);
        let mut bytes = fs::read(&file).unwrap();
        let [from, to] = moved.map(|number| places(&bytes, number));
        let [from, to] = [&from[..], &to[..]].map(|places| <[usize; 1]>::try_from(places).unwrap()[0]);
        assert_ne!(from, to);
        if let Some(at) = unreadable.and_then(|number| places(&bytes, number).pop()) {
            bytes[at..at + PAGE].fill(0);
        }
        bytes.copy_within(from..from + PAGE, to);
        fs::write(&file, &bytes).unwrap();

        let image = StillImage::of_wreck(directory.path()).unwrap();
        let mut found = BTreeMap::<u64, u32>::new();
        let count = quietly(|| {
            for_each_whole_row(&image, NUMBERS.name(), &mut |key, _| {
                *found.entry(u64::from_be_bytes(key.try_into().unwrap())).or_default() += 1;
            })
        });
        assert!(found.values().all(|times| *times == 1), "{moved:?}: {found:?}");
        assert_eq!(count, u64::try_from(found.len()).unwrap());
        let lost: Vec<u64> = (0..ROWS).filter(|number| !found.contains_key(number)).collect();
        let written = |number: &u64| places(&bytes, *number).is_empty();
        assert!(lost.iter().all(written), "{moved:?}: what is still where it was is found: {lost:?}");
        assert!(!lost.is_empty() && lost.len() < 40 * (1 + usize::from(unreadable.is_some())), "{moved:?}: {lost:?}");
    }
}
