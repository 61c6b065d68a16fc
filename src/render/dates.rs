//! Dates as people write them.

use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::protocol::{CENTRAL_EUROPEAN_TIME, Locale};

const FRENCH_MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Day and time in Paris of an instant in Unix seconds; `None` for what no calendar reaches.
pub(super) fn day_and_time(locale: Locale, seconds: i64) -> Option<String> {
    let zone = TimeZone::posix(CENTRAL_EUROPEAN_TIME).ok()?;
    let local = jiff::Timestamp::from_second(seconds).ok()?.to_zoned(zone);
    let (day, hour, minute) = (day(locale, &local)?, local.hour(), local.minute());
    Some(match locale {
        Locale::Fr => format!("{day} à {hour}\u{a0}h\u{a0}{minute:02} (heure de Paris)"),
        Locale::En => format!("{day} at {hour:02}:{minute:02} (Paris time)"),
    })
}

fn day(locale: Locale, local: &Zoned) -> Option<String> {
    let month = usize::try_from(local.month()).ok()?.checked_sub(1)?;
    let (day, year) = (local.day(), local.year());
    Some(match (locale, day) {
        (Locale::Fr, 1) => format!("1er\u{a0}{} {year}", FRENCH_MONTHS.get(month)?),
        (Locale::Fr, _) => format!("{day}\u{a0}{} {year}", FRENCH_MONTHS.get(month)?),
        (Locale::En, _) => format!("{day}\u{a0}{} {year}", ENGLISH_MONTHS.get(month)?),
    })
}
