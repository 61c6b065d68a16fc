//! HTTP/2 as nobody honest speaks it.

use moncomptepro::serve::{Event, Limits};

use super::frames::{Frames, begin};
use super::peer::{FOR_EVER, Peer, assert_served};
use crate::support::Instance;

const GOAWAY: u8 = 0x7;

/// Writes it again and again until the other end has enough; what it answered.
async fn flood(instance: &Instance, piece: impl Fn(u32) -> Vec<u8>) -> (u32, Vec<u8>) {
    let mut peer = Peer::http2(instance).await;
    peer.write(begin()).await;
    let mut rounds = 0;
    let flooding = async {
        while peer.try_write(&piece(rounds)).await {
            rounds += 1;
            assert!(rounds < 200_000, "it goes on for ever");
        }
    };
    tokio::time::timeout(FOR_EVER, flooding).await.expect("nobody ever ends it");
    (rounds, peer.read_to_end().await)
}

#[tokio::test]
async fn sec_156_streams_opened_and_taken_back_end_the_connection() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls_with(directory.path(), |_| {}).await;
    flood(&instance, |round| {
        let stream = round * 2 + 1;
        [Frames::request(&instance, stream, "/users/start-sign-in"), Frames::reset(stream)].concat()
    })
    .await;
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_156_resets_have_a_budget_even_when_each_request_was_taken_up() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls_with(directory.path(), |limits| limits.http2.resets = 5).await;
    let mut peer = Peer::http2(&instance).await;
    peer.write(begin()).await;
    let mut heard = Vec::new();
    for round in 0..5 {
        let stream = round * 2 + 1;
        // The body is awaited: the request is under way when it is taken back.
        let head = Frames::head(&instance, "POST", "/oauth/token", &[]);
        peer.write([Frames::frame(0x1, 0x4, stream, &head), Frames::ping()].concat()).await;
        let answered = |bytes: &[u8]| Frames::kinds(bytes).iter().filter(|kind| **kind == 0x6).count();
        peer.read_on_until(&mut heard, |bytes| answered(bytes) > usize::try_from(round).unwrap()).await;
        peer.write(Frames::reset(stream)).await;
    }
    heard.extend(peer.read_to_end().await);
    assert!(Frames::kinds(&heard).contains(&GOAWAY), "{:?}", Frames::kinds(&heard));
    assert_eq!(instance.counters.get(Event::Flood), 1);
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_156_floods_of_frames_without_a_use_end_the_connection() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls_with(directory.path(), |_| {}).await;
    let open = Frames::frame(0x1, 0x4, 1, &Frames::head(&instance, "POST", "/oauth/token", &[]));
    let first_then = |frame: Vec<u8>| {
        let open = open.clone();
        move |round| if round == 0 { open.clone() } else { frame.repeat(10) }
    };
    // Empty data is ended by the library, before our budget is.
    flood(&instance, first_then(Frames::frame(0x0, 0, 1, &[]))).await;
    let room = |stream| Frames::frame(0x8, 0, stream, &[0, 0, 0, 1]);
    let floods: [(&str, Vec<u8>); 8] = [
        ("room on the connection", room(0)),
        ("room on a stream under way", room(1)),
        ("room on both", [room(0), room(1)].concat()),
        ("pings", Frames::ping()),
        ("settings", Frames::settings(&[])),
        ("settings that change something", Frames::settings(&[(0x3, 100), (0x3, 101)])),
        ("priorities", Frames::frame(0x2, 0, 7, &[0, 0, 0, 0, 16])),
        ("frames of no document", Frames::frame(0xbb, 0, 0, &[1; 100])),
    ];
    for (expected, (what, frame)) in (1..).zip(floods) {
        flood(&instance, first_then(frame)).await;
        assert_eq!(instance.counters.get(Event::Flood), expected, "{what}");
        assert_served(&instance).await;
    }
}

#[tokio::test]
async fn sec_156_headers_in_pieces_without_end_end_the_connection() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls_with(directory.path(), |_| {}).await;
    let head = Frames::head(&instance, "GET", "/livez", &[]);
    for piece in
        [Frames::frame(0x9, 0, 1, &[]), Frames::frame(0x9, 0, 1, &Frames::head(&instance, "GET", "/", &[])[..4])]
    {
        flood(&instance, |round| if round == 0 { Frames::frame(0x1, 0x1, 1, &head) } else { piece.clone() }).await;
    }
    assert_served(&instance).await;
}

