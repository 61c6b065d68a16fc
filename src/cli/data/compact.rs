//! `moncomptepro compact`: the room that the file of the database has free, given back.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cli::Ending;
use crate::cli::output::Output;
use crate::cli::place::account;
use crate::cli::serve::configuration;
use crate::cli::spelling::parse_path;
use crate::config::DataLocation;
use crate::store::{self, OpenError};

/// Memory for pages meanwhile.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The configuration of the instance; else $MONCOMPTEPRO_CONFIG, ./moncomptepro.toml,
    /// /etc/moncomptepro/config.toml.
    #[arg(long, value_name = "FILE", value_parser = parse_path)]
    config: Option<PathBuf>,
    /// The data of this directory, which needs no configuration.
    #[arg(long, value_name = "DIR", conflicts_with = "config", value_parser = parse_path)]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

pub(in crate::cli) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let directory = match arguments.data_dir {
        Some(directory) => directory,
        None => match configuration(arguments.config)?.data {
            DataLocation::Directory(directory) => directory,
            DataLocation::Memory => return Err(Ending::configuration("data_dir: an instance in memory has no file")),
        },
    };
    account(&directory)?;
    let compacting = tokio::task::spawn_blocking(move || store::compact(&directory, CACHE_BYTES));
    let (before, after) = compacting.await.map_err(Ending::refused)?.map_err(|cause| match cause {
        locked @ OpenError::Locked { .. } => Ending::locked(format!("{locked}; stop it before its file is compacted")),
        damaged @ OpenError::Damaged(_) => Ending::damaged(damaged),
        other => Ending::refused(other),
    })?;
    arguments.output.one(&json!({ "bytes_before": before, "bytes_after": after }));
    Ok(())
}
