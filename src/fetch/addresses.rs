//! Which addresses belong to somebody on the network: not to this machine, nor to the network that it stands in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of the IPv4 special-purpose registry, with their length in bits.
const SPECIAL_V4: [([u8; 4], u32); 16] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([192, 175, 48, 0], 24),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
];

/// Networks of the IPv6 special-purpose registry, by their first four groups, with their length in bits.
const SPECIAL_V6: [([u16; 4], u32); 13] = [
    ([0, 0, 0, 0], 64),
    ([0x64, 0xff9b, 0, 0], 64),
    ([0x64, 0xff9b, 1, 0], 48),
    ([0x100, 0, 0, 0], 64),
    ([0x2001, 0, 0, 0], 23),
    ([0x2001, 0xdb8, 0, 0], 32),
    ([0x2002, 0, 0, 0], 16),
    ([0x3fff, 0, 0, 0], 20),
    ([0x5f00, 0, 0, 0], 16),
    ([0xfc00, 0, 0, 0], 7),
    ([0xfe80, 0, 0, 0], 10),
    ([0xfec0, 0, 0, 0], 10),
    ([0xff00, 0, 0, 0], 8),
];

/// Whether an address may be asked.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    }
}

/// Whether an address is of a private network or of this machine. Those of which every machine has its own are not, such as
/// that at which a cloud tells secrets.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let is_shared =
                address.octets().first() == Some(&100) && address.octets().get(1).is_some_and(|byte| byte & 0xc0 == 64);
            address.is_private() || address.is_loopback() || is_shared
        }
        IpAddr::V6(address) => address.is_unique_local() || address.is_loopback(),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let number = address.to_bits();
    // Multicast, and what nobody was given.
    let is_beyond = number >= Ipv4Addr::new(224, 0, 0, 0).to_bits();
    let is_in = |(network, bits): &([u8; 4], u32)| {
        let network = u32::from_be_bytes(*network);
        (number ^ network).checked_shr(32_u32.saturating_sub(*bits)) == Some(0)
    };
    !is_beyond && !SPECIAL_V4.iter().any(is_in)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let head = |[a, b, c, d]: [u16; 4]| u64::from(a) << 48 | u64::from(b) << 32 | u64::from(c) << 16 | u64::from(d);
    let [a, b, c, d, ..] = address.segments();
    let number = head([a, b, c, d]);
    let is_in = |(network, bits): &([u16; 4], u32)| {
        (number ^ head(*network)).checked_shr(64_u32.saturating_sub(*bits)) == Some(0)
    };
    !SPECIAL_V6.iter().any(is_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_57_every_special_range_is_refused_at_both_of_its_edges() {
        for (inside, outside) in [
            (vec!["0.0.0.0", "0.255.255.255"], vec!["1.0.0.0"]),
            (vec!["10.0.0.0", "10.255.255.255"], vec!["9.255.255.255", "11.0.0.0"]),
            (vec!["100.64.0.0", "100.127.255.255"], vec!["100.63.255.255", "100.128.0.0"]),
            (vec!["127.0.0.1", "127.255.255.255"], vec!["126.255.255.255", "128.0.0.0"]),
            (vec!["169.254.0.0", "169.254.169.254"], vec!["169.253.255.255", "169.255.0.0"]),
            (vec!["172.16.0.0", "172.31.255.255"], vec!["172.15.255.255", "172.32.0.0"]),
            (vec!["192.0.0.0", "192.0.0.255", "192.0.2.0", "192.0.2.255"], vec!["192.0.1.0", "192.0.3.0"]),
            (vec!["192.31.196.0", "192.52.193.255", "192.88.99.1", "192.175.48.1"], vec!["192.31.197.0"]),
            (vec!["192.168.0.0", "192.168.255.255"], vec!["192.167.255.255", "192.169.0.0"]),
            (vec!["198.18.0.0", "198.19.255.255"], vec!["198.17.255.255", "198.20.0.0"]),
            (vec!["198.51.100.0", "203.0.113.255"], vec!["198.51.101.0", "203.0.114.0"]),
            (vec!["224.0.0.0", "240.0.0.0", "255.255.255.255"], vec!["223.255.255.255"]),
            (vec!["::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"], vec!["::ffff:8.8.8.8"]),
            (vec!["64:ff9b::1", "64:ff9b:1::1", "100::1"], vec!["64:ff9b:2::1", "101::1"]),
            (vec!["2001::1", "2001:1ff::1", "2001:db8::1", "2002::1"], vec!["2001:200::1", "2001:db9::1", "2003::1"]),
            (vec!["3fff::1", "3fff:fff::1", "5f00::1"], vec!["3fff:1000::1", "5f01::1"]),
            (vec!["fc00::1", "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1"], vec!["2a00::1"]),
        ] {
            for address in inside {
                assert!(!is_public(address.parse().unwrap()), "{address}");
            }
            for address in outside {
                assert!(is_public(address.parse().unwrap()), "{address}");
            }
        }
    }
}
