//! The one thing that we read in a certificate ourselves: until when it is valid (RFC 5280 §4.1.2.5).

use crate::protocol::Timestamp;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// From when until when a certificate is valid; `None` if it is not one.
pub(super) fn validity(certificate: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (_, certificate, _) = element(certificate)?;
    let (_, body, _) = element(certificate)?;
    let (tag, _, after_version) = element(body)?;
    let from_serial = if tag == VERSION { after_version } else { body };
    let (_, _, from_algorithm) = element(from_serial)?;
    let (_, _, from_issuer) = element(from_algorithm)?;
    let (_, _, from_validity) = element(from_issuer)?;
    let (tag, validity, _) = element(from_validity)?;
    if tag != SEQUENCE {
        return None;
    }
    let (from_tag, from, rest) = element(validity)?;
    let (until_tag, until, _) = element(rest)?;
    Some((time(from_tag, from)?, time(until_tag, until)?))
}

/// Tag and content of the first element of DER, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(*first & 0x7f))?;
        if digits.len() > 4 {
            return None;
        }
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// `YYMMDDhhmmssZ`, where a year below 50 is of this century, or `YYYYMMDDhhmmssZ`.
fn time(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let text = match tag {
        UTC_TIME if text.as_bytes().first()? < &b'5' => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let instant = jiff::civil::DateTime::strptime("%Y%m%d%H%M%SZ", &text).ok()?;
    let zoned = instant.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    // Before 1970 is long over in any case.
    Some(Timestamp(u64::try_from(zoned.timestamp().as_second()).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(from: (i32, u8, u8), until: (i32, u8, u8)) -> Vec<u8> {
        let mut params = CertificateParams::new([String::from("identite.exemple.fr")]).unwrap();
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    fn text(times: Option<(Timestamp, Timestamp)>) -> String {
        times.map_or(String::new(), |(from, until)| format!("{from} {until}"))
    }

    #[test]
    fn both_spellings_of_time_are_read() {
        let near = certificate((2026, 2, 28), (2049, 12, 31));
        assert_eq!(text(validity(&near)), "2026-02-28T00:00:00.000Z 2049-12-31T00:00:00.000Z");
        let far = certificate((1999, 1, 1), (2051, 6, 1));
        assert_eq!(text(validity(&far)), "1999-01-01T00:00:00.000Z 2051-06-01T00:00:00.000Z");
    }

    #[test]
    fn whatever_is_no_certificate_has_no_validity() {
        let whole = certificate((2026, 1, 1), (2027, 1, 1));
        for length in 0..whole.len() {
            assert_eq!(validity(&whole[..length]), None, "cut at {length}");
        }
        for bytes in [&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..], &[0x30, 0x85, 1, 1, 1, 1, 1], &[0x30, 0x80], b"PEM"] {
            assert_eq!(validity(bytes), None, "{bytes:?}");
        }
    }
}
