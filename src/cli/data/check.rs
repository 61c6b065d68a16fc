//! `moncomptepro check`: the data read and compared with itself. Nothing is written.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::admin::{self, Call};
use crate::cli::Ending;
use crate::cli::output::Output;
use crate::cli::place::Place;
use crate::clock::Clock;
use crate::store::{CheckReport, DirectoryLock, OpenError, StillImage};
use crate::web::Method;
use serde_json::Value;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    output: Output,
}

pub(in crate::cli) async fn run(arguments: Arguments) -> Result<(), Ending> {
    let document = match arguments.place.find_running().await? {
        Some(office) => office.ask(Call::new(Method::GET, &["instance", "check"])).await?,
        None => {
            let directory = arguments.place.directory()?;
            let checking = tokio::task::spawn_blocking(move || check(&directory));
            admin::described_check(&checking.await.map_err(Ending::refused)??)
        }
    };
    arguments.output.one(&document);
    match document.get("sound") {
        Some(Value::Bool(true)) => Ok(()),
        Some(_) | None => Err(Ending::damaged(
            "the data does not agree with itself: see the findings; `restore` puts a backup in its place, `salvage` keeps \
             what can be read where there is none",
        )),
    }
}

/// On a directory that nobody holds; the file itself is not even opened for writing.
fn check(directory: &Path) -> Result<CheckReport, Ending> {
    let _held = DirectoryLock::take_as_it_is(directory).map_err(|cause| match cause {
        locked @ OpenError::Locked { .. } => Ending::locked(locked),
        other => Ending::refused(other),
    })?;
    let path: PathBuf = crate::store::database_file(directory);
    let damaged = |cause: &dyn std::fmt::Display| Ending::damaged(format!("{}: {cause}", path.display()));
    let image = StillImage::of_directory(directory).map_err(|cause| match cause {
        OpenError::Damaged(reason) => damaged(&reason),
        other => Ending::refused(other),
    })?;
    image.check(Clock::system().now()).map_err(|cause| damaged(&cause))
}
