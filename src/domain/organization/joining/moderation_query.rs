//! Which requests a moderator looks for: a line such as `is:processed siret:13002526500013 -service:"DataPass"`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::Moderation;
use crate::domain::{Email, Siret};
use crate::protocol::Timestamp;

/// The most characters of a line.
const MAX_CHARS: usize = 500;

/// How the requests stand that are looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ModerationStanding {
    /// They wait, the oldest first.
    #[default]
    Pending,
    /// They are decided, the last one first.
    Processed,
    /// However they stand, the last one first.
    Any,
}

impl ModerationStanding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Processed, Self::Any];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processed => "processed",
            Self::Any => "any",
        }
    }

    /// Whether a request stands so.
    pub fn has(self, request: &Moderation) -> bool {
        match self {
            Self::Pending => request.is_pending(),
            Self::Processed => !request.is_pending(),
            Self::Any => true,
        }
    }
}

/// A day in Paris.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    text: String,
    /// When it begins.
    pub begin: Timestamp,
    /// When the day after begins.
    pub end: Timestamp,
}

impl Day {
    /// As it was written: `2026-11-28`.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// What is looked for; nothing narrows it down where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModerationQuery {
    /// How they stand.
    pub standing: ModerationStanding,
    /// Of the person with this address.
    pub email: Option<Email>,
    /// For the organization with this number.
    pub siret: Option<Siret>,
    /// From this service: its identifier, or a part of its name.
    pub service: Option<String>,
    /// From any other service than this one.
    pub other_service: Option<String>,
    /// Decided by this person, by their address, or by `cli:` and the name of an account of the machine.
    pub by: Option<String>,
    /// Made on this day.
    pub date: Option<Day>,
}

/// The line says nothing that can be looked for; with the word that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModerationQueryFault {
    /// The word is none of the language.
    #[error("`{0}` cannot be looked for")]
    Word(String),
    /// `is:` is followed by something else than `pending`, `processed` or `any`.
    #[error("`{0}` is not a state")]
    Standing(String),
    /// This is not the address of somebody.
    #[error("`{0}` is not an address")]
    Email(String),
    /// This is not the number of an organization.
    #[error("`{0}` is not a SIRET")]
    Siret(String),
    /// This is not a day.
    #[error("`{0}` is not a day")]
    Date(String),
    /// It is said twice.
    #[error("`{0}` is said twice")]
    Repeated(String),
    /// The line is too long.
    #[error("too long")]
    TooLong,
}

impl ModerationQueryFault {
    /// The word that its text is found by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Word(_) => "word",
            Self::Standing(_) => "standing",
            Self::Email(_) => "email",
            Self::Siret(_) => "siret",
            Self::Date(_) => "date",
            Self::Repeated(_) => "repeated",
            Self::TooLong => "too_long",
        }
    }

    /// What is wrong, as it was written.
    pub fn written(&self) -> &str {
        match self {
            Self::Word(word)
            | Self::Standing(word)
            | Self::Email(word)
            | Self::Siret(word)
            | Self::Date(word)
            | Self::Repeated(word) => word,
            Self::TooLong => "",
        }
    }
}

impl ModerationQuery {
    /// Says one thing more.
    ///
    /// # Errors
    /// When it cannot be looked for, or was said already.
    pub fn narrow(&mut self, word: &str, value: &str) -> Result<(), ModerationQueryFault> {
        let written = || value.to_owned();
        match word {
            "is" => {
                let known = ModerationStanding::ALL.into_iter().find(|standing| standing.as_str() == value);
                self.standing = known.ok_or_else(|| ModerationQueryFault::Standing(written()))?;
                Ok(())
            }
            "email" => {
                let email = value.parse().map_err(|_| ModerationQueryFault::Email(written()))?;
                once(&mut self.email, email, word)
            }
            "siret" => {
                let siret = value.parse().map_err(|_| ModerationQueryFault::Siret(written()))?;
                once(&mut self.siret, siret, word)
            }
            "service" => once(&mut self.service, written(), word),
            "-service" => once(&mut self.other_service, written(), word),
            "by" => once(&mut self.by, written(), word),
            "date" => {
                let (begin, end) =
                    Timestamp::parse_day_in_paris(value).ok_or_else(|| ModerationQueryFault::Date(written()))?;
                once(&mut self.date, Day { text: written(), begin, end }, word)
            }
            other => Err(ModerationQueryFault::Word(other.chars().take(64).collect())),
        }
    }
}

fn once<T>(place: &mut Option<T>, value: T, word: &str) -> Result<(), ModerationQueryFault> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(ModerationQueryFault::Repeated(word.to_owned())),
    }
}

/// What a line is made of: a word and its value, or a value alone.
type Term = (Option<String>, String);

