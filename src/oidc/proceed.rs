//! What every request of a client comes to: its answer, or the step that is open.

use super::answer;
use crate::acts::{self, By, CodeRequest, Issue, NewSession, SignInAs};
use crate::app::App;
use crate::domain::steps::Step;
use crate::domain::{Destination, PendingAuthorization, Source};
use crate::journey::{self, Current};
use crate::protocol::ErrorCode;
use crate::store::users;
use crate::web::{Browser, Error, Response, cookies, paths};

/// A request whose checks have passed, in the browser that brought it.
pub(super) struct Proceeding {
    /// The browser.
    pub(super) browser: Browser,
    /// Who acts, for the audit.
    pub(super) by: By,
    /// From where.
    pub(super) source: Source,
    /// What the client asks.
    pub(super) pending: PendingAuthorization,
    /// The sign-in under way; none when the request has just come.
    pub(super) current: Option<Current>,
}

/// Issues the code if every step is done, refuses if it cannot be, and leads to the open step otherwise. What fails
/// inside is told to the client, who is trusted: a status 500 would never reach it (RFC 6749 §4.1.2.1).
///
/// # Errors
/// A page when the sign-in has been answered already.
pub(super) async fn proceed(app: &App, proceeding: Proceeding) -> Result<Response, Error> {
    let (browser, origin) = (proceeding.browser.clone(), proceeding.by.origin.clone());
    let pending = proceeding.pending.clone();
    let (code, cause) = match go(app, proceeding).await {
        Err(Error::Internal(cause)) => (ErrorCode::ServerError, Some(cause)),
        Err(Error::Busy(_) | Error::Storage(_)) => (ErrorCode::TemporarilyUnavailable, None),
        other => return other,
    };
    tracing::error!(
        request_id = origin.request_id,
        cause = cause.map(tracing::field::display),
        "a client was not answered"
    );
    answer::error(app, &browser, &pending, code)
}

/// The facts are read twice: here to see where to go, and in the transaction that issues.
async fn go(app: &App, mut proceeding: Proceeding) -> Result<Response, Error> {
    let mut step = open_step(app, &proceeding)?;
    let mut new_session = None;
    if step == Step::SignIn
        && let Some(session) = sign_in_automatically(app, &proceeding).await?
    {
        proceeding.browser = proceeding.browser.signed_in(&session);
        new_session = Some(session);
        step = open_step(app, &proceeding)?;
    }
    let mut response = take(app, &proceeding, step).await?;
    if let Some(session) = new_session {
        cookies::set(&mut response, &app.config.cookies, cookies::SESSION, &session.active.value, None)?;
    }
    Ok(response)
}

/// Tells the client that it cannot be, once.
///
/// # Errors
/// A page when the sign-in has been answered already.
pub(super) async fn refuse(app: &App, proceeding: &Proceeding, code: ErrorCode) -> Result<Response, Error> {
    if let Some(current) = &proceeding.current
        && !acts::finish_interaction(app, current.key).await?
    {
        return Err(Error::expired_interaction());
    }
    answer::error(app, &proceeding.browser, &proceeding.pending, code)
}

fn open_step(app: &App, proceeding: &Proceeding) -> Result<Step, Error> {
    let session = proceeding.browser.session.as_ref();
    match &proceeding.current {
        Some(current) => journey::next_step(app, session, Some(current)),
        None => journey::first_step(app, session, &proceeding.pending),
    }
}

async fn take(app: &App, proceeding: &Proceeding, step: Step) -> Result<Response, Error> {
    if step != Step::Finish {
        return lead_on(app, proceeding, step).await;
    }
    let request = CodeRequest {
        session: proceeding.browser.session.as_ref().map(|active| active.key),
        interaction: proceeding.current.as_ref().map(|current| current.key),
        pending: proceeding.pending.clone(),
    };
    match acts::issue_code(app, &proceeding.by, request).await? {
        Issue::Issued(code) => answer::code(app, &proceeding.browser, &proceeding.pending, &code),
        // Something changed since the facts were read.
        Issue::Open(step) => lead_on(app, proceeding, step).await,
        Issue::Gone => Err(Error::expired_interaction()),
    }
}

/// To the page of a step; with an error instead, where the client forbids pages.
async fn lead_on(app: &App, proceeding: &Proceeding, step: Step) -> Result<Response, Error> {
    let may_show = !proceeding.pending.request.forbids_pages();
    let refusal =
        if let Step::Refuse(code) = step { Some(code) } else { step.error_without_pages().filter(|_| !may_show) };
    if let Some(code) = refusal {
        return refuse(app, proceeding, code).await;
    }
    let browser = &proceeding.browser;
    if let Some(current) = &proceeding.current {
        return browser.redirect(app, &journey::next(app, browser.session.as_ref(), Some(current))?);
    }
    let destination = Destination::Client(Box::new(proceeding.pending.clone()));
    let handle = acts::begin_interaction(app, proceeding.source, Some(browser.place()), destination).await?;
    // Where people sign in without a page, the sign-in has to belong to the interaction that has just begun.
    if step == Step::SignIn && app.config.automatic_sign_in.is_some() {
        return browser.redirect(app, &paths::interaction(&handle.value));
    }
    let current = journey::current_by_id(app, browser, &handle.value).await?;
    browser.redirect(app, &journey::next(app, browser.session.as_ref(), Some(&current))?)
}

/// Signs in the person that the operator named, where one is named.
async fn sign_in_automatically(app: &App, proceeding: &Proceeding) -> Result<Option<NewSession>, Error> {
    let Some(email) = &app.config.automatic_sign_in else { return Ok(None) };
    let Some(user) = app.store.read(|tx| users::find_by_email(tx, email))? else { return Ok(None) };
    let request = SignInAs {
        user_id: user.id,
        asserted: None,
        interaction: proceeding.current.as_ref().map(|current| current.key),
        place: proceeding.browser.place(),
        locale: proceeding.browser.locale,
    };
    Ok(acts::sign_in_as(app, &proceeding.by, request).await?)
}
