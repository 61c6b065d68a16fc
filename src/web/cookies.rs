//! Cookies: five names, one set of attributes, random handles as values.

use warp::http::{HeaderMap, HeaderValue, header};

use super::{Error, Response};
use crate::config::CookiePolicy;

/// The handle of this browser: binds sign-ins under way and forms to it. Says nothing about a person.
pub const BROWSER: &str = "browser";
/// The handle of the session.
pub const SESSION: &str = "session";
/// The handle of a browser in which somebody signed in before; proves nothing about who sits there.
pub const KNOWN: &str = "known";
/// The handle of the session of administration: opens nothing but beside that of the person.
pub const ADMINISTRATION: &str = "administration";
/// The language chosen, `fr` or `en`.
pub const LANGUAGE: &str = "language";

/// The value of a cookie in the request; `None` when absent, empty or sent twice with two values.
pub fn find<'a>(headers: &'a HeaderMap, policy: &CookiePolicy, name: &str) -> Option<&'a str> {
    let name = format!("{}{name}", policy.prefix);
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value);
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

/// Sets a cookie on the answer; it lives as long as the browser's session, or `max_age` seconds.
///
/// # Errors
/// Never for handles: only a value that no header can hold.
pub fn set(
    response: &mut Response,
    policy: &CookiePolicy,
    name: &str,
    value: &str,
    max_age: Option<u32>,
) -> Result<(), Error> {
    let secure = if policy.secure { "; Secure" } else { "" };
    let lifetime = max_age.map_or(String::new(), |seconds| format!("; Max-Age={seconds}"));
    let cookie = format!("{}{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{lifetime}", policy.prefix);
    let value = HeaderValue::from_str(&cookie).map_err(Error::internal)?;
    response.headers_mut().append(header::SET_COOKIE, value);
    Ok(())
}

/// Makes the browser forget a cookie.
///
/// # Errors
/// As [`set`].
pub fn clear(response: &mut Response, policy: &CookiePolicy, name: &str) -> Result<(), Error> {
    set(response, policy, name, "", Some(0))
}
