//! What the rules ask about an organization, from the register's codes: its legal form, its activity, its size.

use super::{Organization, public_body};

/// Legal categories of communes.
const COMMUNES: [&str; 2] = ["7210", "7312"];
/// A community of communes.
const COMMUNITY_OF_COMMUNES: &str = "7346";
/// Sole trader, limited company without further form, simplified company.
const ONE_PERSON_FORMS: [&str; 3] = ["1000", "5499", "5710"];
/// Associations of every kind.
const ASSOCIATIONS: [&str; 9] = ["9210", "9220", "9221", "9222", "9223", "9224", "9230", "9240", "9260"];
/// Farms and property companies: EARL, GAEC, GFA, SCEA, SCI.
const SMALL_FORMS: [&str; 5] = ["6598", "6533", "6534", "6597", "6540"];
/// Public establishments that seldom have a mail host of their own: SIVU, SIVOM, PETR, CCAS, CIAS…
const SMALL_PUBLIC_FORMS: [&str; 18] = [
    "7321", "7322", "7323", "7345", "7349", "7353", "7354", "7355", "7356", "7357", "7361", "7362", "7363", "7366",
    "7367", "7373", "7379", "7470",
];
/// Local public teaching establishment.
const TEACHING_ESTABLISHMENT: &str = "7331";
/// Bands of the legal entity without employees, or with one or two.
const AT_MOST_TWO: [&str; 3] = ["NN", "00", "01"];
/// Bands below fifty employees.
const BELOW_FIFTY: [&str; 7] = ["NN", "00", "01", "02", "03", "11", "12"];

impl Organization {
    /// Whether it is a commune.
    pub fn is_commune(&self) -> bool {
        self.has_form(&COMMUNES)
    }

    /// Whether it is a commune or a community of communes.
    pub fn is_commune_or_community(&self) -> bool {
        self.is_commune() || self.has_form(&[COMMUNITY_OF_COMMUNES])
    }

    /// Whether it is a public service: by lists that correct the legal category, and by the category.
    pub fn is_public_service(&self) -> bool {
        let is_public = |category: &str| public_body::is_public(self.siret.siren(), category);
        self.is_active && self.legal_category.as_deref().is_some_and(is_public)
    }

    /// Whether it is a public school: a collège or lycée, or a nursery or primary school, which belongs to its commune.
    pub fn is_school(&self) -> bool {
        let category = self.legal_category.as_deref();
        match self.activity.as_deref() {
            Some("85.31Z" | "85.32Z") => category == Some(TEACHING_ESTABLISHMENT),
            Some("85.10Z" | "85.20Z") => category == Some("7210"),
            Some(_) | None => false,
        }
    }

    /// Whether it is likely to be the business of one person.
    pub fn is_one_person_business(&self) -> bool {
        self.has_form(&ONE_PERSON_FORMS) && self.is_within(&AT_MOST_TWO)
    }

    /// Whether it is an association below fifty employees.
    pub fn is_small_association(&self) -> bool {
        self.has_form(&ASSOCIATIONS) && self.is_below_fifty()
    }

    /// Whether it is a farm or a property company with two employees at most.
    pub fn is_small_organization(&self) -> bool {
        self.has_form(&SMALL_FORMS) && self.is_within(&AT_MOST_TWO)
    }

    /// Whether it is one of the public establishments that seldom have a mail host of their own.
    pub fn is_small_public_establishment(&self) -> bool {
        self.has_form(&SMALL_PUBLIC_FORMS)
    }

    /// Whether its legal entity has less than fifty employees, as far as is known.
    pub fn is_below_fifty(&self) -> bool {
        self.is_within(&BELOW_FIFTY)
    }

    fn has_form(&self, forms: &[&str]) -> bool {
        self.legal_category.as_deref().is_some_and(|category| forms.contains(&category))
    }

    /// An unknown band counts as the smallest.
    fn is_within(&self, bands: &[&str]) -> bool {
        self.entity_headcount.as_deref().is_none_or(|band| bands.contains(&band))
    }
}
