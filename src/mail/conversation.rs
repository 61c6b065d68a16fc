//! A conversation with a server of mails, step by step (RFC 5321), on `mail-send`.
//!
//! Every step has a bound in time. Without the encryption that was asked for nothing is said that matters: no password,
//! no address, no mail.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mail_send::smtp::message::Parameters;
use mail_send::{Credentials, SmtpClient};
use smtp_proto::{AUTH_LOGIN, AUTH_PLAIN, EXT_SMTP_UTF8, EXT_START_TLS};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::message::{Letter, stuffed};
use super::trouble::{Reason, Stage, Trouble};
use super::trust;
use crate::clock::Clock;
use crate::config::{SmtpEncryption, SmtpServer};

/// The least and the most that is waited, before the dot that makes a mail the server's own, for it to say that it is gone.
const LEAST_PAUSE: Duration = Duration::from_millis(5);
const MOST_PAUSE: Duration = Duration::from_millis(250);
/// How long a server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// The steps that were taken, the last one perhaps in vain.
#[derive(Debug, Default)]
pub struct Steps(Mutex<Vec<Stage>>);

impl Steps {
    fn take(&self, stage: Stage) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(stage);
    }

    /// In order.
    pub fn taken(&self) -> Vec<Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn trouble(&self, reason: impl Into<Reason>) -> Trouble {
        let stage = self.taken().last().copied().unwrap_or(Stage::Resolve);
        Trouble { stage, reason: reason.into() }
    }
}

/// A server that takes mails.
pub struct Conversation {
    client: SmtpClient<Box<dyn Wire>>,
    clock: Clock,
    takes_utf8: bool,
}

impl fmt::Debug for Conversation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Conversation").finish_non_exhaustive()
    }
}

impl Conversation {
    /// Finds the server, greets it, makes sure who it is, and says who we are: all of it within the time of one answer.
    ///
    /// # Errors
    /// The step that failed, and why.
    pub async fn begin(server: &SmtpServer, clock: &Clock, steps: &Steps) -> Result<Self, Trouble> {
        match timeout(server.timeout, open(server, clock, steps)).await {
            Ok(opened) => opened,
            Err(_) => Err(steps.trouble(Reason::TimedOut)),
        }
    }

    /// Hands a mail over. What the server answered, without anything that looks like an address.
    ///
    /// # Errors
    /// The step that failed, and why.
    pub(super) async fn hand_over(&mut self, letter: &Letter, steps: &Steps) -> Result<String, Trouble> {
        let limit = self.client.timeout;
        let client = &mut self.client;
        steps.take(Stage::Sender);
        let mut parameters = Parameters::new();
        if !letter.from.as_str().is_ascii() || !letter.to.as_str().is_ascii() {
            if !self.takes_utf8 {
                steps.take(Stage::Recipient);
                return Err(steps.trouble(Reason::NeedsUtf8));
            }
            parameters.add("SMTPUTF8");
        }
        let asked = self.clock.elapsed();
        client.mail_from(letter.from.as_str(), &parameters).await.map_err(|cause| steps.trouble(cause))?;
        let pause = self.clock.elapsed().saturating_sub(asked).saturating_mul(2).clamp(LEAST_PAUSE, MOST_PAUSE);
        steps.take(Stage::Recipient);
        let recipient = client.rcpt_to(letter.to.as_str(), &Parameters::new()).await;
        recipient.map_err(|cause| steps.trouble(cause))?;
        steps.take(Stage::Data);
        let begun = client.cmd(b"DATA\r\n").await.map_err(|cause| steps.trouble(cause))?;
        if begun.code != 354 {
            return Err(steps.trouble(mail_send::Error::UnexpectedReply(begun)));
        }
        steps.take(Stage::Content);
        let bytes = stuffed(&letter.bytes);
        let written = async {
            client.stream.write_all(&bytes).await?;
            client.stream.flush().await
        };
        timeout(limit, written)
            .await
            .map_err(|_| steps.trouble(Reason::TimedOut))?
            .map_err(|_| steps.trouble(Reason::Closed))?;
        // Up to here the mail is ours for certain: a server that goes away now has not taken it.
        let mut said = [0_u8; 512];
        if timeout(pause, client.stream.read(&mut said)).await.is_ok() {
            return Err(steps.trouble(Reason::Closed));
        }
        steps.take(Stage::Acceptance);
        let accepted = async {
            client.stream.write_all(b".\r\n").await?;
            client.stream.flush().await?;
            client.read().await
        };
        let reply = timeout(limit, accepted).await.map_err(|_| steps.trouble(Reason::TimedOut))?;
        let reply = reply.map_err(|cause| steps.trouble(cause))?;
        if !(200..300).contains(&reply.code) {
            return Err(steps.trouble(mail_send::Error::UnexpectedReply(reply)));
        }
        Ok(super::trouble::without_addresses(&reply.message))
    }