/// The terms of a line; values with spaces stand between quotation marks.
fn terms(line: &str) -> Vec<Term> {
    let (mut found, mut rest) = (Vec::new(), line.trim_start());
    while !rest.is_empty() {
        let end_of_word = rest.find(|character: char| character == ':' || character.is_whitespace());
        let word = end_of_word.and_then(|end| rest.get(..end).filter(|_| rest.get(end..).is_some_and(begins_a_value)));
        let after = word.and_then(|word| rest.get(word.len().saturating_add(1)..)).unwrap_or(rest);
        let (value, left) = value_of(after);
        found.push((word.map(str::to_owned), value.to_owned()));
        rest = left.trim_start();
    }
    found
}

fn begins_a_value(rest: &str) -> bool {
    rest.starts_with(':')
}

/// A value, and what comes after it.
fn value_of(text: &str) -> (&str, &str) {
    let quoted = text.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    quoted.or_else(|| text.split_once(char::is_whitespace)).unwrap_or((text, ""))
}

impl FromStr for ModerationQuery {
    type Err = ModerationQueryFault;

    /// Reads a line. What stands there without a word is an address where it has an `@`, and a number else.
    fn from_str(line: &str) -> Result<Self, ModerationQueryFault> {
        if line.chars().count() > MAX_CHARS {
            return Err(ModerationQueryFault::TooLong);
        }
        let mut query = Self::default();
        for (word, value) in terms(line) {
            match word {
                Some(word) => query.narrow(&word.to_lowercase(), value.trim())?,
                None if value.contains('@') => query.narrow("email", &value)?,
                None if value.starts_with(|first: char| first.is_ascii_digit()) => query.narrow("siret", &value)?,
                None => return Err(ModerationQueryFault::Word(value)),
            }
        }
        Ok(query)
    }
}

/// The line that says it.
impl fmt::Display for ModerationQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "is:{}", self.standing.as_str())?;
        let email = self.email.as_ref().map(Email::as_str);
        let siret = self.siret.as_ref().map(Siret::as_str);
        let date = self.date.as_ref().map(Day::as_str);
        let plain = [("email", email), ("siret", siret), ("by", self.by.as_deref()), ("date", date)];
        let named = [("service", self.service.as_deref()), ("-service", self.other_service.as_deref())];
        for (word, value) in plain.into_iter().chain(named) {
            match value {
                Some(value) if value.contains(char::is_whitespace) => write!(formatter, " {word}:\"{value}\"")?,
                Some(value) => write!(formatter, " {word}:{value}")?,
                None => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<ModerationQuery, ModerationQueryFault> {
        line.parse()
    }

    #[test]
    fn a_line_says_what_is_looked_for_and_is_written_back_as_it_was_read() {
        let line = "is:processed email:jean@clamart.fr siret:21920023500014 by:marie@dinum.fr date:2026-11-28 \
                    service:\"Démarches simplifiées\" -service:datapass";
        let query = read(line).unwrap();
        assert_eq!(query.standing, ModerationStanding::Processed);
        assert_eq!(query.email.as_ref().unwrap().as_str(), "jean@clamart.fr");
        assert_eq!(query.service.as_deref(), Some("Démarches simplifiées"));
        assert_eq!(query.other_service.as_deref(), Some("datapass"));
        let day = query.date.clone().unwrap();
        assert_eq!(day.begin.to_iso8601(), "2026-11-27T23:00:00.000Z", "a day begins at midnight in Paris");
        assert_eq!(day.end.seconds_since(day.begin), 24 * 3600);
        assert_eq!(query.to_string(), line);
        assert_eq!(read(&query.to_string()), Ok(query));
        assert_eq!(read("  "), Ok(ModerationQuery::default()), "what waits, where nothing is said");
        let bare = read("jean@clamart.fr  21920023500014").unwrap();
        assert!(bare.email.is_some() && bare.siret.is_some());
        assert_eq!(read("siret:\"219 200 235 00014\"").unwrap().siret, bare.siret);
    }

    #[test]
    fn a_line_that_says_nothing_is_refused_with_the_word_that_is_wrong() {
        let long = "a".repeat(501);
        for (line, name, written) in [
            ("bonjour", "word", "bonjour"),
            ("couleur:bleue", "word", "couleur"),
            ("is:open", "standing", "open"),
            ("email:jean", "email", "jean"),
            ("siret:12345678901234", "siret", "12345678901234"),
            ("date:hier", "date", "hier"),
            ("date:2026-02-30", "date", "2026-02-30"),
            ("by:a by:b", "repeated", "by"),
            (":", "word", ""),
            (&long, "too_long", ""),
        ] {
            let fault = read(line).unwrap_err();
            assert_eq!((fault.name(), fault.written()), (name, written), "{line}");
        }
    }
}
