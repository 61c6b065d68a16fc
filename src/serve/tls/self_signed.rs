//! The certificate of an instance that has none yet: made for its host, kept in its data directory.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use zeroize::Zeroizing;

use super::pair::{Places, TlsError, failed};
use crate::crypto;
use crate::protocol::Timestamp;

/// How long it is valid: as long as Apple's systems accept.
const LIFETIME: Duration = Duration::from_secs(825 * 24 * 3600);
/// Clocks of clients may be behind.
const EARLIER: Duration = Duration::from_secs(24 * 3600);

pub(super) fn places(directory: &Path) -> Places {
    Places {
        certificate: directory.join("self-signed-certificate.pem"),
        key: directory.join("self-signed-private-key.pem"),
    }
}

/// Makes a pair for `host` and writes it.
pub(super) fn make(places: &Places, host: &str, now: Timestamp) -> Result<(), TlsError> {
    let library = |cause: rcgen::Error| TlsError::Library(cause.to_string());
    let bare_host = host.trim_start_matches('[').trim_end_matches(']');
    let mut params = CertificateParams::new([bare_host.to_owned()]).map_err(library)?;
    let mut name = DistinguishedName::new();
    // A common name has 64 characters at most (RFC 5280, annex A.1).
    name.push(DnType::CommonName, bare_host.chars().take(64).collect::<String>());
    params.distinguished_name = name;
    let (year, month, date) = day(Timestamp(now.0.saturating_sub(EARLIER.as_secs())));
    params.not_before = date_time_ymd(year, month, date);
    let (year, month, date) = day(now.plus(LIFETIME));
    params.not_after = date_time_ymd(year, month, date);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().map_err(library)?;
    let certificate = params.self_signed(&key).map_err(library)?;
    let secret = Zeroizing::new(key.serialize_der());
    write(&places.key, &pem("PRIVATE KEY", &secret))?;
    write(&places.certificate, &pem("CERTIFICATE", certificate.der()))
}

/// Year, month and day.
fn day(at: Timestamp) -> (i32, u8, u8) {
    let seconds = i64::try_from(at.0).unwrap_or(i64::MAX);
    let date = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX);
    let date = date.to_zoned(jiff::tz::TimeZone::UTC).date();
    let number = |small: i8| u8::try_from(small).unwrap_or(1);
    (i32::from(date.year()), number(date.month()), number(date.day()))
}

pub(super) fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let text = Zeroizing::new(STANDARD.encode(der));
    let mut whole = Zeroizing::new(format!("-----BEGIN {label}-----\n"));
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, later) = rest.split_at(rest.len().min(64));
        whole.push_str(line);
        whole.push('\n');
        rest = later;
    }
    whole.push_str(&format!("-----END {label}-----\n"));
    whole
}

fn write(path: &Path, text: &str) -> Result<(), TlsError> {
    crypto::replace_for_owner(path, text.as_bytes()).map_err(|cause| failed(path, cause))
}
