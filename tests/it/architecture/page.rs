//! The rules that CONTRIBUTING.md states in tables: who may use whom, and where each package lives.

use std::collections::{BTreeMap, BTreeSet};

/// The tables of the page. They are read from it, so that the page and the test cannot disagree.
pub(super) struct Page {
    /// Room → the rooms that it may use.
    pub(super) rooms: BTreeMap<String, BTreeSet<String>>,
    /// Package, as Rust spells it → its homes: rooms, or `routes.rs` for each file of that name.
    pub(super) homes: BTreeMap<String, BTreeSet<String>>,
}

impl Page {
    pub(super) fn of_the_project() -> Self {
        Self::parse(include_str!("../../../CONTRIBUTING.md"))
    }

    pub(super) fn parse(text: &str) -> Self {
        let mut page = Self { rooms: BTreeMap::new(), homes: BTreeMap::new() };
        let mut above = Vec::new();
        for row in rows(text, "room") {
            let names = quoted(row[0]);
            let allowed = rooms_in(row[2], &above);
            above.extend(names.iter().cloned());
            page.rooms.extend(names.into_iter().map(|name| (name, allowed.clone())));
        }
        for row in rows(text, "package") {
            let homes: BTreeSet<String> = quoted(row[1]).into_iter().collect();
            for package in quoted(row[0]) {
                page.homes.insert(package.replace('-', "_"), homes.clone());
            }
        }
        page
    }

    pub(super) fn may_use(&self, room: &str, other: &str) -> bool {
        room == other || self.rooms.get(room).is_some_and(|allowed| allowed.contains(other) || allowed.contains("*"))
    }
}

/// The rooms that a cell names: `pure rooms`, `` `x` ``, `` `x` and above ``, `all above`, `nothing`, `everything`.
fn rooms_in(cell: &str, above: &[String]) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for part in cell.split(';').next().unwrap().split(',').map(str::trim) {
        match (part, quoted(part).as_slice()) {
            ("nothing", _) => {}
            ("everything", _) => rooms.extend(["*".to_owned()]),
            ("pure rooms", _) => rooms.extend(["protocol".to_owned(), "domain".to_owned()]),
            ("all above", _) => rooms.extend(above.iter().cloned()),
            (_, [name]) if part.ends_with("and above") => {
                let end = above.iter().position(|other| other == name).unwrap_or_else(|| panic!("{name} comes later"));
                rooms.extend(above[..=end].iter().cloned());
            }
            (_, [name]) if part == format!("`{name}`") => rooms.extend([name.clone()]),
            _ => panic!("a cell of CONTRIBUTING.md that this test does not understand: {part}"),
        }
    }
    rooms
}

/// The rows of the table whose first heading is `heading`.
fn rows<'a>(text: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let start = format!("| {heading} |");
    let lines = text.lines().skip_while(move |line| !line.starts_with(&start)).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
