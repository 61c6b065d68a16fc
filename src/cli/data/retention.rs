//! `moncomptepro retention`: what was and will be erased because nobody uses it, and what time has ended.

use clap::Subcommand;

use crate::admin::Call;
use crate::cli::{Ending, Noun};
use crate::web::Method;

/// The command, and where it is carried out.
pub(in crate::cli) type Arguments = Noun<Command>;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Say what the last daily rounds erased, how many sessions, codes and links time ended, and what the next ones will erase.
    Report,
}

pub(in crate::cli) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let Noun { place, output, command: Command::Report } = arguments;
    output.one(&place.open().await?.ask(Call::new(Method::GET, &["retention"])).await?);
    Ok(())
}
