//! What the only outward HTTP refuses (SEC-57), tried against a server of this machine.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::addresses::is_private;
use super::{FetchError, Outward};
use crate::clock::Clock;
use crate::config::Reach;

const LIMIT: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(300);
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const ITSELF: Reach = Reach { may_ask_itself: true, private_hosts: BTreeSet::new() };

/// Whoever may ask this machine, under every name.
fn asking_itself() -> Outward {
    Outward::new(&Clock::system(), ITSELF).resolving(|_| vec![LOOPBACK])
}

/// A server that answers each connection so; its port, and how many connections it has had.
async fn server<F, A>(answer: F) -> (u16, Arc<AtomicUsize>)
where
    F: Fn(String, TcpStream) -> A + Send + Sync + 'static,
    A: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap_or(0);
            tokio::spawn(answer(String::from_utf8_lossy(&request[..length]).into_owned(), stream));
        }
    });
    (port, seen)
}

async fn write(mut stream: TcpStream, text: String) {
    // Whoever gave up is gone.
    drop(stream.write_all(text.as_bytes()).await);
    drop(stream.shutdown().await);
}

async fn write_endlessly(mut stream: TcpStream, head: &str, piece: &'static [u8], pause: Duration) {
    drop(stream.write_all(head.as_bytes()).await);
    while stream.write_all(piece).await.is_ok() {
        tokio::time::sleep(pause).await;
    }
}

fn document(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

async fn get(outward: &Outward, url: &str, limit: Duration) -> Result<String, FetchError> {
    let answer = outward.get(&Url::parse(url).unwrap(), &[], limit).await?;
    Ok(String::from_utf8_lossy(&answer.body).into_owned())
}

#[tokio::test]
async fn sec_57_no_spelling_of_an_address_of_this_network_is_asked() {
    let outward = Outward::new(&Clock::system(), Reach::default());
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "127.1",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fd00::1]",
        "[fe80::1]",
        "0.0.0.0",
        "localhost",
    ] {
        for scheme in ["https", "http"] {
            let refused = get(&outward, &format!("{scheme}://{host}:9/"), LIMIT).await;
            assert!(matches!(refused, Err(FetchError::Forbidden)), "{scheme} {host}: {refused:?}");
        }
    }
    for address in ["file:///etc/passwd", "gopher://a.test/", "data:text/plain,a"] {
        assert!(matches!(get(&asking_itself(), address, LIMIT).await, Err(FetchError::Forbidden)), "{address}");
    }
}

#[tokio::test]
async fn sec_57_a_name_of_which_one_address_is_private_is_not_asked() {
    let public = IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34));
    for private in [LOOPBACK, IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254))] {
        for addresses in [vec![public, private], vec![private, public]] {
            let outward = Outward::new(&Clock::system(), ITSELF).resolving(move |_| addresses.clone());
            let refused = get(&outward, "https://a.test/", LIMIT).await;
            assert!(matches!(refused, Err(FetchError::Forbidden)), "{private}: {refused:?}");
            assert!(!refused.unwrap_err().to_string().contains("10.0"), "the address is not told");
        }
    }
    let nowhere = Outward::new(&Clock::system(), ITSELF).resolving(|_| Vec::new());
    assert!(matches!(get(&nowhere, "https://a.test/", LIMIT).await, Err(FetchError::Forbidden)));
}

