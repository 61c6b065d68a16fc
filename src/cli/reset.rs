//! `moncomptepro reset`: a sandbox begins again.

use clap::Args;

use super::output::{Form, Output};
use super::place::Place;
use super::{Ending, say};
use crate::admin::Call;
use crate::web::Method;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    output: Output,
    /// Yes, throw everything away.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Ending> {
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
