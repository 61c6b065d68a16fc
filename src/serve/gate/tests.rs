//! Tables of streams with one reading, and of those with two.

use proptest::prelude::*;

use super::http1::{Framing, Report};

/// Everything at once, and byte by byte: the same finding.
fn refusal(stream: &[u8]) -> Option<usize> {
    let whole = Framing::default().inspect(stream).refused_at;
    let mut framing = Framing::default();
    let cut = stream.iter().position(|byte| framing.inspect(&[*byte]).refused_at.is_some());
    assert_eq!(whole, cut, "{:?}", String::from_utf8_lossy(stream));
    whole
}

fn request(headers: &str, body: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\n{body}").into_bytes()
}

#[test]
fn sec_157_what_two_readers_may_frame_differently_is_refused() {
    for headers in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\nX: y\r\ncontent-length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 3, 3\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x3\r\n",
        "Content-Length:\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding : chunked\r\nContent-Length: 3\r\n",
        "X: y\n",
        "X: y\nContent-Length: 3\r\n",
    ] {
        assert!(refusal(&request(headers, "0\r\n\r\n")).is_some(), "{headers:?}");
    }
    for zeros in [17, 200] {
        let chunk = format!("{}5\r\nabcde\r\n0\r\n\r\n", "0".repeat(zeros));
        assert!(refusal(&request("Transfer-Encoding: chunked\r\n", &chunk)).is_some(), "{zeros}");
    }
    let padded = format!("Transfer-Encoding: {}chunked\r\n", " ".repeat(200));
    assert!(refusal(&request(&padded, "")).is_some());
    assert!(refusal(b"GET / HTTP/1.1\nHost: a\r\n\r\n").is_some());
    assert!(refusal(b"GET / HTTP/1.1\r\nHost: a\r\n\n").is_some());
    assert!(refusal(b"\nGET / HTTP/1.1\r\n\r\n").is_some());
}

#[test]
fn sec_157_what_has_one_reading_passes_and_the_next_request_is_judged_like_the_first() {
    let smuggled = request("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "");
    for (headers, body) in [
        ("", ""),
        ("Content-Length: 0\r\n", ""),
        ("Content-Length: 3\r\n", "a\nb"),
        ("Content-Length: 3\r\ncontent-length: 3\r\n", "a\n\n"),
        ("Transfer-Encoding:   Chunked  \r\n", "3\r\na\n\n\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", "A;name=value\r\n0123456789\r\n00\r\nTrailer: x\r\n\r\n"),
        ("X-Long: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n", ""),
    ] {
        let sound = request(headers, body);
        assert_eq!(refusal(&sound), None, "{headers:?}");
        assert_eq!(refusal(&[b"\r\n".to_vec(), sound.clone(), sound.clone()].concat()), None, "{headers:?}");
        let last = [sound.clone(), smuggled.clone()].concat();
        assert_eq!(refusal(&last), Some(last.len() - 1), "{headers:?}");
    }
}

#[test]
fn headers_are_seen_to_begin_and_to_end() {
    let mut framing = Framing::default();
    let report = |is_in_head, head_ended| Report { refused_at: None, is_in_head, head_ended };
    assert_eq!(framing.inspect(b"\r\n"), report(false, false));
    assert_eq!(framing.inspect(b"P"), report(true, false));
    assert_eq!(framing.inspect(b"OST / HTTP/1.1\r\nContent-Length: 2\r\n"), report(true, false));
    assert_eq!(framing.inspect(b"\r\n"), report(false, true));
    assert_eq!(framing.inspect(b"a"), report(false, false));
    assert_eq!(framing.inspect(b"aGET"), report(true, false));
    assert_eq!(framing.inspect(b" / HTTP/1.1\r\n\r\nGET"), report(true, true));
}

proptest! {
    #[test]
    fn sec_157_no_stream_makes_it_stumble_and_cutting_changes_nothing(
        pieces in prop::collection::vec(
            prop_oneof![
                Just("POST / HTTP/1.1\r\n"), Just("Content-Length: 3\r\n"), Just("Transfer-Encoding: chunked\r\n"),
                Just("\r\n"), Just("\n"), Just("\r"), Just("3\r\n"), Just("abc"), Just("0\r\n"), Just("zz\r\n"), Just(":"),
            ],
            0..24,
        ),
    ) {
        refusal(pieces.concat().as_bytes());
    }
}
