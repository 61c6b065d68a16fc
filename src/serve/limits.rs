//! How long and how much a connection may take.

use std::time::Duration;

/// Every limit of the sockets, with what is shipped in [`Limits::standard`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at one time; more wait to be accepted.
    pub connections: usize,
    /// What one source may hold; `None` is unlimited. Trusted proxies are never counted.
    pub per_source: Option<SourceLimits>,
    /// Time for what a proxy says before the first byte of a connection, where it does.
    pub proxy_header: Duration,
    /// TLS handshakes at one time, from the client's greeting on; more wait for their turn.
    pub handshakes: usize,
    /// Time for a TLS handshake, the wait for its turn included.
    pub handshake: Duration,
    /// Bytes that a peer may send before its handshake is complete.
    pub handshake_bytes: usize,
    /// Time for the headers of a request, and for the first request of a connection.
    pub headers: Duration,
    /// Bytes of the headers of a request over HTTP/1.1.
    pub max_header_bytes: usize,
    /// Silence between two requests.
    pub idle: Duration,
    /// The same while more than four in five connections are taken: those who rest make room for those who
    /// come. Longer than `headers`: who never asked anything leaves first.
    pub crowded_idle: Duration,
    /// What the body of a request may take.
    pub body: BodyLimits,
    /// How long a peer may take nothing of what is sent to it.
    pub write_stall: Duration,
    /// What HTTP/2 may take.
    pub http2: Http2Limits,
    /// Time for the requests under way to end when the server stops.
    pub shutdown: Duration,
}

/// What one IPv4 address, or one /64 of IPv6, may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceLimits {
    /// Connections.
    pub connections: usize,
    /// Those among them on which no request was answered yet.
    pub unproven: usize,
}

/// How slowly a body may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimits {
    /// How long any pace is good.
    pub grace: Duration,
    /// The mean pace from then on.
    pub bytes_per_second: u64,
    /// Time for the whole body.
    pub whole: Duration,
}

/// What one HTTP/2 connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Http2Limits {
    /// Streams at one time.
    pub streams: u32,
    /// Bytes of the headers of a request, decoded.
    pub header_list_bytes: u32,
    /// Streams that the peer may take back in one window.
    pub resets: u32,
    /// Frames without a use (pings, settings, priorities, empty and unknown ones) in one window.
    pub idle_frames: u32,
    /// The window of these budgets.
    pub window: Duration,
    /// How long a silent peer goes unasked whether it is still there, and how long it may take to say so.
    pub ping: Duration,
}

impl Limits {
    /// The limits as shipped.
    pub fn standard() -> Self {
        Self {
            connections: 4096,
            per_source: Some(SourceLimits { connections: 512, unproven: 64 }),
            proxy_header: Duration::from_secs(5),
            handshakes: 256,
            handshake: Duration::from_secs(10),
            handshake_bytes: 16 * 1024,
            headers: Duration::from_secs(10),
            max_header_bytes: 32 * 1024,
            idle: Duration::from_secs(60),
            crowded_idle: Duration::from_secs(15),
            body: BodyLimits { grace: Duration::from_secs(10), bytes_per_second: 1024, whole: Duration::from_secs(60) },
            write_stall: Duration::from_secs(30),
            http2: Http2Limits {
                streams: 100,
                header_list_bytes: 32 * 1024,
                resets: 200,
                idle_frames: 1000,
                window: Duration::from_secs(10),
                ping: Duration::from_secs(20),
            },
            shutdown: Duration::from_secs(10),
        }
    }
}
