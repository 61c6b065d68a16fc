//! The table of routes: for each of them method, path, who may come through, what is read, and who answers.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use warp::Filter;
use warp::http::Method;

use super::finish::page;
use super::gate::lead_elsewhere;
use super::input::{read_submission, read_visit};
use super::{Error, Request, Response, Routes, Submission, Visit};
use crate::app::App;
use crate::domain::{AccountPage, Right};
use crate::logs;

/// Who may come through a route. Whoever may not is refused or led elsewhere, and nothing changes; the census of routes
/// in the tests tries it on each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// Anybody, and everybody gets the same answer.
    Public,
    /// Anybody: the answer is about this browser alone.
    Visitor,
    /// A person who is signed in, whatever is left to prove.
    Session,
    /// A person who is signed in, whose mailbox is proven and whose browser is theirs.
    Person,
    /// A person who proved who they are a short while ago; whoever did not does so first, and comes to that page. The
    /// table itself sees to it, before the handler.
    RecentProof(AccountPage),
    /// A person at work in the console of administration, who has this right there: by a session of its own, beside
    /// theirs, that was opened with a second factor (SEC-138). The table sees to it; the handler asks the browser who.
    Administration(Right),
    /// A person who has a role, and proved who they are a short while ago with a second factor: the entrance to it.
    AdministrationEntrance,
    /// Whoever holds a single-use link.
    Link,
    /// The browser in which the sign-in that the path names is under way.
    SignIn,
    /// A browser that a client sends; what the client asks is checked before anything else.
    ClientRequest,
    /// A client that proves who it is.
    Client,
    /// Whoever holds a token.
    Bearer,
    /// A program of the operator, or a page of this site.
    Operator,
}

/// What a route reads before its handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A visit of a browser.
    Visit,
    /// A form of this site.
    Submission,
    /// The request as it is.
    Call,
}

/// What a route says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The method.
    pub method: Method,
    /// The path, `{id}` for a segment that varies.
    pub path: &'static str,
    /// What is read.
    pub input: Input,
    /// Who may come through.
    pub guard: Guard,
    /// Whether HEAD is answered as well: a visit that changes nothing.
    pub head: bool,
}

/// The answer of a route, on its way.
type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler with what it reads: it gets the request, and the segment that varies.
type Handler = Arc<dyn Fn(App, Request, String) -> Answering + Send + Sync>;

#[derive(Clone)]
struct Route {
    declaration: Declaration,
    handler: Handler,
}

/// Who reads the answers of a call: `oauth`, `api` or `page`.
pub type Skin = fn(Result<Response, Error>) -> Response;

/// A method and a path.
pub type Endpoint = (Method, &'static str);

/// Routes of a room, or of all of them.
#[derive(Clone)]
pub struct Table {
    app: App,
    routes: Vec<Route>,
}

impl fmt::Debug for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.declarations()).finish()
    }
}

impl Table {
    /// A table without routes.
    pub fn new(app: &App) -> Self {
        Self { app: app.clone(), routes: Vec::new() }
    }

