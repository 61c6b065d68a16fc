//! A client as light as can be, since it shares the machine with what it measures: one kept connection, one request at
//! a time.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection, kept alive.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer, as long as the next request is not sent.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    head: &'a str,
    pub(crate) body: &'a [u8],
}

impl Connection {
    pub(crate) async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, received: Vec::with_capacity(16 * 1024) }
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Answer<'_> {
        self.stream.write_all(request).await.unwrap();
        self.received.clear();
        let (head_bytes, whole_bytes) = loop {
            let read = self.stream.read_buf(&mut self.received).await.unwrap();
            assert!(read > 0, "the connection was closed");
            if let Some(lengths) = lengths(&self.received).filter(|(_, whole)| self.received.len() >= *whole) {
                break lengths;
            }
        };
        let (head, body) = self.received[..whole_bytes].split_at(head_bytes);
        let head = std::str::from_utf8(head).unwrap();
        Answer { status: head[9..12].parse().unwrap(), head, body }
    }
}

/// The bytes of the head, and of head and body; `None` while the head is not whole.
fn lengths(received: &[u8]) -> Option<(usize, usize)> {
    let head_bytes = received.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&received[..head_bytes]).unwrap();
    let body_bytes: usize = find(head, "content-length").next().map_or(0, |value| value.parse().unwrap());
    Some((head_bytes, head_bytes + body_bytes))
}

fn find<'a>(head: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let pairs = head.split("\r\n").filter_map(|line| line.split_once(": "));
    pairs.filter(move |(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

impl<'a> Answer<'a> {
    /// Every value of a header.
    pub(crate) fn headers(&self, name: &'a str) -> impl Iterator<Item = &'a str> {
        find(self.head, name)
    }

    pub(crate) fn location(&self) -> &'a str {
        self.headers("location").next().unwrap_or_else(|| panic!("no location in {}", self.whole()))
    }

    pub(crate) fn text(&self) -> &'a str {
        std::str::from_utf8(self.body).unwrap()
    }

    /// What stands between two texts of the body.
    pub(crate) fn between(&self, before: &str, after: &str) -> &'a str {
        let rest = self.text().split_once(before).map(|(_, rest)| rest);
        let found = rest.and_then(|rest| rest.split_once(after)).map(|(found, _)| found);
        found.unwrap_or_else(|| panic!("no {before:?} in {}", self.whole()))
    }

    #[track_caller]
    pub(crate) fn expect(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.whole());
    }

    fn whole(&self) -> String {
        format!("{}{}", self.head, String::from_utf8_lossy(self.body))
    }
}

/// Where requests are sent, and under which names.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) port: u16,
    pub(crate) origin: String,
}

impl Site {
    fn host(&self) -> &str {
        self.origin.split_once("://").map_or("", |(_, host)| host)
    }

    pub(crate) fn get(&self, target: &str, more: &str) -> Vec<u8> {
        let target = target.strip_prefix(&self.origin).unwrap_or(target);
        format!("GET {target} HTTP/1.1\r\nHost: {}\r\n{more}\r\n", self.host()).into_bytes()
    }

    /// A form, as a browser of this site or a client sends it.
    pub(crate) fn post(&self, target: &str, more: &str, form: &str) -> Vec<u8> {
        let (host, length) = (self.host(), form.len());
        let kind = "application/x-www-form-urlencoded";
        format!(
            "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n{form}"
        )
        .into_bytes()
    }
}
