//! `moncomptepro serve`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Ending, say, starting};
use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::Random;
use crate::{serve, site};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration; else $MONCOMPTEPRO_CONFIG, ./moncomptepro.toml, /etc/moncomptepro/config.toml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Take over data of another issuer: its tokens stop working, and later its passkeys.
    #[arg(long)]
    accept_issuer_change: bool,
}

/// The first configuration file of the documented places.
pub(super) fn configuration(given: Option<PathBuf>) -> Result<Config, Ending> {
    let from_environment = || std::env::var_os("MONCOMPTEPRO_CONFIG").map(PathBuf::from);
    let places = ["moncomptepro.toml", "/etc/moncomptepro/config.toml"];
    let found = || places.iter().map(Path::new).find(|place| place.exists()).map(Path::to_owned);
    let path = given.or_else(from_environment).or_else(found).ok_or_else(|| {
        Ending::configuration(
            "no configuration: give --config FILE, or copy config.example.toml to ./moncomptepro.toml",
        )
    })?;
    Config::from_file(&path).map_err(Ending::configuration)
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let accept_issuer_change = arguments.accept_issuer_change;
    let config = Config { accept_issuer_change, ..configuration(arguments.config)? };
    let bound = serve::bind(&config.listen, config.port, false).await.map_err(Ending::refused)?;
    let app = site::start(config, Clock::system(), Random::system()).await.map_err(starting)?;
    say(&format!("{} listens on port {}", app.config.issuer(), bound.port()));
    site::run(app, bound).await.map_err(Ending::refused)
}
