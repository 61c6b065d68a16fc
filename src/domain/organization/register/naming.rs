//! How establishments are named and addressed from the fields of the register, which are in capitals and abbreviated.

use icu_normalizer::DecomposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};

use crate::domain::person::is_invisible;

/// The name of an establishment whose name may not be read or is not known.
pub const UNKNOWN_NAME: &str = "Nom inconnu";

/// How an establishment is called: as its legal entity, and by the sign over its door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstablishmentName {
    /// Name and acronym of the legal entity.
    pub full_name: String,
    /// Its signs, where there are any.
    pub sign: Option<String>,
}

impl EstablishmentName {
    /// Of one whose name may not be read or is not known.
    pub fn unknown() -> Self {
        Self { full_name: UNKNOWN_NAME.to_owned(), sign: None }
    }

    /// Both in one, as services know it.
    pub fn label(&self) -> String {
        match &self.sign {
            Some(sign) => format!("{} - {sign}", self.full_name),
            None => self.full_name.clone(),
        }
    }
}

impl From<&str> for EstablishmentName {
    /// What comes after the last dash between spaces is the sign.
    fn from(label: &str) -> Self {
        match label.rsplit_once(" - ") {
            Some((full_name, sign)) => Self { full_name: full_name.to_owned(), sign: Some(sign.to_owned()) },
            None => Self { full_name: label.to_owned(), sign: None },
        }
    }
}

/// What the register knows of a name; hidden and missing texts are `None`.
#[derive(Debug, Clone, Copy, Default)]
pub struct NameParts<'a> {
    /// Name of a legal person.
    pub denomination: Option<&'a str>,
    /// Abbreviation of that name.
    pub acronym: Option<&'a str>,
    /// First name that a natural person goes by.
    pub first_name: Option<&'a str>,
    /// Name that a natural person goes by.
    pub usage_name: Option<&'a str>,
    /// Name that a natural person was born with.
    pub birth_name: Option<&'a str>,
    /// Signs of the establishment, at most three.
    pub signs: [Option<&'a str>; 3],
}

impl NameParts<'_> {
    /// Name and acronym of the legal entity.
    pub fn full_name(&self) -> String {
        let name = match (said(self.denomination), said(self.birth_name), said(self.usage_name)) {
            (Some(denomination), _, _) => capitalized(denomination),
            (None, Some(birth), Some(usage)) if birth != usage => {
                format!("{} ({})", self.person(usage), capitalized(birth))
            }
            (None, Some(name), _) | (None, None, Some(name)) => self.person(name),
            (None, None, None) => UNKNOWN_NAME.to_owned(),
        };
        match said(self.acronym) {
            Some(acronym) => format!("{name} ({})", visible(acronym)),
            None => name,
        }
    }

    fn person(&self, name: &str) -> String {
        match said(self.first_name) {
            Some(first_name) => format!("{} {}", capitalized(first_name), capitalized(name)),
            None => capitalized(name),
        }
    }

    /// The name, and the signs where there are any.
    pub fn name(&self) -> EstablishmentName {
        let signs: Vec<&str> = self.signs.iter().filter_map(|sign| said(*sign)).collect();
        let sign = (!signs.is_empty()).then(|| capitalized(&signs.join(" ")));
        EstablishmentName { full_name: self.full_name(), sign }
    }
}

/// What the register knows of an address; hidden and missing texts are `None`.
#[derive(Debug, Clone, Copy, Default)]
pub struct AddressParts<'a> {
    /// Building, floor…
    pub complement: Option<&'a str>,
    /// Number in the street.
    pub number: Option<&'a str>,
    /// `B`, `T`… after the number.
    pub repetition: Option<&'a str>,
    /// Type of the street, spelled out already.
    pub street_type: Option<&'a str>,
    /// Name of the street.
    pub street: Option<&'a str>,
    /// Post office box…
    pub special_distribution: Option<&'a str>,
    /// Postal code, or that of the CEDEX.
    pub postal_code: Option<&'a str>,
    /// Commune, CEDEX or town abroad.
    pub town: Option<&'a str>,
    /// Country, where it is not France.
    pub country: Option<&'a str>,
}

impl AddressParts<'_> {
    /// The address in one line; `None` where nothing is known.
    pub fn line(&self) -> Option<String> {
        let words = |parts: &[Option<String>]| parts.iter().flatten().cloned().collect::<Vec<_>>().join(" ");
        let lower = |text: Option<&str>| said(text).map(|text| visible(text).to_lowercase());
        let as_it_is = |text: Option<&str>| said(text).map(visible);
        let parts = [
            said(self.complement).map(capitalized).unwrap_or_default(),
            words(&[as_it_is(self.number), lower(self.repetition), lower(self.street_type), lower(self.street)]),
            lower(self.special_distribution).unwrap_or_default(),
            words(&[as_it_is(self.postal_code), said(self.town).map(capitalized)]),
            said(self.country).map(capitalized).unwrap_or_default(),
        ];
        let line = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        if line.is_empty() { None } else { Some(line) }
    }
}

/// Of fields that hold nothing but spaces, nothing.
fn said(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// Without control characters and those that nobody sees: what turns the direction of a line would make another name of it.
pub fn visible(text: &str) -> String {
    text.chars().filter(|character| is_visible(*character)).collect()
}

fn is_visible(character: char) -> bool {
    !character.is_control() && !is_invisible(character)
}

/// The first letter upper case, all others lower case; only what can be seen.
pub fn capitalized(text: &str) -> String {
    let mut characters = text.trim().chars().filter(|character| is_visible(*character));
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters.flat_map(char::to_lowercase)).collect(),
        None => String::new(),
    }
}

