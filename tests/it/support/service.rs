//! A service on the network that answers, or does not.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What the service does next.
#[derive(Clone)]
pub(crate) enum Does {
    Says(String),
    Hangs,
    Drowns,
}

pub(crate) fn with_status(status: &str, headers: &str, body: &str) -> Does {
    Does::Says(format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// Whether nothing of a request is missing; what is no HTTP is taken as it comes.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return true };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

/// A server that does what it is told, and notes what it was asked.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) port: u16,
    does: Arc<Mutex<Does>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Service {
    pub(crate) async fn start(does: Does) -> Self {
        Self::start_at("127.0.0.1", does).await
    }

    /// The same on every address of the machine: `127.0.0.2` is another host than `127.0.0.3`.
    pub(crate) async fn everywhere(does: Does) -> Self {
        Self::start_at("0.0.0.0", does).await
    }

    async fn start_at(address: &str, does: Does) -> Self {
        let listener = tokio::net::TcpListener::bind((address, 0)).await.unwrap();
        let service = Self {
            port: listener.local_addr().unwrap().port(),
            does: Arc::new(Mutex::new(does)),
            asked: Arc::default(),
        };
        let shared = service.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let shared = shared.clone();
                tokio::spawn(async move {
                    let mut request = vec![0; 8192];
                    let mut read = stream.read(&mut request).await.unwrap_or(0);
                    while read > 0 && !is_whole(&request[..read]) {
                        match stream.read(&mut request[read..]).await {
                            Ok(more) if more > 0 => read += more,
                            Ok(_) | Err(_) => break,
                        }
                    }
                    shared.asked.lock().unwrap().push(String::from_utf8_lossy(&request[..read]).into_owned());
                    let does = shared.does.lock().unwrap().clone();
                    match does {
                        // Whoever gave up is gone.
                        Does::Says(text) => drop(stream.write_all(text.as_bytes()).await),
                        Does::Hangs => std::future::pending().await,
                        Does::Drowns => {
                            let head = "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n";
                            let mut is_read = stream.write_all(head.as_bytes()).await.is_ok();
                            while is_read {
                                is_read = stream.write_all(&[b' '; 65_536]).await.is_ok();
                            }
                        }
                    }
                });
            }
        });
        service
    }

    /// Nobody listens there.
    pub(crate) fn of_nobody() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { port, does: Arc::new(Mutex::new(Does::Hangs)), asked: Arc::default() }
    }

    pub(crate) fn does(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}
