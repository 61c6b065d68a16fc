//! `moncomptepro check-config`: the configuration, and what it names on this machine, without starting anything.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::doctor::explain;
use super::output::{Form, Output};
use super::place::{BETWEEN_TRIES, TRIES, running};
use super::serve::{load, poor_file_system, without_mail, words};
use super::spelling::parse_path;
use super::{Ending, language, say};
use crate::clock::Clock;
use crate::config::{Config, DataLocation, Weakening};
use crate::fetch::LeakedPasswords;
use crate::mail::{TrustError, check_authority, examine};
use crate::protocol::Locale;
use crate::site::{Examined, Fault};
use crate::store::{DirectoryLock, OpenError};
use crate::{crypto, serve, site};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration; else $MONCOMPTEPRO_CONFIG, ./moncomptepro.toml, /etc/moncomptepro/config.toml.
    #[arg(long, value_name = "FILE", value_parser = parse_path)]
    config: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let config = load(arguments.config)?.config;
    let now = Clock::system().now();
    let examining = config.clone();
    let examined = tokio::task::spawn_blocking(move || site::preflight(&examining, now));
    let mut examined: Vec<Told> =
        examined.await.map_err(Ending::refused)?.into_iter().map(|examined| Told::of(&examined)).collect();
    examined.push(addresses("listen", &config, &config.listen, config.port).await);
    if let Some(address) = config.mutual_tls {
        examined.push(addresses("tls.mutual_listen", &config, &[address.ip()], address.port()).await);
    }
    if let Some(address) = config.metrics {
        examined.push(addresses("metrics.listen", &config, &[address.ip()], address.port()).await);
    }
    examined.extend(server_of_mails(&config).await);
    examined.extend(service_of_leaked_passwords(&config).await);
    let faults: Vec<String> = examined.iter().filter_map(fault).collect();
    if arguments.output.form() == Form::Table {
        for good in examined.iter().filter(|examined| examined.verdict.is_ok()) {
            say(&format!("{}: {}: ok", good.key, good.subject));
        }
    }
    if !faults.is_empty() {
        let listed = examined.iter().map(described).collect();
        return Err(Ending::configuration(faults.join("\n")).with("examined", listed));
    }
    let weakenings = config.weakenings();
    let clients = config.declared_clients.len();
    let ports = config.differing_ports().map(|ports| words::ports(ports, language()));
    let without_mail = config.lacks_mail().then(|| without_mail().to_owned());
    let file_system = poor_file_system(&config, language());
    let notices: Vec<String> = without_mail.into_iter().chain(ports).chain(file_system).collect();
    match arguments.output.form() {
        Form::Json => arguments.output.one(&json!({
            "examined": examined.iter().map(described).collect::<Vec<_>>(),
            "weakenings": weakenings.iter().map(weakened).collect::<Vec<_>>(),
            "notices": notices,
            "clients": clients,
        })),
        Form::Table => {
            for weakening in weakenings {
                say(&format!("{}: {}", weakening.key, weakening.say(language())));
            }
            for notice in &notices {
                say(notice);
            }
            say(&match language() {
                Locale::Fr => format!("La configuration convient ({clients} clients déclarés)."),
                Locale::En => format!("The configuration can be started ({clients} clients declared)."),
            });
        }
    }
    Ok(())
}

/// What is said of a thing that a key names.
struct Told {
    key: &'static str,
    subject: String,
    verdict: Result<(), String>,
}

impl Told {
    fn of(examined: &Examined) -> Self {
        let verdict = examined.verdict.as_ref().copied().map_err(|fault| match fault {
            Fault::Start(cause) => words::start(cause, language()),
            Fault::Tls(cause) => words::tls(cause, language()),
            Fault::Directory { path, cause } => {
                let above = path.as_ref().map(|path| format!("{}: ", path.display())).unwrap_or_default();
                format!("{above}{}", words::system(cause, language()))
            }
        });
        let later = match (examined.is_to_be_made, language()) {
            (false, _) => "",
            (true, Locale::Fr) => " (faite au premier démarrage)",
            (true, Locale::En) => " (made at the first start)",
        };
        Self { key: examined.key, subject: format!("{}{later}", examined.subject), verdict }
    }
}

