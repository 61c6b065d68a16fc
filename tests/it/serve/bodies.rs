//! Bodies that are slow, endless, or not what they say.

use std::time::Duration;

use moncomptepro::serve::{BodyLimits, Limits};

use super::frames::{Frames, begin};
use super::peer::{FOR_EVER, Peer, assert_served, port, statuses};
use crate::support::Instance;

const SHORT: Duration = Duration::from_millis(200);

fn post(instance: &Instance, headers: &str) -> String {
    format!(
        "POST /oauth/token HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/x-www-form-urlencoded\r\n{headers}\r\n",
        port(instance)
    )
}

fn slow(limits: &mut Limits) {
    limits.body = BodyLimits { grace: SHORT, bytes_per_second: 1024, whole: SHORT * 10 };
}

#[tokio::test]
async fn sec_155_a_body_that_stops_or_drips_is_refused() {
    let instance = Instance::dev_with_limits(slow).await;
    let mut stopped = Peer::http1(&instance).await;
    let answer = stopped.exchange(post(&instance, "Content-Length: 100\r\n") + "grant_type=").await;
    assert_eq!(statuses(&answer), [408], "{answer}");
    let mut dripping = Peer::http1(&instance).await;
    dripping.write(post(&instance, "Content-Length: 100\r\n")).await;
    for _ in 0..1000 {
        if !dripping.try_write(b"x").await {
            break;
        }
        tokio::time::sleep(SHORT / 20).await;
    }
    assert_eq!(statuses(&String::from_utf8_lossy(&dripping.read_to_end().await)), [408]);
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_155_a_body_that_comes_at_its_pace_is_read_and_has_an_end_all_the_same() {
    let instance = Instance::dev_with_limits(slow).await;
    let mut steady = Peer::http1(&instance).await;
    steady.write(post(&instance, "Content-Length: 4096\r\nConnection: close\r\n")).await;
    // 512 bytes in a tenth of the grace: twenty times the pace asked for.
    for _ in 0..8 {
        steady.write([b'x'; 512]).await;
        tokio::time::sleep(SHORT / 10).await;
    }
    let answer = String::from_utf8_lossy(&steady.read_to_end().await).into_owned();
    assert!(matches!(statuses(&answer)[..], [400 | 401]), "judged, and not for its pace: {answer}");
    let mut endless = Peer::http1(&instance).await;
    endless.write(post(&instance, "Content-Length: 60000\r\n")).await;
    let sending = async {
        while endless.try_write(&[b'x'; 256]).await {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    tokio::time::timeout(FOR_EVER, sending).await.expect("a body may take for ever");
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_155_a_slow_body_of_http_2_is_refused_and_its_neighbours_are_answered() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls_with(directory.path(), slow).await;
    let mut peer = Peer::http2(&instance).await;
    let head =
        Frames::head(&instance, "POST", "/oauth/token", &[("content-type", "application/x-www-form-urlencoded")]);
    peer.write([begin(), Frames::frame(0x1, 0x4, 1, &head), Frames::frame(0x0, 0, 1, b"grant_type=")].concat()).await;
    peer.write(Frames::request(&instance, 3, "/livez")).await;
    let answers = peer.read_until(|bytes| Frames::statuses(bytes).len() == 2).await;
    assert_eq!(Frames::statuses(&answers).first(), Some(&200), "the neighbour does not wait");
}

#[tokio::test]
async fn sec_148_sec_210_a_body_that_is_too_large_is_refused_and_the_connection_closed() {
    let instance = Instance::dev().await;
    let over = 64 * 1024 + 1;
    let whole = post(&instance, &format!("Content-Length: {over}\r\n")) + &"x".repeat(over);
    let answer = Peer::http1(&instance).await.exchange(whole).await;
    assert_eq!(statuses(&answer), [413], "{answer}");
    for headers in ["Content-Length: 10000000000\r\n", "Transfer-Encoding: chunked\r\n"] {
        let mut peer = Peer::http1(&instance).await;
        peer.write(post(&instance, headers)).await;
        let piece = if headers.starts_with('T') {
            format!("10000\r\n{}\r\n", "x".repeat(0x10000))
        } else {
            "x".repeat(0x10000)
        };
        let mut taken = 0_usize;
        while peer.try_write(piece.as_bytes()).await {
            taken += piece.len();
            assert!(taken < 64 << 20, "a body is taken for ever");
        }
    }
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_210_chunks_that_say_more_about_themselves_than_they_hold_are_refused() {
    let instance = Instance::dev().await;
    let mut endless = Peer::http1(&instance).await;
    endless.write(post(&instance, "Transfer-Encoding: chunked\r\n") + "1;a=").await;
    let mut taken = 0_usize;
    while endless.try_write(&[b'x'; 0x10000]).await {
        taken += 0x10000;
        assert!(taken < 64 << 20, "an extension is taken for ever");
    }
    let mut many = Peer::http1(&instance).await;
    many.write(post(&instance, "Transfer-Encoding: chunked\r\n")).await;
    let chunks = "1;name=value\r\nx\r\n".repeat(1000);
    taken = 0;
    while many.try_write(chunks.as_bytes()).await {
        taken += chunks.len();
        assert!(taken < 64 << 20, "extensions are taken for ever");
    }
    for chunks in ["zz\r\n", "-1\r\nx\r\n", "ffffffffffffffffff\r\n", "1\r\nxx\r\n0\r\n\r\n", "1\nx\n0\n\n"] {
        let body = post(&instance, "Transfer-Encoding: chunked\r\n") + chunks;
        let answer = Peer::http1(&instance).await.exchange(body).await;
        assert_eq!(statuses(&answer), [400], "{chunks:?}: {answer}");
    }
    assert_served(&instance).await;
}