    /// A page that is looked at.
    #[must_use]
    pub fn visit<Handle, Answer>(self, path: &'static str, guard: Guard, handler: Handle) -> Self
    where
        Handle: Fn(App, Visit) -> Answer + Clone + Send + Sync + 'static,
        Answer: Future<Output = Result<Response, Error>> + Send + 'static,
    {
        self.visit_at(path, guard, move |_, app, visit| handler(app, visit))
    }

    /// A page of one thing, which the path names.
    #[must_use]
    pub fn visit_at<Handle, Answer>(self, path: &'static str, guard: Guard, handler: Handle) -> Self
    where
        Handle: Fn(String, App, Visit) -> Answer + Clone + Send + Sync + 'static,
        Answer: Future<Output = Result<Response, Error>> + Send + 'static,
    {
        let declaration = Declaration { method: Method::GET, path, input: Input::Visit, guard, head: true };
        self.add(declaration, move |app: App, request, segment| {
            let handler = handler.clone();
            async move {
                page(
                    async {
                        let mut visit = read_visit(&app, request).await?;
                        match lead_elsewhere(&app, guard, &mut visit.browser, &visit.request).await? {
                            Some(elsewhere) => Ok(elsewhere),
                            None => handler(segment, app, visit).await,
                        }
                    }
                    .await,
                )
            }
        })
    }

    /// To look at the last one is to go on with it: HEAD is not answered.
    #[must_use]
    pub fn without_head(mut self) -> Self {
        if let Some(route) = self.routes.last_mut() {
            route.declaration.head = false;
        }
        self
    }

    /// A form of this site.
    #[must_use]
    pub fn submission<Handle, Answer>(self, path: &'static str, guard: Guard, handler: Handle) -> Self
    where
        Handle: Fn(App, Submission) -> Answer + Clone + Send + Sync + 'static,
        Answer: Future<Output = Result<Response, Error>> + Send + 'static,
    {
        self.submission_at(path, guard, move |_, app, submission| handler(app, submission))
    }

    /// A form about one thing, which the path names.
    #[must_use]
    pub fn submission_at<Handle, Answer>(self, path: &'static str, guard: Guard, handler: Handle) -> Self
    where
        Handle: Fn(String, App, Submission) -> Answer + Clone + Send + Sync + 'static,
        Answer: Future<Output = Result<Response, Error>> + Send + 'static,
    {
        let declaration = Declaration { method: Method::POST, path, input: Input::Submission, guard, head: false };
        self.add(declaration, move |app: App, request, segment| {
            let handler = handler.clone();
            async move {
                page(
                    async {
                        let mut submission = read_submission(&app, request).await?;
                        match lead_elsewhere(&app, guard, &mut submission.browser, &submission.request).await? {
                            Some(elsewhere) => Ok(elsewhere),
                            None => handler(segment, app, submission).await,
                        }
                    }
                    .await,
                )
            }
        })
    }

    /// An endpoint that programs call, or that other sites send browsers to.
    #[must_use]
    pub fn call<Handle, Answer>(self, endpoint: Endpoint, guard: Guard, skin: Skin, handler: Handle) -> Self
    where
        Handle: Fn(App, Request) -> Answer + Clone + Send + Sync + 'static,
        Answer: Future<Output = Result<Response, Error>> + Send + 'static,
    {
        self.call_at(endpoint, guard, skin, move |_, app, request| handler(app, request))
    }

    /// The same about one thing, which the path names.
    #[must_use]
    pub fn call_at<Handle, Answer>(self, endpoint: Endpoint, guard: Guard, skin: Skin, handler: Handle) -> Self
    where
        Handle: Fn(String, App, Request) -> Answer + Clone + Send + Sync + 'static,
        Answer: Future<Output = Result<Response, Error>> + Send + 'static,
    {
        let (method, path) = endpoint;
        let head = method == Method::GET && matches!(guard, Guard::Public | Guard::Operator);
        let declaration = Declaration { method, path, input: Input::Call, guard, head };
        self.add(declaration, move |app, request, segment| {
            let handler = handler.clone();
            async move { skin(handler(segment, app, request).await) }
        })
    }

    fn add<Answer>(
        mut self,
        declaration: Declaration,
        handler: impl Fn(App, Request, String) -> Answer + Send + Sync + 'static,
    ) -> Self
    where
        Answer: Future<Output = Response> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |app, request, segment| Box::pin(handler(app, request, segment)));
        self.routes.push(Route { declaration, handler });
        self
    }

    /// The routes of both.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.routes.extend(other.routes);
        self
    }

    /// What every route says of itself.
    pub fn declarations(&self) -> impl Iterator<Item = &Declaration> {
        self.routes.iter().map(|route| &route.declaration)
    }

    /// All routes as one filter. Paths are looked for by their first segment, so that the last of many costs what the
    /// first does.
    pub fn into_routes(self) -> Routes {
        let app = self.app;
        let mut by_first: HashMap<&'static str, Vec<(logs::Route, Route)>> = HashMap::new();
        for (position, route) in self.routes.into_iter().enumerate() {
            let pattern = route.declaration.path;
            by_first.entry(first_of(pattern)).or_default().push((logs::Route { position, pattern }, route));
        }
        let by_first = Arc::new(by_first);
        warp::ext::get::<Request>()
            .then(move |request: Request| {
                let found = by_first
                    .get(first_of(&request.path))
                    .map_or(Err(Error::NotFound), |routes| find(routes, &request.method, &request.path));
                let app = app.clone();
                async move {
                    match found {
                        Ok((name, handler, segment)) => {
                            logs::note_route(name);
                            handler(app, request, segment).await
                        }
                        Err(error) => super::failed(error),
                    }
                }
            })
            .boxed()
    }
}

fn first_of(path: &str) -> &str {
    segments(path).next().unwrap_or_default()
}

/// The segments of a path; one slash at its end says nothing.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path).split('/')
}

