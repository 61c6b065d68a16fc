//! What a record of a public directory says, by the names of its fields: in a line of CSV or in an object of JSON.

use serde_json::Value;

use super::DEEPEST;
use super::report::Annuaire;
use super::subject::Subject;
use crate::directory::files::{ImportError, Record};
use crate::domain::{CommuneCode, Siret};
use crate::protocol::json_depth;

/// The fields of a record: name, addresses, number, and of public services the code of the commune and what it is for it.
const SERVICE_PUBLIC: [&str; 5] = ["nom", "adresse_courriel", "siret", "code_insee_commune", "pivot"];
const EDUCATION: [&str; 3] = ["nom_etablissement", "mail", "siren_siret"];
/// What a service must be to a commune to be its town hall.
const TOWN_HALLS: [&str; 2] = ["mairie", "mairie_com"];

fn fields_of(annuaire: Annuaire) -> &'static [&'static str] {
    match annuaire {
        Annuaire::ServicePublic => &SERVICE_PUBLIC,
        Annuaire::Education => &EDUCATION,
    }
}

/// Whose file it is, by a name that only one of them has.
pub(super) fn annuaire_of<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<Annuaire> {
    names.find_map(|name| match name.to_ascii_lowercase().as_str() {
        "siren_siret" => Some(Annuaire::Education),
        "adresse_courriel" => Some(Annuaire::ServicePublic),
        _ => None,
    })
}

/// A record, as texts in the order of the fields.
pub(super) struct Written(Vec<String>);

impl Written {
    /// An object; a list of texts is one text, what is something else is nothing.
    pub(super) fn of_object(annuaire: Annuaire, object: &serde_json::Map<String, Value>) -> Self {
        let find =
            |field: &&str| object.iter().find(|(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, value)| value);
        Self(fields_of(annuaire).iter().map(|field| find(field).map(flat).unwrap_or_default()).collect())
    }

    fn get(&self, index: usize) -> &str {
        self.0.get(index).map_or("", |text| text.trim())
    }

    /// How the service is called.
    pub(super) fn name(&self) -> &str {
        self.get(0)
    }

    /// What stands where the addresses should.
    pub(super) fn addresses(&self) -> &str {
        self.get(1)
    }

    /// Whose addresses they are: nobody's where it is not said, more than one's where a service is a town hall.
    pub(super) fn subjects(&self, annuaire: Annuaire) -> Result<Vec<Subject>, &'static str> {
        let written = self.get(2);
        let siret = written.parse::<Siret>().ok();
        let commune = Some(self.get(3)).filter(|_| is_town_hall(self.get(4))).and_then(|code| code.parse().ok());
        let by_number = |siret| match annuaire {
            Annuaire::ServicePublic => Subject::PublicService(siret),
            Annuaire::Education => Subject::School(siret),
        };
        if siret.is_none() && commune.is_none() && !written.is_empty() {
            return Err("not a SIRET");
        }
        Ok(siret.map(by_number).into_iter().chain(commune.map(|code: CommuneCode| Subject::TownHall(code))).collect())
    }
}

/// The texts of a value, and JSON where it has none.
fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(values) if values.iter().any(Value::is_string) => {
            let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            texts.join(";")
        }
        Value::Array(_) | Value::Object(_) => value.to_string(),
        Value::Null | Value::Bool(_) => String::new(),
    }
}

/// Whether a service is the town hall of its commune; the field is JSON in a text.
fn is_town_hall(pivot: &str) -> bool {
    if json_depth(pivot.as_bytes()) > DEEPEST {
        return false;
    }
    let Ok(Value::Array(pivots)) = serde_json::from_str(pivot) else { return false };
    pivots.iter().any(|pivot| {
        pivot.get("type_service_local").and_then(Value::as_str).is_some_and(|kind| TOWN_HALLS.contains(&kind))
    })
}

/// Where the fields are in a file of lines.
pub(super) struct Columns {
    pub(super) annuaire: Annuaire,
    positions: Vec<usize>,
    count: usize,
}

impl Columns {
    /// Reads the first line.
    pub(super) fn of(file: &str, header: Option<&Record<'_>>) -> Result<Self, ImportError> {
        let unknown = || ImportError::UnknownContacts(file.to_owned());
        let header = header.and_then(|header| Some((header.text()?, header.len())));
        let (text, count) = header.ok_or_else(unknown)?;
        let names = || (0..count).filter_map(|index| text.get(index));
        let annuaire = annuaire_of(names()).ok_or_else(unknown)?;
        let (mut positions, mut missing) = (Vec::new(), Vec::new());
        for field in fields_of(annuaire) {
            match names().position(|name| name.eq_ignore_ascii_case(field)) {
                Some(position) => positions.push(position),
                None => missing.push(*field),
            }
        }
        match missing.is_empty() {
            true => Ok(Self { annuaire, positions, count }),
            false => Err(ImportError::MissingColumns { file: file.to_owned(), columns: missing }),
        }
    }

    /// Reads a line.
    pub(super) fn read(&self, record: &Record<'_>) -> Result<Written, &'static str> {
        if record.len() != self.count {
            return Err("another number of fields than the first line");
        }
        let text = record.text().ok_or("not UTF-8")?;
        Ok(Written(self.positions.iter().map(|at| text.get(*at).unwrap_or_default().to_owned()).collect()))
    }
}
