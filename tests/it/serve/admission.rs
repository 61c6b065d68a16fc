//! How many connections there may be, and from whom.

use std::time::Duration;

use moncomptepro::config::{Config, DevOptions, Proxies};
use moncomptepro::serve::{BodyLimits, Event, Http2Limits, Limits, SourceLimits};

use super::peer::{FOR_EVER, Peer, assert_served};
use crate::support::Instance;

fn few(limits: &mut Limits) {
    limits.per_source = Some(SourceLimits { connections: 4, unproven: 2 });
}

#[tokio::test]
async fn sec_155_a_source_has_its_share_of_connections_and_fewer_before_it_has_asked_anything() {
    let instance = Instance::dev_with_limits(few).await;
    let mut silent = (Peer::http1(&instance).await, Peer::http1(&instance).await);
    assert_eq!(Peer::http1(&instance).await.read_to_end().await, b"", "the third one that says nothing");
    assert_eq!(instance.counters.get(Event::TurnedAway), 1);
    silent.0.get_and_stay(&instance).await;
    silent.1.get_and_stay(&instance).await;
    let mut more = (Peer::http1(&instance).await, Peer::http1(&instance).await);
    more.0.get_and_stay(&instance).await;
    more.1.get_and_stay(&instance).await;
    assert_eq!(Peer::http1(&instance).await.read_to_end().await, b"", "four are four");
    assert_eq!(instance.counters.get(Event::TurnedAway), 2);
    drop((silent, more));
    while instance.counters.open() > 0 {
        tokio::task::yield_now().await;
    }
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_155_a_trusted_proxy_may_hold_as_many_as_it_needs() {
    let trusting = |port| Config {
        proxies: Proxies { trusted: vec!["127.0.0.0/8".parse().unwrap()], ..Proxies::none() },
        ..Config::dev(DevOptions::default(), port)
    };
    let instance = Instance::start_with(trusting, few).await;
    let mut peers = Vec::new();
    for _ in 0..20 {
        peers.push(Peer::http1(&instance).await);
    }
    for peer in &mut peers {
        peer.get_and_stay(&instance).await;
    }
    assert_eq!(instance.counters.get(Event::TurnedAway), 0);
}

#[test]
fn sec_154_sec_155_sec_156_sec_159_every_limit_as_shipped() {
    let seconds = Duration::from_secs;
    let expected = Limits {
        connections: 4096,
        per_source: Some(SourceLimits { connections: 512, unproven: 64 }),
        proxy_header: seconds(5),
        handshakes: 256,
        handshake: seconds(10),
        handshake_bytes: 16_384,
        headers: seconds(10),
        max_header_bytes: 32_768,
        idle: seconds(60),
        crowded_idle: seconds(15),
        body: BodyLimits { grace: seconds(10), bytes_per_second: 1_024, whole: seconds(60) },
        write_stall: seconds(30),
        http2: Http2Limits {
            streams: 100,
            header_list_bytes: 32_768,
            resets: 200,
            idle_frames: 1_000,
            window: seconds(10),
            ping: seconds(20),
        },
        shutdown: seconds(10),
    };
    assert_eq!(Limits::standard(), expected);
}

const SHORT: Duration = Duration::from_millis(150);

/// Places for six, who may rest for ever unless others wait.
fn cramped(limits: &mut Limits) {
    limits.connections = 6;
    limits.per_source = None;
    limits.idle = FOR_EVER * 4;
    limits.crowded_idle = SHORT;
}

#[tokio::test]
async fn sec_155_who_rests_makes_room_when_places_run_short() {
    let instance = Instance::dev_with_limits(cramped).await;
    let mut resting = Vec::new();
    for _ in 0..6 {
        let mut peer = Peer::http1(&instance).await;
        peer.get_and_stay(&instance).await;
        resting.push(peer);
    }
    assert_served(&instance).await;
    assert!(instance.counters.get(Event::Overdue) > 0, "one of those who rested gave way");
}

#[tokio::test]
async fn sec_155_who_rests_is_left_in_peace_while_there_is_room() {
    let instance = Instance::dev_with_limits(cramped).await;
    let mut peers = (Peer::http1(&instance).await, Peer::http1(&instance).await);
    peers.0.get_and_stay(&instance).await;
    peers.1.get_and_stay(&instance).await;
    tokio::time::sleep(SHORT * 4).await;
    peers.0.get_and_stay(&instance).await;
    assert_eq!(instance.counters.get(Event::Overdue), 0);
}
