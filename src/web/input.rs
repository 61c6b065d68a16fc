//! What a route hands to its handler. A rejection means "not my route"; everything else is in the values.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;

use warp::{Filter, Rejection};

use super::{Browser, Error, Request, Response, csrf};
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

/// Hands over the request as it is: endpoints that clients call.
pub fn call(app: &App) -> impl Filter<Extract = (App, Request), Error = Rejection> + Clone + use<> {
    with(app).and(warp::ext::get::<Request>())
}

/// Hands over a visit, or why it cannot be one.
pub fn visit(app: &App) -> impl Filter<Extract = (App, Result<Visit, Error>), Error = Rejection> + Clone + use<> {
    let reader = app.clone();
    with(app).and(warp::ext::get::<Request>().then(move |request| read_visit(reader.clone(), request)))
}

/// Hands over a form of ours, or why it cannot be one.
pub fn submission(
    app: &App,
) -> impl Filter<Extract = (App, Result<Submission, Error>), Error = Rejection> + Clone + use<> {
    let reader = app.clone();
    with(app).and(warp::ext::get::<Request>().then(move |request| read_submission(reader.clone(), request)))
}

/// The answer of a handler, on its way.
type Answering = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

/// Makes a handler of a plain function: what could not be read never reaches it.
pub fn reading<Input, Handler, Answer>(handler: Handler) -> impl Fn(App, Result<Input, Error>) -> Answering + Clone
where
    Input: Send + 'static,
    Handler: Fn(App, Input) -> Answer + Clone + Send + Sync + 'static,
    Answer: Future<Output = Result<Response, Error>> + Send + 'static,
{
    move |app, input| {
        let handler = handler.clone();
        Box::pin(async move { handler(app, input?).await })
    }
}

/// The same for a route with one value in its path, which comes first.
pub fn reading_at<Input, Handler, Answer>(
    handler: Handler,
) -> impl Fn(String, App, Result<Input, Error>) -> Answering + Clone
where
    Input: Send + 'static,
    Handler: Fn(String, App, Input) -> Answer + Clone + Send + Sync + 'static,
    Answer: Future<Output = Result<Response, Error>> + Send + 'static,
{
    move |value, app, input| {
        let handler = handler.clone();
        Box::pin(async move { handler(value, app, input?).await })
    }
}

fn with(app: &App) -> impl Filter<Extract = (App,), Error = Infallible> + Clone + use<> {
    let app = app.clone();
    warp::any().map(move || app.clone())
}

async fn read_visit(app: App, request: Request) -> Result<Visit, Error> {
    let query = request.query()?;
    let browser = Browser::read(&app, &request).await?;
    Ok(Visit { browser, request, query })
}

async fn read_submission(app: App, request: Request) -> Result<Submission, Error> {
    csrf::check_same_origin(&app, &request)?;
    let query = request.query()?;
    let form = request.form()?;
    let browser = Browser::read(&app, &request).await?;
    browser.check_csrf(&app, &form)?;
    if form.repeated().is_some() || query.repeated().is_some() {
        return Err(Error::bad_request("bad_request"));
    }
    Ok(Submission { browser, request, query, form })
}