#[tokio::test]
async fn sec_57_a_host_that_the_operator_names_may_be_on_a_private_network_and_over_https_only() {
    let (port, seen) = server(|_, stream| write(stream, String::from("no TLS here"))).await;
    let reach = Reach { may_ask_itself: false, private_hosts: BTreeSet::from([String::from("agenda.mairie.lan")]) };
    let at = |address: IpAddr| Outward::new(&Clock::system(), reach.clone()).resolving(move |_| vec![address]);
    let asked = get(&at(LOOPBACK), &format!("https://Agenda.Mairie.lan:{port}/"), LIMIT).await;
    assert!(!matches!(asked, Err(FetchError::Forbidden)), "{asked:?}");
    assert_eq!(seen.load(Ordering::SeqCst), 1, "it was called");
    let refused = [
        "http://agenda.mairie.lan",
        "https://other.mairie.lan",
        "https://x.agenda.mairie.lan",
        "https://xagenda.mairie.lan",
        "https://agenda.mairie.lan.example",
        "https://mairie.lan",
    ];
    for refused in refused.map(|origin| format!("{origin}:{port}/")) {
        assert!(matches!(get(&at(LOOPBACK), &refused, LIMIT).await, Err(FetchError::Forbidden)), "{refused}");
    }
    for address in ["169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "fe80::1", "::", "::ffff:169.254.1.1"]
    {
        let outward = at(address.parse().unwrap());
        let refused = get(&outward, "https://agenda.mairie.lan/", LIMIT).await;
        assert!(matches!(refused, Err(FetchError::Forbidden)), "{address}: {refused:?}");
    }
    let private =
        ["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "127.0.0.1", "::1", "fd12::1"];
    assert!(private.iter().all(|address| is_private(address.parse().unwrap())));
    let others = ["172.32.0.1", "100.63.0.1", "100.128.0.1", "192.0.2.1", "93.184.216.34", "2001:4860::1"];
    assert!(others.iter().all(|address| !is_private(address.parse().unwrap())));
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn sec_57_a_name_that_leads_elsewhere_at_the_second_question_is_not_followed_there() {
    let (port, seen) = server(|_, stream| {
        write(stream, String::from("HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n"))
    })
    .await;
    let asked = AtomicUsize::new(0);
    let outward =
        Outward::new(&Clock::system(), ITSELF).resolving(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => vec![LOOPBACK],
            _ => vec![IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1))],
        });
    let refused = get(&outward, &format!("http://a.test:{port}/"), LIMIT).await;
    assert!(matches!(refused, Err(FetchError::Forbidden)), "{refused:?}");
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn sec_57_three_redirects_of_the_same_host_are_followed_and_none_elsewhere() {
    // "/3" leads to "/2" and so on; "/to/…" leads to what follows.
    let (port, seen) = server(|request, stream| async move {
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let next = match (path.strip_prefix("/to/"), path.trim_start_matches('/').parse::<u8>()) {
            (Some(address), _) => address.to_owned(),
            (None, Ok(0) | Err(_)) => return write(stream, document("{}")).await,
            (None, Ok(left)) => format!("/{}", left - 1),
        };
        write(stream, format!("HTTP/1.1 307 Go\r\nlocation: {next}\r\ncontent-length: 0\r\n\r\n")).await;
    })
    .await;
    let base = format!("http://a.test:{port}");
    assert_eq!(get(&asking_itself(), &format!("{base}/3"), LIMIT).await.unwrap(), "{}");
    assert!(matches!(get(&asking_itself(), &format!("{base}/4"), LIMIT).await, Err(FetchError::Redirect)));
    let before = seen.load(Ordering::SeqCst);
    let elsewhere = [
        String::from("http://169.254.169.254/latest/"),
        String::from("file:///etc/passwd"),
        format!("http://b.test:{port}/0"),
        format!("https://a.test:{port}/0"),
        format!("http://127.0.0.1:{port}/0"),
        String::from("http://a.test/0"),
        String::from("//b.test/0"),
    ];
    for address in &elsewhere {
        let refused = get(&asking_itself(), &format!("{base}/to/{address}"), LIMIT).await;
        assert!(matches!(refused, Err(FetchError::Redirect)), "{address}: {refused:?}");
    }
    assert_eq!(seen.load(Ordering::SeqCst), before + elsewhere.len(), "each was asked once, and nothing after");
}

#[tokio::test]
async fn sec_57_sec_128_an_answer_is_bounded_in_time_and_size_and_comes_as_it_is() {
    const FIRST_LINE: &str = "HTTP/1.1 200 OK\r\n";
    const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";
    let (port, _) = server(|request, stream| async move {
        match request.split(' ').nth(1).unwrap_or_default() {
            "/drip" => write_endlessly(stream, HEAD, b" ", Duration::from_millis(20)).await,
            "/flood" => write_endlessly(stream, HEAD, &[b' '; 65_536], Duration::ZERO).await,
            "/head" => write_endlessly(stream, FIRST_LINE, b"a: b\r\n", Duration::from_millis(20)).await,
            "/line" => write_endlessly(stream, FIRST_LINE, b"a", Duration::from_millis(20)).await,
            _ => {
                let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}";
                write(stream, String::from(head)).await;
            }
        }
    })
    .await;
    let base = format!("http://a.test:{port}");
    let outward = asking_itself();
    assert!(matches!(get(&outward, &format!("{base}/drip"), SHORT).await, Err(FetchError::TimedOut)));
    assert!(matches!(get(&outward, &format!("{base}/flood"), LIMIT).await, Err(FetchError::Body)));
    for endless in ["head", "line"] {
        let url = format!("{base}/{endless}");
        let url = Url::parse(&url).unwrap();
        let given_up = tokio::time::timeout(LIMIT, outward.get(&url, &[], SHORT)).await.expect("it is not waited on");
        assert!(matches!(given_up, Err(FetchError::TimedOut)), "{endless}: {given_up:?}");
        let telling = outward.post_form(&url, &[("logout_token", "a")], SHORT);
        let given_up = tokio::time::timeout(LIMIT, telling).await.expect("it is not waited on");
        assert!(matches!(given_up, Err(FetchError::TimedOut)), "{endless}: {given_up:?}");
    }
    // Of whoever is told something the head alone is waited for.
    let told = outward.post_form(&Url::parse(&format!("{base}/drip")).unwrap(), &[], LIMIT).await;
    assert_eq!(told.unwrap(), StatusCode::OK);
    assert!(matches!(get(&outward, &format!("{base}/gzip"), LIMIT).await, Err(FetchError::Compressed)));
}

#[tokio::test]
async fn sec_57_four_calls_at_most_are_under_way_at_one_host_and_the_others_do_not_wait_for_it() {
    let (port, seen) = server(|request, stream| async move {
        if request.contains("host: slow.test") {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        write(stream, document("{}")).await;
    })
    .await;
    let outward = asking_itself();
    let slow: Vec<_> = (0..30)
        .map(|_| {
            let outward = outward.clone();
            tokio::spawn(async move { get(&outward, &format!("http://slow.test:{port}/"), LIMIT).await.is_err() })
        })
        .collect();
    while seen.load(Ordering::SeqCst) < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(get(&outward, &format!("http://quick.test:{port}/"), LIMIT).await.unwrap(), "{}");
    assert_eq!(seen.load(Ordering::SeqCst), 5, "four at the slow host, one at the other");
    slow.iter().for_each(tokio::task::JoinHandle::abort);
}
