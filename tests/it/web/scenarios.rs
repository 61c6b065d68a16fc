//! The page that says which story tells each of the original's scenarios names stories that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true if path.file_name().is_some_and(|name| name != "node_modules") => {
                found.extend(files(&path, extension))
            }
            true => {}
            false if path.extension().is_some_and(|known| known == extension) => found.push(path),
            false => {}
        }
    }
    found
}

#[test]
fn every_scenario_is_told_by_stories_that_exist_or_says_why_it_is_not() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut stories: BTreeSet<String> = BTreeSet::new();
    for path in files(&tests.join("it"), "rs") {
        let text = fs::read_to_string(path).unwrap();
        let named = text.split("fn ").skip(1).filter_map(|rest| rest.split_once('('));
        stories.extend(named.map(|(name, _)| name.to_owned()));
    }
    for path in files(&tests.join("browser"), "mjs") {
        let text = fs::read_to_string(path).unwrap();
        let titled = text.split("journey(").skip(1).filter_map(|rest| rest.split('"').nth(1));
        stories.extend(titled.map(str::to_owned));
    }
    let page = fs::read_to_string(tests.join("browser/SCENARIOS.md")).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).collect();
    let rows: Vec<&str> = rows.into_iter().filter(|line| !line.starts_with("| scenario ")).collect();
    assert!(rows.len() >= 50, "{}", rows.len());
    for row in rows {
        let [_, scenario, told, _] = row.split('|').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let named: Vec<&str> = told.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty() || told.contains("Not applicable: "), "{scenario}: neither a story nor a reason");
        for story in named {
            assert!(stories.contains(story), "{scenario}: no story is called {story:?}");
        }
    }
}
