//! Who the client is when a proxy stands in between: only what declared proxies say is believed.

pub(super) mod misfits;

use std::net::{IpAddr, SocketAddr};

use hyper::HeaderMap;
use hyper::header::HeaderName;

use crate::config::{ForwardedHeader, Proxies};

/// Whether this address is one of a declared proxy.
pub(super) fn are_at(proxies: &Proxies, address: IpAddr) -> bool {
    let address = address.to_canonical();
    proxies.trusted.iter().any(|network| network.contains(&address))
}

/// Whether connections are announced: only declared proxies connect, and each says first for whom.
pub(super) fn announce(proxies: &Proxies) -> bool {
    proxies.header == ForwardedHeader::ProxyProtocol
}

/// The client behind a peer: the peer itself, unless it is a declared proxy. Then the last hop that the chain of
/// declared proxies vouches for; what stands before it was written by who knows whom.
pub(super) fn client_of(proxies: &Proxies, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let mut client = peer.to_canonical();
    if proxies.trusted.is_empty() {
        return client;
    }
    let (name, read): (HeaderName, fn(&str) -> Option<IpAddr>) = match proxies.header {
        ForwardedHeader::XForwardedFor => (HeaderName::from_static("x-forwarded-for"), address_of_hop),
        ForwardedHeader::Forwarded => (hyper::header::FORWARDED, address_of_element),
        // It was said before the first request, of every one.
        ForwardedHeader::ProxyProtocol => return client,
    };
    for line in headers.get_all(name).iter().rev() {
        // A line that is no text hides what stands before it as well.
        let Ok(text) = line.to_str() else { return client };
        for hop in text.rsplit(',') {
            if !are_at(proxies, client) {
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
        client_of(proxies, peer.parse().unwrap(), &headers).to_string()
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
}
