//! The code that was mailed: asked for, given back, asked for again.

use super::mailbox_pages::{AwaitedCode, VerifyEmail};
use crate::acts::{self, CodeAttempt, CodeOrder, CodeOutcome, CodeSent};
use crate::app::App;
use crate::domain::{CodePurpose, Destination, Email, MailboxStanding, Source};
use crate::journey::{self, Current};
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// Asks for the code, or offers to send one. Sends nothing.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    answer(&app, &Asker { browser: &visit.browser, source: visit.request.source() }, current.as_ref(), None)
}

/// Takes the code.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let Some(current) = current.filter(|current| current.interaction.mailed_code.is_some()) else {
        return answer(&app, &Asker { browser: &browser, source: request.source() }, None, None);
    };
    let taken = acts::take_form(&app, request.source(), None, None)?;
    let browser = journey::speak(browser, Some(&current));
    let asker = Asker { browser: &browser, source: request.source() };
    let attempt = CodeAttempt {
        interaction: current.key,
        code: form.get("verify_email_token").unwrap_or_default(),
        known_browser: journey::known_browser(&app, &request),
        place: browser.place(),
        locale: browser.locale,
    };
    match acts::redeem_mailed_code(&app, &browser.by(&request), attempt).await? {
        CodeOutcome::Opened(session) => {
            taken.given_back(&app)?;
            journey::go_on_signed_in(&app, &request, &browser, &session, Some(&current)).await
        }
        CodeOutcome::AlreadyThere => {
            let start = paths::within(paths::START_SIGN_IN, Some(&current.id));
            browser.redirect(&app, &format!("{start}&notification=email_unavailable"))
        }
        CodeOutcome::Wrong => again(&app, &asker, &current, "wrong").await,
        CodeOutcome::Over => again(&app, &asker, &current, "over").await,
    }
}

/// Sends a code, or another one.
pub(super) async fn send(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, .. } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let _charged = acts::take_form(&app, request.source(), None, None)?;
    let Some((email, purpose)) = wanted(&app, &browser, current.as_ref()) else {
        let session = browser.session.as_ref();
        return browser.redirect(&app, &journey::next(&app, session, current.as_ref())?);
    };
    let (id, interaction) = match &current {
        Some(current) => (current.id.clone(), current.key),
        None => {
            let place = Some(browser.place());
            let handle = acts::begin_interaction(&app, request.source(), place, Destination::Home).await?;
            (handle.value, handle.key)
        }
    };
    let browser = journey::speak(browser, current.as_ref());
    let order = CodeOrder { interaction, email, purpose, source: request.source(), locale: browser.locale };
    match (acts::mail_code(&app, &browser.by(&request), order).await?, &current) {
        (CodeSent::Sent, _) | (CodeSent::TooSoon(_), None) => {
            browser.redirect(&app, &paths::within(paths::VERIFY_EMAIL, Some(&id)))
        }
        (CodeSent::TooSoon(_), Some(current)) => {
            let asker = Asker { browser: &browser, source: request.source() };
            again(&app, &asker, current, "too_soon").await
        }
        (CodeSent::Over, _) => Err(Error::expired_interaction()),
    }
}

/// The code that this browser may be sent: the one that is awaited once more, that of the person signed in, or, where known
/// addresses are not told from unknown ones, one to sign in with.
fn wanted(app: &App, browser: &Browser, current: Option<&Current>) -> Option<(Email, CodePurpose)> {
    if let Some(active) = &browser.session
        && acts::mailbox_standing(app, active) != MailboxStanding::Proven
    {
        return Some((active.user.email.clone(), CodePurpose::Confirmation));
    }
    let interaction = &current?.interaction;
    if let Some(awaited) = &interaction.mailed_code {
        return Some((awaited.email.clone(), awaited.purpose.clone()));
    }
    let login = interaction.login.clone()?;
    app.config.accounts.hide_existence.then_some((login, CodePurpose::SignIn))
}

/// Who looks at the page, and from where.
struct Asker<'a> {
    browser: &'a Browser,
    source: Source,
}

/// The page once more, as the sign-in stands now.
async fn again(app: &App, asker: &Asker<'_>, current: &Current, problem: &str) -> Result<Response, Error> {
    let current = journey::current_by_id(app, asker.browser, &current.id).await?;
    answer(app, asker, Some(&current), Some(problem))
}

fn answer(app: &App, asker: &Asker<'_>, current: Option<&Current>, problem: Option<&str>) -> Result<Response, Error> {
    let browser = asker.browser;
    let id = current.map(|current| current.id.as_str());
    let Some((email, purpose)) = wanted(app, browser, current).filter(|(_, purpose)| {
        // To sign in by code is offered on the page of the password.
        *purpose != CodePurpose::SignIn || current.is_some_and(|current| current.interaction.mailed_code.is_some())
    }) else {
        let session = browser.session.as_ref();
        return match session {
            Some(_) => browser.redirect(app, &journey::next(app, session, current)?),
            None => browser.redirect(app, &paths::within(paths::START_SIGN_IN, id)),
        };
    };
    let now = app.clock.now();
    let code = current.and_then(|current| current.interaction.mailed_code.as_ref()).filter(|code| code.email == email);
    let awaited = code.map(|code| AwaitedCode {
        minutes_left: code.is_open(now).then(|| code.expires_at.seconds_since(now).div_ceil(60)),
    });
    let page = VerifyEmail {
        interaction: id.map(str::to_owned),
        email: email.to_string(),
        reason: reason(app, browser, &purpose).to_owned(),
        awaited,
        seconds_to_wait: acts::wait_for_code(app, code, (&purpose, &email), asker.source)?,
        is_another_awaited: acts::is_code_awaited_elsewhere(app, browser.place().handle, current.map(|it| it.key))?,
        opens_accounts: purpose == CodePurpose::SignIn && acts::a_code_opens_accounts(app),
        problem: problem.map(str::to_owned),
        client: current.map(|current| journey::client_label(app, current)).transpose()?.flatten(),
        lacks_mail: app.config.lacks_mail(),
    };
    let browser = journey::speak(browser.clone(), current);
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    browser.page_with(app, &page, status, current.and_then(Current::form_target).as_deref())
}

fn reason(app: &App, browser: &Browser, purpose: &CodePurpose) -> &'static str {
    let standing = browser.session.as_ref().map(|active| acts::mailbox_standing(app, active));
    match (purpose, standing) {
        (CodePurpose::SignUp { .. }, _) => "sign_up",
        (CodePurpose::SignIn, _) => "sign_in",
        (CodePurpose::Confirmation, Some(MailboxStanding::Stale)) => "stale",
        (CodePurpose::Confirmation, Some(MailboxStanding::NewBrowser)) => "new_browser",
        (CodePurpose::Confirmation, Some(MailboxStanding::Unproven | MailboxStanding::Proven) | None)
        | (CodePurpose::AddressChange, _) => "unproven",
    }
}
