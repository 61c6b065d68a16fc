//! Which instance a command is for, and how it is reached: by its local socket while it runs, on its data otherwise.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::serve::configuration;
use super::spelling::parse_path;
use super::{Ending, Log, starting};
#[cfg(unix)]
use crate::admin::Answer;
use crate::admin::{self, Call};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, DataLocation};
use crate::crypto::Random;
use crate::site::{self, Places};
use crate::web::StatusCode;

/// How often data that another process holds is tried.
pub(super) const TRIES: u32 = 10;
/// How long between two tries.
pub(super) const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// Which instance.
#[derive(Debug, Clone, Args)]
pub(super) struct Place {
    /// The configuration of the instance; else $MONCOMPTEPRO_CONFIG, ./moncomptepro.toml,
    /// /etc/moncomptepro/config.toml.
    #[arg(long, value_name = "FILE", global = true, value_parser = parse_path)]
    config: Option<PathBuf>,
    /// Reach the instance that is running on this data directory, without its configuration.
    #[arg(long, value_name = "DIR", global = true, conflicts_with = "config", value_parser = parse_path)]
    data_dir: Option<PathBuf>,
}

/// Whoever answers.
pub(super) enum Office {
    /// An instance that runs on this directory.
    #[cfg(unix)]
    Running(PathBuf),
    /// This process, which holds the data meanwhile.
    Here(Box<Here>),
}

/// An instance that no other process runs, for the time of one command.
pub(super) struct Here {
    app: App,
    account: String,
    _log: Log,
}

impl Place {
    /// The running instance, if there is one.
    pub(super) async fn find_running(&self) -> Result<Option<Office>, Ending> {
        running(&self.directory()?).await
    }

    /// Whether it is named by its configuration, with which its data can be opened.
    pub(super) fn has_configuration(&self) -> bool {
        self.data_dir.is_none()
    }

    /// Where the parts of the instance lie that was named; `None` when none was.
    pub(super) fn named(&self) -> Result<Option<Places>, Ending> {
        match (&self.data_dir, &self.config) {
            (Some(directory), _) => Ok(Some(Places::of_directory(directory))),
            (None, Some(_)) => {
                let places = site::places(&configuration(self.config.clone())?);
                places.map(Some).ok_or_else(|| Ending::configuration("data_dir: an instance in memory has no key"))
            }
            (None, None) => Ok(None),
        }
    }

    /// The data directory.
    pub(super) fn directory(&self) -> Result<PathBuf, Ending> {
        if let Some(directory) = &self.data_dir {
            return Ok(directory.clone());
        }
        match configuration(self.config.clone())?.data {
            DataLocation::Directory(directory) => Ok(directory),
            DataLocation::Memory => Err(Ending::configuration("data_dir: an instance in memory cannot be reached")),
        }
    }

    /// Finds who answers; opens the data where no instance runs.
    pub(super) async fn open(&self) -> Result<Office, Ending> {
        if let Some(directory) = &self.data_dir {
            return running(directory).await?.ok_or_else(|| not_running(directory));
        }
        let config = configuration(self.config.clone())?;
        let DataLocation::Directory(directory) = config.data.clone() else {
            return Err(Ending::configuration("data_dir: an instance in memory cannot be reached"));
        };
        let clock = Clock::system();
        let log = Log::of_a_command(&clock)?;
        // Whoever holds the data may be an instance that is about to answer, or a command that is about to end.
        let mut tries = TRIES;
        loop {
            if let Some(office) = running(&directory).await? {
                return Ok(office);
            }
            tries = tries.saturating_sub(1);
            match here(config.clone(), clock.clone(), &directory).await {
                Err(ending) if ending.is_locked() && tries > 0 => tokio::time::sleep(BETWEEN_TRIES).await,
                Ok((app, account)) => return Ok(Office::Here(Box::new(Here { app, account, _log: log }))),
                Err(ending) => return Err(ending),
            }
        }
    }
}

