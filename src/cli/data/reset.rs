//! `moncomptepro reset`: a sandbox begins again.

use clap::Args;

use crate::admin::Call;
use crate::cli::output::{Form, Output};
use crate::cli::place::Place;
use crate::cli::{Ending, say};
use crate::web::Method;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    output: Output,
    /// Yes, throw everything away.
    #[arg(long)]
    yes: bool,
}

pub(in crate::cli) async fn run(arguments: Arguments) -> Result<(), Ending> {
    if !arguments.yes {
        return Err(Ending::usage("this throws away every person, organization, client and mail: add --yes to do it"));
    }
    let office = arguments.place.open().await?;
    let document = office.ask(Call::new(Method::POST, &["instance", "reset"])).await?;
    match arguments.output.form() {
        Form::Table => say("The sandbox is empty. The clients of its configuration file are there again."),
        Form::Json => arguments.output.one(&document),
    }
    Ok(())
}
