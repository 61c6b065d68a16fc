//! Who the client is when a proxy stands in between: only what declared proxies say is believed.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use hyper::HeaderMap;
use hyper::header::HeaderName;
use thiserror::Error;

/// A network of addresses, written `192.0.2.0/24` or as a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

/// The text is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a network such as 192.0.2.0/24 or 2001:db8::/32, or one address, is expected")]
pub struct MalformedNetwork;

impl FromStr for Network {
    type Err = MalformedNetwork;

    fn from_str(text: &str) -> Result<Self, MalformedNetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| MalformedNetwork)?;
        let address = address.to_canonical();
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| MalformedNetwork)?
            }
            Some(_) => return Err(MalformedNetwork),
        };
        if prefix > longest { Err(MalformedNetwork) } else { Ok(Self { address, prefix }) }
    }
}

impl Network {
    /// Whether an address is of this network.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32_u32.saturating_sub(self.prefix)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128_u32.saturating_sub(self.prefix)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// The header in which proxies say for whom they ask. One of the two: a proxy that writes one passes the other on as a
/// client sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The proxies that are believed; none, unless they are declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Where they are.
    pub trusted: Vec<Network>,
    /// What they write.
    pub header: ForwardedHeader,
}

impl Proxies {
    /// Whether this address is one of a declared proxy.
    pub fn are_at(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }

    /// The client behind a peer: the peer itself, unless it is a declared proxy. Then the last hop that the chain of
    /// declared proxies vouches for; what stands before it was written by who knows whom.
    pub(super) fn client_of(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if self.trusted.is_empty() {
            return client;
        }
        let (name, read): (HeaderName, fn(&str) -> Option<IpAddr>) = match self.header {
            ForwardedHeader::XForwardedFor => (HeaderName::from_static("x-forwarded-for"), address_of_hop),
            ForwardedHeader::Forwarded => (hyper::header::FORWARDED, address_of_element),
        };
        for line in headers.get_all(name).iter().rev() {
            // A line that is no text hides what stands before it as well.
            let Ok(text) = line.to_str() else { return client };
            for hop in text.rsplit(',') {
                if !self.are_at(client) {
                    return client;
                }
                match read(hop.trim()) {
                    Some(address) => client = address.to_canonical(),
                    None => return client,
                }
            }
        }
        client
    }
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
fn address_of_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// `for=192.0.2.60;proto=http;by=203.0.113.43`, or `For="[2001:db8::1]:4711"`; `unknown` and names made up are nobody.
fn address_of_element(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let mut named = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for")).map(|(_, value)| value);
    let value = named.next()?;
    if named.next().is_some() {
        return None;
    }
    address_of_hop(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn proxies(trusted: &[&str], header: ForwardedHeader) -> Proxies {
        Proxies { trusted: trusted.iter().map(|text| text.parse().unwrap()).collect(), header }
    }

    fn client(proxies: &Proxies, peer: &str, name: &'static str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, HeaderValue::from_str(line).unwrap());
        }
        proxies.client_of(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn sec_159_nobody_is_believed_unless_declared() {
        for trusted in [&[][..], &["10.0.0.0/8"]] {
            for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
                let proxies = proxies(trusted, header);
                assert_eq!(client(&proxies, "192.0.2.1", "x-forwarded-for", &["198.51.100.7"]), "192.0.2.1");
                assert_eq!(client(&proxies, "192.0.2.1", "forwarded", &["for=198.51.100.7"]), "192.0.2.1");
            }
        }
    }

    #[test]
    fn sec_159_the_right_most_hop_that_is_not_trusted_is_the_client() {
        let proxies = proxies(&["10.0.0.0/8", "2001:db8::/32"], ForwardedHeader::XForwardedFor);
        let name = "x-forwarded-for";
        for (lines, expected) in [
            (&["198.51.100.7"][..], "198.51.100.7"),
            (&["1.1.1.1, 198.51.100.7, 10.0.0.3, 2001:db8::9"], "198.51.100.7"),
            (&["1.1.1.1, 198.51.100.7", "10.0.0.3,10.0.0.4"], "198.51.100.7"),
            (&["198.51.100.7:4711, [2001:db8::9]:80"], "198.51.100.7"),
            (&["[2001:db9::7], 10.0.0.3"], "2001:db9::7"),
            (&["::ffff:198.51.100.7"], "198.51.100.7"),
            (&["10.0.0.5, 10.0.0.3"], "10.0.0.5"),
            (&["198.51.100.7, nonsense, 10.0.0.3"], "10.0.0.3"),
            (&["198.51.100.7, , 10.0.0.3"], "10.0.0.3"),
            (&["unknown"], "10.0.0.1"),
            (&[""], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ] {
            assert_eq!(client(&proxies, "10.0.0.1", name, lines), expected, "{lines:?}");
        }
        assert_eq!(client(&proxies, "::ffff:10.0.0.1", name, &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(&proxies, "10.0.0.1", "forwarded", &["for=198.51.100.7"]), "10.0.0.1", "one header only");
    }

    #[test]
    fn sec_159_forwarded_is_read_as_rfc_7239_writes_it() {
        let proxies = proxies(&["10.0.0.0/8"], ForwardedHeader::Forwarded);
        for (lines, expected) in [
            (&["for=192.0.2.60;proto=http;by=203.0.113.43"][..], "192.0.2.60"),
            (&["for=1.1.1.1, For=\"[2001:db8:cafe::17]:4711\"", "by=x;for=10.0.0.9"], "2001:db8:cafe::17"),
            (&["for=192.0.2.43, for=10.0.0.2;for=1.1.1.1"], "10.0.0.1"),
            (&["for=_hidden, for=10.0.0.2"], "10.0.0.2"),
            (&["for=unknown"], "10.0.0.1"),
            (&["proto=https"], "10.0.0.1"),
        ] {
            assert_eq!(client(&proxies, "10.0.0.1", "forwarded", lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn networks_are_read_and_contain_what_they_say() {
        let contains =
            |network: &str, address: &str| network.parse::<Network>().unwrap().contains(address.parse().unwrap());
        assert!(contains("192.0.2.0/24", "192.0.2.255") && !contains("192.0.2.0/24", "192.0.3.0"));
        assert!(contains("192.0.2.7", "192.0.2.7") && !contains("192.0.2.7", "192.0.2.6"));
        assert!(contains("0.0.0.0/0", "203.0.113.1") && !contains("0.0.0.0/0", "::1"));
        assert!(contains("2001:db8::/33", "2001:db8:7fff::1") && !contains("2001:db8::/33", "2001:db8:8000::1"));
        assert!(contains("::/0", "2001:db8::1") && contains("10.0.0.0/8", "::ffff:10.9.9.9"));
        for text in ["", "/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/+8", "10.0.0/8", "a"] {
            assert_eq!(text.parse::<Network>(), Err(MalformedNetwork), "{text:?}");
        }
    }
}
