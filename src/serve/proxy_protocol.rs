//! Who the client is, as a proxy that passes connections on says it before the first byte of theirs: the PROXY protocol of
//! `HAProxy`, versions 1 and 2 (SEC-159).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How version 2 begins.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// How version 1 begins.
const WORD: &[u8] = b"PROXY ";
/// The longest line of version 1, with its end.
const MOST_LINE: usize = 107;
/// The most bytes of a header: addresses, and room for what a proxy adds.
const MOST: usize = 536;
/// What version 2 has before its addresses.
const HEAD: usize = 16;

/// What a proxy says of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It is that of this client.
    Client(IpAddr),
    /// It is its own, or it does not know whose.
    Itself,
    /// It ended before its first byte, as a proxy that only tries the port ends it.
    Nothing,
}

/// Reads the header and not one byte more; none where there is none, or not such a one.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Told> {
    let mut begun = [0; SIGNATURE.len()];
    let (first, others) = begun.split_at_mut(1);
    if stream.read(first).await.ok()? == 0 {
        return Some(Told::Nothing);
    }
    stream.read_exact(others).await.ok()?;
    if begun == SIGNATURE {
        return read_version_2(stream).await;
    }
    let mut line = begun.to_vec();
    if !line.starts_with(WORD) {
        return None;
    }
    while !line.ends_with(b"\r\n") {
        if line.len() >= MOST_LINE {
            return None;
        }
        line.push(stream.read_u8().await.ok()?);
    }
    parse_line(str::from_utf8(&line).ok()?.strip_suffix("\r\n")?)
}

/// `PROXY TCP4 198.51.100.7 203.0.113.1 51234 443`, or `PROXY UNKNOWN` and whatever comes after it.
fn parse_line(line: &str) -> Option<Told> {
    let mut words = line.split(' ').skip(1);
    let family = words.next()?;
    if family == "UNKNOWN" {
        return Some(Told::Itself);
    }
    let (client, server) = (words.next()?, words.next()?);
    let are_ports = words.next()?.parse::<u16>().is_ok() && words.next()?.parse::<u16>().is_ok();
    if !are_ports || words.next().is_some() {
        return None;
    }
    match family {
        "TCP4" => client.parse().ok().filter(|_| server.parse::<Ipv4Addr>().is_ok()).map(IpAddr::V4),
        "TCP6" => client.parse().ok().filter(|_| server.parse::<Ipv6Addr>().is_ok()).map(IpAddr::V6),
        _ => None,
    }
    .map(Told::Client)
}