fn not_running(directory: &Path) -> Ending {
    Ending::not_running(format!("no instance is running on {}: start it first", directory.display()))
}

impl Office {
    /// Whether an instance answers.
    pub(super) fn is_running(&self) -> bool {
        match self {
            #[cfg(unix)]
            Self::Running(_) => true,
            Self::Here(..) => false,
        }
    }

    /// Asks, and gives the document of the answer.
    ///
    /// # Errors
    /// What was refused and how to mend it.
    pub(super) async fn ask(&self, call: Call) -> Result<Value, Ending> {
        let answer = match self {
            #[cfg(unix)]
            Self::Running(directory) => ask_running(directory, call).await?,
            Self::Here(here) => {
                admin::answer(&here.app, &admin::by_command_line(&here.app, &here.account), &call).await
            }
        };
        if answer.status.is_success() {
            return Ok(answer.body);
        }
        let ending = match answer.status {
            StatusCode::BAD_REQUEST => Ending::usage(answer.status),
            _ => Ending::refused(answer.status),
        };
        Err(ending.of_document(answer.body))
    }
}

#[cfg(unix)]
pub(super) async fn running(directory: &Path) -> Result<Option<Office>, Ending> {
    use crate::serve::control::{CallError, call};
    let probe = Call::new(crate::web::Method::GET, &["instance"]);
    match call(directory, &probe.method, &probe.path, Vec::new()).await {
        Ok(_) => Ok(Some(Office::Running(directory.to_owned()))),
        Err(CallError::NotRunning(_)) => Ok(None),
        Err(cause @ (CallError::Denied(_) | CallError::Silent(..) | CallError::Broken(..))) => {
            Err(Ending::refused(cause))
        }
    }
}

#[cfg(not(unix))]
pub(super) async fn running(_: &Path) -> Result<Option<Office>, Ending> {
    Ok(None)
}

#[cfg(unix)]
async fn ask_running(directory: &Path, call: Call) -> Result<Answer, Ending> {
    use crate::serve::control::{CallError, call as send};
    let target = if call.query.is_empty() { call.path } else { format!("{}?{}", call.path, call.query) };
    let (status, document) = send(directory, &call.method, &target, call.body).await.map_err(|cause| match cause {
        CallError::NotRunning(_) => Ending::not_running(cause),
        CallError::Denied(_) | CallError::Silent(..) | CallError::Broken(..) => Ending::refused(cause),
    })?;
    let body = serde_json::from_slice(&document)
        .map_err(|cause| Ending::refused(format!("the instance answered with something else than JSON: {cause}")))?;
    Ok(Answer { status, body })
}

/// Opens the data in this process.
async fn here(config: Config, clock: Clock, directory: &Path) -> Result<(App, String), Ending> {
    let account = account(directory)?;
    let is_new = !site::has_data(directory);
    let app = site::open(config, clock, Random::system()).await.map_err(starting)?;
    if is_new {
        super::ending::note(&format!("{} held no instance: a new one was made there", directory.display()));
    }
    Ok((app, account))
}

/// The account of this process. Only that of the data works on it: files that another one makes would keep the instance
/// from starting.
#[cfg(unix)]
pub(super) fn account(directory: &Path) -> Result<String, Ending> {
    use std::os::unix::fs::MetadataExt as _;
    let own = crate::serve::control::own_uid().map_err(Ending::refused)?;
    match std::fs::metadata(directory) {
        Ok(found) if found.uid() != own => Err(Ending::refused(format!(
            "{} belongs to {}: run this command under that account",
            directory.display(),
            site::account_name(found.uid())
        ))),
        Ok(_) | Err(_) => Ok(site::account_name(own)),
    }
}

/// The account of this process, as the system's shell names it.
#[cfg(not(unix))]
pub(super) fn account(_: &Path) -> Result<String, Ending> {
    Ok(std::env::var("USERNAME").unwrap_or_else(|_| String::from("unknown")))
}
