//! What the system tells the process.

use std::io;

use tokio::sync::watch;

/// What the system tells, heard since before anything else was done: what comes during a start is not lost, and ends nothing
/// half-way.
pub struct Signals {
    /// To stop.
    pub stop: Stop,
    /// To read the certificate again; none where a closed terminal means the end.
    pub renew: Option<Hangups>,
    /// To read the configuration again; none where a closed terminal means the end.
    pub reload: Option<Hangups>,
}

impl Signals {
    /// Those of a service.
    ///
    /// # Errors
    /// When the signals cannot be listened to.
    pub fn of_a_service() -> io::Result<Self> {
        Ok(Self { stop: Stop::listen()?, renew: Some(Hangups::listen()?), reload: Some(Hangups::listen()?) })
    }

    /// Those of a program in a terminal.
    ///
    /// # Errors
    /// When the signals cannot be listened to.
    pub fn of_a_terminal() -> io::Result<Self> {
        Ok(Self { stop: Stop::listen()?, renew: None, reload: None })
    }
}

/// The request to stop: SIGTERM or SIGINT, Ctrl-C elsewhere.
pub struct Stop {
    told: watch::Receiver<bool>,
}

impl Stop {
    /// Listens from now on, within a runtime: what is told during a start is done as soon as it has started. A second request
    /// ends the process at once, whatever it is doing.
    ///
    /// # Errors
    /// When the signals cannot be listened to.
    pub fn listen() -> io::Result<Self> {
        survive_full_files()?;
        let (tell, told) = watch::channel(false);
        let mut requests = Requests::listen()?;
        tokio::spawn(async move {
            requests.next().await;
            tell.send_replace(true);
            requests.next().await;
            std::process::exit(1);
        });
        Ok(Self { told })
    }

    /// Ends once the process is to stop.
    pub async fn told(mut self) {
        if self.told.wait_for(|is_told| *is_told).await.is_err() {
            // Nobody is left to tell it.
            std::future::pending::<()>().await;
        }
    }
}

/// A file that may grow no more (`ulimit -f`) fails whoever writes to it, like a disk that is full, and does not end the process
/// (SEC-190): once somebody has listened to the signal, the system does nothing else with it.
#[cfg(unix)]
fn survive_full_files() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).map(drop)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as where it can fail")]
fn survive_full_files() -> io::Result<()> {
    Ok(())
}

/// What each system has for asking.
struct Requests {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Requests {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Requests {
    #[expect(clippy::unnecessary_wraps, reason = "as where it can fail")]
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) {
        if let Err(cause) = tokio::signal::ctrl_c().await {
            tracing::error!(%cause, "Ctrl-C cannot be listened to: end the process from outside");
            std::future::pending::<()>().await;
        }
    }
}

/// Requests to read again what was read at the start (SIGHUP).
pub struct Hangups {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Hangups {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the signal cannot be listened to.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?,
        })
    }

    /// Ends with the next request.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        if self.signal.recv().await.is_some() {
            return;
        }
        std::future::pending::<()>().await;
    }
}