#[tokio::test]
async fn sec_156_a_header_list_is_bounded_when_it_is_unpacked() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls_with(directory.path(), |_| {}).await;
    let mut peer = Peer::http2(&instance).await;
    // 3,000 bytes remembered once (RFC 7541 §6.2.1), then named again and again by one byte each.
    let long = "v".repeat(3000);
    let mut bomb = Frames::head(&instance, "GET", "/livez", &[]);
    let remembered = Frames::head(&instance, "GET", "/livez", &[("x-bomb", &long)]).split_off(bomb.len());
    bomb.extend([0x40]);
    bomb.extend(&remembered[1..]);
    bomb.extend([0xbe; 4000]);
    peer.write([begin(), Frames::frame(0x1, 0x5, 1, &bomb), Frames::request(&instance, 3, "/livez")].concat()).await;
    let answers =
        peer.read_until(|bytes| Frames::kinds(bytes).contains(&GOAWAY) || Frames::statuses(bytes).contains(&200));
    let answers = answers.await;
    assert!(
        Frames::statuses(&answers).iter().filter(|status| **status == 200).count() <= 1,
        "the bomb is not answered"
    );
    assert_served(&instance).await;
}

#[tokio::test]
async fn r_36_so_many_streams_at_one_time_and_so_many_bytes_of_headers() {
    let standard = Limits::standard().http2;
    assert_eq!((standard.streams, standard.header_list_bytes), (100, 32 * 1024));
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls_with(directory.path(), |_| {}).await;
    let mut peer = Peer::http2(&instance).await;
    peer.write(begin()).await;
    let settings = peer.read_until(|bytes| Frames::kinds(bytes).contains(&0x4)).await;
    let holds = |id: u16, value: u32| {
        let setting = [&id.to_be_bytes()[..], &value.to_be_bytes()].concat();
        settings.windows(6).any(|window| window == setting)
    };
    assert!(holds(0x3, 100), "SETTINGS_MAX_CONCURRENT_STREAMS");
    assert!(holds(0x6, 32 * 1024), "SETTINGS_MAX_HEADER_LIST_SIZE");
}

#[tokio::test]
async fn sec_148_over_http2_fields_cookies_and_addresses_have_the_bounds_of_http1() {
    let directory = tempfile::tempdir().unwrap();
    let instance = Instance::over_tls_with(directory.path(), |_| {}).await;
    let names: Vec<String> = (0..101).map(|number| format!("x{number}")).collect();
    let fields = |count: usize| names[..count].iter().map(|name| (name.as_str(), "y")).collect::<Vec<_>>();
    let long = |length: usize| format!("a={}", "x".repeat(length - 2));
    let (whole, too_long, half) = (long(8 * 1024), long(8 * 1024 + 1), long(4 * 1024));
    let (other_half, too_long_a_half) = (long(4 * 1024 - 2), long(4 * 1024 - 1));
    let (widest, too_wide) = ("x".repeat(17 * 1024 - 6), "x".repeat(17 * 1024 - 5));
    for (what, query, more, status) in [
        ("a hundred fields", "", fields(100), 200),
        ("a hundred and one", "", fields(101), 431),
        ("one field of cookies, cut into pieces", "", vec![("cookie", "a=b"); 150], 200),
        ("8 KiB of cookies", "", vec![("cookie", whole.as_str())], 200),
        ("a byte more", "", vec![("cookie", too_long.as_str())], 431),
        ("8 KiB in two pieces", "", vec![("cookie", half.as_str()), ("cookie", other_half.as_str())], 200),
        ("a byte more in two", "", vec![("cookie", half.as_str()), ("cookie", too_long_a_half.as_str())], 431),
        ("an address of 17 KiB", widest.as_str(), vec![], 200),
        ("a byte more of it", too_wide.as_str(), vec![], 414),
    ] {
        let mut peer = Peer::http2(&instance).await;
        let head = Frames::head(&instance, "GET", &format!("/livez?{query}"), &more);
        let (first, rest) = head.split_at(head.len().min(16 * 1024));
        let frames = [Frames::frame(0x1, 0x1, 1, first), Frames::frame(0x9, 0x4, 1, rest)].concat();
        peer.write([begin(), frames].concat()).await;
        let answered = peer.read_until(|bytes| Frames::statuses(bytes).iter().any(|status| *status != 0)).await;
        assert_eq!(Frames::statuses(&answered), [status], "{what}");
    }
    assert_served(&instance).await;
}
