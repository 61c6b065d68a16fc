//! Which legal categories are those of public bodies.

/// INSEE's legal categories (level III) whose bodies are a public service.
const PUBLIC_CATEGORIES: [&str; 78] = [
    "4110", "4120", "4140", "4150", "4160", "5430", "5530", "5546", "5630", "7111", "7112", "7113", "7120", "7150",
    "7160", "7171", "7172", "7179", "7190", "7210", "7220", "7225", "7229", "7230", "7312", "7313", "7314", "7321",
    "7322", "7323", "7331", "7340", "7341", "7342", "7343", "7344", "7345", "7346", "7347", "7348", "7349", "7351",
    "7352", "7353", "7354", "7355", "7356", "7357", "7361", "7362", "7363", "7364", "7365", "7366", "7367", "7371",
    "7372", "7373", "7378", "7379", "7381", "7382", "7383", "7384", "7385", "7389", "7410", "7430", "7450", "7470",
    "7490", "8110", "8120", "8140", "8150", "8160", "8170", "8450",
];

/// Whether a legal category is that of a public body.
pub(super) fn is_public_category(legal_category: &str) -> bool {
    PUBLIC_CATEGORIES.binary_search(&legal_category).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_complete() {
        assert!(PUBLIC_CATEGORIES.is_sorted());
        assert!(is_public_category("7210") && is_public_category("8450") && is_public_category("4110"));
        assert!(!is_public_category("5710") && !is_public_category("") && !is_public_category("721"));
    }
}
