//! Tables of the nomenclatures: what codes mean, in the words of INSEE, which are French.

use std::sync::LazyLock;

use crate::domain::organization::public_body::{self, PublicBody};

use super::codes::{Activity, HeadcountBand, LegalCategory};

/// Lines of a first column, sorted, and a second one.
pub(super) struct Table(LazyLock<Vec<(&'static str, &'static str)>>);

impl Table {
    pub(super) const fn new(lines: LazyLock<Vec<(&'static str, &'static str)>>) -> Self {
        Self(lines)
    }

    /// Every line of the table.
    #[cfg(test)]
    pub(super) fn lines(&self) -> &[(&'static str, &'static str)] {
        &self.0
    }

    /// What stands beside a code.
    pub(super) fn find(&self, code: &str) -> Option<&'static str> {
        let found = self.0.binary_search_by(|(known, _)| (*known).cmp(code)).ok()?;
        self.0.get(found).map(|(_, label)| *label)
    }
}

macro_rules! table {
    ($file:literal) => {
        crate::domain::organization::register::labels::Table::new(std::sync::LazyLock::new(|| {
            let text = include_str!(concat!("../../../../assets/data/", $file));
            text.lines().filter_map(|line| line.split_once('\t')).collect()
        }))
    };
}

pub(super) use table;

static LEGAL_CATEGORIES: Table = table!("legal_categories.tsv");
static ACTIVITIES: Table = table!("naf_rev2.tsv");
static HEADCOUNT_BANDS: Table = table!("headcount_bands.tsv");
static STREET_TYPES: Table = table!("street_types.tsv");

impl LegalCategory {
    /// What the code means; `None` where the nomenclature does not have it.
    pub fn label(&self) -> Option<&'static str> {
        LEGAL_CATEGORIES.find(self.as_str())
    }

    /// Whether a legal entity of this category is a public body; lists of administrations go before the category.
    pub fn is_public_body(&self, siren: &str) -> bool {
        self.public_body(siren).is_some()
    }

    /// What a legal entity of this category is as a public body; `None` where it is none.
    pub fn public_body(&self, siren: &str) -> Option<PublicBody> {
        public_body::find(siren, self.as_str())
    }

    /// The same at level I, the first digit: natural person, company, association…
    pub fn group_label(&self) -> Option<&'static str> {
        LEGAL_CATEGORIES.find(self.as_str().get(..1)?)
    }
}

impl Activity {
    /// What the code means; `None` where the nomenclature does not have it.
    pub fn label(&self) -> Option<&'static str> {
        ACTIVITIES.find(self.as_str())
    }
}

impl HeadcountBand {
    /// What the code means.
    pub fn label(self) -> &'static str {
        HEADCOUNT_BANDS.find(self.as_str()).unwrap_or_else(|| self.as_str())
    }
}

/// The type of a street spelled out, or as the register abbreviates it where nobody knows better.
pub fn street_type(abbreviation: &str) -> &str {
    STREET_TYPES.find(abbreviation).unwrap_or(abbreviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_whole() {
        for (table, lines) in
            [(&LEGAL_CATEGORIES, 306), (&ACTIVITIES, 732), (&HEADCOUNT_BANDS, 16), (&STREET_TYPES, 63)]
        {
            assert_eq!(table.0.len(), lines);
            assert!(table.0.is_sorted() && table.0.iter().all(|(code, label)| !code.is_empty() && !label.is_empty()));
        }
        assert!(ACTIVITIES.0.iter().all(|(code, _)| code.parse::<Activity>().is_ok()));
        assert!(HEADCOUNT_BANDS.0.iter().all(|(code, _)| code.parse::<HeadcountBand>().is_ok()));
        let categories = LEGAL_CATEGORIES.0.iter().filter(|(code, _)| code.len() > 2);
        assert!(
            categories.clone().count() > 250
                && categories.clone().all(|(code, _)| code.parse::<LegalCategory>().is_ok())
        );
    }

    #[test]
    fn codes_have_the_labels_of_insee() {
        let category = |code: &str| code.parse::<LegalCategory>().unwrap();
        assert_eq!(category("7210").label(), Some("Commune et commune nouvelle"));
        assert_eq!(category("9999").label(), None);
        assert!(category("7210").is_public_body("219200235") && !category("5710").is_public_body("552032534"));
        assert!(category("7210").group_label().is_some_and(|label| label.contains("droit administratif")));
        assert_eq!("84.11Z".parse::<Activity>().unwrap().label(), Some("Administration publique générale"));
        assert_eq!(HeadcountBand::From20.label(), "20 à 49 salariés");
        assert_eq!((street_type("AV"), street_type("XYZ")), ("Avenue", "XYZ"));
    }
}
