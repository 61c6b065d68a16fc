//! What of TLS is spoken, and with whom.

use std::time::Duration;

use moncomptepro::serve::Event;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::version::{TLS12, TLS13};
use rustls::{HandshakeKind, ProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::peer::{FOR_EVER, Peer, assert_served, get, shake_hands, statuses};
use crate::support::{Instance, tls};

async fn instance() -> (Instance, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    (Instance::over_tls(directory.path()).await, directory)
}

#[tokio::test]
async fn sec_154_gen_3_every_suite_that_is_spoken_agrees_by_ecdhe_and_encrypts_by_aead() {
    let (instance, _directory) = instance().await;
    let mut spoken = Vec::new();
    for suite in aws_lc_rs::ALL_CIPHER_SUITES {
        let provider = CryptoProvider { cipher_suites: vec![*suite], ..aws_lc_rs::default_provider() };
        for version in [&TLS12, &TLS13] {
            let Ok(config) = tls::client_with(instance.certificate.clone(), provider.clone(), &[version]) else {
                continue;
            };
            if let Ok(stream) = shake_hands(&instance, config, "localhost", &["http/1.1"]).await {
                let session = stream.get_ref().1;
                assert_eq!(session.negotiated_cipher_suite().unwrap().suite(), suite.suite());
                spoken.push(format!("{:?} {:?}", session.protocol_version().unwrap(), suite.suite()));
            }
        }
    }
    spoken.sort();
    assert_eq!(
        spoken,
        [
            "TLSv1_2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLSv1_2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLSv1_3 TLS13_AES_128_GCM_SHA256",
            "TLSv1_3 TLS13_AES_256_GCM_SHA384",
            "TLSv1_3 TLS13_CHACHA20_POLY1305_SHA256",
        ]
    );
}

/// A greeting of a client that speaks `version` and these suites (RFC 5246 §7.4.1.2, RFC 8422 §5.1).
fn client_hello(version: u16, suites: &[u16]) -> Vec<u8> {
    let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    let extensions = [
        // P-256 and X25519; uncompressed points; ECDSA and RSA with SHA-256 and SHA-1.
        &[0, 10, 0, 6, 0, 4, 0, 23, 0, 29][..],
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 10, 0, 8, 4, 3, 4, 1, 2, 3, 2, 1],
        // No renegotiation, and the extended master secret.
        &[0xff, 1, 0, 1, 0],
        &[0, 23, 0, 0],
    ]
    .concat();
    let two = |length: usize| u16::try_from(length).unwrap().to_be_bytes();
    let body = [
        &version.to_be_bytes()[..],
        &[7; 32],
        &[0],
        &two(suites.len()),
        &suites,
        &[1, 0],
        &two(extensions.len()),
        &extensions,
    ]
    .concat();
    let message = [&[1, 0][..], &two(body.len()), &body].concat();
    [&[22, 3, 1][..], &two(message.len()), &message].concat()
}

