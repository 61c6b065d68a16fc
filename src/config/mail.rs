//! How mails leave: the server that they are handed to, and what stands in their heads.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::file::beside;
use super::key::Standard;
use super::keys::KEYS;
use super::problem::{Conflict, Problem};
use super::settings::Settings;
use crate::domain::Email;
use crate::protocol::Secret;

/// How mails leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailing {
    /// The address that they come from.
    pub from: Email,
    /// The name beside it.
    pub from_name: String,
    /// Where answers go, when not to that address.
    pub reply_to: Option<Email>,
    /// The server that they are handed to.
    pub server: SmtpServer,
}

/// A server that takes mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpServer {
    /// Its name, which its certificate carries, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub encryption: SmtpEncryption,
    /// What proves to it who we are, where it asks.
    pub credentials: Option<SmtpCredentials>,
    /// The authority of its certificate, in PEM, beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// The name by which it is greeted.
    pub helo_name: String,
    /// How long an answer of it is waited for.
    pub timeout: Duration,
}

/// How a server of mails is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpEncryption {
    /// TLS is asked for and insisted on (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314 §3.3).
    Implicit,
    /// None.
    Off,
}

/// A user of a server of mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpCredentials {
    /// The name.
    pub username: String,
    /// The password.
    pub password: Secret,
}

impl SmtpServer {
    /// Whether it is on this machine.
    pub fn is_local(&self) -> bool {
        is_local(&self.host)
    }
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Keys about mails that do not go together, each with its remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MailConflict {
    /// A sender, and no server to hand mails to.
    SenderWithoutServer,
    /// A server for mails that nobody sends.
    ServerWithoutSender,
    /// Something about a server that is not named.
    NoServer,
    /// A server for the mails of a sandbox.
    SandboxSendsNothing,
    /// A user of the server without a password.
    UserWithoutPassword,
    /// A password without a user.
    PasswordWithoutUser,
    /// Mails that pass the network in clear.
    PlainMails,
    /// A password that would pass the network in clear.
    PlainPassword,
    /// TLS from the first byte on a port that is not said.
    ImplicitWithoutPort,
}

impl MailConflict {
    /// In French and in English.
    pub(super) fn say(self) -> [&'static str; 2] {
        match self {
            Self::SenderWithoutServer => [
                "mail.from est donné, mais pas le serveur auquel remettre les courriels. Donnez smtp.host, ou retirez mail.from",
                "mail.from is given, but not the server to hand mails to. Give smtp.host, or remove mail.from",
            ],
            Self::ServerWithoutSender => [
                "smtp.host est donné, mais pas l'adresse d'où partent les courriels. Donnez mail.from, ou retirez smtp.host",
                "smtp.host is given, but not the address that mails come from. Give mail.from, or remove smtp.host",
            ],
            Self::SandboxSendsNothing => [
                "un bac à sable montre ses courriels sur une page et n'en envoie aucun. Retirez smtp.host et mail.from, ou instance.kind",
                "a sandbox shows its mails on a page and sends none. Remove smtp.host and mail.from, or instance.kind",
            ],
            Self::UserWithoutPassword => [
                "smtp.username est donné. Donnez smtp.password ou smtp.password_file, ou retirez smtp.username",
                "smtp.username is given. Give smtp.password or smtp.password_file, or remove smtp.username",
            ],
            Self::PasswordWithoutUser => [
                "smtp.password est donné. Donnez smtp.username, ou retirez le mot de passe",
                "smtp.password is given. Give smtp.username, or remove the password",
            ],
            Self::PlainMails => [
                "les courriels et leurs codes passeraient en clair vers une autre machine. Choisissez \"starttls\" ou \"implicit\", ou dites smtp.allow_plain = true",
                "mails and the codes in them would pass in clear to another machine. Choose \"starttls\" or \"implicit\", or say smtp.allow_plain = true",
            ],
            Self::PlainPassword => [
                "le mot de passe passerait en clair vers une autre machine. Choisissez \"starttls\" ou \"implicit\", ou retirez smtp.username",
                "the password would pass in clear to another machine. Choose \"starttls\" or \"implicit\", or remove smtp.username",
            ],
            Self::ImplicitWithoutPort => [
                "smtp.tls = \"implicit\" ne va pas avec le port 587 par défaut. Donnez smtp.port : 465 en règle générale",
                "smtp.tls = \"implicit\" does not go with the default port 587. Give smtp.port: 465 as a rule",
            ],
            Self::NoServer => [
                "n'est lu que pour envoyer des courriels. Donnez smtp.host et mail.from, ou retirez la clé",
                "is read for sending mails only. Give smtp.host and mail.from, or remove the key",
            ],
        }
    }
}

/// Whether a text can be the name or the address of a host.
pub(super) fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.parse::<IpAddr>().is_ok() || (text.len() <= 253 && text.split('.').all(is_label))
}

