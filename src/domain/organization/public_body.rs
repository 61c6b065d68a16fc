//! Which organizations are public bodies: by legal category, and by lists of SIREN that correct it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// INSEE's legal categories (level III) whose bodies are a public service, sorted.
const CATEGORIES: [&str; 78] = [
    "4110", "4120", "4140", "4150", "4160", "5430", "5530", "5546", "5630", "7111", "7112", "7113", "7120", "7150",
    "7160", "7171", "7172", "7179", "7190", "7210", "7220", "7225", "7229", "7230", "7312", "7313", "7314", "7321",
    "7322", "7323", "7331", "7340", "7341", "7342", "7343", "7344", "7345", "7346", "7347", "7348", "7349", "7351",
    "7352", "7353", "7354", "7355", "7356", "7357", "7361", "7362", "7363", "7364", "7365", "7366", "7367", "7371",
    "7372", "7373", "7378", "7379", "7381", "7382", "7383", "7384", "7385", "7389", "7410", "7430", "7450", "7470",
    "7490", "8110", "8120", "8140", "8150", "8160", "8170", "8450",
];

/// What the lists say of a SIREN, against its legal category.
static LISTED: LazyLock<BTreeMap<&'static str, bool>> = LazyLock::new(|| {
    let lines = include_str!("../../../assets/data/public_bodies.csv").lines().skip(1);
    lines.filter_map(|line| line.split_once(',')).map(|(siren, list)| (siren, list != "not_public")).collect()
});

/// Whether a legal entity is a public body. One without a category is none, whatever the lists say of it.
pub(super) fn is_public(siren: &str, legal_category: &str) -> bool {
    match LISTED.get(siren) {
        Some(is_public) => *is_public,
        None => CATEGORIES.binary_search(&legal_category).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNLISTED: &str = "111111111";

    #[test]
    fn the_table_is_sorted_and_complete() {
        assert!(CATEGORIES.is_sorted());
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

    #[test]
    fn every_category_is_what_the_table_says() {
        let table: Vec<&str> = TABLE.iter().flat_map(|row| row.split(' ')).collect();
        assert_eq!(table.len(), 78);
        for category in (0..10_000).map(|code| format!("{code:04}")) {
            assert_eq!(is_public(UNLISTED, &category), table.contains(&category.as_str()), "{category}");
        }
    }

    #[test]
    fn lists_go_before_categories() {
        assert!(LISTED.len() > 400 && LISTED.keys().all(|siren| siren.len() == 9));
        for siren in ["348679010", "498569177"] {
            assert!(!is_public(siren, "4110"), "{siren} is listed as no public body");
        }
        assert!(is_public("130000136", "5710"), "an operator of the State");
    }
}
