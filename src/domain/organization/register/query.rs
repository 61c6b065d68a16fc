//! What somebody looks for who does not know the number.

use thiserror::Error;

use super::establishment::Establishment;
use super::naming::folded;
use crate::domain::Siren;

/// The most characters of each text.
const MAX_TEXT: usize = 120;
/// The fewest letters and digits of a name that are worth a search.
const LEAST_LETTERS: usize = 2;
/// The most establishments that are found.
const MAX_FOUND: usize = 50;

/// A search that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum QueryFault {
    /// Too little is said.
    #[error("at least 2 letters or digits of a name are expected")]
    TooShort,
    /// Too much is said.
    #[error("at most 120 characters of a name and of a place are expected")]
    TooLong,
}

/// A search by name, or by the number of a legal entity where a name was expected, and where somebody says so by town and
/// postal code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EstablishmentQuery {
    name: String,
    siren: Option<Siren>,
    town: Option<String>,
    postal_code: Option<String>,
    limit: usize,
}

impl EstablishmentQuery {
    /// A search by name, of which the ten best are found.
    ///
    /// # Errors
    /// When the name says too little or too much.
    pub fn by_name(name: &str) -> Result<Self, QueryFault> {
        let name = cleaned(name)?.unwrap_or_default();
        if name.chars().filter(|character| character.is_alphanumeric()).count() < LEAST_LETTERS {
            return Err(QueryFault::TooShort);
        }
        Ok(Self { siren: name.parse().ok(), name, town: None, postal_code: None, limit: 10 })
    }

    /// A search for the establishments of a legal entity.
    pub fn of_siren(siren: Siren) -> Self {
        Self { name: siren.to_string(), siren: Some(siren), town: None, postal_code: None, limit: 10 }
    }

    /// The same at a place as people write it: a postal code, the digits that it begins with, a town, or both; an empty
    /// text is everywhere.
    ///
    /// # Errors
    /// When the place is too long.
    pub fn at(self, place: &str) -> Result<Self, QueryFault> {
        let Some(place) = cleaned(place)? else { return Ok(self) };
        let is_code = |word: &&str| (2..=5).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
        let code = place.split(' ').find(is_code).map(str::to_owned);
        let town: Vec<&str> = place.split(' ').filter(|word| !is_code(word)).collect();
        let town = if town.is_empty() { None } else { Some(town.join(" ")) };
        Ok(Self { town, postal_code: code, ..self })
    }

    /// The same, of which so many are found, at most 50.
    #[must_use]
    pub fn limited(self, limit: usize) -> Self {
        Self { limit: limit.clamp(1, MAX_FOUND), ..self }
    }

    /// The legal entity whose establishments are looked for; `None` where words of a name are.
    pub fn siren(&self) -> Option<&Siren> {
        self.siren.as_ref()
    }

    /// Whether an establishment lies where somebody looks for it, as far as it may be read where it lies.
    pub fn is_there(&self, establishment: &Establishment) -> bool {
        let code = establishment.postal_code.as_deref().unwrap_or_default();
        let town = folded(establishment.commune.as_deref().unwrap_or_default());
        let begins = |word: &str| town.split(' ').any(|known| known.starts_with(word));
        self.postal_code().is_none_or(|digits| code.starts_with(digits))
            && self.town().is_none_or(|town| folded(town).split(' ').all(begins))
    }

    /// Words of its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Words of its town.
    pub fn town(&self) -> Option<&str> {
        self.town.as_deref()
    }

    /// The digits that its postal code begins with: 2 to 5.
    pub fn postal_code(&self) -> Option<&str> {
        self.postal_code.as_deref()
    }

    /// The most establishments that are found.
    pub fn limit(&self) -> usize {
        self.limit
    }
}

/// One space between words, no control characters.
fn cleaned(text: &str) -> Result<Option<String>, QueryFault> {
    let spaced: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    let cleaned = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    match cleaned.chars().count() {
        0 => Ok(None),
        1..=MAX_TEXT => Ok(Some(cleaned)),
        _ => Err(QueryFault::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_code_a_town_or_both() {
        for (place, code, town) in [
            ("92140", Some("92140"), None),
            ("92", Some("92"), None),
            (" Le  Mans ", None, Some("Le Mans")),
            ("72000 Le Mans", Some("72000"), Some("Le Mans")),
            ("Le Mans 72000", Some("72000"), Some("Le Mans")),
            ("", None, None),
            ("7", None, Some("7")),
        ] {
            let query = EstablishmentQuery::by_name("mairie").unwrap().at(place).unwrap();
            assert_eq!((query.postal_code(), query.town()), (code, town), "{place}");
        }
    }

    #[test]
    fn nine_digits_with_their_check_digit_are_a_legal_entity_and_no_name() {
        for (name, siren) in [
            ("219200235", Some("219200235")),
            (" 219 200 235 ", Some("219200235")),
            ("219.200.235", Some("219200235")),
            ("219\u{2011}200-235", Some("219200235")),
            ("219200236", None),
            ("2192002350", None),
            ("21920023", None),
            ("２１９２００２３５", None),
            ("mairie 219200235", None),
        ] {
            let query = EstablishmentQuery::by_name(name).unwrap();
            assert_eq!(query.siren().map(Siren::as_str), siren, "{name}");
        }
    }

    #[test]
    fn a_name_says_something_and_not_too_much() {
        assert_eq!(EstablishmentQuery::by_name(" \u{7} - "), Err(QueryFault::TooShort));
        assert_eq!(EstablishmentQuery::by_name("a"), Err(QueryFault::TooShort));
        assert_eq!(EstablishmentQuery::by_name(&"a".repeat(121)), Err(QueryFault::TooLong));
        let query = EstablishmentQuery::by_name("mairie\n de   Clamart").unwrap().limited(1000);
        assert_eq!((query.name(), query.limit()), ("mairie de Clamart", 50));
        assert_eq!(query.at(&"a".repeat(121)), Err(QueryFault::TooLong));
    }
}
