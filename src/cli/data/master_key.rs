//! `moncomptepro master-key`: the key that protects the keys, changed for another one.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::acts::{self, RotatedMasterKey};
use crate::admin;
use crate::cli::output::Output;
use crate::cli::place::account;
use crate::cli::serve::configuration;
use crate::cli::spelling::parse_path;
use crate::cli::{Ending, Log, starting};
use crate::clock::Clock;
use crate::config::{DataLocation, LogFormat, Logs};
use crate::crypto::{MasterKey, Random};
use crate::site;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Seal everything with another master key, while no instance runs. The key of before is kept beside it: backups made
    /// with it need it.
    Rotate(Rotation),
}

#[derive(Debug, Args)]
struct Rotation {
    /// The configuration of the instance; else $MONCOMPTEPRO_CONFIG, ./moncomptepro.toml,
    /// /etc/moncomptepro/config.toml.
    #[arg(long, value_name = "FILE", value_parser = parse_path)]
    config: Option<PathBuf>,
    /// The new key lies in this file: nothing but the data is changed, and you put it where the instance looks for it. Else one
    /// is made, and takes the place of the one of before.
    #[arg(long, value_name = "FILE", value_parser = parse_path)]
    new_key_file: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

pub(in crate::cli) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let Command::Rotate(rotation) = arguments.command;
    let given = rotation.new_key_file.as_deref().map(MasterKey::load).transpose();
    let given = given.map_err(|cause| Ending::refused(format!("--new-key-file: {}", acts::about_key_file(&cause))))?;
    let config = configuration(rotation.config)?;
    let DataLocation::Directory(directory) = config.data.clone() else {
        return Err(Ending::configuration("data_dir: an instance in memory has no key"));
    };
    let account = account(&directory)?;
    if !site::has_data(&directory) {
        return Err(Ending::refused(format!("{} holds no instance: nothing is sealed there", directory.display())));
    }
    let places = site::places(&config).ok_or_else(|| Ending::configuration("data_dir: missing"))?;
    let clock = Clock::system();
    let _log = Log::start(&Logs { format: LogFormat::Text, level: String::from("error") }, &clock)?;
    let opened = site::open(config, clock, Random::system()).await.map_err(starting);
    let app = opened.map_err(|ending| match ending.is_locked() {
        true => Ending::locked(format!("{}; stop it before its master key is changed", ending.message())),
        false => ending,
    })?;
    let by = admin::by_command_line(&app, &account);
    let rotated = acts::rotate_master_key(&app, &by, &places.master_key, given).await;
    let rotated = rotated.map_err(Ending::refused)?;
    rotation.output.one(&described(&rotated, rotation.new_key_file));
    Ok(())
}

fn described(rotated: &RotatedMasterKey, new_key_file: Option<PathBuf>) -> serde_json::Value {
    let mut notes = vec![String::from(
        "backups made before need the key of before: keep it as long as the last of them, then delete it",
    )];
    if let Some(file) = &new_key_file {
        let file = file.display();
        notes.push(format!("the instance starts with the key in {file} only: put it where the one of before lay"));
    }
    if rotated.resealed.unreadable > 0 {
        notes.push(String::from("what could not be opened before is as it was: `unreadable` says how much"));
    }
    json!({
        "master_key": rotated.id,
        "former_master_key": rotated.former_id,
        "former_key_file": rotated.former_file,
        "signing_keys": rotated.resealed.signing_keys,
        "applications": rotated.resealed.applications,
        "mails": rotated.resealed.mails,
        "unreadable": rotated.resealed.unreadable,
        "notes": notes,
    })
}
