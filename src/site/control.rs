//! Commands that come through the local socket of a running instance.

use std::io;
use std::path::Path;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::StartError;
use crate::admin::{self, Call};
use crate::app::App;
use crate::config::DataLocation;
use crate::serve::control::{self, ControlListener, LocalRequest};
use crate::web::StatusCode;

/// Listens for commands until `stopped` becomes true; an instance in memory has no place for a socket.
///
/// # Errors
/// When the socket cannot be made.
pub fn listen_for_commands(app: &App, stopped: watch::Receiver<bool>) -> Result<Option<JoinHandle<()>>, StartError> {
    let app = app.clone();
    Ok(Commands::of(&app.config.data)?.answer(move || app.clone(), stopped))
}

/// The local socket of an instance, listened on and not yet answered; none for data in memory.
#[derive(Debug, Default)]
pub struct Commands(Option<ControlListener>);

impl Commands {
    /// Listens in the directory of data that this process holds.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn of(data: &DataLocation) -> Result<Self, StartError> {
        let DataLocation::Directory(directory) = data else { return Ok(Self(None)) };
        check_reach(directory)?;
        let listener = ControlListener::bind(directory).map_err(|cause| no_socket(directory, cause))?;
        Ok(Self(Some(listener)))
    }

    /// Answers until `stopped` becomes true, under a configuration that may change meanwhile.
    pub(super) fn answer(
        self,
        current: impl Fn() -> App + Clone + Send + Sync + 'static,
        stopped: watch::Receiver<bool>,
    ) -> Option<JoinHandle<()>> {
        let answer = move |request: LocalRequest| {
            let app = current();
            async move { respond(&app, request).await }
        };
        Some(tokio::spawn(self.0?.run(answer, stopped)))
    }
}

/// Whether commands could reach an instance of this data directory: the name of the socket is short enough, and files can be
/// made there, where it is there already.
///
/// # Errors
/// Why not, with the remedy.
pub fn check_reach(directory: &Path) -> Result<(), StartError> {
    if !control::is_short_enough(directory) {
        return Err(StartError::LongPath { directory: directory.to_path_buf(), most: control::MAX_DIRECTORY_BYTES });
    }
    match directory.is_dir().then(|| super::preflight::try_to_write(directory)) {
        // A disk that is full is another matter, and may be mended by the start.
        Some(Err(cause))
            if matches!(cause.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) =>
        {
            Err(no_socket(directory, cause))
        }
        Some(Ok(()) | Err(_)) | None => Ok(()),
    }
}

fn no_socket(directory: &Path, cause: io::Error) -> StartError {
    StartError::NoSocket { path: control::socket_path(directory), cause }
}

async fn respond(app: &App, request: LocalRequest) -> (StatusCode, Vec<u8>) {
    let by = admin::by_command_line(app, &account_name(request.uid));
    let call = Call { method: request.method, path: request.path, query: request.query, body: request.body.to_vec() };
    let answer = admin::answer(app, &by, &call).await;
    (answer.status, answer.body.to_string().into_bytes())
}

/// The name of an account of this machine; its number where it has none.
pub fn account_name(uid: u32) -> String {
    let accounts = std::fs::read_to_string(Path::new("/etc/passwd")).unwrap_or_default();
    let named = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    named
        .filter(|name| name.len() <= 64 && name.chars().all(|character| character.is_ascii_graphic()))
        .unwrap_or_else(|| uid.to_string())
}
