//! `moncomptepro serve`.

mod first_steps;
pub(in crate::cli) mod words;
#[cfg(test)]
mod words_tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::ending::speak_json;
use super::spelling::parse_path;
use super::{Ending, Log, language, say, starting};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, DataLocation, Loaded, LogFormat, Tls};
use crate::crypto::Random;
use crate::protocol::Locale;
use crate::site::{Commands, Operated, Watching};
use crate::{acts, mail, serve, site, store};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration; else $MONCOMPTEPRO_CONFIG, ./moncomptepro.toml, /etc/moncomptepro/config.toml.
    #[arg(long, value_name = "FILE", value_parser = parse_path)]
    config: Option<PathBuf>,
    /// Take over data of another issuer: its tokens stop working, and later its passkeys.
    #[arg(long)]
    accept_issuer_change: bool,
}

/// The first configuration file of the documented places.
pub(super) fn find_file(given: Option<PathBuf>) -> Result<PathBuf, Ending> {
    let from_environment = || std::env::var_os("MONCOMPTEPRO_CONFIG").map(PathBuf::from);
    let places = ["moncomptepro.toml", "/etc/moncomptepro/config.toml"];
    let found = || places.iter().map(Path::new).find(|place| place.exists()).map(Path::to_owned);
    given.or_else(from_environment).or_else(found).ok_or_else(|| {
        Ending::configuration(match language() {
            Locale::Fr => {
                "aucune configuration. Écrivez-en une avec `moncomptepro config template > moncomptepro.toml`, ou donnez \
                 --config FICHIER"
            }
            Locale::En => {
                "no configuration. Write one with `moncomptepro config template > moncomptepro.toml`, or give \
                 --config FILE"
            }
        })
    })
}

/// The configuration that holds: the file's, and what the environment puts in its place.
pub(super) fn load(given: Option<PathBuf>) -> Result<Loaded, Ending> {
    let path = find_file(given)?;
    Config::load(&path, &variables()?).map_err(|cause| {
        let problems = cause.problems.iter().map(|problem| {
            let (file, line) = problem.line();
            json!({ "key": problem.key(), "file": file.map(|file| file.display().to_string()), "line": line, "message": problem.say(language()) })
        });
        Ending::configuration(cause.say(language())).with("problems", problems.collect())
    })
}

/// The variables of the environment that win over keys.
fn variables() -> Result<Vec<(String, String)>, Ending> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        if name.starts_with("MONCOMPTEPRO_") {
            let value = value.into_string().map_err(|_| Ending::configuration(format!("${name}: not valid UTF-8")))?;
            variables.push((name, value));
        }
    }
    variables.sort();
    Ok(variables)
}

pub(super) fn configuration(given: Option<PathBuf>) -> Result<Config, Ending> {
    load(given).map(|loaded| loaded.config)
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let accept_issuer_change = arguments.accept_issuer_change;
    let path = find_file(arguments.config)?;
    let loaded = load(Some(path.clone()))?;
    let config = Config { accept_issuer_change, ..loaded.config.clone() };
    let clock = Clock::system();
    let log = Log::start(&config.logs, &clock)?;
    let signals = serve::Signals::of_a_service().map_err(Ending::refused)?;
    // Whoever reads one stream reads the other beside it: everything is a document, or nothing is.
    let speaks_json = config.logs.format == LogFormat::Json;
    if speaks_json {
        speak_json();
    }
    let announce = |text: &str| match speaks_json {
        true => tracing::info!("{text}"),
        false => say(text),
    };
    if let Err(cause) = serve::forbid_core_dumps() {
        tracing::warn!(%cause, "the system may leave copies of the memory, with keys in it, when the process crashes");
    }
    warn_of(&config);
    // What the operator has written is judged before anything is made or held.
    let named = match config.tls {
        Tls::Files { .. } => Some(site::settings(&config, clock.now()).map_err(starting)?),
        Tls::SelfSigned | Tls::Off => None,
    };
    let ca_file = config.mail.as_ref().and_then(|mailing| mailing.server.ca_file.as_deref());
    mail::check_authority(ca_file).map_err(Ending::configuration)?;
    if let DataLocation::Directory(directory) = &config.data {
        site::check_reach(directory).map_err(starting)?;
    }
    // The database before the sockets: a second instance hears who holds the data.
    let app = site::start(config, clock, Random::system()).await.map_err(starting)?;
    let settings = match named {
        Some(settings) => settings,
        None => site::settings(&app.config, app.clock.now()).map_err(starting)?,
    };
    let hashing = app.passwords.worst_case_bytes() >> 20;
    tracing::info!(threads = app.passwords.threads(), "hashing passwords takes at most {hashing} MiB of memory");
    let refused = |cause| Ending::refused(format!("listen: {}", words::bind(&cause, language())));
    let bound = serve::bind(&app.config.listen, app.config.port, false).await.map_err(refused)?;
    let bound = match app.config.mutual_tls {
        Some(address) => {
            let refused = |cause| Ending::refused(format!("tls.mutual_listen: {}", words::bind(&cause, language())));
            bound.with_certificates_at(serve::bind(&[address.ip()], address.port(), false).await.map_err(refused)?)
        }
        None => bound,
    };
    let metrics = match app.config.metrics {
        Some(address) => {
            let refused = |cause| Ending::refused(format!("metrics.listen: {}", words::bind(&cause, language())));
            Some(serve::bind(&[address.ip()], address.port(), false).await.map_err(refused)?)
        }
        None => None,
    };
    let commands = Commands::of(&app.config.data).map_err(starting)?;
    announce(&words::listening(app.config.issuer(), bound.port(), language()));
    if let Some(address) = app.config.mutual_url() {
        announce(&words::listening_for_certificates(&address.to_string(), address.port(), language()));
    }
    if let Some(ports) = app.config.differing_ports() {
        announce(&words::ports(ports, language()));
    }
    if app.config.lacks_mail() {
        announce(without_mail());
    }
    warn_of_data(&app)?;
    if let Some(advice) = first_steps::advice(&app)? {
        announce(&advice);
    }
    if let Some(tls) = settings.tls.as_ref().filter(|tls| tls.is_self_signed()) {
        announce(&self_signed(&tls.fingerprint()));
    }
    let variables = variables()?;
    let again = Arc::new(move || Config::load(&path, &variables));
    let watching = Watching { metrics, operated: Some(Operated { loaded, again }), commands, ..log.watched() };
    site::run(app, bound, settings, watching, signals).await.map_err(Ending::refused)
}

