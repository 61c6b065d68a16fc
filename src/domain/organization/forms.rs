//! What the rules ask about an organization, from the register's codes: its legal form, its activity, its size.
//!
//! Of the original's predicates two are not here. Forms whose representatives can be certified (148 of them) would decide
//! nothing: certifying takes FranceConnect and registers that are open to the State alone. Waste management would word one
//! page, of the code that an official contact is sent, which no company comes to.

use super::{Activity, HeadcountBand, LegalCategory, Organization};

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
const AT_MOST_TWO: [HeadcountBand; 3] = [HeadcountBand::NotAnEmployer, HeadcountBand::None, HeadcountBand::From1];
/// Bands below fifty employees.
const BELOW_FIFTY: [HeadcountBand; 7] = [
    HeadcountBand::NotAnEmployer,
    HeadcountBand::None,
    HeadcountBand::From1,
    HeadcountBand::From3,
    HeadcountBand::From6,
    HeadcountBand::From10,
    HeadcountBand::From20,
];

impl Organization {
    /// Whether it is a commune.
    pub fn is_commune(&self) -> bool {
        self.has_form(&COMMUNES)
    }

    /// Whether it is a commune or a community of communes.
    pub fn is_commune_or_community(&self) -> bool {
        self.is_commune() || self.has_form(&[COMMUNITY_OF_COMMUNES])
    }

    /// Whether it is a public service: by lists that correct the legal category, and by the category, as long as the legal
    /// entity goes on.
    pub fn is_public_service(&self) -> bool {
        let is_public = |category: &LegalCategory| category.is_public_body(self.siret.siren());
        self.is_entity_active.unwrap_or(self.is_active) && self.legal_category.as_ref().is_some_and(is_public)
    }

    /// Whether it is a public school: a collège or lycée, or a nursery or primary school, which belongs to its commune.
    pub fn is_school(&self) -> bool {
        let category = self.legal_category.as_ref().map(LegalCategory::as_str);
        match self.activity.as_ref().map(Activity::as_str) {
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
        self.legal_category.as_ref().is_some_and(|category| forms.contains(&category.as_str()))
    }

    /// An unknown band counts as the smallest.
    fn is_within(&self, bands: &[HeadcountBand]) -> bool {
        self.entity_headcount.is_none_or(|band| bands.contains(&band))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrganizationFacts, OrganizationId};
    use crate::protocol::Timestamp;

    /// Every band, and that nothing is known.
    const BANDS: &str = "- NN 00 01 02 03 11 12 21 22 31 32 41 42 51 52 53";

    fn organization(category: &str, activity: &str, band: Option<&str>) -> Organization {
        let facts = OrganizationFacts {
            siret: "13002526500013".parse().unwrap(),
            label: String::from("Organisation"),
            legal_category: Some(category.to_owned()),
            activity: Some(activity.to_owned()),
            headcount: None,
            entity_headcount: band.map(str::to_owned),
            is_head_office: true,
            is_active: true,
            address: None,
        };
        facts.into_organization(OrganizationId(1), Timestamp(1_795_424_400))
    }

    /// Which categories and bands make `holds` true, as one text: what a table of the rules can be held against.
    fn found(holds: impl Fn(&Organization) -> bool) -> (String, String) {
        let mut with = (Vec::new(), Vec::new());
        for category in (0..10_000).map(|code| format!("{code:04}")) {
            let known = |band: &'static str| (band != "-").then_some(band);
            let is_so = |band: &&'static str| holds(&organization(&category, "62.01Z", known(band)));
            let bands: Vec<&str> = BANDS.split(' ').filter(is_so).collect();
            if !bands.is_empty() {
                with.0.push(category);
                with.1.push(bands.join(" "));
            }
        }
        with.1.dedup();
        (with.0.join(" "), with.1.join("; "))
    }

    fn is(categories: &str, bands: &str) -> (String, String) {
        (categories.to_owned(), bands.to_owned())
    }

    #[test]
    fn every_form_is_what_the_table_says_with_every_band() {
        let (every, below_fifty, at_most_two) = (BANDS, "- NN 00 01 02 03 11 12", "- NN 00 01");
        assert_eq!(found(Organization::is_commune), is("7210 7312", every));
        assert_eq!(found(Organization::is_commune_or_community), is("7210 7312 7346", every));
        assert_eq!(found(Organization::is_one_person_business), is("1000 5499 5710", at_most_two));
        assert_eq!(
            found(Organization::is_small_association),
            is("9210 9220 9221 9222 9223 9224 9230 9240 9260", below_fifty)
        );
        assert_eq!(found(Organization::is_small_organization), is("6533 6534 6540 6597 6598", at_most_two));
        assert_eq!(
            found(Organization::is_small_public_establishment),
            is("7321 7322 7323 7345 7349 7353 7354 7355 7356 7357 7361 7362 7363 7366 7367 7373 7379 7470", every)
        );
        assert_eq!(found(Organization::is_below_fifty).1, below_fifty);
    }

    #[test]
    fn a_school_is_public_and_of_the_first_or_second_degree() {
        let activities = ["85.10Z", "85.20Z", "85.31Z", "85.32Z", "85.42Z", "84.11Z"];
        for category in (0..10_000).map(|code| format!("{code:04}")) {
            let schools = activities.map(|activity| organization(&category, activity, None).is_school());
            let expected = match category.as_str() {
                "7210" => [true, true, false, false, false, false],
                "7331" => [false, false, true, true, false, false],
                _ => [false; 6],
            };
            assert_eq!(schools, expected, "{category}");
        }
    }
}
