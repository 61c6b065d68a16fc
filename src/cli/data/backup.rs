//! `moncomptepro backup`: copies of the data, taken while an instance serves or on its data otherwise.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::secret::{SecretArguments, absolute};
use crate::acts::{self, BackupSecret};
use crate::admin::{self, Call};
use crate::cli::spelling::parse_path;
use crate::cli::{Ending, Noun};
use crate::web::Method;

/// The command, and where it is carried out.
pub(in crate::cli) type Arguments = Noun<Command>;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Write a backup of this instant: accounts, organizations, clients, keys, audit. Sessions, codes and tokens are left
    /// out. The file is read back before it gets its name.
    Create {
        /// The file to write; one in `backups` of the data directory when absent.
        #[arg(value_parser = parse_path)]
        file: Option<PathBuf>,
        #[command(flatten)]
        secret: SecretArguments,
        /// Put the master key inside, so that the backup alone restores everything: only under a passphrase.
        #[arg(long, requires = "passphrase_file")]
        with_master_key: bool,
    },
    /// Read a backup to its end and say what it is, and that it is whole. With --config or --data-dir, it is held against
    /// the master key of that instance too: whether it needs that key, and was not altered on purpose. Nothing is changed.
    Verify {
        /// The backup.
        #[arg(value_parser = parse_path)]
        file: PathBuf,
        #[command(flatten)]
        secret: SecretArguments,
    },
}

pub(in crate::cli) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let Noun { place, output, command } = arguments;
    match command {
        Command::Create { file, secret, with_master_key } => {
            let file = file.as_deref().map(sent).transpose()?;
            let (passphrase, key_file) = match secret.read()? {
                Some(BackupSecret::Passphrase(passphrase)) => (Some(passphrase), None),
                Some(BackupSecret::KeyFile(file)) => (None, Some(sent(&file)?)),
                None => (None, None),
            };
            let call = Call::new(Method::POST, &["backups"]).with_body(&json!({
                "path": file,
                "passphrase": passphrase.as_ref().map(|passphrase| passphrase.as_str()),
                "key_file": key_file,
                "with_master_key": with_master_key,
            }));
            output.one(&place.open().await?.ask(call).await?);
        }
        Command::Verify { file, secret } => {
            let (secret, named) = (secret.read()?, place.named()?);
            let verifying = tokio::task::spawn_blocking(move || acts::verify_backup(&file, secret.as_ref()));
            let verified = verifying.await.map_err(Ending::refused)?.map_err(Ending::refused)?;
            let is_sealed = match &named {
                Some(places) => acts::check_seal(&verified, &places.master_key).map(|()| true),
                None => acts::check_seal_by_key_inside(&verified),
            };
            let more = json!({ "verified": true, "seal_verified": is_sealed.map_err(Ending::refused)? });
            output.one(&admin::described_backup(&verified.manifest, more));
        }
    }
    Ok(())
}

/// The path as it goes to another process.
pub(super) fn sent(path: &Path) -> Result<String, Ending> {
    let absolute = absolute(path)?;
    let text = absolute.to_str().map(str::to_owned);
    text.ok_or_else(|| Ending::usage(format!("{}: not valid UTF-8", absolute.display())))
}
