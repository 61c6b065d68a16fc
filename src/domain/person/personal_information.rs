//! What a person tells about themselves, and what may be typed there.

use serde::{Deserialize, Serialize};

use super::alphabets::is_of_one_alphabet;
use super::email::is_invisible;

/// The fields of the form, by the names that they have in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalInformationField {
    /// First names.
    GivenName,
    /// Family name in use.
    FamilyName,
    /// Telephone number.
    PhoneNumber,
    /// Position.
    Job,
}

impl PersonalInformationField {
    /// The name of the form's field.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::PhoneNumber => "phone_number",
            Self::Job => "job",
        }
    }
}

/// One field that cannot stand as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonalInformationFault {
    /// A name is missing, or holds nothing that can be seen.
    Missing(PersonalInformationField),
    /// Over 255 characters.
    TooLong(PersonalInformationField),
    /// Characters that no such value holds.
    Malformed(PersonalInformationField),
    /// Letters of several alphabets, which pass for one another.
    Mixed(PersonalInformationField),
}

/// A field that holds something else than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalInformationChange {
    /// Which.
    pub field: PersonalInformationField,
    /// What it holds now; `None` when it was emptied.
    pub value: Option<String>,
}

/// Names, telephone number and position. A field is `None` until it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalInformation {
    /// First names.
    pub given_name: Option<String>,
    /// Family name in use.
    pub family_name: Option<String>,
    /// Telephone number as typed.
    pub phone_number: Option<String>,
    /// Position in the organization.
    pub job: Option<String>,
}

impl PersonalInformation {
    /// Reads the four fields of the form.
    ///
    /// # Errors
    /// Every field that cannot stand, in the order of the form.
    pub fn parse(
        given_name: &str,
        family_name: &str,
        phone_number: &str,
        job: &str,
    ) -> Result<Self, Vec<PersonalInformationFault>> {
        let mut faults = Vec::new();
        let mut keep = |result: Result<Option<String>, PersonalInformationFault>| match result {
            Ok(value) => value,
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        let information = Self {
            given_name: keep(parse_name(given_name, PersonalInformationField::GivenName)),
            family_name: keep(parse_name(family_name, PersonalInformationField::FamilyName)),
            phone_number: keep(parse_phone_number(phone_number)),
            job: keep(parse_job(job)),
        };
        if faults.is_empty() { Ok(information) } else { Err(faults) }
    }

    /// What differs from `before`, in the order of the form.
    pub fn changes_since(&self, before: &Self) -> Vec<PersonalInformationChange> {
        use PersonalInformationField::{FamilyName, GivenName, Job, PhoneNumber};
        let fields = [
            (GivenName, &before.given_name, &self.given_name),
            (FamilyName, &before.family_name, &self.family_name),
            (PhoneNumber, &before.phone_number, &self.phone_number),
            (Job, &before.job, &self.job),
        ];
        let changed = fields.into_iter().filter(|(_, before, now)| before != now);
        changed.map(|(field, _, now)| PersonalInformationChange { field, value: now.clone() }).collect()
    }

    /// Whether both names are known.
    pub fn has_names(&self) -> bool {
        self.given_name.is_some() && self.family_name.is_some()
    }

    /// Given and family name, as far as they are known.
    pub fn full_name(&self) -> Option<String> {
        match (&self.given_name, &self.family_name) {
            (Some(given), Some(family)) => Some(format!("{given} {family}")),
            (Some(name), None) | (None, Some(name)) => Some(name.clone()),
            (None, None) => None,
        }
    }
}

fn parse_name(text: &str, field: PersonalInformationField) -> Result<Option<String>, PersonalInformationFault> {
    let text = parse_visible(text, field)?.ok_or(PersonalInformationFault::Missing(field))?;
    let forbidden =
        |character: char| character.is_ascii_digit() || r#"$&+:;=?@#|<>.^*()%!_[]{}\/"~`"#.contains(character);
    if text.chars().any(forbidden) {
        return Err(PersonalInformationFault::Malformed(field));
    }
    if is_of_one_alphabet(&text) { Ok(Some(text)) } else { Err(PersonalInformationFault::Mixed(field)) }
}

fn parse_phone_number(text: &str) -> Result<Option<String>, PersonalInformationFault> {
    let field = PersonalInformationField::PhoneNumber;
    let Some(text) = parse_visible(text, field)? else { return Ok(None) };
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let body = text.strip_prefix('+').unwrap_or(&text);
    let well_formed = (7..=15).contains(&digits)
        && body.starts_with(|first: char| first.is_ascii_digit())
        && body.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ' || byte == b'-')
        && !["  ", "--", " -", "- "].iter().any(|twice| body.contains(twice));
    if well_formed { Ok(Some(text)) } else { Err(PersonalInformationFault::Malformed(field)) }
}

fn parse_job(text: &str) -> Result<Option<String>, PersonalInformationFault> {
    let field = PersonalInformationField::Job;
    let Some(text) = parse_visible(text, field)? else { return Ok(None) };
    let only_digits = text.chars().all(|character| character.is_ascii_digit() || character == ' ');
    if only_digits { Err(PersonalInformationFault::Malformed(field)) } else { Ok(Some(text)) }
}

/// The trimmed text; `None` when nothing of it can be seen.
fn parse_visible(text: &str, field: PersonalInformationField) -> Result<Option<String>, PersonalInformationFault> {
    let text = text.trim();
    if text.chars().all(|character| character.is_whitespace() || is_invisible(character)) {
        return Ok(None);
    }
    if text.chars().count() > 255 {
        return Err(PersonalInformationFault::TooLong(field));
    }
    if text.chars().any(|character| character.is_control() || is_invisible(character)) {
        return Err(PersonalInformationFault::Malformed(field));
    }
    Ok(Some(text.to_owned()))
}
