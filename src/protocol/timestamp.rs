//! Instants in whole seconds.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The rule of Central European Time in the form of POSIX, so that no time zone database is needed.
pub const CENTRAL_EUROPEAN_TIME: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// An instant: seconds since 1970-01-01T00:00:00Z (RFC 7519 §2, `NumericDate` without fractions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The instant `duration` later, in whole seconds; stays at the end of time on overflow.
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_secs()))
    }

    /// The instant `duration` earlier, in whole seconds; stays at the beginning of time.
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.as_secs()))
    }

    /// Seconds from `earlier` to this instant; zero when `earlier` is later.
    pub fn seconds_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whether this instant is an end that has come at `now`: a value that ends at 60 lives at 59 and not at 60.
    pub fn has_come(self, now: Self) -> bool {
        now >= self
    }

    /// ISO 8601 in UTC with milliseconds, which are always `.000` (`2024-06-15T16:17:05.000Z`).
    pub fn to_iso8601(self) -> String {
        let seconds = i64::try_from(self.0).unwrap_or(i64::MAX);
        match jiff::Timestamp::from_second(seconds) {
            Ok(instant) => instant.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
            Err(_) => String::from("9999-12-31T23:59:59.000Z"),
        }
    }

    /// The beginning of a day in Paris, and that of the day after (`2026-11-28`); `None` for what no calendar knows.
    pub fn parse_day_in_paris(text: &str) -> Option<(Self, Self)> {
        let date: jiff::civil::Date = Some(text).filter(|text| text.len() == 10)?.parse().ok()?;
        let zone = jiff::tz::TimeZone::posix(CENTRAL_EUROPEAN_TIME).ok()?;
        let begin = |date: jiff::civil::Date| {
            let midnight = date.to_zoned(zone.clone()).ok()?.timestamp();
            u64::try_from(midnight.as_second()).ok().map(Self)
        };
        Some((begin(date)?, begin(date.tomorrow().ok()?)?))
    }

    /// Until when something lasts: an instant with its offset, or a day, to its last second in Paris.
    pub fn parse_end(text: &str) -> Option<Self> {
        match Self::parse_day_in_paris(text) {
            Some((_, after)) => Some(Self(after.0.saturating_sub(1))),
            None => Self::parse_iso8601(text),
        }
    }

    /// Reads an instant in ISO 8601 with its offset (`2024-06-15T16:17:05Z`), or a date, which begins at midnight UTC.
    /// Fractions of a second are cut off.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let instant: jiff::Timestamp = match text.parse() {
            Ok(instant) => instant,
            Err(_) => {
                let date: jiff::civil::Date = Some(text).filter(|text| text.len() == 10)?.parse().ok()?;
                date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()
            }
        };
        u64::try_from(instant.as_second()).ok().map(Self)
    }

    /// Reads the date of a header (RFC 9110 §5.6.7, `IMF-fixdate`: `Sat, 28 Nov 2026 23:00:00 GMT`).
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let date = Some(text.trim()).filter(|text| text.ends_with(" GMT"))?;
        let instant = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
        u64::try_from(instant.as_second()).ok().map(Self)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_iso8601())
    }
}
