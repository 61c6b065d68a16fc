//! Where attempts come from, as they are counted, and networks of such places.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A source of attempts: an IPv4 address, or the /64 of an IPv6 address, whose owner has all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source(IpAddr);

impl Source {
    /// The source that an address belongs to. An IPv4 address in IPv6 clothes is the IPv4 address.
    pub fn of(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The whole address, to look it up in lists of networks.
    pub fn address(self) -> IpAddr {
        self.0
    }
}

/// The one spelling of the source.
impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(formatter),
            IpAddr::V6(address) => {
                let [first, second, third, fourth, ..] = address.segments();
                write!(formatter, "{first:x}:{second:x}:{third:x}:{fourth:x}::/64")
            }
        }
    }
}

/// What comes before an IPv4 address in IPv6 clothes.
const MAPPED_BITS: u8 = 96;

/// A network, as ADDRESS/BITS; a single address is the network of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

/// The text is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a network as ADDRESS/BITS, or an address, is expected")]
pub struct MalformedNetwork;

impl Network {
    /// Whether a source lies in it.
    pub fn contains(&self, source: Source) -> bool {
        self.0.contains(&source.address())
    }
}

impl FromStr for Network {
    type Err = MalformedNetwork;

    fn from_str(text: &str) -> Result<Self, MalformedNetwork> {
        let single = || text.parse::<IpAddr>().ok().map(IpNet::from);
        text.parse::<IpNet>().ok().or_else(single).and_then(canonical).map(Self).ok_or(MalformedNetwork)
    }
}

impl From<Network> for IpNet {
    fn from(network: Network) -> Self {
        network.0
    }
}

/// The one spelling of a network, as sources have one: IPv4 in IPv6 clothes is IPv4. `None` where such a one is wider than IPv4
/// is: no source would ever lie in it.
fn canonical(network: IpNet) -> Option<IpNet> {
    let mapped = match network {
        IpNet::V4(_) => None,
        IpNet::V6(network) => network.addr().to_ipv4_mapped().map(|address| (address, network.prefix_len())),
    };
    let Some((address, bits)) = mapped else { return Some(network) };
    Some(IpNet::V4(Ipv4Net::new(address, bits.checked_sub(MAPPED_BITS)?).ok()?))
}

impl TryFrom<String> for Network {
    type Error = MalformedNetwork;

    fn try_from(text: String) -> Result<Self, MalformedNetwork> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_3_sec_95_every_spelling_and_every_address_of_a_network_is_one_source() {
        let source = |address: &str| Source::of(address.parse().unwrap()).to_string();
        assert_eq!(source("192.0.2.7"), "192.0.2.7");
        assert_eq!(source("::ffff:192.0.2.7"), "192.0.2.7");
        assert_ne!(source("::ffff:192.0.2.8"), source("::ffff:192.0.2.7"));
        let expected = "2001:db8:1:2::/64";
        for address in ["2001:db8:1:2::1", "2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2:a:b:c:d"] {
            assert_eq!(source(address), expected);
        }
        assert_ne!(source("2001:db8:1:3::1"), expected);
    }

    #[test]
    fn a_network_holds_its_sources_in_every_spelling_and_a_single_address_is_one() {
        let network = |text: &str| text.parse::<Network>();
        let source = |address: &str| Source::of(address.parse().unwrap());
        let office = network("192.0.2.0/24").unwrap();
        assert!(office.contains(source("192.0.2.7")) && office.contains(source("::ffff:192.0.2.7")));
        assert!(!office.contains(source("192.0.3.7")) && !office.contains(source("2001:db8::7")));
        assert!(network("2001:db8::/32").unwrap().contains(source("2001:db8::7")));
        let (own, other) = (source("192.0.2.7"), source("192.0.2.8"));
        assert!(network("192.0.2.7").unwrap().contains(own) && !network("192.0.2.7").unwrap().contains(other));
        for wrong in ["", "192.0.2", "192.0.2.0/33", "office.example", "192.0.2.0/24 "] {
            assert_eq!(network(wrong), Err(MalformedNetwork), "{wrong}");
        }
    }

    #[test]
    fn sec_95_a_network_of_ipv4_in_ipv6_clothes_is_the_network_of_ipv4() {
        let network = |text: &str| text.parse::<Network>();
        let source = |address: &str| Source::of(address.parse().unwrap());
        for (text, same) in [
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            ("::FFFF:c000:0200/120", "192.0.2.0/24"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7/128", "192.0.2.7/32"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
        ] {
            let read = network(text).unwrap();
            assert_eq!((read, read.to_string()), (network(same).unwrap(), same.to_owned()), "{text}");
            assert!(read.contains(source("192.0.2.7")) && read.contains(source("::ffff:192.0.2.7")), "{text}");
            assert!(!read.contains(source("2001:db8::7")), "{text}");
        }
        assert!(!network("::ffff:192.0.2.0/120").unwrap().contains(source("192.0.3.7")));
        for wide in ["::ffff:0:0/95", "::ffff:192.0.2.0/24", "::ffff:192.0.2.7/0"] {
            assert_eq!(network(wide), Err(MalformedNetwork), "{wide}");
        }
        // Those of IPv6 stay.
        for text in ["::/0", "2001:db8::/32", "64:ff9b::/96", "::192.0.2.0/120"] {
            assert!(network(text).unwrap().to_string().contains("::"), "{text}");
        }
    }
}