/// What speaks against the file system of the data, in words.
pub(super) fn poor_file_system(config: &Config, locale: Locale) -> Option<String> {
    let DataLocation::Directory(directory) = &config.data else { return None };
    store::find_poor_file_system(directory).map(|found| words::file_system(found, directory, locale))
}

/// Into the log goes what a configuration leaves out or makes weaker.
fn warn_of(config: &Config) {
    for weakening in config.weakenings() {
        tracing::warn!(key = weakening.key, "{}", weakening.say(Locale::En));
    }
    if let Some(warning) = poor_file_system(config, Locale::En) {
        tracing::warn!("{warning}");
    }
    if config.lacks_mail() {
        tracing::warn!(
            "no mail leaves this instance: nobody can open an account, choose another password, or sign in from a new browser; \
             give mail.from and smtp.host"
        );
    }
    if config.lacks_directory() {
        tracing::warn!(
            "no source of the register of companies and administrations (directory.sources): an organization is entered by \
             command only"
        );
    }
}

/// Into the log goes what the data hold that does not go with the configuration, or lack.
fn warn_of_data(app: &App) -> Result<(), Ending> {
    for client in acts::list_unheard_clients(app).map_err(Ending::refused)? {
        tracing::warn!(
            %client,
            "this client has certificates, and tls.mutual_listen is not set: nothing of its own is accepted; set it, or take them \
             away with `client update {client} --certificate \"\"`"
        );
    }
    if app.directory.lacks_register() {
        tracing::warn!(
            "directory.sources names \"register\", and none was imported: `moncomptepro directory import FILE…` reads the files \
             of INSEE"
        );
    }
    Ok(())
}

/// What the operator hears who has not said how mails leave.
pub(super) fn without_mail() -> &'static str {
    match language() {
        Locale::Fr => {
            "Aucun courriel ne part : personne ne peut ouvrir de compte, ni se connecter depuis un nouveau navigateur, où un \
             code est demandé. Donnez mail.from et smtp.host, puis essayez : moncomptepro doctor mail\n\
             Pour un essai sans courriel : accounts.trusted_browsers = false"
        }
        Locale::En => {
            "No mail leaves: nobody can open an account, nor sign in from a new browser, where a code is asked. Give \
             mail.from and smtp.host, then try: moncomptepro doctor mail\n\
             For a trial without mail: accounts.trusted_browsers = false"
        }
    }
}

/// What the operator needs to know the certificate by.
fn self_signed(fingerprint: &str) -> String {
    match language() {
        Locale::Fr => format!(
            "Certificat auto-signé, que les navigateurs signalent ; son empreinte SHA-256 :\n  {fingerprint}\nPour le \
             vôtre : tls.mode = \"files\"."
        ),
        Locale::En => format!(
            "Self-signed certificate, which browsers warn of; its SHA-256 fingerprint:\n  {fingerprint}\nFor your own: \
             tls.mode = \"files\"."
        ),
    }
}
