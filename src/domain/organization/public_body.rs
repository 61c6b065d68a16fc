//! Which organizations are public bodies: by legal category, and by lists of SIREN that correct it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

/// What a public body is beside a public service; the original says so, too, and decides nothing by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PublicBody {
    /// Of the State: one of its services, or an operator of it.
    pub is_of_state: bool,
    /// A territorial authority, or a body of several.
    pub is_territorial: bool,
    /// An administrative public service, and no industrial or commercial one.
    pub is_administrative: bool,
}

const fn body(is_of_state: bool, is_territorial: bool, is_administrative: bool) -> PublicBody {
    PublicBody { is_of_state, is_territorial, is_administrative }
}

/// INSEE's legal categories (level III) whose bodies are a public service: what they are, and the categories, sorted.
const CATEGORIES: [(PublicBody, &[&str]); 6] = [
    (
        body(false, false, false),
        &["4110", "4120", "4140", "4150", "5430", "5530", "5546", "5630", "7321", "7322", "7323", "7410"],
    ),
    (
        body(true, false, true),
        &[
            "4160", "7111", "7112", "7113", "7120", "7150", "7160", "7171", "7172", "7179", "7190", "7382", "7383",
            "7384", "7385", "7389", "7430", "7450", "8110", "8120", "8140", "8150", "8160", "8170",
        ],
    ),
    (
        body(false, true, true),
        &[
            "7210", "7220", "7225", "7229", "7230", "7312", "7313", "7314", "7340", "7341", "7342", "7343", "7344",
            "7346", "7347", "7348", "7351", "7352", "7353", "7354", "7355", "7356", "7357", "7361", "7362", "7366",
            "7367", "7371", "7373", "7378", "7379",
        ],
    ),
    (body(false, false, true), &["7331", "7364", "7365", "7381", "7470", "7490", "8450"]),
    (body(false, true, false), &["7345", "7349", "7363"]),
    (body(true, true, true), &["7372"]),
];

/// What the lists say of a SIREN, against its legal category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listed {
    Public,
    StateOperator,
    NotPublic,
}

static LISTED: LazyLock<BTreeMap<&'static str, Listed>> = LazyLock::new(|| {
    let lines = include_str!("../../../assets/data/public_bodies.csv").lines().skip(1);
    let listed = |list: &str| match list {
        "not_public" => Listed::NotPublic,
        "state_operator" => Listed::StateOperator,
        _ => Listed::Public,
    };
    lines.filter_map(|line| line.split_once(',')).map(|(siren, list)| (siren, listed(list))).collect()
});

/// What a legal entity is as a public body; `None` where it is none. One without a category is none, whatever the lists say
/// of it.
pub(super) fn find(siren: &str, legal_category: &str) -> Option<PublicBody> {
    let by_category = || CATEGORIES.iter().find(|(_, codes)| codes.binary_search(&legal_category).is_ok());
    let of_category = || by_category().map(|(body, _)| *body);
    match LISTED.get(siren) {
        Some(Listed::NotPublic) => None,
        Some(Listed::StateOperator) => Some(PublicBody { is_of_state: true, ..of_category().unwrap_or_default() }),
        Some(Listed::Public) => Some(of_category().unwrap_or_default()),
        None => of_category(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNLISTED: &str = "111111111";

    fn is_public(siren: &str, legal_category: &str) -> bool {
        find(siren, legal_category).is_some()
    }

    #[test]
    fn the_table_is_sorted_and_complete() {
        assert!(CATEGORIES.iter().all(|(_, codes)| codes.is_sorted()));
        assert!(is_public(UNLISTED, "7210") && is_public(UNLISTED, "8450") && is_public(UNLISTED, "4110"));
        assert!(!is_public(UNLISTED, "5710") && !is_public(UNLISTED, "") && !is_public(UNLISTED, "721"));
    }

    /// The public bodies of the original, by what its table says of them: of the State, of a territory, administrative.
    const TABLE: [&str; 6] = [
        "4110 4120 4140 4150 5430 5530 5546 5630 7321 7322 7323 7410",
        "4160 7111 7112 7113 7120 7150 7160 7171 7172 7179 7190 7382 7383 7384 7385 7389 7430 7450 8110 8120 8140 8150 8160 \
         8170",
        "7210 7220 7225 7229 7230 7312 7313 7314 7340 7341 7342 7343 7344 7346 7347 7348 7351 7352 7353 7354 7355 7356 7357 \
         7361 7362 7366 7367 7371 7373 7378 7379",
        "7331 7364 7365 7381 7470 7490 8450",
        "7345 7349 7363",
        "7372",
    ];

    /// Of the State, of a territory, administrative: of each row of the table.
    const FLAGS: [[bool; 3]; 6] = [
        [false, false, false],
        [true, false, true],
        [false, true, true],
        [false, false, true],
        [false, true, false],
        [true, true, true],
    ];

    #[test]
    fn every_category_is_what_the_table_says() {
        assert_eq!(TABLE.iter().flat_map(|row| row.split(' ')).count(), 78);
        for category in (0..10_000).map(|code| format!("{code:04}")) {
            let row = TABLE.iter().position(|row| row.split(' ').any(|code| code == category));
            let flags = |body: PublicBody| [body.is_of_state, body.is_territorial, body.is_administrative];
            assert_eq!(find(UNLISTED, &category).map(flags), row.map(|row| FLAGS[row]), "{category}");
        }
    }

    #[test]
    fn lists_go_before_categories() {
        assert!(LISTED.len() > 400 && LISTED.keys().all(|siren| siren.len() == 9));
        for siren in ["348679010", "498569177"] {
            assert!(!is_public(siren, "4110"), "{siren} is listed as no public body");
        }
        let operator = find("130000136", "5710").unwrap();
        assert!(operator.is_of_state && !operator.is_territorial, "an operator of the State");
        assert!(find("130000136", "7210").unwrap().is_territorial, "and what its category says");
        let listed = LISTED.iter().find(|(_, list)| **list == Listed::Public).unwrap().0;
        assert_eq!(find(listed, "5710"), Some(PublicBody::default()));
    }
}
