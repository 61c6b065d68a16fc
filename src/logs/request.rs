//! The request that a task works on: every line that is logged meanwhile carries its id.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use super::Stopwatch;

tokio::task_local! {
    static WORK: Work;
}

/// What is known of the request under way.
struct Work {
    id: RequestId,
    since: Stopwatch,
    route: Cell<Option<Route>>,
}

/// The id of a request: on error pages, in logs and in the audit. At most 16 bytes of ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId([u8; 16]);

/// The route that a request took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Its place in the table of routes.
    pub position: usize,
    /// Its pattern, `{id}` for what varies: nothing that a client has sent.
    pub pattern: &'static str,
}

impl RequestId {
    /// The first 16 bytes of a random value.
    pub fn of(random: &str) -> Self {
        let mut id = [0; 16];
        for (slot, byte) in id.iter_mut().zip(random.bytes().filter(u8::is_ascii_graphic)) {
            *slot = byte;
        }
        Self(id)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default().trim_end_matches('\0')
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Works on the request of this id.
pub fn during<Working: Future>(id: RequestId, working: Working) -> impl Future<Output = Working::Output> {
    WORK.scope(Work { id, since: Stopwatch::start(), route: Cell::new(None) }, working)
}

/// The id of the request that this task works on.
pub fn request_id() -> Option<RequestId> {
    WORK.try_with(|work| work.id).ok()
}

/// How long this task has worked on its request.
pub fn elapsed() -> Duration {
    WORK.try_with(|work| work.since.elapsed()).unwrap_or_default()
}

/// The request under way took this route.
pub fn note_route(route: Route) {
    // Outside of a request there is nothing to note it for.
    WORK.try_with(|work| work.route.set(Some(route))).unwrap_or_default();
}

/// The route that the request under way took; none where no route fits.
pub fn route() -> Option<Route> {
    WORK.try_with(|work| work.route.get()).ok().flatten()
}
