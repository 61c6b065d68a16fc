//! What goes wrong with a server of mails, where, and whose trouble it is.

use std::fmt;
use std::io::ErrorKind;

use rustls::{CertificateError, InvalidMessage};

use super::trust::TrustError;

/// The most characters of what a server said.
const MAX_SAID: usize = 200;

/// A step of a conversation, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The name of the server becomes addresses.
    Resolve,
    /// The connection.
    Connect,
    /// What the server says first.
    Greeting,
    /// EHLO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// The handshake of TLS.
    Handshake,
    /// AUTH.
    Authenticate,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA.
    Data,
    /// The mail itself, before the dot that ends it.
    Content,
    /// The answer to that dot.
    Acceptance,
}

impl Stage {
    /// Its word in logs and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Hello => "hello",
            Self::StartTls => "starttls",
            Self::Handshake => "handshake",
            Self::Authenticate => "authenticate",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Data => "data",
            Self::Content => "content",
            Self::Acceptance => "acceptance",
        }
    }
}

/// What is wrong with TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFault {
    /// What answers does not speak TLS.
    NotTls,
    /// The certificate is that of another name.
    OtherName,
    /// The certificate is over.
    Expired,
    /// The certificate is not good yet.
    NotYetValid,
    /// Nobody whom we know has signed the certificate.
    UnknownAuthority,
    /// Anything else, in the words of the library.
    Other(String),
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The name means nothing.
    NotResolved(String),
    /// The connection was refused, or there is no way.
    Unreachable(ErrorKind),
    /// No answer came in time.
    TimedOut,
    /// The server went away.
    Closed,
    /// What answers does not speak SMTP.
    Garbled,
    /// Its certificate, or the like.
    Tls(TlsFault),
    /// The authorities that it is judged by cannot be read.
    Trust(TrustError),
    /// STARTTLS is not offered.
    NoStartTls,
    /// Neither PLAIN nor LOGIN is offered.
    NoMechanism,
    /// The address has letters that this server does not take (RFC 6531).
    NeedsUtf8,
    /// The server said no.
    Refused {
        /// The code: 4xx for now, 5xx for good.
        code: u16,
        /// The enhanced code (RFC 3463); zeros where there is none.
        enhanced: [u8; 3],
        /// In its words, without what looks like an address.
        said: String,
    },
}

/// A step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which.
    pub stage: Stage,
    /// Why.
    pub reason: Reason,
}

/// What a failed step means for the mail that was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The server takes no mails now: none is worth trying for a while.
    ServerAway,
    /// The server does not take mails from us as we are configured.
    ServerRefusesUs,
    /// This mail is to be tried later; others may be taken.
    Later,
    /// The connection ended over this mail, which the server has not taken.
    CutShort,
    /// Nobody knows whether the server took it.
    Unconfirmed,
    /// It will never be taken.
    Never,
}

impl Trouble {
    /// What it means for the mail under way.
    pub fn meaning(&self) -> Meaning {
        match (self.stage, &self.reason) {
            (stage, Reason::Refused { code, .. }) if stage <= Stage::Sender => match code {
                500.. => Meaning::ServerRefusesUs,
                _ => Meaning::ServerAway,
            },
            (_, Reason::Refused { code: 421, .. }) => Meaning::ServerAway,
            // At the recipient a server may still speak of us: authentication is missing, relaying is not allowed.
            (
                Stage::Recipient,
                Reason::Refused { code: 530 | 535 | 538, .. } | Reason::Refused { enhanced: [5, 7, _], .. },
            ) => Meaning::Later,
            (_, Reason::Refused { code: 500.., .. } | Reason::NeedsUtf8) => Meaning::Never,
            (_, Reason::Refused { .. }) => Meaning::Later,
            (Stage::Acceptance, _) => Meaning::Unconfirmed,
            (Stage::Recipient | Stage::Data | Stage::Content, _) => Meaning::CutShort,
            (_, Reason::Tls(_) | Reason::Trust(_) | Reason::NoStartTls | Reason::NoMechanism) => {
                Meaning::ServerRefusesUs
            }
            (_, _) => Meaning::ServerAway,
        }
    }
}

