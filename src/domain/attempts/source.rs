//! Where attempts come from, as they are counted.

use std::fmt;
use std::net::IpAddr;

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
}