/// Keys about mails that do not go together.
pub(super) fn check(settings: &Settings, problems: &mut Vec<Problem>) {
    let host = settings.text(KEYS, "smtp.host");
    let mut conflict = |path, conflict| problems.push(settings.conflict(path, Conflict::Mail(conflict)));
    match (settings.is_set("mail.from"), &host) {
        (true, None) => conflict("smtp.host", MailConflict::SenderWithoutServer),
        (false, Some(_)) => conflict("mail.from", MailConflict::ServerWithoutSender),
        (true, Some(_)) | (false, None) => {}
    }
    let Some(host) = host else {
        let says_nothing_alone =
            |path: &str| path.starts_with("smtp.") || path == "mail.from_name" || path == "mail.reply_to";
        let alone =
            KEYS.iter().filter(|key| says_nothing_alone(key.path) && matches!(key.standard, Standard::Absent(_)));
        for key in alone.filter(|key| settings.is_set(key.path)) {
            conflict(key.path, MailConflict::NoServer);
        }
        return;
    };
    if settings.text(KEYS, "instance.kind").as_deref() == Some("sandbox") {
        conflict("smtp.host", MailConflict::SandboxSendsNothing);
    }
    let (username, password) = ("smtp.username", "smtp.password");
    match (settings.is_set(username), settings.is_set(password)) {
        (true, false) => conflict(password, MailConflict::UserWithoutPassword),
        (false, true) => conflict(username, MailConflict::PasswordWithoutUser),
        (true, true) | (false, false) => {}
    }
    match settings.text(KEYS, "smtp.tls").as_deref() {
        Some("off") if !is_local(&host) && settings.is_set(username) => {
            conflict("smtp.tls", MailConflict::PlainPassword)
        }
        Some("off") if !is_local(&host) && !settings.flag(KEYS, "smtp.allow_plain") => {
            conflict("smtp.tls", MailConflict::PlainMails);
        }
        Some("implicit") if !settings.is_set("smtp.port") => conflict("smtp.port", MailConflict::ImplicitWithoutPort),
        Some(_) | None => {}
    }
}

/// How mails leave, if they do; `instance_name` and `host` are those of the instance, whose configuration is `file`.
pub(super) fn put_together(settings: &Settings, file: &Path, instance_name: &str, host: &str) -> Option<Mailing> {
    let text = |path| settings.text(KEYS, path);
    let email = |path| text(path).and_then(|address| address.parse::<Email>().ok());
    let credentials = text("smtp.username").zip(text("smtp.password"));
    Some(Mailing {
        from: email("mail.from")?,
        from_name: text("mail.from_name").unwrap_or_else(|| instance_name.to_owned()),
        reply_to: email("mail.reply_to"),
        server: SmtpServer {
            host: text("smtp.host")?,
            port: settings.number(KEYS, "smtp.port").and_then(|port| u16::try_from(port).ok())?,
            encryption: match text("smtp.tls")?.as_str() {
                "implicit" => SmtpEncryption::Implicit,
                "off" => SmtpEncryption::Off,
                _ => SmtpEncryption::StartTls,
            },
            credentials: credentials
                .map(|(username, password)| SmtpCredentials { username, password: Secret::new(password) }),
            ca_file: text("smtp.ca_file").map(|path| beside(file, &path)),
            helo_name: text("smtp.helo_name").unwrap_or_else(|| host.to_owned()),
            timeout: Duration::from_secs(settings.number(KEYS, "smtp.timeout_seconds")?),
        },
    })
}