async fn read_version_2(stream: &mut (impl AsyncRead + Unpin)) -> Option<Told> {
    let command = stream.read_u8().await.ok()?;
    let family = stream.read_u8().await.ok()?;
    let length = usize::from(stream.read_u16().await.ok()?);
    if length.saturating_add(HEAD) > MOST {
        return None;
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await.ok()?;
    match (command, family) {
        // LOCAL, as a proxy asks whether we are well; and PROXY for a connection of no family.
        (0x20, _) | (0x21, 0x00) => Some(Told::Itself),
        // What comes after the addresses and the ports is the proxy's own.
        (0x21, 0x11) if length >= 12 => {
            rest.first_chunk::<4>().map(|bytes| Told::Client(Ipv4Addr::from(*bytes).into()))
        }
        (0x21, 0x21) if length >= 36 => {
            rest.first_chunk::<16>().map(|bytes| Told::Client(Ipv6Addr::from(*bytes).into()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version_2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE, &[command, family][..], &length, rest].concat()
    }

    /// What is read of these bytes, and what is left of them.
    async fn told(bytes: &[u8]) -> (Option<Told>, Vec<u8>) {
        let mut left = bytes;
        let told = read(&mut left).await;
        (told, left.to_vec())
    }

    #[tokio::test]
    async fn sec_159_the_client_is_whom_either_version_names_and_nothing_behind_the_header_is_read() {
        let v4 = [198, 51, 100, 7, 203, 0, 113, 1, 0xc8, 0x22, 0x01, 0xbb];
        let v6: Vec<u8> = [Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9), Ipv6Addr::LOCALHOST]
            .iter()
            .flat_map(Ipv6Addr::octets)
            .chain([0xc8, 0x22, 0x01, 0xbb])
            .collect();
        let additions = [0x04, 0, 3, 1, 2, 3];
        let client = |text: &str| Some(Told::Client(text.parse().unwrap()));
        let cases = [
            (b"PROXY TCP4 198.51.100.7 203.0.113.1 51234 443\r\n".to_vec(), client("198.51.100.7")),
            (b"PROXY TCP6 2001:db8::9 ::1 51234 443\r\n".to_vec(), client("2001:db8::9")),
            (b"PROXY UNKNOWN\r\n".to_vec(), Some(Told::Itself)),
            (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n".to_vec(), Some(Told::Itself)),
            (version_2(0x21, 0x11, &v4), client("198.51.100.7")),
            (version_2(0x21, 0x11, &[&v4[..], &additions].concat()), client("198.51.100.7")),
            (version_2(0x21, 0x21, &v6), client("2001:db8::9")),
            (version_2(0x20, 0x00, &[]), Some(Told::Itself)),
            (version_2(0x20, 0x11, &v4), Some(Told::Itself)),
            (version_2(0x21, 0x00, &additions), Some(Told::Itself)),
        ];
        for (header, expected) in cases {
            let sent = [&header[..], b"GET / HTTP/1.1"].concat();
            assert_eq!(told(&sent).await, (expected, b"GET / HTTP/1.1".to_vec()), "{header:?}");
            for length in 1..header.len() {
                assert_eq!(told(&header[..length]).await.0, None, "cut short after {length}: {header:?}");
            }
        }
    }

    #[tokio::test]
    async fn sec_159_what_is_no_header_or_too_long_is_none() {
        assert_eq!(told(b"").await.0, Some(Told::Nothing), "a proxy tried the port");
        let long = vec![0; MOST - HEAD + 1];
        let cases = [
            b"GET / HTTP/1.1\r\nHost: a.fr\r\n\r\n".to_vec(),
            b"PROXY TCP4 198.51.100.7 203.0.113.1 51234\r\n".to_vec(),
            b"PROXY TCP4 198.51.100.7 203.0.113.1 51234 443 1\r\n".to_vec(),
            b"PROXY TCP4 198.51.100.7 203.0.113.1 51234 65536\r\n".to_vec(),
            b"PROXY TCP4 2001:db8::9 ::1 51234 443\r\n".to_vec(),
            b"PROXY TCP6 198.51.100.7 203.0.113.1 51234 443\r\n".to_vec(),
            b"PROXY UDP4 198.51.100.7 203.0.113.1 51234 443\r\n".to_vec(),
            b"PROXY  TCP4 198.51.100.7 203.0.113.1 51234 443\r\n".to_vec(),
            b"proxy TCP4 198.51.100.7 203.0.113.1 51234 443\r\n".to_vec(),
            [b"PROXY UNKNOWN ".as_slice(), &[b'a'; 100], b"\r\n"].concat(),
            version_2(0x11, 0x11, &[0; 12]),
            version_2(0x22, 0x11, &[0; 12]),
            version_2(0x21, 0x12, &[0; 12]),
            version_2(0x21, 0x31, &[0; 216]),
            version_2(0x21, 0x11, &[0; 11]),
            version_2(0x21, 0x21, &[0; 35]),
            version_2(0x20, 0x00, &long),
        ];
        for bytes in cases {
            assert_eq!(told(&bytes).await.0, None, "{bytes:?}");
        }
        assert_eq!(told(&version_2(0x20, 0x00, &long[1..])).await.0, Some(Told::Itself), "536 bytes are allowed");
    }
}
