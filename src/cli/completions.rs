//! `moncomptepro completions`: what the shell needs to complete commands.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::output::write_line;
use super::{Cli, Ending};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// For which shell.
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Ending> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "moncomptepro", &mut script);
    write_line(String::from_utf8_lossy(&script).trim_end()).map(|_| ())
}
