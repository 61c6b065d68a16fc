//! Which part of the register is kept.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::{DepartmentCode, LegalCategory, department_of};

/// What is kept; everything, unless something is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Administrations only, by their legal category and by the lists of administrations.
    pub is_public_sector_only: bool,
    /// Establishments in activity only.
    pub is_active_only: bool,
    /// Establishments of these departments only (`53`, `2A`, `971`); of all where there are none.
    pub departments: BTreeSet<DepartmentCode>,
}

impl Filter {
    /// Whether anything is left out.
    pub fn leaves_out(&self) -> bool {
        *self != Self::default()
    }

    /// Whether legal entities of this category are kept.
    pub(super) fn admits_entity(&self, siren: u64, category: &str) -> bool {
        if !self.is_public_sector_only {
            return true;
        }
        category.parse::<LegalCategory>().is_ok_and(|category| category.is_public_body(&format!("{siren:09}")))
    }

    /// Whether establishments of this commune and state are kept.
    pub(super) fn admits_establishment(&self, is_active: bool, commune_code: &str) -> bool {
        let is_there = self.departments.is_empty()
            || department_of(commune_code).is_some_and(|code| self.departments.contains(code));
        is_there && (is_active || !self.is_active_only)
    }

    /// Whether it matters to which establishments a legal entity has.
    pub(super) fn is_by_place(&self) -> bool {
        self.is_active_only || !self.departments.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrations_are_known_by_category_and_by_list() {
        let public = Filter { is_public_sector_only: true, ..Filter::default() };
        for (siren, category, is_kept) in [
            (219_200_235, "7210", true),
            (552_032_534, "5599", false),
            (775_663_438, "4110", true),
            (498_569_177, "7389", false),
            (552_032_534, "", false),
        ] {
            assert_eq!(public.admits_entity(siren, category), is_kept, "{siren}");
            assert!(Filter::default().admits_entity(siren, category));
        }
    }

    #[test]
    fn departments_are_those_of_the_commune_not_of_the_postal_code() {
        for (commune, code) in [("2A004", "2A"), ("97101", "971"), ("92023", "92"), ("99132", "99")] {
            let filter = Filter { departments: [code.parse().unwrap()].into(), ..Filter::default() };
            assert!(filter.admits_establishment(false, commune), "{commune}");
            assert!(!filter.admits_establishment(true, "01001"), "{commune}");
        }
        let active = Filter { is_active_only: true, ..Filter::default() };
        assert!(active.admits_establishment(true, "") && !active.admits_establishment(false, "92023"));
    }
}
