//! How legal entities and establishments lie in the register's file: a head of fixed width, then the texts that there are.

use crate::domain::{
    AddressParts, Diffusion, Establishment, EstablishmentSource, NameParts, Siret, capitalized, street_type, visible,
};
use crate::protocol::Timestamp;

/// Table of the legal entities, under their SIREN.
pub(super) const ENTITIES: &str = "entities";
/// Table of the establishments, under their SIRET.
pub(super) const ESTABLISHMENTS: &str = "establishments";

/// The most bytes of a text; the register has none as long.
const MAX_TEXT_BYTES: usize = 255;

/// What a row of the published files says yes or no to.
pub(super) const ACTIVE: u8 = 1;
pub(super) const HEAD_OFFICE: u8 = 2;
pub(super) const PARTIAL: u8 = 4;
/// Nothing of it may be told, by whomever.
pub(super) const WITHHELD: u8 = 8;

/// Texts of a legal entity, in their order.
pub(super) mod entity {
    pub(in super::super) const CATEGORY: usize = 0;
    pub(in super::super) const HEADCOUNT: usize = 1;
    pub(in super::super) const DENOMINATION: usize = 2;
    pub(in super::super) const ACRONYM: usize = 3;
    pub(in super::super) const FIRST_NAME: usize = 4;
    pub(in super::super) const USAGE_NAME: usize = 5;
    pub(in super::super) const BIRTH_NAME: usize = 6;
    pub(in super::super) const USUAL_NAME: usize = 7;
    pub(in super::super) const TEXTS: usize = 8;
}

/// Texts of an establishment, in their order.
pub(super) mod establishment {
    pub(in super::super) const HEADCOUNT: usize = 0;
    pub(in super::super) const ACTIVITY: usize = 1;
    pub(in super::super) const POSTAL_CODE: usize = 2;
    pub(in super::super) const COMMUNE_CODE: usize = 3;
    pub(in super::super) const COMMUNE: usize = 4;
    pub(in super::super) const COMPLEMENT: usize = 5;
    pub(in super::super) const NUMBER: usize = 6;
    pub(in super::super) const REPETITION: usize = 7;
    pub(in super::super) const STREET_TYPE: usize = 8;
    pub(in super::super) const STREET: usize = 9;
    pub(in super::super) const SPECIAL_DISTRIBUTION: usize = 10;
    pub(in super::super) const CEDEX_CODE: usize = 11;
    pub(in super::super) const CEDEX: usize = 12;
    pub(in super::super) const TOWN_ABROAD: usize = 13;
    pub(in super::super) const COUNTRY: usize = 14;
    pub(in super::super) const SIGNS: [usize; 3] = [15, 16, 17];
    pub(in super::super) const USUAL_NAME: usize = 18;
    pub(in super::super) const HEADCOUNT_YEAR: usize = 19;
    pub(in super::super) const TEXTS: usize = 20;
}

/// The texts of a row; those that are not there are empty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a, const N: usize> {
    pub(super) flags: u8,
    pub(super) texts: [&'a str; N],
}

impl<'a, const N: usize> Row<'a, N> {
    pub(super) fn new(flags: u8) -> Self {
        Self { flags, texts: [""; N] }
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(super) fn set(&mut self, index: usize, text: &'a str) {
        if let Some(slot) = self.texts.get_mut(index) {
            *slot = text;
        }
    }

    /// A text that is there.
    pub(super) fn text(&self, index: usize) -> Option<&'a str> {
        self.texts.get(index).copied().filter(|text| !text.is_empty())
    }

    /// Flags, one bit for each text, and the texts with their lengths.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.clear();
        bytes.push(self.flags);
        let present = self.texts.iter().enumerate().filter(|(_, text)| !text.is_empty());
        let bits =
            present.fold(0_u32, |bits, (index, _)| bits | 1_u32.unbounded_shl(u32::try_from(index).unwrap_or(32)));
        bytes.extend(bits.to_le_bytes().into_iter().take(3));
        for text in self.texts.iter().filter(|text| !text.is_empty()) {
            let cut = text.floor_char_boundary(MAX_TEXT_BYTES);
            bytes.push(u8::try_from(cut).unwrap_or(u8::MAX));
            bytes.extend_from_slice(text.get(..cut).unwrap_or_default().as_bytes());
        }
    }

    /// Reads what was written; `None` where it is something else.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[flags, a, b, c], mut rest) = bytes.split_first_chunk::<4>()?;
        let bits = u32::from_le_bytes([a, b, c, 0]);
        let mut row = Self::new(flags);
        for (index, slot) in row.texts.iter_mut().enumerate() {
            if bits & 1_u32.unbounded_shl(u32::try_from(index).ok()?) == 0 {
                continue;
            }
            let (length, after) = rest.split_first()?;
            let (text, after) = after.split_at_checked(usize::from(*length))?;
            *slot = std::str::from_utf8(text).ok()?;
            rest = after;
        }
        rest.is_empty().then_some(row)
    }
}