/// The first letter of each word upper case; only what can be seen.
pub fn town_name(text: &str) -> String {
    let mut begins = true;
    let letter = |character: char| {
        let written: String =
            if begins { character.to_uppercase().collect() } else { character.to_lowercase().collect() };
        begins = !character.is_alphabetic();
        written
    };
    visible(text.trim()).chars().map(letter).collect()
}

/// Words as they are compared in a search: lower case, without accents, one space between them; whatever is neither letter
/// nor digit parts words.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut is_parted = false;
    if text.is_ascii() {
        // As the register writes nearly everything.
        for byte in text.bytes() {
            match byte.is_ascii_alphanumeric() {
                true if std::mem::take(&mut is_parted) && !folded.is_empty() => folded.push(' '),
                true => {}
                false => is_parted = true,
            }
            if byte.is_ascii_alphanumeric() {
                folded.push(char::from(byte.to_ascii_lowercase()));
            }
        }
        return folded;
    }
    for character in DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(text.chars()) {
        match character {
            'œ' | 'Œ' => push(&mut folded, &mut is_parted, "oe"),
            'æ' | 'Æ' => push(&mut folded, &mut is_parted, "ae"),
            '\u{300}'..='\u{36f}' => {}
            _ if character.is_alphanumeric() => {
                push(&mut folded, &mut is_parted, character.to_lowercase().to_string().as_str());
            }
            _ => is_parted = true,
        }
    }
    folded
}

fn push(folded: &mut String, is_parted: &mut bool, letters: &str) {
    if std::mem::take(is_parted) && !folded.is_empty() {
        folded.push(' ');
    }
    folded.push_str(letters);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_that_services_know() {
        let town_hall = NameParts {
            denomination: Some("COMMUNE DE LAMALOU-LES-BAINS"),
            signs: [Some("MAIRIE"), None, Some("")],
            ..NameParts::default()
        };
        assert_eq!(town_hall.name().label(), "Commune de lamalou-les-bains - Mairie");
        let dinum = NameParts {
            denomination: Some("DIRECTION INTERMINISTERIELLE DU NUMERIQUE"),
            acronym: Some("DINUM"),
            ..NameParts::default()
        };
        assert_eq!(dinum.name().label(), "Direction interministerielle du numerique (DINUM)");
    }

    #[test]
    fn what_nobody_sees_is_in_no_name_and_no_address() {
        let town = "X \u{202e}GNP.EXE \u{1b}[31m\u{200b}";
        let hostile = Some(town);
        let parts = NameParts { denomination: hostile, acronym: hostile, signs: [hostile; 3], ..NameParts::default() };
        let person = NameParts { first_name: hostile, birth_name: hostile, ..NameParts::default() };
        let address = AddressParts {
            complement: hostile,
            number: hostile,
            repetition: hostile,
            street_type: hostile,
            street: hostile,
            special_distribution: hostile,
            postal_code: hostile,
            town: hostile,
            country: hostile,
        };
        let told = [parts.name().label(), person.name().label(), address.line().unwrap(), town_name(town)];
        for told in told {
            assert!(told.to_lowercase().contains("x gnp.exe [31m"), "{told}");
            assert!(told.chars().all(is_visible), "{told:?}");
        }
    }

    #[test]
    fn people_go_by_their_first_and_usage_name() {
        let person = |usage_name, birth_name| NameParts {
            first_name: Some("CAMILLE"),
            usage_name,
            birth_name,
            ..NameParts::default()
        };
        assert_eq!(person(Some("EXEMPLE"), Some("TEST")).name().label(), "Camille Exemple (Test)");
        assert_eq!(person(None, Some("TEST")).name().label(), "Camille Test");
        assert_eq!(person(None, None).name().label(), UNKNOWN_NAME);
    }

    #[test]
    fn an_address_is_one_line_of_what_is_known() {
        let whole = AddressParts {
            complement: Some("BATIMENT A"),
            number: Some("12"),
            repetition: Some("B"),
            street_type: Some("Avenue"),
            street: Some("DE SEGUR"),
            special_distribution: Some("BP 12"),
            postal_code: Some("75007"),
            town: Some("PARIS"),
            country: None,
        };
        assert_eq!(whole.line().as_deref(), Some("Batiment a, 12 b avenue de segur, bp 12, 75007 Paris"));
        let abroad = AddressParts { town: Some("BRUXELLES"), country: Some("BELGIQUE"), ..AddressParts::default() };
        assert_eq!(abroad.line().as_deref(), Some("Bruxelles, Belgique"));
        let town = AddressParts { town: Some("LE PRE-SAINT-GERVAIS"), postal_code: Some("93310"), ..abroad };
        assert_eq!(AddressParts { country: None, ..town }.line().as_deref(), Some("93310 Le pre-saint-gervais"));
        assert_eq!(AddressParts { street: Some(" "), ..AddressParts::default() }.line(), None);
    }

    #[test]
    fn words_are_compared_without_accents_and_punctuation() {
        assert_eq!(folded("  Œuvres d'ÉTÉ — Saint-Étienne 2 "), "oeuvres d ete saint etienne 2");
        assert_eq!(folded(" L'ETAT (CHORUS-PRO) "), "l etat chorus pro");
        assert_eq!(folded("…"), "");
        assert_eq!(town_name("LE PRE-SAINT-GERVAIS"), "Le Pre-Saint-Gervais");
    }
}
