//! Signing in by a link that is mailed: asked for, looked at, used, given up.

use super::mailbox_pages::{MagicLinkSent, MagicLinkState, SignInWithMagicLink};
use crate::acts::{self, CodeSent, LinkAttempt, LinkOrder, LinkPlace};
use crate::app::App;
use crate::domain::Source;
use crate::journey::{self, Current};
use crate::web::{Browser, Error, Response, StatusCode, Submission, Visit, paths};

/// Mails a link to the address given before.
pub(super) async fn send(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, .. } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let _charged = acts::take_form(&app, request.source(), None, None)?;
    let given = current.as_ref().and_then(|current| current.interaction.login.clone().map(|email| (current, email)));
    let Some((current, email)) = given.filter(|_| !app.config.accounts.hide_existence) else {
        let id = current.as_ref().map(|current| current.id.as_str());
        return browser.redirect(&app, &paths::within(paths::START_SIGN_IN, id));
    };
    let browser = journey::speak(browser, Some(current));
    let order = LinkOrder {
        interaction: current.key,
        email,
        source: request.source(),
        locale: browser.locale,
        page: format!("{}&magic_link_token=", paths::within(paths::SIGN_IN_WITH_MAGIC_LINK, Some(&current.id))),
    };
    match acts::mail_magic_link(&app, &browser.by(&request), order).await? {
        CodeSent::Sent => browser.redirect(&app, &paths::within(paths::MAGIC_LINK_SENT, Some(&current.id))),
        CodeSent::TooSoon(_) => sent(&app, browser, current, request.source(), true),
        CodeSent::Over => Err(Error::expired_interaction()),
    }
}

/// Says that it is on its way.
pub(super) async fn show_sent(app: App, visit: Visit) -> Result<Response, Error> {
    let current = journey::current(&app, &visit.browser, &visit.query).await?;
    match current {
        Some(current) => sent(&app, visit.browser, &current, visit.request.source(), false),
        None => visit.browser.redirect(&app, paths::START_SIGN_IN),
    }
}

/// What is known of the link that was asked for last, for whichever address.
fn sent(app: &App, browser: Browser, current: &Current, source: Source, is_too_soon: bool) -> Result<Response, Error> {
    let Some(last) = &current.interaction.link_request else {
        return browser.redirect(app, &paths::within(paths::START_SIGN_IN, Some(&current.id)));
    };
    let now = app.clock.now();
    let is_open = !last.expires_at.has_come(now);
    let page = MagicLinkSent {
        interaction: Some(current.id.clone()),
        email: last.email.to_string(),
        minutes_left: is_open.then(|| last.expires_at.seconds_since(now).div_ceil(60)),
        seconds_to_wait: acts::wait_for_link(app, last, source)?,
        is_too_soon,
        client: journey::client_label(app, current)?,
    };
    let status = if is_too_soon { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    journey::speak(browser, Some(current)).page_with(app, &page, status, current.form_target().as_deref())
}

/// Shows what a link is good for. Looking uses nothing up: programs look at links too.
pub(super) async fn show(app: App, visit: Visit) -> Result<Response, Error> {
    let value = visit.query.get("magic_link_token").unwrap_or_default();
    let state = match acts::look_at_magic_link(&app, value, visit.browser.place().handle)? {
        LinkPlace::Here(link) => match visit.query.get("interaction") {
            Some(id) => {
                let current = journey::current_by_id(&app, &visit.browser, id).await?;
                let state = MagicLinkState::Here {
                    interaction: id.to_owned(),
                    magic_link: value.to_owned(),
                    email: link.email.to_string(),
                    service: link.service,
                };
                return show_state(&app, &journey::speak(visit.browser, Some(&current)), state, Some(&current));
            }
            None => MagicLinkState::Void,
        },
        LinkPlace::Elsewhere(link) => MagicLinkState::Elsewhere {
            magic_link: value.to_owned(),
            service: link.service,
            asked_at: link.asked_at.0,
            browser: link.whereabouts.browser,
            source: link.whereabouts.source,
        },
        LinkPlace::Void => MagicLinkState::Void,
    };
    show_state(&app, &visit.browser, state, None)
}

/// Signs in by a link.
pub(super) async fn submit(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, query, form } = submission;
    let current = journey::current(&app, &browser, &query).await?;
    let taken = acts::take_form(&app, request.source(), None, None)?;
    let attempt = LinkAttempt {
        value: form.get("magic_link_token").unwrap_or_default(),
        known_browser: journey::known_browser(&app, &request),
        place: browser.place(),
        locale: browser.locale,
    };
    match acts::redeem_magic_link(&app, &browser.by(&request), attempt).await? {
        Some((session, interaction)) => {
            taken.given_back(&app)?;
            let current = current.filter(|current| current.key == interaction);
            journey::go_on_signed_in(&app, &request, &browser, &session, current.as_ref()).await
        }
        None => show_state(&app, &browser, MagicLinkState::Void, None),
    }
}

/// Gives a link up that somebody else asked for.
pub(super) async fn disown(app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    let _charged = acts::take_form(&app, request.source(), None, None)?;
    let value = form.get("magic_link_token").unwrap_or_default();
    let state = match acts::disown_magic_link(&app, &browser.by(&request), value).await? {
        true => MagicLinkState::Disowned,
        false => MagicLinkState::Void,
    };
    show_state(&app, &browser, state, None)
}

fn show_state(
    app: &App,
    browser: &Browser,
    state: MagicLinkState,
    current: Option<&Current>,
) -> Result<Response, Error> {
    let status = match state {
        MagicLinkState::Void => StatusCode::GONE,
        MagicLinkState::Here { .. } | MagicLinkState::Elsewhere { .. } | MagicLinkState::Disowned => StatusCode::OK,
    };
    browser.page_with(app, &SignInWithMagicLink { state }, status, current.and_then(Current::form_target).as_deref())
}
