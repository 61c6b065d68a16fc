//! Redirect URIs: what may be registered, what matches, and how answers are appended.

mod syntax;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::Url;

/// An address to which a browser may be sent back: a redirect URI or a post-logout redirect URI.
///
/// Holds the text as it was written, which is what is compared, and shown to nobody but the client.
#[derive(Clone, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    url: Url,
}

/// What an address may be depends on whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RedirectUriPolicy {
    /// The client is an application on the person's own device (RFC 8252): private-use schemes, and plain HTTP to a
    /// loopback address on any port.
    pub native: bool,
    /// Plain HTTP is accepted for every host, and `localhost` like a loopback address: for development.
    pub plain_http: bool,
}

/// Why an address cannot be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// Longer than [`RedirectUri::MAX_BYTES`].
    #[error("longer than 2,048 bytes")]
    TooLong,
    /// A space, a control character, a backslash, or anything that must be percent-encoded.
    #[error("holds a character that an address cannot hold")]
    ForbiddenCharacter,
    /// Not an absolute URI with a host where its scheme needs one.
    #[error("not an absolute address")]
    NotAbsolute,
    /// Holds a `#`.
    #[error("holds a fragment")]
    Fragment,
    /// Holds a user name or a password.
    #[error("holds a user name")]
    UserInfo,
    /// A scheme that runs something in the browser, or no private-use scheme of RFC 8252 §7.1 (`com.example.app`).
    #[error("the scheme is not allowed")]
    ForbiddenScheme,
    /// The host is not in its plain form: lower case, punycode, dotted decimal.
    #[error("the host is not in its plain form")]
    HostNotPlain,
    /// Path or query hold `.` or `..` segments or need encoding.
    #[error("the path is not in its plain form")]
    PathNotPlain,
    /// Plain HTTP for another host than the policy allows.
    #[error("plain http is not allowed here")]
    PlainHttp,
    /// A private-use scheme for a client that is not native.
    #[error("a private-use scheme is for native clients")]
    NotNative,
    /// Holds a `*`, which other providers read as any text.
    #[error("a * stands for itself here: register each address in full")]
    Wildcard,
}

impl RedirectUri {
    /// The longest address, in bytes.
    pub const MAX_BYTES: usize = 2_048;

    /// Reads an address that is to be registered, under the rules of its client (RFC 6749 §3.1.2, RFC 8252 §7).
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(text: &str, policy: RedirectUriPolicy) -> Result<Self, RedirectUriError> {
        if text.contains('*') {
            return Err(RedirectUriError::Wildcard);
        }
        let uri = Self::parse_any(text)?;
        match uri.url.scheme() {
            "https" => Ok(uri),
            "http" if policy.plain_http || (policy.native && uri.is_loopback_literal()) => Ok(uri),
            "http" => Err(RedirectUriError::PlainHttp),
            _ if policy.native => Ok(uri),
            _ => Err(RedirectUriError::NotNative),
        }
    }

    /// Reads an address that keeps the rules that hold whatever the policy.
    fn parse_any(text: &str) -> Result<Self, RedirectUriError> {
        Ok(Self { text: text.to_owned(), url: syntax::parse(text)? })
    }

    /// The text as it was registered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `text` is this address, character by character.
    pub fn is(&self, text: &str) -> bool {
        self.text == text
    }

    /// Whether a request that shows `requested` may be answered there: the very same text, except that the port of a
    /// loopback address of a native client is free (RFC 8252 §7.3).
    pub fn matches(&self, requested: &str, policy: RedirectUriPolicy) -> bool {
        self.is(requested)
            || (policy.native
                && (self.is_loopback_literal() || (policy.plain_http && self.url.host_str() == Some("localhost")))
                && syntax::same_but_port(&self.text, requested))
    }

    /// The address of a request, once one of `registered` matches it.
    pub(super) fn find_match(registered: &[Self], requested: &str, policy: RedirectUriPolicy) -> Option<Self> {
        let matching = registered.iter().find(|uri| uri.matches(requested, policy))?;
        if matching.is(requested) { Some(matching.clone()) } else { Self::parse_any(requested).ok() }
    }

    /// The address with `parameters` appended to the query that it was registered with.
    pub fn with_parameters<'a>(&self, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let mut query = self.url.query().unwrap_or_default().to_owned();
        for (name, value) in parameters {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(&syntax::encode(name));
            query.push('=');
            query.push_str(&syntax::encode(value));
        }
        let mut url = self.url.clone();
        if !query.is_empty() {
            url.set_query(Some(&query));
        }
        url.into()
    }

    /// The source expression that lets a form go there (`form-action` of a content security policy): the origin, or
    /// the scheme where there is none.
    pub fn origin(&self) -> String {
        let origin = self.url.origin();
        if origin.is_tuple() { origin.ascii_serialization() } else { format!("{}:", self.url.scheme()) }
    }

    /// Whether the address stays on the developer's machine or network: loopback, `*.localhost`, `*.test`,
    /// `*.internal`, a host of a single label, or a private-use scheme.
    pub fn is_local_or_private(&self) -> bool {
        if !self.is_of_the_web() {
            return true;
        }
        match self.url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                !name.contains('.') || [".localhost", ".test", ".internal"].iter().any(|end| name.ends_with(end))
            }
            None => false,
        }
    }

    /// Whether a browser opens the address itself, rather than an application.
    pub fn is_of_the_web(&self) -> bool {
        matches!(self.url.scheme(), "http" | "https")
    }

    /// Whether the address is reached over TLS.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Plain HTTP to 127.0.0.1 or ::1.
    fn is_loopback_literal(&self) -> bool {
        self.url.scheme() == "http" && matches!(self.url.host_str(), Some("127.0.0.1" | "[::1]"))
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Serialize for RedirectUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Reads back what was registered: the policy was applied then.
impl<'de> Deserialize<'de> for RedirectUri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse_any(&text).map_err(de::Error::custom)
    }
}
