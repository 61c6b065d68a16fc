//! Frames of HTTP/2, written by hand (RFC 9113 §4).

use super::peer::port;
use crate::support::Instance;

pub(super) struct Frames;

const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// The preface and empty settings.
pub(super) fn begin() -> Vec<u8> {
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), Frames::settings(&[])].concat()
}

impl Frames {
    pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    }

    pub(super) fn settings(values: &[(u16, u32)]) -> Vec<u8> {
        let pairs = values.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat());
        Self::frame(0x4, 0, 0, &pairs.collect::<Vec<_>>())
    }

    pub(super) fn ping() -> Vec<u8> {
        Self::frame(0x6, 0, 0, &[7; 8])
    }

    pub(super) fn reset(stream: u32) -> Vec<u8> {
        Self::frame(0x3, 0, stream, &8_u32.to_be_bytes())
    }

    /// A GET without a body.
    pub(super) fn request(instance: &Instance, stream: u32, path: &str) -> Vec<u8> {
        Self::frame(0x1, END_STREAM | END_HEADERS, stream, &Self::head(instance, "GET", path, &[]))
    }

    /// The headers of a request, each a literal that nobody remembers (RFC 7541 §6.2.2).
    pub(super) fn head(instance: &Instance, method: &str, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
        Self::head_of(&format!("localhost:{}", port(instance)), method, path, more)
    }

    /// The same for whoever has this name.
    pub(super) fn head_of(authority: &str, method: &str, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
        let own = [(":method", method), (":scheme", "https"), (":authority", authority), (":path", path)];
        own.iter().chain(more).flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
    }

    /// Whether these bytes are frames, whole or cut.
    pub(super) fn are_in(bytes: &[u8]) -> bool {
        !Self::kinds(bytes).is_empty()
    }

    /// The kinds of the whole frames in these bytes.
    pub(super) fn kinds(mut bytes: &[u8]) -> Vec<u8> {
        let mut kinds = Vec::new();
        while let [high, middle, low, kind, _flags, _, _, _, _, rest @ ..] = bytes {
            kinds.push(*kind);
            let length = usize::try_from(u32::from_be_bytes([0, *high, *middle, *low])).unwrap();
            bytes = rest.get(length..).unwrap_or_default();
        }
        kinds
    }

    /// The statuses of the answers in these bytes, where they are in the static table (RFC 7541, appendix A).
    pub(super) fn statuses(mut bytes: &[u8]) -> Vec<u16> {
        let mut statuses = Vec::new();
        while let [high, middle, low, kind, _flags, _, _, _, _, rest @ ..] = bytes {
            let length = usize::try_from(u32::from_be_bytes([0, *high, *middle, *low])).unwrap();
            let (payload, later) = rest.split_at(length.min(rest.len()));
            if *kind == 0x1 {
                statuses.push(match payload {
                    [0x88, ..] => 200,
                    [0x8c, ..] => 400,
                    [0x8d, ..] => 404,
                    [0x8e, ..] => 500,
                    // A literal whose three digits are coded (RFC 7541, appendix B).
                    [_, 0x83, 0x68, 0x2d, 0x7f, ..] => 414,
                    [_, 0x83, 0x69, 0x90, 0xff, ..] => 431,
                    // A literal of the name `:status`, three digits coded or plain.
                    [_, 0x03, a, b, c, ..] => {
                        format!("{}{}{}", *a as char, *b as char, *c as char).parse().unwrap_or(0)
                    }
                    _ => 0,
                });
            }
            bytes = later;
        }
        statuses
    }
}

/// A length in 7 bits and more, then the bytes (RFC 7541 §5.1, §5.2).
fn text(value: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut length = value.len();
    if length < 127 {
        bytes.push(u8::try_from(length).unwrap());
    } else {
        bytes.push(127);
        length -= 127;
        while length >= 128 {
            bytes.push(u8::try_from(length % 128 + 128).unwrap());
            length /= 128;
        }
        bytes.push(u8::try_from(length).unwrap());
    }
    bytes.extend(value.bytes());
    bytes
}