fn fault(examined: &Told) -> Option<String> {
    let reason = examined.verdict.as_ref().err()?;
    let subject = if examined.subject.is_empty() { String::new() } else { format!(" {}:", examined.subject) };
    Some(format!("{}:{subject} {reason}", examined.key))
}

fn described(examined: &Told) -> Value {
    json!({
        "key": examined.key,
        "subject": Some(&examined.subject).filter(|subject| !subject.is_empty()),
        "ok": examined.verdict.is_ok(),
        "message": examined.verdict.as_ref().err(),
    })
}

fn weakened(weakening: &Weakening) -> Value {
    json!({ "key": weakening.key, "message": weakening.say(language()) })
}

/// The server of mails can be reached, is who it should be, and accepts us.
async fn server_of_mails(config: &Config) -> Option<Told> {
    let mailing = config.mail.as_ref()?;
    // What is trusted is a file here: it is judged before anybody is called.
    if let Some(path) = &mailing.server.ca_file
        && let Err(TrustError::CaFile { reason, .. }) = check_authority(Some(path))
    {
        return Some(Told { key: "smtp.ca_file", subject: path.display().to_string(), verdict: Err(reason) });
    }
    let subject = format!("{}:{}", mailing.server.host, mailing.server.port);
    let verdict = match examine(mailing, &Clock::system(), None).await {
        Ok(examination) => {
            examination.outcome.map(drop).map_err(|trouble| explain(&trouble, mailing, language()).sentences())
        }
        Err(cause) => Err(cause.to_string()),
    };
    Some(Told { key: "smtp.host", subject, verdict })
}

/// The service of leaked passwords can be reached, and knows one that everybody knows.
async fn service_of_leaked_passwords(config: &Config) -> Option<Told> {
    let service = config.leaked_passwords.as_ref()?;
    let asking = LeakedPasswords::new(&Clock::system(), config.reach.clone());
    let verdict = match asking.knows(service, &crypto::sha1(b"password")).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(String::from(match language() {
            Locale::Fr => {
                "il répond, mais ne connaît pas « password » : une liste de mots de passe divulgués est attendue"
            }
            Locale::En => "it answers, but does not know `password`: a list of leaked passwords is expected",
        })),
        Err(cause) => Err(match language() {
            Locale::Fr => format!("{cause} ; sans cette clé, personne n'est interrogé"),
            Locale::En => format!("{cause}; without this key nobody is asked"),
        }),
    };
    Some(Told { key: "accounts.leaked_passwords_url", subject: service.to_string(), verdict })
}

/// The addresses are free, or held while the instance of these very data runs: it is what is about to be reloaded.
async fn addresses(key: &'static str, config: &Config, addresses: &[IpAddr], port: u16) -> Told {
    let named: Vec<String> = addresses.iter().map(|ip| SocketAddr::new(*ip, port).to_string()).collect();
    let named = named.join(", ");
    match serve::bind(addresses, port, false).await {
        Ok(_free) => Told { key, subject: named, verdict: Ok(()) },
        Err(cause) if cause.cause.kind() == std::io::ErrorKind::AddrInUse && is_running(config).await => {
            let held = match language() {
                Locale::Fr => "occupé par cette instance, qui est en marche",
                Locale::En => "in use while this instance runs",
            };
            Told { key, subject: format!("{named} ({held})"), verdict: Ok(()) }
        }
        Err(cause) => Told { key, subject: String::new(), verdict: Err(words::bind(&cause, language())) },
    }
}

/// Whether an instance runs on the data that are named. One that listens already may answer commands in a moment: whoever
/// holds the data is waited for.
async fn is_running(config: &Config) -> bool {
    let DataLocation::Directory(directory) = &config.data else { return false };
    for _ in 0..TRIES {
        if matches!(running(directory).await, Ok(Some(_))) {
            return true;
        }
        match DirectoryLock::take_as_it_is(directory) {
            Err(OpenError::Locked { .. }) => tokio::time::sleep(BETWEEN_TRIES).await,
            Ok(_) | Err(_) => return false,
        }
    }
    false
}
