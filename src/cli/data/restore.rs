//! `moncomptepro restore`: a backup in the place of the data.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::secret::SecretArguments;
use crate::acts::{self, RestoreError, RestoreOrder};
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
use crate::store::backup::BackupFile;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The backup.
    #[arg(value_parser = parse_path)]
    file: PathBuf,
    /// The configuration of the instance; else $MONCOMPTEPRO_CONFIG, ./moncomptepro.toml,
    /// /etc/moncomptepro/config.toml.
    #[arg(long, value_name = "FILE", value_parser = parse_path)]
    config: Option<PathBuf>,
    /// The data of this directory, which needs no configuration: the master key lies there too, the issuer is that of the
    /// backup.
    #[arg(long, value_name = "DIR", conflicts_with = "config", value_parser = parse_path)]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    secret: SecretArguments,
    /// Take a backup of another issuer: what is bound to the old name ends with it.
    #[arg(long)]
    accept_issuer_change: bool,
    /// Replace the data of another instance.
    #[arg(long)]
    replace_other_instance: bool,
    #[command(flatten)]
    output: Output,
}

pub(in crate::cli) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let target = match arguments.data_dir {
        Some(directory) => Target::alone(directory, &arguments.file)?,
        None => Target::configured(arguments.config)?,
    };
    let Target { data_directory, places, mode, issuer } = target;
    let account = account(&data_directory)?;
    let order = RestoreOrder {
        backup: arguments.file,
        secret: arguments.secret.read()?,
        data_directory,
        high_water: places.high_water,
        master_key_place: places.master_key,
        mode,
        issuer,
        accept_issuer_change: arguments.accept_issuer_change,
        replace_other_instance: arguments.replace_other_instance,
        actor: Actor::CommandLine(account),
        now: Clock::system().now(),
        random: Random::system(),
    };
    let restored = tokio::task::spawn_blocking(move || acts::restore(&order)).await.map_err(Ending::refused)?;
    let restored = restored.map_err(|cause| match cause {
        RestoreError::Open(locked @ OpenError::Locked { .. }) => {
            Ending::locked(format!("{locked}; stop it before its data is replaced"))
        }
        other => Ending::refused(other),
    })?;
    let more = json!({
        "replaced_database": restored.kept,
        "erased_again": restored.erased_again,
        "notes": notes(restored.has_learnt),
    });
    arguments.output.one(&admin::described_backup(&restored.manifest, more));
    Ok(())
}

/// What is restored to.
struct Target {
    data_directory: PathBuf,
    places: Places,
    mode: String,
    issuer: String,
}

impl Target {
    fn configured(config: Option<PathBuf>) -> Result<Self, Ending> {
        let config = configuration(config)?;
        let DataLocation::Directory(data_directory) = config.data.clone() else {
            return Err(Ending::configuration("data_dir: an instance in memory cannot be restored"));
        };
        let places = site::places(&config).ok_or_else(|| Ending::configuration("data_dir: missing"))?;
        let (mode, issuer) = (config.mode.as_str().to_owned(), config.issuer().to_owned());
        Ok(Self { data_directory, places, mode, issuer })
    }

    /// A directory by itself.
    fn alone(data_directory: PathBuf, backup: &Path) -> Result<Self, Ending> {
        let backup = BackupFile::open(backup).map_err(Ending::refused)?;
        let (mode, issuer) = (backup.manifest().mode.clone(), backup.manifest().issuer.clone());
        let places = Places::of_directory(&data_directory);
        Ok(Self { data_directory, places, mode, issuer })
    }
}

/// What an operator has to know afterwards.
fn notes(has_learnt: bool) -> Vec<&'static str> {
    let mut notes = vec!["everybody signs in anew: sessions, codes, tokens and links of before are void"];
    if !has_learnt {
        notes.push(
            "no readable database of this instance was there to learn from: people erased, keys replaced and recovery \
             codes used since the backup are as they were then; new numbers go on at a distance from the old ones",
        );
    }
    notes
}