pub(super) type EntityRow<'a> = Row<'a, { entity::TEXTS }>;
pub(super) type EstablishmentRow<'a> = Row<'a, { establishment::TEXTS }>;

/// The name under which an establishment and its legal entity are known.
pub(super) fn names<'a>(entity: &EntityRow<'a>, row: &EstablishmentRow<'a>) -> NameParts<'a> {
    NameParts {
        denomination: entity.text(entity::DENOMINATION),
        acronym: entity.text(entity::ACRONYM),
        first_name: entity.text(entity::FIRST_NAME),
        usage_name: entity.text(entity::USAGE_NAME),
        birth_name: entity.text(entity::BIRTH_NAME),
        signs: establishment::SIGNS.map(|index| row.text(index)),
    }
}

/// Everything that the register knows of an establishment, nothing hidden yet.
pub(super) fn establishment(
    siret: Siret,
    row: &EstablishmentRow<'_>,
    entity: &EntityRow<'_>,
    told_at: Timestamp,
) -> Establishment {
    let is_partial = row.has(PARTIAL) || entity.has(PARTIAL);
    let commune = row.text(establishment::COMMUNE).or_else(|| row.text(establishment::TOWN_ABROAD));
    let postal_code = row.text(establishment::POSTAL_CODE);
    let country = row.text(establishment::COUNTRY).map(capitalized);
    let address = AddressParts {
        complement: row.text(establishment::COMPLEMENT),
        number: row.text(establishment::NUMBER),
        repetition: row.text(establishment::REPETITION),
        street_type: row.text(establishment::STREET_TYPE).map(street_type),
        street: row.text(establishment::STREET),
        special_distribution: row.text(establishment::SPECIAL_DISTRIBUTION),
        postal_code: row.text(establishment::CEDEX_CODE).or(postal_code),
        town: row.text(establishment::CEDEX).or(commune),
        country: country.as_deref(),
    };
    Establishment {
        siret,
        name: names(entity, row).name(),
        legal_category: entity.text(entity::CATEGORY).and_then(|code| code.parse().ok()),
        activity: row.text(establishment::ACTIVITY).and_then(|code| code.parse().ok()),
        headcount: row.text(establishment::HEADCOUNT).and_then(|code| code.parse().ok()),
        headcount_year: row.text(establishment::HEADCOUNT_YEAR).and_then(|year| year.parse().ok()),
        entity_headcount: entity.text(entity::HEADCOUNT).and_then(|code| code.parse().ok()),
        is_head_office: row.has(HEAD_OFFICE),
        is_active: row.has(ACTIVE),
        is_entity_active: entity.has(ACTIVE),
        diffusion: if is_partial { Diffusion::Partial } else { Diffusion::Full },
        postal_code: postal_code.map(visible),
        commune_code: row.text(establishment::COMMUNE_CODE).and_then(|code| code.parse().ok()),
        commune: commune.map(str::to_owned),
        address: address.line(),
        source: EstablishmentSource::Register,
        fetched_at: told_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_it_was_written_and_nothing_else_is() {
        let mut row = EstablishmentRow::new(ACTIVE | HEAD_OFFICE);
        row.set(establishment::POSTAL_CODE, "92140");
        row.set(establishment::STREET, "DE L'ÉGLISE");
        row.set(establishment::USUAL_NAME, "X");
        let long = "é".repeat(200);
        row.set(establishment::COMMUNE, &long);
        let mut bytes = Vec::new();
        row.write(&mut bytes);
        let read = EstablishmentRow::read(&bytes).unwrap();
        assert!(read.has(ACTIVE) && read.has(HEAD_OFFICE) && !read.has(PARTIAL));
        assert_eq!(read.text(establishment::STREET), Some("DE L'ÉGLISE"));
        assert_eq!(read.text(establishment::USUAL_NAME), Some("X"));
        assert_eq!(read.text(establishment::COMMUNE).unwrap().chars().count(), 127, "cut between two letters");
        assert_eq!(read.text(establishment::COUNTRY), None);
        for length in 0..bytes.len() {
            assert!(EstablishmentRow::read(&bytes[..length]).is_none(), "{length}");
        }
        bytes.push(0);
        assert!(EstablishmentRow::read(&bytes).is_none());
    }
}
