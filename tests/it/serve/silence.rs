//! Peers that say nothing, or not enough: every wait ends.

use std::time::Duration;

use moncomptepro::serve::{Event, Limits};

use super::frames::{Frames, begin};
use super::peer::{Peer, assert_served, get, statuses};
use crate::support::Instance;

const SHORT: Duration = Duration::from_millis(150);

fn short(limits: &mut Limits) {
    limits.handshake = SHORT;
    limits.headers = SHORT;
    limits.idle = SHORT;
    limits.write_stall = SHORT;
    limits.http2.ping = SHORT;
}

async fn short_over_tls() -> (Instance, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    (Instance::over_tls_with(directory.path(), short).await, directory)
}

#[tokio::test]
async fn sec_155_a_peer_that_is_silent_before_tls_is_let_go() {
    let (instance, _directory) = short_over_tls().await;
    assert_eq!(Peer::bare(&instance).await.read_to_end().await, b"");
    assert_eq!(instance.counters.get(Event::HandshakeFailed), 1);
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_154_half_a_handshake_is_let_go() {
    let (instance, _directory) = short_over_tls().await;
    for part in [&b"\x16"[..], b"\x16\x03\x01\x02\x00", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"] {
        let mut peer = Peer::bare(&instance).await;
        peer.write(part).await;
        peer.read_to_end().await;
    }
    assert_eq!(instance.counters.get(Event::HandshakeFailed), 3);
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_155_silence_after_the_handshake_is_let_go() {
    let (instance, _directory) = short_over_tls().await;
    assert_eq!(Peer::http1(&instance).await.read_to_end().await, b"");
    assert_eq!(instance.counters.get(Event::Overdue), 1);
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_155_headers_that_do_not_end_are_let_go_however_slowly_they_grow() {
    let (instance, _directory) = short_over_tls().await;
    let mut stopped = Peer::http1(&instance).await;
    stopped.write("GET /livez HTTP/1.1\r\nHost: loc").await;
    let mut slow = Peer::http1(&instance).await;
    slow.write("GET /livez HTTP/1.1\r\nX: ").await;
    let dripping = async {
        while slow.try_write(b"x").await {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    tokio::time::timeout(super::peer::FOR_EVER, dripping).await.expect("one byte at a time goes on for ever");
    assert_eq!(stopped.read_to_end().await, b"");
    assert_eq!(instance.counters.get(Event::Overdue), 2);
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_155_silence_between_requests_has_a_limit_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let longer = |limits: &mut Limits| {
        short(limits);
        limits.idle = SHORT * 8;
    };
    let instance = Instance::over_tls_with(directory.path(), longer).await;
    let mut peer = Peer::http1(&instance).await;
    peer.get_and_stay(&instance).await;
    tokio::time::sleep(SHORT * 3).await;
    peer.get_and_stay(&instance).await;
    assert_eq!(instance.counters.get(Event::Overdue), 0, "it may rest longer than headers may take");
    assert_eq!(peer.read_to_end().await, b"");
    assert_eq!(instance.counters.get(Event::Overdue), 1);
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_155_a_second_request_has_no_more_time_for_its_headers_than_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let longer = |limits: &mut Limits| {
        short(limits);
        limits.idle = super::peer::FOR_EVER * 2;
    };
    let instance = Instance::over_tls_with(directory.path(), longer).await;
    let mut peer = Peer::http1(&instance).await;
    peer.get_and_stay(&instance).await;
    peer.write("GET /livez HTTP/1.1\r\n").await;
    assert_eq!(peer.read_to_end().await, b"");
    assert_eq!(instance.counters.get(Event::Overdue), 1);
}

#[tokio::test]
async fn sec_155_http_2_without_a_preface_is_let_go() {
    let (instance, _directory) = short_over_tls().await;
    let mut silent = Peer::http2(&instance).await;
    let mut half = Peer::http2(&instance).await;
    half.write(b"PRI * HTTP/2.0\r\n").await;
    silent.read_to_end().await;
    half.read_to_end().await;
    assert_eq!(instance.counters.get(Event::Overdue), 2);
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_155_http_2_without_requests_is_let_go_and_pings_do_not_help() {
    let (instance, _directory) = short_over_tls().await;
    let mut silent = Peer::http2(&instance).await;
    silent.write(begin()).await;
    let mut pinging = Peer::http2(&instance).await;
    pinging.write(begin()).await;
    pinging.write(Frames::request(&instance, 1, "/livez")).await;
    silent.read_to_end().await;
    let dripping = async {
        while pinging.try_write(&Frames::ping()).await {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    tokio::time::timeout(super::peer::FOR_EVER, dripping).await.expect("pings keep a connection for ever");
    let answer = pinging.read_to_end().await;
    assert!(answer.is_empty() || Frames::are_in(&answer), "{answer:?}");
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_155_an_answer_that_nobody_takes_is_let_go() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls_with(directory.path(), short).await;
    let style = instance.person().visit("/users/start-sign-in").await;
    let style = style.attribute("link[rel=stylesheet]", "href").unwrap();
    let mut peer = Peer::http1(&instance).await;
    let requests = get(&instance, &style, "").repeat(50);
    // Asks and asks, and never reads: what is sent to it fills every buffer on the way.
    let asking = async { while peer.try_write(requests.as_bytes()).await {} };
    tokio::time::timeout(super::peer::FOR_EVER, asking).await.expect("nobody ever stops answering");
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_155_an_answer_of_http_2_that_nobody_takes_is_let_go() {
    let (instance, _directory) = short_over_tls().await;
    let mut peer = Peer::http2(&instance).await;
    // A window of nothing: the answer cannot leave.
    peer.write(
        [begin(), Frames::settings(&[(0x4, 0)]), Frames::request(&instance, 1, "/users/start-sign-in")].concat(),
    )
    .await;
    let dripping = async {
        while peer.try_write(&Frames::ping()).await {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    tokio::time::timeout(super::peer::FOR_EVER, dripping).await.expect("the answer waits for ever");
    assert_eq!(instance.counters.get(Event::Overdue), 1);
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_155_an_answer_that_nobody_takes_is_not_excused_by_others_that_are_taken() {
    let (instance, _directory) = short_over_tls().await;
    let mut peer = Peer::http2(&instance).await;
    let nothing = Frames::settings(&[(0x4, 0)]);
    let held = Frames::request(&instance, 1, "/users/start-sign-in");
    peer.write([begin(), nothing, held].concat()).await;
    // Every other stream has a window, and its answers are taken.
    let asking = async {
        for round in 1_u32.. {
            let stream = round * 2 + 1;
            let window = Frames::frame(0x8, 0, stream, &60_000_u32.to_be_bytes());
            let request = [Frames::request(&instance, stream, "/livez"), window].concat();
            if !peer.try_write(&request).await {
                break;
            }
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    tokio::time::timeout(super::peer::FOR_EVER, asking).await.expect("the answer waits for ever");
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_155_in_clear_the_same_limits_hold() {
    let instance = Instance::dev_with_limits(short).await;
    for begun in ["", "G", "GET /livez HTTP/1.1\r\n", "\r\n\r\n"] {
        let answer = Peer::http1(&instance).await.exchange(begun).await;
        assert_eq!(statuses(&answer), [0_u16; 0], "{begun:?}: {answer}");
    }
    assert_eq!(instance.counters.get(Event::Overdue), 4);
    let mut idle = Peer::http1(&instance).await;
    idle.get_and_stay(&instance).await;
    assert_eq!(idle.read_to_end().await, b"");
    assert_served(&instance).await;
}
