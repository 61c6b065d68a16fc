//! How people write times, paths, people and organizations on the command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::acts::administration::{MalformedOrganizationKey, MalformedUserKey, OrganizationKey, UserKey};
use crate::domain::{MalformedReason, RemovalReason};
use crate::protocol::Locale;

/// The most bytes of a path: `PATH_MAX` of Linux.
const MAX_PATH: usize = 4095;

/// An e-mail address or an identifier; in its one spelling.
pub(super) fn parse_user(text: &str) -> Result<String, MalformedUserKey> {
    text.parse().map(|key: UserKey| key.to_string())
}

/// A SIRET or an identifier; in its one spelling.
pub(super) fn parse_organization(text: &str) -> Result<String, MalformedOrganizationKey> {
    text.parse().map(|key: OrganizationKey| key.to_string())
}

/// A language.
pub(super) fn parse_locale(text: &str) -> Result<Locale, String> {
    Locale::parse(text).ok_or_else(|| String::from("fr or en"))
}

/// A text that says something.
pub(super) fn parse_text(text: &str) -> Result<String, String> {
    match text.trim().is_empty() {
        true => Err(String::from("it is empty: leave the option out")),
        false => Ok(text.to_owned()),
    }
}

/// A text of one line that can be read.
pub(super) fn parse_line(text: &str) -> Result<String, MalformedReason> {
    text.parse().map(|line: RemovalReason| line.as_str().to_owned())
}

/// A path that can be shown: what nobody can read on a terminal was not typed by anybody.
pub(super) fn parse_path(text: &str) -> Result<PathBuf, String> {
    let is_shown = |character: char| !character.is_control();
    match !text.trim().is_empty() && text.len() <= MAX_PATH && text.chars().all(is_shown) {
        true => Ok(PathBuf::from(text)),
        false => Err(format!("a path of 1 to {MAX_PATH} bytes without control characters is expected")),
    }
}

/// Reads `90s`, `30m`, `24h`, `7d`, or `0`.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let expected = || String::from("a time such as 90s, 30m, 24h or 7d is expected, or 0");
    let (number, unit) = match text.strip_suffix(|last: char| last.is_ascii_lowercase()) {
        Some(number) => (number, text.chars().next_back()),
        None => (text, None),
    };
    let seconds = match unit {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 24 * 3600,
        None if number == "0" => 1,
        Some(_) | None => return Err(expected()),
    };
    let number: u64 = number.parse().map_err(|_| expected())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        let seconds = |text: &str| parse_duration(text).map(|duration| duration.as_secs()).ok();
        for (text, expected) in [("0", 0), ("0s", 0), ("90s", 90), ("30m", 1800), ("24h", 86400), ("7d", 604_800)] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in
            ["", "s", "1", "24", "-1h", "1.5h", "1w", "1 h", "h1", "99999999999999999999d", "18446744073709551615d"]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
