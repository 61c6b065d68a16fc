//! The official geographic code (COG): communes, the departments and regions that they lie in, countries and territories.
//!
//! Names of communes come with every line of the register and every answer of a service. A table of their 35,000 names would
//! be 290 KB, compressed, in an executable that has none to spare, and would be wrong after each 1 January; the tables of
//! what changes seldom are here.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::codes::{CommuneCode, MalformedCode, are_digits, code};
use super::labels::{Table, table};

static DEPARTMENTS: Table = table!("departments.tsv");
static REGIONS: Table = table!("regions.tsv");
static COUNTRIES: Table = table!("countries.tsv");

/// What stands in the place of a department before the code of a country.
const ABROAD: &str = "99";

code! {
    /// A department, or a collectivity overseas, which stands beside them: `53`, `2A`, `971`, `988`; `99` is abroad.
    DepartmentCode, |text| str::from_utf8(text).is_ok_and(|text| text == ABROAD || DEPARTMENTS.find(text).is_some())
}

code! {
    /// A country or territory: five digits, `99` first. France is 99100.
    CountryCode, |text| text.len() == 5 && text.starts_with(ABROAD.as_bytes()) && are_digits(text)
}

impl Borrow<str> for DepartmentCode {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl DepartmentCode {
    fn entry(&self) -> Option<(&'static str, &'static str)> {
        DEPARTMENTS.find(self.as_str())?.split_once('\t')
    }

    /// Its name; `None` abroad.
    pub fn label(&self) -> Option<&'static str> {
        self.entry().map(|(_, label)| label)
    }

    /// The name of its region; `None` abroad and where no region is: in the collectivities overseas.
    pub fn region_label(&self) -> Option<&'static str> {
        self.entry().and_then(|(region, _)| REGIONS.find(region))
    }
}

impl CountryCode {
    /// The name of the country or territory; `None` where the table does not have it.
    pub fn label(&self) -> Option<&'static str> {
        COUNTRIES.find(self.as_str())
    }
}

impl CommuneCode {
    /// The department that it lies in.
    pub fn department(&self) -> Option<DepartmentCode> {
        department_of(self.as_str())?.parse().ok()
    }

    /// The country, where the code is that of one.
    pub fn country(&self) -> Option<CountryCode> {
        self.as_str().parse().ok()
    }
}

/// The department in which a commune of this code lies: its first two characters, three overseas.
pub fn department_of(commune_code: &str) -> Option<&str> {
    match commune_code.get(..2)? {
        "97" | "98" => commune_code.get(..3),
        code => Some(code),
    }
}

/// Whether a text is the code of a commune, or of a country, which stands in its place abroad.
pub(super) fn is_commune(text: &[u8]) -> bool {
    let [_, middle, rest @ ..] = text else { return false };
    let is_well_formed =
        rest.len() == 3 && are_digits(rest) && (middle.is_ascii_digit() || matches!(middle, b'A' | b'B'));
    let department = str::from_utf8(text).ok().and_then(department_of);
    is_well_formed && department.is_some_and(|code| code.parse::<DepartmentCode>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_whole() {
        for (table, lines) in [(&DEPARTMENTS, 109), (&REGIONS, 18), (&COUNTRIES, 229)] {
            assert_eq!(table.lines().len(), lines);
            assert!(table.lines().is_sorted());
            assert!(table.lines().iter().all(|(code, label)| !code.is_empty() && !label.is_empty()));
        }
        assert!(COUNTRIES.lines().iter().all(|(code, _)| code.parse::<CountryCode>().is_ok()));
        let regions =
            DEPARTMENTS.lines().iter().filter_map(|(code, _)| code.parse::<DepartmentCode>().ok()?.region_label());
        assert_eq!(regions.count(), 101, "departments that lie in a region");
    }

    #[test]
    fn codes_are_communes_of_a_department_or_countries() {
        for (text, department, region) in [
            ("92023", "Hauts-de-Seine", Some("Île-de-France")),
            ("2A004", "Corse-du-Sud", Some("Corse")),
            ("2B033", "Haute-Corse", Some("Corse")),
            ("97411", "La Réunion", Some("La Réunion")),
            ("97502", "Saint-Pierre-et-Miquelon", None),
            ("97701", "Saint-Barthélemy", None),
            ("98818", "Nouvelle-Calédonie", None),
            ("01001", "Ain", Some("Auvergne-Rhône-Alpes")),
        ] {
            let code: CommuneCode = text.parse().unwrap();
            let found = code.department().unwrap();
            assert_eq!((found.label(), found.region_label()), (Some(department), region), "{text}");
            assert_eq!(code.country(), None);
        }
        for text in
            ["20004", "2C004", "A2004", "96001", "97999", "98123", "00001", "9202", "920233", "92 23", "é2023", ""]
        {
            assert!(text.parse::<CommuneCode>().is_err(), "{text}");
        }
    }

    #[test]
    fn abroad_a_commune_has_the_code_of_its_country() {
        let belgium: CommuneCode = "99131".parse().unwrap();
        assert_eq!(belgium.country().and_then(|code| code.label()), Some("Belgique"));
        let abroad = belgium.department().unwrap();
        assert_eq!((abroad.as_str(), abroad.label(), abroad.region_label()), ("99", None, None));
        assert_eq!("99100".parse::<CountryCode>().unwrap().label(), Some("France"));
        assert_eq!("99998".parse::<CountryCode>().unwrap().label(), None, "newer than the table");
        assert!("92023".parse::<CountryCode>().is_err() && "9913".parse::<CountryCode>().is_err());
    }
}