#[tokio::test]
async fn sec_154_gen_2_old_versions_and_weak_suites_are_refused() {
    const ALERT: u8 = 21;
    const HANDSHAKE: u8 = 22;
    let (instance, _directory) = instance().await;
    // The greeting itself is good.
    let mut fine = Peer::bare(&instance).await;
    fine.write(client_hello(0x0303, &[0xc02b])).await;
    assert_eq!(fine.read_until(|bytes| !bytes.is_empty()).await[0], HANDSHAKE);
    for (version, suites, what) in [
        (0x0300, &[0x0005, 0x000a, 0x002f][..], "SSL 3.0"),
        (0x0301, &[0xc009, 0xc013, 0x002f], "TLS 1.0"),
        (0x0302, &[0xc009, 0xc013, 0x002f], "TLS 1.1"),
        (0x0302, &[0xc02b], "TLS 1.1 with a suite of 1.2"),
        (0x0303, &[0x009c, 0x009d, 0x003c], "RSA without ECDHE"),
        (0x0303, &[0x009e, 0x0067], "finite-field Diffie-Hellman"),
        (0x0303, &[0xc009, 0xc00a, 0xc023, 0xc024, 0xc013], "CBC"),
        (0x0303, &[0xc008, 0xc007, 0x0004], "3DES and RC4"),
        (0x0303, &[0xc006, 0xc010, 0x0000, 0x0002], "no encryption"),
        (0x0303, &[0xc018, 0xc019], "nobody authenticated"),
    ] {
        let mut peer = Peer::bare(&instance).await;
        peer.write(client_hello(version, suites)).await;
        let answer = peer.read_to_end().await;
        assert_eq!(answer.first(), Some(&ALERT), "{what}: {answer:?}");
        assert!(!answer.contains(&HANDSHAKE), "{what}: {answer:?}");
    }
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_154_the_protocol_is_the_one_that_was_agreed() {
    let (instance, _directory) = instance().await;
    let config = || tls::client(instance.certificate.clone());
    for (offered, agreed) in [
        (&["h2", "http/1.1"][..], Some(&b"h2"[..])),
        (&["http/1.1", "h2"], Some(b"h2")),
        (&["http/1.1"], Some(b"http/1.1")),
        (&["http/1.0", "http/1.1"], Some(b"http/1.1")),
        (&[], None),
    ] {
        let stream = shake_hands(&instance, config(), "localhost", offered).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed, "{offered:?}");
    }
    for offered in [&["ftp"][..], &["http/1.0"], &["h2c"], &["h3"]] {
        assert!(shake_hands(&instance, config(), "localhost", offered).await.is_err(), "{offered:?}");
    }
    let mut without = shake_hands(&instance, config(), "localhost", &[]).await.unwrap();
    without.write_all(get(&instance, "/livez", "Connection: close\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    without.read_to_end(&mut answer).await.unwrap();
    assert_eq!(statuses(&String::from_utf8_lossy(&answer)), [200], "HTTP/1.1 where nothing is agreed");
}

#[tokio::test]
async fn sec_154_who_comes_back_resumes_without_early_data_and_only_under_our_name() {
    let (instance, _directory) = instance().await;
    for version in [&TLS12, &TLS13] {
        for (name, kind) in [("localhost", HandshakeKind::Resumed), ("elsewhere.example", HandshakeKind::Full)] {
            let provider = aws_lc_rs::default_provider();
            let mut config = tls::client_with(instance.certificate.clone(), provider, &[version]).unwrap();
            config.enable_early_data = true;
            for round in 0..2 {
                let mut stream = shake_hands(&instance, config.clone(), name, &["http/1.1"]).await.unwrap();
                // Tickets come with what is read after the handshake.
                let request = get(&instance, "/livez", "Connection: close\r\n");
                stream.write_all(request.as_bytes()).await.unwrap();
                stream.read_to_end(&mut Vec::new()).await.unwrap();
                let session = stream.get_mut().1;
                assert!(!session.is_early_data_accepted(), "{version:?} {name}");
                if round == 1 {
                    assert_eq!(session.handshake_kind(), Some(kind), "{version:?} {name}");
                }
            }
        }
    }
}

#[tokio::test]
async fn sec_154_another_name_gets_our_certificate_and_is_told_that_it_is_wrong_here() {
    let (instance, _directory) = instance().await;
    let config = tls::client(instance.certificate.clone());
    let mut stream = shake_hands(&instance, config, "elsewhere.example", &["http/1.1"]).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(statuses(&String::from_utf8_lossy(&answer)), [421]);
    assert_eq!(stream.get_ref().1.protocol_version(), Some(ProtocolVersion::TLSv1_3));
}

#[tokio::test]
async fn sec_154_gen_1_junk_and_plain_http_are_no_handshake() {
    let (instance, _directory) = instance().await;
    let junk: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        &[0; 64],
        &[0xff; 4096],
        b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00",
        b"SSH-2.0-x\r\n",
    ];
    for bytes in junk {
        let answer = Peer::bare(&instance).await.exchange(bytes).await;
        assert!(!answer.contains("HTTP"), "{answer:?}");
    }
    assert_eq!(instance.counters.get(Event::HandshakeFailed), 5);
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_154_a_greeting_that_does_not_end_is_cut_off_by_its_length() {
    let directory = tempfile::tempdir().unwrap();
    // Time is no reason here.
    let instance = Instance::over_tls_with(directory.path(), |limits| limits.handshake = FOR_EVER * 4).await;
    let mut peer = Peer::bare(&instance).await;
    // A message that says 60,000 bytes, in records that say 1,000 each.
    peer.try_write(&[&[22, 3, 1, 3, 232, 1, 0, 234, 96][..], &[7; 996]].concat()).await;
    for _ in 0..19 {
        peer.try_write(&[&[22, 3, 1, 3, 232][..], &[7; 1000]].concat()).await;
    }
    peer.read_to_end().await;
    assert_eq!(instance.counters.get(Event::HandshakeFailed), 1);
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_154_so_many_handshakes_at_one_time_and_the_others_wait_their_turn() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls_with(directory.path(), |limits| {
        limits.handshakes = 2;
        limits.handshake = Duration::from_millis(400);
        limits.per_source = None;
    })
    .await;
    let mut half = Vec::new();
    for _ in 0..2 {
        let mut peer = Peer::bare(&instance).await;
        peer.write(client_hello(0x0303, &[0xc02b])).await;
        // It has had its answer, and says no more.
        peer.read_until(|bytes| !bytes.is_empty()).await;
        half.push(peer);
    }
    // Served once the two are let go: it waited, and was not refused.
    let config = tls::client(instance.certificate.clone());
    let third = shake_hands(&instance, config, "localhost", &["http/1.1"]).await;
    let failed = instance.counters.get(Event::HandshakeFailed);
    assert!(failed >= 1, "the third did not wait for its turn");
    drop((third, half));
    while instance.counters.open() > 0 {
        tokio::task::yield_now().await;
    }
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_154_who_is_silent_takes_nobody_s_turn() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls_with(directory.path(), |limits| {
        limits.handshakes = 1;
        limits.handshake = FOR_EVER * 2;
    })
    .await;
    let mut silent = Peer::bare(&instance).await;
    silent.write([22, 3, 1]).await;
    tokio::time::timeout(FOR_EVER, assert_served(&instance)).await.expect("the silent one has the only turn");
}

#[tokio::test]
async fn sec_154_a_crowd_of_half_handshakes_keeps_nobody_else_out_for_long() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls_with(directory.path(), |limits| {
        limits.handshake = Duration::from_millis(300);
        limits.per_source = None;
    })
    .await;
    let mut crowd = Vec::new();
    for _ in 0..500 {
        let mut peer = Peer::bare(&instance).await;
        peer.write([22, 3, 1]).await;
        crowd.push(peer);
    }
    for mut peer in crowd {
        peer.read_to_end().await;
    }
    assert_eq!(instance.counters.get(Event::HandshakeFailed), 500);
    assert_served(&instance).await;
}