impl From<mail_send::Error> for Reason {
    fn from(error: mail_send::Error) -> Self {
        match error {
            mail_send::Error::Io(cause) => match cause.kind() {
                ErrorKind::TimedOut => Self::TimedOut,
                _ => Self::Closed,
            },
            mail_send::Error::Tls(cause) => Self::Tls(tls_fault(&cause)),
            mail_send::Error::UnexpectedReply(reply) | mail_send::Error::AuthenticationFailed(reply) => {
                Self::Refused { code: reply.code, enhanced: reply.esc, said: without_addresses(&reply.message) }
            }
            mail_send::Error::UnsupportedAuthMechanism | mail_send::Error::Auth(_) | mail_send::Error::Base64(_) => {
                Self::NoMechanism
            }
            mail_send::Error::Timeout => Self::TimedOut,
            mail_send::Error::MissingStartTls => Self::NoStartTls,
            mail_send::Error::InvalidTLSName => Self::Tls(TlsFault::OtherName),
            mail_send::Error::UnparseableReply
            | mail_send::Error::MissingCredentials
            | mail_send::Error::MissingMailFrom
            | mail_send::Error::MissingRcptTo => Self::Garbled,
        }
    }
}

fn tls_fault(error: &rustls::Error) -> TlsFault {
    match error {
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
            TlsFault::NotTls
        }
        rustls::Error::InvalidCertificate(fault) => match fault {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsFault::OtherName,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFault::NotYetValid,
            // A known name whose key is another one has not signed it either.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsFault::UnknownAuthority,
            other => TlsFault::Other(other.to_string()),
        },
        other => TlsFault::Other(other.to_string()),
    }
}

/// What a server said, on one line, without the words that look like addresses.
pub(super) fn without_addresses(said: &str) -> String {
    let words = said.split_whitespace().map(|word| if word.contains('@') { "…" } else { word });
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().filter(|character| !character.is_control()).take(MAX_SAID).collect()
}

/// For the log: the step and the reason, without any address.
impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.stage.as_str())?;
        match &self.reason {
            Reason::NotResolved(cause) => write!(formatter, "the name of the server is not resolved ({cause})"),
            Reason::Unreachable(kind) => write!(formatter, "the server is not reached ({kind})"),
            Reason::TimedOut => formatter.write_str("no answer came in time"),
            Reason::Closed => formatter.write_str("the server closed the connection"),
            Reason::Garbled => formatter.write_str("the answer is not that of a server of mails"),
            Reason::Tls(fault) => match fault {
                TlsFault::NotTls => formatter.write_str("what answers does not speak TLS"),
                TlsFault::OtherName => formatter.write_str("the certificate is that of another name"),
                TlsFault::Expired => formatter.write_str("the certificate is over"),
                TlsFault::NotYetValid => formatter.write_str("the certificate is not good yet"),
                TlsFault::UnknownAuthority => formatter.write_str("the certificate was signed by nobody known"),
                TlsFault::Other(cause) => write!(formatter, "tls: {cause}"),
            },
            Reason::Trust(cause) => write!(formatter, "{cause}"),
            Reason::NoStartTls => formatter.write_str("STARTTLS is not offered"),
            Reason::NoMechanism => formatter.write_str("neither AUTH PLAIN nor AUTH LOGIN is offered"),
            Reason::NeedsUtf8 => formatter.write_str("the server takes no address with accents"),
            Reason::Refused { code, enhanced, said } => match enhanced {
                [0, 0, 0] => write!(formatter, "{code} {said}"),
                [class, subject, detail] => write!(formatter, "{code} {class}.{subject}.{detail} {said}"),
            },
        }
    }
}
