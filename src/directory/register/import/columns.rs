//! Which column of a published file holds what: by name, whatever the order, and whatever else there is.

use crate::directory::files::{ImportError, Record};
use crate::directory::register::rows::{ACTIVE, HEAD_OFFICE, PARTIAL, Row, WITHHELD, entity, establishment};
use crate::domain::visible;

/// What one of the two files is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Entities,
    Establishments,
}

/// A column and the text that it becomes; those that may be missing become nothing.
type Column = (&'static str, usize, Need);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Must,
    May,
}
use Need::{May, Must};

const ENTITY: [Column; 8] = [
    ("categorieJuridiqueUniteLegale", entity::CATEGORY, Must),
    ("trancheEffectifsUniteLegale", entity::HEADCOUNT, Must),
    ("denominationUniteLegale", entity::DENOMINATION, Must),
    ("sigleUniteLegale", entity::ACRONYM, Must),
    ("prenomUsuelUniteLegale", entity::FIRST_NAME, Must),
    ("nomUsageUniteLegale", entity::USAGE_NAME, Must),
    ("nomUniteLegale", entity::BIRTH_NAME, Must),
    ("denominationUsuelle1UniteLegale", entity::USUAL_NAME, May),
];

const ESTABLISHMENT: [Column; 20] = [
    ("trancheEffectifsEtablissement", establishment::HEADCOUNT, Must),
    ("activitePrincipaleEtablissement", establishment::ACTIVITY, Must),
    ("codePostalEtablissement", establishment::POSTAL_CODE, Must),
    ("codeCommuneEtablissement", establishment::COMMUNE_CODE, Must),
    ("libelleCommuneEtablissement", establishment::COMMUNE, Must),
    ("complementAdresseEtablissement", establishment::COMPLEMENT, May),
    ("numeroVoieEtablissement", establishment::NUMBER, Must),
    ("indiceRepetitionEtablissement", establishment::REPETITION, May),
    ("typeVoieEtablissement", establishment::STREET_TYPE, Must),
    ("libelleVoieEtablissement", establishment::STREET, Must),
    ("distributionSpecialeEtablissement", establishment::SPECIAL_DISTRIBUTION, May),
    ("codeCedexEtablissement", establishment::CEDEX_CODE, May),
    ("libelleCedexEtablissement", establishment::CEDEX, May),
    ("libelleCommuneEtrangerEtablissement", establishment::TOWN_ABROAD, Must),
    ("libellePaysEtrangerEtablissement", establishment::COUNTRY, Must),
    ("enseigne1Etablissement", establishment::SIGNS[0], Must),
    ("enseigne2Etablissement", establishment::SIGNS[1], May),
    ("enseigne3Etablissement", establishment::SIGNS[2], May),
    ("denominationUsuelleEtablissement", establishment::USUAL_NAME, May),
    ("anneeEffectifsEtablissement", establishment::HEADCOUNT_YEAR, May),
];

/// Where the columns of a file are.
pub(super) struct Layout {
    pub(super) kind: Kind,
    key: usize,
    state: usize,
    diffusion: usize,
    head_office: Option<usize>,
    /// Position in the file, and text of the row.
    texts: Vec<(usize, usize)>,
    /// How many columns a line has.
    count: usize,
}

