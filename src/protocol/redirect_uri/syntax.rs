//! The rules of syntax that hold for every redirect URI.

use url::{Position, Url};

use super::{RedirectUri, RedirectUriError};

/// Reads an absolute address and refuses every one that the URL parser would read otherwise than it is written, so
/// that what was compared is what the browser gets.
pub(super) fn parse(text: &str) -> Result<Url, RedirectUriError> {
    if text.len() > RedirectUri::MAX_BYTES {
        return Err(RedirectUriError::TooLong);
    }
    if !text.bytes().all(is_uri_byte) {
        return Err(RedirectUriError::ForbiddenCharacter);
    }
    if text.contains('#') {
        return Err(RedirectUriError::Fragment);
    }
    let (scheme, rest) = text.split_once(':').ok_or(RedirectUriError::NotAbsolute)?;
    check_scheme(scheme)?;
    let url = Url::parse(text).map_err(|_| RedirectUriError::NotAbsolute)?;
    let tail = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (authority, tail) = rest.split_at_checked(end).ok_or(RedirectUriError::NotAbsolute)?;
            check_authority(authority, &url)?;
            tail
        }
        None if is_web(scheme) => return Err(RedirectUriError::NotAbsolute),
        None => rest,
    };
    let understood = match url.path() {
        // The parser supplies the slash of an empty path.
        "/" if !tail.starts_with('/') => &url[Position::AfterPath..],
        _ => &url[Position::BeforePath..],
    };
    if tail == understood { Ok(url) } else { Err(RedirectUriError::PathNotPlain) }
}

/// Whether `requested` is `registered` with another port, or with or without one; all else is the same text.
pub(super) fn same_but_port(registered: &str, requested: &str) -> bool {
    match (split_port(registered), split_port(requested)) {
        (Some(registered), Some(requested)) => registered == requested,
        _ => false,
    }
}

/// Percent-encodes everything but unreserved characters; a space as `%20`, which every decoder reads alike.
pub(super) fn encode(text: &str) -> String {
    // The serializer writes a space, and only a space, as `+`.
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn is_web(scheme: &str) -> bool {
    matches!(scheme, "http" | "https")
}

fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// `https`, `http`, or a private-use scheme: lower case and with a dot (RFC 8252 §7.1), which keeps `javascript`,
/// `data` and their like out.
fn check_scheme(scheme: &str) -> Result<(), RedirectUriError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+');
    let is_private_use = scheme.contains('.') && scheme.bytes().all(is_plain);
    if is_web(scheme) || is_private_use { Ok(()) } else { Err(RedirectUriError::ForbiddenScheme) }
}

fn check_authority(authority: &str, url: &Url) -> Result<(), RedirectUriError> {
    if authority.contains('@') {
        return Err(RedirectUriError::UserInfo);
    }
    let (host, port) = split_authority(authority);
    if port.is_some_and(|port| port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(RedirectUriError::HostNotPlain);
    }
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_plain = host.starts_with('[') || host.bytes().all(is_name);
    let is_read_as_written = url.host_str().unwrap_or_default() == host;
    if is_plain && is_read_as_written { Ok(()) } else { Err(RedirectUriError::HostNotPlain) }
}

/// Host and port of `host`, `host:port`, `[::1]` or `[::1]:port`.
fn split_authority(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// What stands before the port of an http address, and what stands after it.
fn split_port(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("http://")?;
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at_checked(end)?;
    let (host, port) = split_authority(authority);
    let is_port = |port: &str| !port.starts_with('0') && port.parse::<u16>().is_ok_and(|_| !port.starts_with('+'));
    port.is_none_or(is_port).then_some((host, tail))
}
