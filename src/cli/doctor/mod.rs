//! `moncomptepro doctor`: what the instance needs from others, tried out and explained.

mod explanation;
mod mail;

use clap::Subcommand;

use super::Ending;
pub(super) use explanation::explain;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Talk to the server of mails as mails would, and explain what fails.
    Mail(mail::Arguments),
}

pub(super) async fn run(command: Command) -> Result<(), Ending> {
    match command {
        Command::Mail(arguments) => mail::run(arguments).await,
    }
}
