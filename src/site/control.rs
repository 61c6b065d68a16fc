//! Commands that come through the local socket of a running instance.

use std::io;
use std::path::Path;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::admin::{self, Call};
use crate::app::App;
use crate::config::DataLocation;
use crate::serve::control::{ControlListener, LocalRequest};
use crate::web::StatusCode;

/// Listens for commands until `stopped` becomes true; an instance in memory has no place for a socket.
///
/// # Errors
/// When the socket cannot be made.
pub fn listen_for_commands(app: &App, stopped: watch::Receiver<bool>) -> io::Result<Option<JoinHandle<()>>> {
    let app = app.clone();
    listen(&app.config.data.clone(), move || app.clone(), stopped)
}

/// The same for an instance whose configuration may change meanwhile.
pub(super) fn listen(
    data: &DataLocation,
    current: impl Fn() -> App + Clone + Send + Sync + 'static,
    stopped: watch::Receiver<bool>,
) -> io::Result<Option<JoinHandle<()>>> {
    let DataLocation::Directory(directory) = data else { return Ok(None) };
    let listener = ControlListener::bind(directory).map_err(|cause| {
        let remedy = "commands could not reach this instance; a local socket needs a path of less than 100 bytes";
        io::Error::new(cause.kind(), format!("{}/control.sock: {cause}: {remedy}", directory.display()))
    })?;
    let answer = move |request: LocalRequest| {
        let app = current();
        async move { respond(&app, request).await }
    };
    Ok(Some(tokio::spawn(listener.run(answer, stopped))))
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
