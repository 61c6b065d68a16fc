//! `moncomptepro salvage`: what can still be read of a damaged database, in a new one.

use std::path::PathBuf;

use clap::Args;

use crate::acts::{self, SalvageError, SalvageOrder};
use crate::admin;
use crate::cli::Ending;
use crate::cli::output::Output;
use crate::cli::place::account;
use crate::cli::serve::configuration;
use crate::cli::spelling::parse_path;
use crate::clock::Clock;
use crate::config::DataLocation;
use crate::crypto::Random;
use crate::domain::Actor;
use crate::site::{self, Places};
use crate::store::OpenError;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The configuration of the instance; else $MONCOMPTEPRO_CONFIG, ./moncomptepro.toml,
    /// /etc/moncomptepro/config.toml.
    #[arg(long, value_name = "FILE", value_parser = parse_path)]
    config: Option<PathBuf>,
    /// The data of this directory, which needs no configuration.
    #[arg(long, value_name = "DIR", conflicts_with = "config", value_parser = parse_path)]
    data_dir: Option<PathBuf>,
    /// Put the new database in the place of the damaged one, which is kept beside it.
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    output: Output,
}

pub(in crate::cli) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let (data_directory, places, identity) = match arguments.data_dir {
        Some(directory) => {
            let places = Places::of_directory(&directory);
            (directory, places, None)
        }
        None => {
            let config = configuration(arguments.config)?;
            let DataLocation::Directory(directory) = config.data.clone() else {
                return Err(Ending::configuration("data_dir: an instance in memory cannot be salvaged"));
            };
            let places = site::places(&config).ok_or_else(|| Ending::configuration("data_dir: missing"))?;
            (directory, places, Some((config.mode.as_str().to_owned(), config.issuer().to_owned())))
        }
    };
    let account = account(&data_directory)?;
    let order = SalvageOrder {
        data_directory,
        high_water: places.high_water,
        identity,
        replace: arguments.replace,
        actor: Actor::CommandLine(account),
        now: Clock::system().now(),
        random: Random::system(),
    };
    let salvaged = tokio::task::spawn_blocking(move || acts::salvage(&order)).await.map_err(Ending::refused)?;
    let salvaged = salvaged.map_err(|cause| match cause {
        SalvageError::Open(locked @ OpenError::Locked { .. }) => {
            Ending::locked(format!("{locked}; stop it before its data is salvaged"))
        }
        hopeless @ SalvageError::Hopeless { .. } => Ending::damaged(hopeless),
        other => Ending::refused(other),
    })?;
    arguments.output.one(&admin::described_salvage(salvaged.as_ref()));
    Ok(())
}