impl Layout {
    /// Reads the first line.
    pub(super) fn of(file: &str, header: Option<&Record<'_>>) -> Result<Self, ImportError> {
        let unknown = || ImportError::UnknownFile(file.to_owned());
        let header = header.ok_or_else(unknown)?;
        let names: Vec<&[u8]> = (0..header.len()).filter_map(|index| header.get(index)).collect();
        let ends_in = |end: &str| names.iter().any(|name| name.ends_with(end.as_bytes()));
        let (kind, columns, [key, state, diffusion]) = match (ends_in("Etablissement"), ends_in("UniteLegale")) {
            (true, false) => {
                let keys = ["siret", "etatAdministratifEtablissement", "statutDiffusionEtablissement"];
                (Kind::Establishments, &ESTABLISHMENT[..], keys)
            }
            (false, true) => {
                let keys = ["siren", "etatAdministratifUniteLegale", "statutDiffusionUniteLegale"];
                (Kind::Entities, &ENTITY[..], keys)
            }
            (_, _) => return Err(unknown()),
        };
        let columns_twice = repeated(&names);
        if !columns_twice.is_empty() {
            return Err(ImportError::RepeatedColumns { file: file.to_owned(), columns: columns_twice });
        }
        let mut missing = Vec::new();
        let mut find = |column: &'static str, need| {
            let found = names.iter().position(|name| *name == column.as_bytes());
            if found.is_none() && need == Must {
                missing.push(column);
            }
            found
        };
        let (key, state, diffusion) = (find(key, Must), find(state, Must), find(diffusion, Must));
        let head_office = match kind {
            Kind::Establishments => find("etablissementSiege", Must),
            Kind::Entities => None,
        };
        let texts = columns.iter().filter_map(|(column, text, need)| Some((find(column, *need)?, *text))).collect();
        match (key, state, diffusion) {
            (Some(key), Some(state), Some(diffusion)) if missing.is_empty() => {
                Ok(Self { kind, key, state, diffusion, head_office, texts, count: names.len() })
            }
            (_, _, _) => Err(ImportError::MissingColumns { file: file.to_owned(), columns: missing }),
        }
    }

    /// Reads a line: its number and its row, or why it is none.
    pub(super) fn read<'a, const N: usize>(&self, record: &Record<'a>) -> Result<Line<'a, N>, &'static str> {
        if record.len() != self.count {
            return Err("another number of fields than the first line");
        }
        let text = record.text().ok_or("not UTF-8")?;
        let field = |index: usize| text.get(index).unwrap_or_default();
        let key = match self.kind {
            Kind::Establishments => siret_number(field(self.key)).ok_or("not a SIRET")?,
            Kind::Entities => siren_number(field(self.key)).ok_or("not a SIREN")?,
        };
        let mut flags = 0;
        match field(self.state) {
            "A" => flags |= ACTIVE,
            "F" | "C" => {}
            _ => return Err("a state that is neither A, F nor C"),
        }
        match field(self.diffusion) {
            "O" => {}
            "P" => flags |= PARTIAL,
            "N" => return Ok(Line::Hidden(key, Row::new(WITHHELD))),
            _ => return Err("a diffusion that is neither O, P nor N"),
        }
        if self.head_office.is_some_and(|index| field(index) == "true") {
            flags |= HEAD_OFFICE;
        }
        let mut row = Row::new(flags);
        for (position, index) in &self.texts {
            // What is hidden is written so.
            match field(*position) {
                "[ND]" => {}
                text => row.set(*index, text),
            }
        }
        Ok(Line::Row(key, row))
    }
}

/// The most letters of a name that a file gives, in a sentence.
const TOLD_LETTERS: usize = 60;

/// The names that stand more than once in a first line.
fn repeated(names: &[&[u8]]) -> Vec<String> {
    let mut found: Vec<&[u8]> = names.to_vec();
    found.sort_unstable();
    let twice = found.chunk_by(|one, other| one == other).filter(|same| same.len() > 1);
    let named = twice.filter_map(|same| same.first()).filter(|name| !name.is_empty());
    named.map(|name| visible(&String::from_utf8_lossy(name)).chars().take(TOLD_LETTERS).collect()).collect()
}

/// What a line says.
pub(super) enum Line<'a, const N: usize> {
    Row(u64, Row<'a, N>),
    /// Nobody may read anything of it: what is kept says so, lest another source tells it.
    Hidden(u64, Row<'a, N>),
}

/// The number of a SIREN with a right check digit.
fn siren_number(text: &str) -> Option<u64> {
    let (number, sum) = weighed::<9>(text)?;
    sum.is_multiple_of(10).then_some(number)
}

/// The number of a SIRET with a right check digit.
fn siret_number(text: &str) -> Option<u64> {
    let (number, sum) = weighed::<14>(text)?;
    let is_right = sum.is_multiple_of(10) || text.parse::<crate::domain::Siret>().is_ok();
    is_right.then_some(number)
}

/// A number of so many digits, and the sum that tells whether its last one is right (Luhn). Reads no more than it must: there
/// are tens of millions.
fn weighed<const DIGITS: usize>(text: &str) -> Option<(u64, u32)> {
    let bytes: &[u8; DIGITS] = text.as_bytes().try_into().ok()?;
    let (mut number, mut sum) = (0_u64, 0_u32);
    for (index, byte) in bytes.iter().enumerate() {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        if digit > 9 {
            return None;
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
        let weighed = if index % 2 == DIGITS % 2 { digit.wrapping_mul(2) } else { digit };
        sum = sum.wrapping_add(if weighed > 9 { weighed.wrapping_sub(9) } else { weighed });
    }
    Some((number, sum))
}
