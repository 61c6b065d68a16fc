//! The public address of the instance.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use url::Url;

/// The text cannot be an issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "an address such as https://identite.exemple.fr is expected: scheme and host, no path, query, fragment or user"
)]
pub struct MalformedPublicUrl;

/// Scheme, host and port of the instance; the issuer identifier (OpenID Connect Discovery §3). Holds no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    host: String,
    is_https: bool,
}

impl PublicUrl {
    /// The address without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands in the `Host` header: the host, and the port unless it is the scheme's own.
    pub fn authority(&self) -> &str {
        self.text.split_once("://").map_or("", |(_, authority)| authority)
    }

    /// The host alone.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port that it leads to.
    pub fn port(&self) -> u16 {
        let named = self.authority().rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        named.unwrap_or(if self.is_https { 443 } else { 80 })
    }

    /// The same name at another port.
    #[must_use]
    pub fn at_port(&self, port: u16) -> Self {
        let scheme = if self.is_https { "https" } else { "http" };
        Self { text: format!("{scheme}://{}:{port}", self.host), host: self.host.clone(), is_https: self.is_https }
    }

    /// Whether it is reached over TLS.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The address of a path of this instance.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

impl FromStr for PublicUrl {
    type Err = MalformedPublicUrl;

    fn from_str(text: &str) -> Result<Self, MalformedPublicUrl> {
        let url = Url::parse(text).map_err(|_| MalformedPublicUrl)?;
        let is_https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(MalformedPublicUrl),
        };
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let host = url.host_str().ok_or(MalformedPublicUrl)?.to_owned();
        if !bare {
            return Err(MalformedPublicUrl);
        }
        Ok(Self { text: url.as_str().trim_end_matches('/').to_owned(), host, is_https })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
