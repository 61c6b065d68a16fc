//! Forms come from our own pages: the outer check of where a request comes from, and the token inside the form.

use warp::http::header;

use super::{Error, Request};
use crate::app::App;
use crate::config::Names;

/// Refuses a request with effects that does not come from this site: `Sec-Fetch-Site` must say `same-origin`, or
/// where it is absent `Origin` must be ours. Both missing is a refusal.
///
/// # Errors
/// A 403 page.
pub fn check_same_origin(app: &App, request: &Request) -> Result<(), Error> {
    let is_same = match (request.header("sec-fetch-site"), request.header(header::ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => is_own_origin(app, request, origin),
        (None, None) => false,
    };
    if is_same { Ok(()) } else { Err(Error::csrf()) }
}

/// The configured origin, or where other names of this machine are answered the name that was asked.
fn is_own_origin(app: &App, request: &Request, origin: &str) -> bool {
    if origin == app.config.public_url.as_str() {
        return true;
    }
    let host = request.header(header::HOST.as_str()).unwrap_or_default();
    app.config.names != Names::Own && !host.is_empty() && origin == format!("http://{host}")
}
