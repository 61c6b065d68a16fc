//! Codes of INSEE's nomenclatures, as the register writes them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The text is not a code of that nomenclature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a code of this nomenclature")]
pub struct MalformedCode;

/// A code of a few characters.
macro_rules! code {
    ($(#[$about:meta])* $name:ident, $is_well_formed:expr) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The code as the register writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = MalformedCode;

            fn from_str(text: &str) -> Result<Self, MalformedCode> {
                let is_well_formed: fn(&[u8]) -> bool = $is_well_formed;
                if is_well_formed(text.as_bytes()) { Ok(Self(text.to_owned())) } else { Err(MalformedCode) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = MalformedCode;

            fn try_from(text: String) -> Result<Self, MalformedCode> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

pub(super) use code;

/// Whether every byte is a digit; so are none.
pub(super) fn are_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

code! {
    /// A legal category, level III: four digits, 7210 is a commune.
    LegalCategory, |text| text.len() == 4 && are_digits(text)
}

code! {
    /// An activity of NAF rev. 2: `84.11Z`. The register still holds codes of older nomenclatures; they are none.
    Activity, |text| match text {
        [a, b, b'.', c, d, letter] => are_digits(&[*a, *b, *c, *d]) && letter.is_ascii_uppercase(),
        _ => false,
    }
}

code! {
    /// A commune in the official geographic code, which is not the postal code: its department (`2A` and `2B` in Corsica,
    /// three digits overseas) and its number there. Abroad it is the code of the country.
    CommuneCode, super::geography::is_commune
}

code! {
    /// The year of a band of employees.
    HeadcountYear, |text| text.len() == 4 && are_digits(text)
}

/// A band of employees, about two years old wherever it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum HeadcountBand {
    /// `NN`: no employer.
    NotAnEmployer,
    /// `00`: none at the end of the year, some during it.
    None,
    /// `01`: 1 or 2.
    From1,
    /// `02`: 3 to 5.
    From3,
    /// `03`: 6 to 9.
    From6,
    /// `11`: 10 to 19.
    From10,
    /// `12`: 20 to 49.
    From20,
    /// `21`: 50 to 99.
    From50,
    /// `22`: 100 to 199.
    From100,
    /// `31`: 200 to 249.
    From200,
    /// `32`: 250 to 499.
    From250,
    /// `41`: 500 to 999.
    From500,
    /// `42`: 1,000 to 1,999.
    From1000,
    /// `51`: 2,000 to 4,999.
    From2000,
    /// `52`: 5,000 to 9,999.
    From5000,
    /// `53`: 10,000 and more.
    From10000,
}

impl HeadcountBand {
    /// Every band, the smallest first, with its code and the fewest employees in it.
    const ALL: [(Self, &'static str, u32); 16] = [
        (Self::NotAnEmployer, "NN", 0),
        (Self::None, "00", 0),
        (Self::From1, "01", 1),
        (Self::From3, "02", 3),
        (Self::From6, "03", 6),
        (Self::From10, "11", 10),
        (Self::From20, "12", 20),
        (Self::From50, "21", 50),
        (Self::From100, "22", 100),
        (Self::From200, "31", 200),
        (Self::From250, "32", 250),
        (Self::From500, "41", 500),
        (Self::From1000, "42", 1_000),
        (Self::From2000, "51", 2_000),
        (Self::From5000, "52", 5_000),
        (Self::From10000, "53", 10_000),
    ];

    fn entry(self) -> (&'static str, u32) {
        let found = Self::ALL.iter().find(|(band, _, _)| *band == self);
        found.map_or(("NN", 0), |(_, code, least)| (code, *least))
    }

    /// The code as the register writes it.
    pub fn as_str(self) -> &'static str {
        self.entry().0
    }

    /// The fewest employees of the band.
    pub fn least_employees(self) -> u32 {
        self.entry().1
    }
}

impl FromStr for HeadcountBand {
    type Err = MalformedCode;

    fn from_str(text: &str) -> Result<Self, MalformedCode> {
        Self::ALL.iter().find(|(_, code, _)| *code == text).map(|(band, _, _)| *band).ok_or(MalformedCode)
    }
}

impl TryFrom<String> for HeadcountBand {
    type Error = MalformedCode;

    fn try_from(text: String) -> Result<Self, MalformedCode> {
        text.parse()
    }
}

impl From<HeadcountBand> for String {
    fn from(band: HeadcountBand) -> Self {
        band.as_str().to_owned()
    }
}

impl fmt::Display for HeadcountBand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_their_nomenclature_and_nothing_else() {
        for (text, category, activity, commune) in [
            ("7210", true, false, false),
            ("721", false, false, false),
            ("84.11Z", false, true, false),
            ("84.11z", false, false, false),
            ("8411Z", false, false, false),
            ("70.1A", false, false, false),
            ("92023", false, false, true),
            ("2A004", false, false, true),
            ("2C004", false, false, false),
            ("99132", false, false, true),
            ("[ND]", false, false, false),
            ("７２１０", false, false, false),
            ("", false, false, false),
        ] {
            assert_eq!(text.parse::<LegalCategory>().is_ok(), category, "{text}");
            assert_eq!(text.parse::<Activity>().is_ok(), activity, "{text}");
            assert_eq!(text.parse::<CommuneCode>().is_ok(), commune, "{text}");
        }
    }

    #[test]
    fn bands_are_in_the_order_of_their_size() {
        let least: Vec<u32> = HeadcountBand::ALL.iter().map(|(band, _, _)| band.least_employees()).collect();
        assert!(least.is_sorted() && HeadcountBand::ALL.is_sorted());
        for (band, code, _) in HeadcountBand::ALL {
            assert_eq!(code.parse(), Ok(band));
            assert_eq!(band.to_string(), code);
        }
        assert_eq!("13".parse::<HeadcountBand>(), Err(MalformedCode));
    }
}
