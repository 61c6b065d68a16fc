//! Who is asking: the browser, the person signed in in it, and the language to speak.

use warp::http::{HeaderValue, Method, StatusCode, header};

use super::{Error, Request, Response, cookies, headers};
use crate::acts::administration::Officer;
use crate::acts::{self, ActiveSession, By, InBrowser, NewSession};
use crate::app::App;
use crate::config::Tls;
use crate::domain::steps::Step;
use crate::domain::{Actor, Handle, Origin, PreSession, Right, User};
use crate::protocol::{Locale, Parameters};
use crate::render::{AdministrationLayout, Layout, Page};
use crate::web::paths;

/// One browser, for the time of one request.
#[derive(Debug, Clone)]
pub struct Browser {
    handle: Handle<PreSession>,
    is_new: bool,
    chosen_locale: Option<Locale>,
    path: String,
    comes_from_here: bool,
    /// Who is at work in the console of administration, on its pages.
    pub(super) officer: Option<Officer>,
    /// The person signed in.
    pub session: Option<ActiveSession>,
    /// The language to speak.
    pub locale: Locale,
}

impl Browser {
    /// Reads the cookies of a request. Writes nothing but the note of last use of a session.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read(app: &App, request: &Request) -> Result<Self, Error> {
        let policy = &app.config.cookies;
        let known = match cookies::find(&request.headers, policy, cookies::BROWSER) {
            Some(value) => acts::find_browser_handle(app, value)?.map(|key| Handle { value: value.to_owned(), key }),
            None => None,
        };
        // A form that another site posts comes without cookies: a handle given there would replace the browser's own.
        let is_new = known.is_none() && request.method != Method::POST;
        let handle = known.unwrap_or_else(|| acts::issue_browser_handle(app));
        let session = match cookies::find(&request.headers, policy, cookies::SESSION) {
            Some(value) => acts::find_session(app, value).await?,
            None => None,
        };
        let chosen_locale = chosen_locale(request);
        let remembered = cookies::find(&request.headers, policy, cookies::LANGUAGE).and_then(Locale::from_ui_locales);
        let accepted = || request.header(header::ACCEPT_LANGUAGE.as_str()).and_then(Locale::from_accept_language);
        let locale = chosen_locale.or(remembered).or_else(accepted).unwrap_or(Locale::Fr);
        let (path, comes_from_here) = (path_and_query(request), comes_from_here(request));
        let officer = None;
        Ok(Self { handle, is_new, chosen_locale, path, comes_from_here, officer, session, locale })
    }

    /// Where acts of this request take place: sign-ins under way are bound to the browser.
    pub fn place(&self) -> InBrowser<'_> {
        InBrowser { handle: self.handle.key, session: self.session.as_ref() }
    }

    /// The same browser after a change of privilege, which gave it another handle.
    #[must_use]
    pub fn renewed(self, handle: Handle<PreSession>) -> Self {
        Self { handle, is_new: true, ..self }
    }

    /// The same browser after a sign-in.
    #[must_use]
    pub fn signed_in(self, opened: &NewSession) -> Self {
        Self { session: Some(opened.active.clone()), ..self.renewed(opened.browser.clone()) }
    }

    /// Who is at work in the console of administration: on routes that are guarded so.
    ///
    /// # Errors
    /// Where the route is not.
    pub fn officer(&self) -> Result<&Officer, Error> {
        self.officer.as_ref().ok_or(Error::NotFound)
    }

    /// Who acts, for the audit.
    pub fn by(&self, request: &Request) -> By {
        let actor = self.session.as_ref().map_or(Actor::Visitor, |active| Actor::User(active.user.id));
        let session = self.session.as_ref().map(|active| acts::session_name(&active.session.id));
        By { actor, origin: Origin { session, ..request.origin() }, browser: request.browser_hint() }
    }

    /// The token for the forms of this browser: bound to the session where there is one.
    pub fn csrf_token(&self, app: &App) -> String {
        let handle = self.session.as_ref().map_or(self.handle.value.as_str(), |active| active.value.as_str());
        app.keys.csrf.tag("csrf", &[handle])
    }

    /// Whether a form carries the token of this browser.
    ///
    /// # Errors
    /// A 403 page.
    pub fn check_csrf(&self, app: &App, form: &Parameters) -> Result<(), Error> {
        let handle = self.session.as_ref().map_or(self.handle.value.as_str(), |active| active.value.as_str());
        let shown = form.get("_csrf").unwrap_or_default();
        if app.keys.csrf.verify("csrf", &[handle], shown) { Ok(()) } else { Err(Error::csrf()) }
    }

    /// Whether a form of this site may have led to this request, in the window that its answer will fill. Browsers that
    /// do not say so, and programs, are taken not to mind.
    pub fn may_follow_a_form(&self) -> bool {
        self.comes_from_here
    }

    /// The language that the person chose with this very request.
    pub fn chosen_locale(&self) -> Option<Locale> {
        self.chosen_locale
    }

    /// Speaks the language that the client asks for, unless the person chose one here and now.
    #[must_use]
    pub fn with_ui_locale(mut self, locale: Option<Locale>) -> Self {
        self.locale = self.chosen_locale.or(locale).unwrap_or(self.locale);
        self
    }

    /// A page with status 200.
    ///
    /// # Errors
    /// When its template cannot be rendered.
    pub fn page<P: Page>(&self, app: &App, page: &P) -> Result<Response, Error> {
        self.page_with(app, page, StatusCode::OK, None)
    }

    /// A page with any status; its forms may lead to `form_target`, the origin of the client, as well.
    ///
    /// # Errors
    /// When its template cannot be rendered.
    pub fn page_with<P: Page>(
        &self,
        app: &App,
        page: &P,
        status: StatusCode,
        form_target: Option<&str>,
    ) -> Result<Response, Error> {
        let html = app.renderer.page(page, &self.layout(app)).map_err(Error::internal)?;
        let mut response = Response::new(html.into());
        *response.status_mut() = status;
        let html_type = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, html_type);
        headers::set_content_security_policy(&mut response, form_target)?;
        self.remember(app, &mut response)?;
        Ok(response)
    }

    /// A redirect that follows a form or a step: always 303.
    ///
    /// # Errors
    /// Never for paths of this site.
    pub fn redirect(&self, app: &App, location: &str) -> Result<Response, Error> {
        let mut response = see_other(location)?;
        self.remember(app, &mut response)?;
        Ok(response)
    }

    /// What every page shares.
    fn layout(&self, app: &App) -> Layout {
        let person = self.session.as_ref().map(|active| {
            let user = &active.user;
            // Whoever knows a password alone learns no more than the address that they typed.
            let is_whole = acts::security_step(app, active) == Step::Finish;
            user.information.full_name().filter(|_| is_whole).unwrap_or_else(|| user.email.to_string())
        });
        Layout {
            locale: self.locale,
            path: self.path.clone(),
            csrf_token: Some(self.csrf_token(app)),
            instance_name: app.config.instance_name.clone(),
            is_trial: app.config.trial,
            is_provisional: app.config.tls == Tls::SelfSigned,
            signed_in: person,
            notices: paths::notices(&app.config.notices),
            may_administer: self.session.as_ref().is_some_and(|active| has_role(app, &active.user)),
            administration: self.officer.as_ref().map(|officer| AdministrationLayout {
                role: officer.role.as_str(),
                has_team: officer.has(Right::ReadTeam),
            }),
        }
    }

    /// Gives the browser its handle and its language, where they are new.
    fn remember(&self, app: &App, response: &mut Response) -> Result<(), Error> {
        let policy = &app.config.cookies;
        if self.is_new {
            cookies::set(response, policy, cookies::BROWSER, &self.handle.value, None)?;
        }
        if let Some(locale) = self.chosen_locale {
            cookies::set(response, policy, cookies::LANGUAGE, locale.as_str(), Some(365 * 24 * 3600))?;
        }
        Ok(())
    }
}

/// Whether a person may be in the console of administration.
pub(super) fn has_role(app: &App, user: &User) -> bool {
    user.role.as_ref().is_some_and(|role| role.has(Right::Enter, app.clock.now()))
}

/// Whether every step since the last page that was shown is one of this site (W3C Fetch Metadata).
fn comes_from_here(request: &Request) -> bool {
    let says = |name: &str, value: &str| request.header(name) == Some(value);
    says("sec-fetch-site", "same-origin") && says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document")
}

/// The address of this page, for the links to its other languages.
fn path_and_query(request: &Request) -> String {
    if request.query.is_empty() { request.path.clone() } else { format!("{}?{}", request.path, request.query) }
}

/// `?lang=` of the language links.
fn chosen_locale(request: &Request) -> Option<Locale> {
    let query = request.query().ok()?;
    query.get("lang").and_then(Locale::from_ui_locales)
}

/// A redirect with status 303, which never repeats a form (RFC 9700 §4.12).
///
/// # Errors
/// When the address holds what no header may hold.
pub fn see_other(location: &str) -> Result<Response, Error> {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::from_str(location).map_err(Error::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}
