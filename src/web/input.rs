//! What a route hands to its handler.

use super::{Browser, Error, Request, csrf};
use crate::app::App;
use crate::protocol::Parameters;

/// A visit to a page.
#[derive(Debug)]
pub struct Visit {
    /// Who is asking.
    pub browser: Browser,
    /// What was asked.
    pub request: Request,
    /// The parameters of the query.
    pub query: Parameters,
}

/// A form of one of our pages: it comes from this site and carries the token of this browser.
#[derive(Debug)]
pub struct Submission {
    /// Who is asking.
    pub browser: Browser,
    /// What was asked.
    pub request: Request,
    /// The parameters of the query.
    pub query: Parameters,
    /// The fields.
    pub form: Parameters,
}

/// A visit, or why it cannot be one.
pub(super) async fn read_visit(app: &App, request: Request) -> Result<Visit, Error> {
    let query = request.query()?;
    let browser = Browser::read(app, &request).await?;
    Ok(Visit { browser, request, query })
}

/// A form of ours, or why it cannot be one.
pub(super) async fn read_submission(app: &App, request: Request) -> Result<Submission, Error> {
    csrf::check_same_origin(app, &request)?;
    let query = request.query()?;
    let form = request.form()?;
    let browser = Browser::read(app, &request).await?;
    browser.check_csrf(app, &form)?;
    if form.repeated().is_some() || query.repeated().is_some() {
        return Err(Error::bad_request("bad_request"));
    }
    Ok(Submission { browser, request, query, form })
}
