//! `moncomptepro check-config`: the configuration, and what it names on this machine, without starting anything.

use std::path::{Path, PathBuf};

use clap::Args;

use super::place::{BETWEEN_TRIES, TRIES, running};
use super::serve::load;
use super::spelling::parse_path;
use super::{Ending, language, say};
use crate::clock::Clock;
use crate::config::{Config, DataLocation, Tls};
use crate::protocol::Locale;
use crate::store::{DirectoryLock, OpenError};
use crate::{serve, store};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration; else $MONCOMPTEPRO_CONFIG, ./moncomptepro.toml, /etc/moncomptepro/config.toml.
    #[arg(long, value_name = "FILE", value_parser = parse_path)]
    config: Option<PathBuf>,
}

/// What was looked at, and what is in the way.
struct Finding {
    key: &'static str,
    subject: String,
    verdict: Result<(), String>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let config = load(arguments.config)?.config;
    let findings = [Some(data_directory(&config)), Some(addresses(&config).await), certificate(&config)];
    let findings: Vec<Finding> = findings.into_iter().flatten().collect();
    let faults: Vec<String> = findings.iter().filter_map(fault).collect();
    for finding in findings.iter().filter(|finding| finding.verdict.is_ok()) {
        say(&format!("{}: {}: ok", finding.key, finding.subject));
    }
    if !faults.is_empty() {
        return Err(Ending::configuration(faults.join("\n")));
    }
    for weakening in config.weakenings() {
        say(&format!("{}: {}", weakening.key, weakening.say(language())));
    }
    let clients = config.declared_clients.len();
    say(&match language() {
        Locale::Fr => format!("La configuration convient ({clients} clients déclarés)."),
        Locale::En => format!("The configuration can be started ({clients} clients declared)."),
    });
    Ok(())
}

fn fault(finding: &Finding) -> Option<String> {
    finding.verdict.as_ref().err().map(|reason| format!("{}: {}: {reason}", finding.key, finding.subject))
}

/// The directory is there and ours to write, or can be made.
fn data_directory(config: &Config) -> Finding {
    let DataLocation::Directory(directory) = &config.data else {
        return Finding { key: "data_dir", subject: String::from("memory"), verdict: Ok(()) };
    };
    let nearest = directory.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let judged = if directory.is_dir() { store::check_data_directory(directory) } else { Ok(()) };
    let verdict = judged.and_then(|()| tempfile_in(nearest)).map_err(|cause| format!("{}: {cause}", nearest.display()));
    Finding { key: "data_dir", subject: directory.display().to_string(), verdict }
}

/// Makes a file of a name of its own and removes it.
fn tempfile_in(directory: &Path) -> std::io::Result<()> {
    let path = directory.join(format!(".moncomptepro-check-{}", std::process::id()));
    std::fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)
}

/// The certificate and its key can be used.
fn certificate(config: &Config) -> Option<Finding> {
    let Tls::Files { certificate, private_key } = &config.tls else { return None };
    let now = Clock::system().now();
    let verdict = serve::Tls::from_files(certificate, private_key, config.public_url.host(), now).map(drop);
    let verdict = verdict.map_err(|cause| cause.to_string());
    Some(Finding { key: "tls.certificate_file", subject: certificate.display().to_string(), verdict })
}

/// The addresses are free, or held while the instance of these very data runs: it is what is about to be reloaded.
async fn addresses(config: &Config) -> Finding {
    let named: Vec<String> =
        config.listen.iter().map(|ip| std::net::SocketAddr::new(*ip, config.port).to_string()).collect();
    let named = named.join(", ");
    match serve::bind(&config.listen, config.port, false).await {
        Ok(_free) => Finding { key: "listen", subject: named, verdict: Ok(()) },
        Err(cause) if cause.cause.kind() == std::io::ErrorKind::AddrInUse && is_running(config).await => {
            Finding { key: "listen", subject: format!("{named} (in use while this instance runs)"), verdict: Ok(()) }
        }
        Err(cause) => Finding { key: "listen", subject: named, verdict: Err(cause.to_string()) },
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