/// The segment that varies, if the path has the shape of the pattern; empty where none does. Of several that vary, all,
/// parted by `/`, which no segment holds.
fn fit(pattern: &str, path: &str) -> Option<String> {
    let (mut expected, mut given) = (segments(pattern), segments(path));
    let mut varying = String::new();
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return Some(varying),
            (Some("{id}"), Some(segment)) if !segment.is_empty() => {
                if !varying.is_empty() {
                    varying.push('/');
                }
                varying.push_str(segment);
            }
            (Some(fixed), Some(segment)) if fixed == segment => {}
            (_, _) => return None,
        }
    }
}

/// A route by its name, what answers there, and the segment that varies.
type Found = (logs::Route, Handler, String);

fn find(routes: &[(logs::Route, Route)], method: &Method, path: &str) -> Result<Found, Error> {
    let fits = |named: &'_ (logs::Route, Route)| fit(named.0.pattern, path);
    let answers =
        |declaration: &Declaration| declaration.method == *method || (declaration.head && *method == Method::HEAD);
    for named in routes.iter().filter(|(_, route)| answers(&route.declaration)) {
        if let Some(segment) = fits(named) {
            return Ok((named.0, Arc::clone(&named.1.handler), segment));
        }
    }
    let fitting: Vec<&Declaration> =
        routes.iter().filter(|named| fits(named).is_some()).map(|(_, route)| &route.declaration).collect();
    match fitting.is_empty() {
        true => Err(Error::NotFound),
        false => Err(Error::MethodNotAllowed(allowed(fitting.into_iter()))),
    }
}

/// The methods of a path, for the header `Allow` of a 405 (RFC 9110 §10.2.1).
fn allowed<'a>(declarations: impl Iterator<Item = &'a Declaration> + Clone) -> String {
    let has = |method: &Method| declarations.clone().any(|declaration| declaration.method == *method);
    let mut methods = Vec::new();
    for (method, is_there) in [
        ("GET", has(&Method::GET)),
        ("HEAD", declarations.clone().any(|declaration| declaration.head)),
        ("POST", has(&Method::POST)),
        ("OPTIONS", has(&Method::OPTIONS)),
    ] {
        methods.extend(is_there.then_some(method));
    }
    methods.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_its_pattern_and_no_other() {
        assert_eq!(fit("/", "/").as_deref(), Some(""));
        assert_eq!(fit("/users/sign-in", "/users/sign-in/").as_deref(), Some(""));
        assert_eq!(fit("/interaction/{id}/cancel", "/interaction/x%20y/cancel").as_deref(), Some("x%20y"));
        assert_eq!(fit("/a/{id}/b/{id}", "/a/1/b/2").as_deref(), Some("1/2"));
        assert_eq!(fit("/a/{id}/b/{id}", "/a/1/b/"), None);
        for path in ["/", "/users", "/users/sign-in/x", "/users//", "/Users/sign-in", "users/sign-in/x"] {
            assert_eq!(fit("/users/sign-in", path), None, "{path}");
        }
        for path in ["/interaction//cancel", "/interaction/cancel", "/interaction/x/y/cancel"] {
            assert_eq!(fit("/interaction/{id}/cancel", path), None, "{path}");
        }
    }
}
