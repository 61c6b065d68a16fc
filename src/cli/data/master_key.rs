//! `moncomptepro master-key`: the key that protects the keys, changed for another one.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::backup::sent;
use crate::admin::Call;
use crate::cli::spelling::parse_path;
use crate::cli::{Ending, Noun};
use crate::site;
use crate::web::Method;

/// The command, and where it is carried out.
pub(in crate::cli) type Arguments = Noun<Command>;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Seal everything with another master key, while the instance serves or while it does not. The key of before is kept
    /// beside it: backups made with it need it.
    Rotate {
        /// The new key lies in this file: nothing but the data is changed, and you put it where the instance looks for it before
        /// its next start. Else one is made, and takes the place of the one of before.
        #[arg(long, value_name = "FILE", value_parser = parse_path)]
        new_key_file: Option<PathBuf>,
    },
}

pub(in crate::cli) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let Noun { place, output, command: Command::Rotate { new_key_file } } = arguments;
    let file = new_key_file.as_deref().map(sent).transpose()?;
    let directory = place.directory()?;
    if !site::has_data(&directory) {
        return Err(Ending::refused(format!("{} holds no instance: nothing is sealed there", directory.display())));
    }
    let call = Call::new(Method::POST, &["master-key", "rotate"]).with_body(&json!({ "new_key_file": file }));
    output.one(&place.open().await?.ask(call).await?);
    Ok(())
}