    /// Makes the server forget the mail under way, so that another one can follow; false when that is impossible.
    pub async fn forget(&mut self) -> bool {
        self.client.rset().await.is_ok()
    }

    /// Takes leave; nobody minds whether it is answered.
    pub async fn end(self) {
        if timeout(GOODBYE, self.client.quit()).await.is_err() {
            tracing::debug!("the server of mails does not say goodbye");
        }
    }
}

async fn open(server: &SmtpServer, clock: &Clock, steps: &Steps) -> Result<Conversation, Trouble> {
    let stream = reach(server, steps).await?;
    let connector = match server.encryption {
        SmtpEncryption::Off => None,
        SmtpEncryption::StartTls | SmtpEncryption::Implicit => {
            let (ca_file, clock) = (server.ca_file.clone(), clock.clone());
            let made = tokio::task::spawn_blocking(move || trust::connector(ca_file.as_deref(), &clock)).await;
            Some(
                made.map_err(|_| steps.trouble(Reason::Closed))?
                    .map_err(|cause| steps.trouble(Reason::Trust(cause)))?,
            )
        }
    };
    let mut plain = SmtpClient { stream, timeout: server.timeout };
    let name = greeting_name(&server.helo_name);
    let mut client = match (server.encryption, connector) {
        (SmtpEncryption::Implicit, Some(connector)) => {
            steps.take(Stage::Handshake);
            let secured = plain.into_tls(&connector, &server.host).await.map_err(|cause| steps.trouble(cause))?;
            let mut client = boxed(secured.stream, server.timeout);
            greeted(&mut client, steps).await?;
            client
        }
        (SmtpEncryption::StartTls, Some(connector)) => {
            greeted(&mut plain, steps).await?;
            steps.take(Stage::Hello);
            let offered = plain.ehlo(&name).await.map_err(|cause| steps.trouble(cause))?;
            steps.take(Stage::StartTls);
            // A server, or somebody in between, that does not offer it gets nothing from us.
            if !offered.has_capability(EXT_START_TLS) {
                return Err(steps.trouble(Reason::NoStartTls));
            }
            let reply = plain.cmd(b"STARTTLS\r\n").await.map_err(|cause| steps.trouble(cause))?;
            if reply.code != 220 {
                return Err(steps.trouble(mail_send::Error::UnexpectedReply(reply)));
            }
            steps.take(Stage::Handshake);
            let secured = plain.into_tls(&connector, &server.host).await.map_err(|cause| steps.trouble(cause))?;
            boxed(secured.stream, server.timeout)
        }
        (SmtpEncryption::Off, _) | (_, None) => {
            greeted(&mut plain, steps).await?;
            boxed(plain.stream, server.timeout)
        }
    };
    steps.take(Stage::Hello);
    let mut offered = client.ehlo(&name).await.map_err(|cause| steps.trouble(cause))?;
    if let Some(credentials) = &server.credentials {
        steps.take(Stage::Authenticate);
        // Others would be asked for by the library, which cannot answer them.
        offered.auth_mechanisms &= AUTH_PLAIN | AUTH_LOGIN;
        let known = Credentials::new(credentials.username.as_str(), credentials.password.expose());
        client.authenticate(&known, &offered).await.map_err(|cause| steps.trouble(cause))?;
    }
    Ok(Conversation { client, clock: clock.clone(), takes_utf8: offered.has_capability(EXT_SMTP_UTF8) })
}

fn boxed(stream: impl Wire + 'static, timeout: Duration) -> SmtpClient<Box<dyn Wire>> {
    SmtpClient { stream: Box::new(stream), timeout }
}

/// One address of the server after the other.
async fn reach(server: &SmtpServer, steps: &Steps) -> Result<TcpStream, Trouble> {
    steps.take(Stage::Resolve);
    let found = tokio::net::lookup_host((server.host.as_str(), server.port)).await;
    let addresses: Vec<_> = found.map_err(|cause| steps.trouble(Reason::NotResolved(cause.to_string())))?.collect();
    steps.take(Stage::Connect);
    let mut last = Reason::NotResolved(String::from("no address"));
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // Small writes, each waiting for an answer.
                if let Err(cause) = stream.set_nodelay(true) {
                    tracing::debug!(%cause, "small packets are delayed");
                }
                return Ok(stream);
            }
            Err(cause) => last = Reason::Unreachable(cause.kind()),
        }
    }
    Err(steps.trouble(last))
}

async fn greeted<T: Wire>(client: &mut SmtpClient<T>, steps: &Steps) -> Result<(), Trouble> {
    steps.take(Stage::Greeting);
    let reply = client.read().await.map_err(|cause| steps.trouble(cause))?;
    match reply.code {
        220 => Ok(()),
        _ => Err(steps.trouble(mail_send::Error::UnexpectedReply(reply))),
    }
}

/// An address stands in brackets (RFC 5321 §4.1.3).
fn greeting_name(name: &str) -> String {
    match name.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => format!("[{address}]"),
        Ok(IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        Err(_) => name.to_owned(),
    }
}
