//! `moncomptepro dev`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::spelling::parse_path;
use super::{Ending, Log, say, starting};
use crate::clock::Clock;
use crate::config::{Config, DevOptions, PublicUrl};
use crate::crypto::Random;
use crate::dev;
use crate::domain::Email;
use crate::{serve, site};

/// The port that is tried first.
const DEFAULT_PORT: u16 = 3000;

/// Who is asked about companies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum DirectoryChoice {
    /// Nobody.
    #[default]
    Seeds,
    /// The open interface.
    Open,
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Address to listen on, as IP:PORT; port 0 lets the system choose. Without it: loopback on port 3000 or the next
    /// free one.
    #[arg(long, value_name = "IP:PORT")]
    listen: Option<SocketAddr>,
    /// Allow an address that other machines can reach, and an issuer of any name.
    #[arg(long)]
    expose: bool,
    /// The issuer, when clients reach this provider under another address than http://localhost:PORT.
    #[arg(long, value_name = "URL")]
    issuer: Option<PublicUrl>,
    /// Write the port to this file once it is listened on.
    #[arg(long, value_name = "FILE", value_parser = parse_path)]
    port_file: Option<PathBuf>,
    /// People, organizations and clients that complete or replace the seeded ones (TOML).
    #[arg(long, value_name = "FILE", value_parser = parse_path)]
    fixtures: Option<PathBuf>,
    /// Sign this person in without any page.
    #[arg(long = "as", value_name = "ADDRESS")]
    sign_in_as: Option<Email>,
    /// Refuse clients and redirect URIs that nobody declared.
    #[arg(long)]
    strict: bool,
    /// Where a SIRET is looked up that the seeds do not know: nowhere, and one is made up; or in the open interface
    /// Recherche d'entreprises, over the network.
    #[arg(long, value_enum, value_name = "SOURCE", default_value_t)]
    directory: DirectoryChoice,
    /// Leave the claim `mock` out of signed tokens.
    #[arg(long)]
    no_mark: bool,
    /// Take over data of another issuer: its tokens stop working, and later its passkeys.
    #[arg(long)]
    accept_issuer_change: bool,
    /// Keep the data in this directory instead of memory.
    #[arg(long, value_name = "DIR", value_parser = parse_path)]
    data_dir: Option<PathBuf>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Ending> {
    if let Some(issuer) = &arguments.issuer
        && !arguments.expose
        && !site::is_local_name(issuer.host())
    {
        let reason =
            "may be a public name, and everybody has the keys that sign here: add --expose if it is yours to try with";
        return Err(Ending::refused(format!("--issuer {issuer} {reason}")));
    }
    let (addresses, port, next_free) = match arguments.listen {
        Some(address) if !address.ip().is_loopback() && !arguments.expose => {
            let reason =
                "can be reached from other machines, where anybody could sign in as anybody: add --expose to allow it";
            return Err(Ending::refused(format!("--listen {address} {reason}")));
        }
        Some(address) => (vec![address.ip()], address.port(), false),
        None => (vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)], DEFAULT_PORT, true),
    };
    let bound = serve::bind(&addresses, port, next_free)
        .await
        .map_err(|cause| Ending::refused(format!("--listen: {cause}")))?;
    let options = DevOptions {
        issuer: arguments.issuer,
        listen: addresses,
        data_dir: arguments.data_dir,
        fixtures: arguments.fixtures,
        sign_in_as: arguments.sign_in_as,
        strict: arguments.strict,
        no_mark: arguments.no_mark,
        asks_open_directory: arguments.directory == DirectoryChoice::Open,
        accept_issuer_change: arguments.accept_issuer_change,
    };
    let config = Config::dev(options, bound.port());
    let clock = Clock::steerable();
    let log = Log::start(&config.logs, &clock)?;
    let signals = serve::Signals::of_a_terminal().map_err(Ending::refused)?;
    let port_file = arguments.port_file;
    let port = bound.port();
    let app = site::start(config, clock, Random::system()).await.map_err(starting)?;
    let commands = site::Commands::of(&app.config.data).map_err(starting)?;
    say(&dev::announcement(&app).map_err(Ending::refused)?);
    if let Some(path) = port_file {
        std::fs::write(&path, port.to_string())
            .map_err(|cause| Ending::refused(format!("--port-file {}: {cause}", path.display())))?;
    }
    let settings = site::settings(&app.config, app.clock.now()).map_err(starting)?;
    let watching = site::Watching { commands, ..log.watched() };
    site::run(app, bound, settings, watching, signals).await.map_err(Ending::refused)
}
