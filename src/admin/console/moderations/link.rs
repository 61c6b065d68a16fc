//! The page of the link by which one moderator decides on one request: looking decides nothing, and a decision is the last
//! thing that the link does.

use super::decisions::word_of;
use super::forms::{Foreign, read_correctable, read_reason, read_seen, written};
use super::{applicant, requested_organization, row, template, templates, warnings};
use crate::acts;
use crate::acts::administration::{
    self, Acceptance, LinkDecision, LinkOutcome, ModerationDossier, ModerationLinkPlace, Rejection, Shown, SimilarOnes,
};
use crate::admin::console::form::check_fields;
use crate::admin::console::pages::{Applicant, ModerationLink, OpenLink};
use crate::app::App;
use crate::domain::{EmailDomain, User};
use crate::protocol::Parameters;
use crate::web::{Browser, Error, Request, Response, StatusCode, Submission, Visit, paths};

/// Shows what it is about, and what each button does.
pub(super) async fn show(value: String, app: App, visit: Visit) -> Result<Response, Error> {
    check_source(&app, &visit.request)?;
    let by = visit.browser.by(&visit.request);
    let place = administration::look_at_moderation_link(&app, &by, &value).await?;
    let (page, status) = match place {
        ModerationLinkPlace::Open(user, dossier) => {
            (open(&app, (&user, &dossier), &value, visit.query.get("reason")), StatusCode::OK)
        }
        ModerationLinkPlace::Decided => (ModerationLink::over("decided"), StatusCode::GONE),
        ModerationLinkPlace::Void => (ModerationLink::over("void"), StatusCode::GONE),
    };
    visit.browser.page_with(&app, &page, status, None)
}

/// Decides.
pub(super) async fn submit(value: String, app: App, submission: Submission) -> Result<Response, Error> {
    let Submission { browser, request, form, .. } = submission;
    check_source(&app, &request)?;
    check_fields(&form, &["seen", "decision", "reason", "correctable"])?;
    let taken = acts::take_form(&app, request.source(), None, None)?;
    let typed = Typed {
        seen: form.get("seen").unwrap_or_default(),
        reason: form.get("reason").unwrap_or_default(),
        correctable: form.get("correctable").unwrap_or("no"),
        problem: None,
        failure: None,
    };
    let (decision, state) = match read(&form) {
        Ok(Decided::Accepted(acceptance)) => (LinkDecision::Accept(acceptance), "accepted"),
        Ok(Decided::Rejected(rejection)) => (LinkDecision::Reject(rejection), "rejected"),
        Ok(Decided::Undecided(problem)) => {
            let typed = Typed { problem: Some(problem), ..typed };
            return again(&app, &browser, &request, &value, typed).await;
        }
        Err(Foreign(field)) => {
            // Whoever holds no link that works is told that, whatever they sent.
            let answer = again(&app, &browser, &request, &value, typed).await?;
            let is_over = answer.status() == StatusCode::GONE;
            return if is_over { Ok(answer) } else { Err(Error::bad_request("bad_request").with_detail(field)) };
        }
    };
    let outcome = administration::decide_by_moderation_link(&app, &browser.by(&request), &value, decision).await?;
    match outcome {
        LinkOutcome::Done(done) => {
            taken.given_back(&app)?;
            let is_review = state == "accepted" && !done.request.is_blocking();
            let state = if is_review { "accepted_review" } else { state };
            browser.page(&app, &ModerationLink::over(state))
        }
        LinkOutcome::Refused(refusal) => {
            let typed = Typed { failure: word_of(&refusal), ..typed };
            again(&app, &browser, &request, &value, typed).await
        }
        LinkOutcome::Decided => browser.page_with(&app, &ModerationLink::over("decided"), StatusCode::GONE, None),
        LinkOutcome::Void => browser.page_with(&app, &ModerationLink::over("void"), StatusCode::GONE, None),
    }
}

/// What a form says.
enum Decided {
    Accepted(Acceptance),
    Rejected(Rejection),
    /// The reason cannot be one.
    Undecided(&'static str),
}

fn read(form: &Parameters) -> Result<Decided, Foreign> {
    let shown = read_seen(form)?;
    match form.get("decision") {
        Some("accept") => Ok(Decided::Accepted(acceptance(shown, false))),
        Some("accept_external") => Ok(Decided::Accepted(acceptance(shown, true))),
        Some("reject") => {
            let may_be_corrected = read_correctable(form)?;
            Ok(match read_reason(form) {
                Ok(reason) => {
                    let reason = Some(reason);
                    let (refuses_domain, note) = (false, None);
                    Decided::Rejected(Rejection { shown, reason, may_be_corrected, refuses_domain, notify: true, note })
                }
                Err(problem) => Decided::Undecided(problem),
            })
        }
        Some(_) | None => Err(Foreign("decision")),
    }
}

/// What the link is worth is worth it where the console is, and nowhere else.
fn check_source(app: &App, request: &Request) -> Result<(), Error> {
    let sources = &app.config.limits.administration_sources;
    let address = request.source().address();
    match sources.is_empty() || sources.iter().any(|network| network.contains(&address)) {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

fn acceptance(shown: Shown, is_external: bool) -> Acceptance {
    let similar = SimilarOnes::Left;
    Acceptance { shown, is_external, verification: None, domain: None, similar, notify: true, note: None }
}

/// What was typed, and why it was refused.
struct Typed<'a> {
    /// The person as the page had shown them.
    seen: &'a str,
    reason: &'a str,
    correctable: &'a str,
    problem: Option<&'static str>,
    failure: Option<&'static str>,
}

/// The page again, with what was typed.
async fn again(
    app: &App,
    browser: &Browser,
    request: &Request,
    value: &str,
    typed: Typed<'_>,
) -> Result<Response, Error> {
    let place = administration::look_at_moderation_link(app, &browser.by(request), value).await?;
    let page = match place {
        ModerationLinkPlace::Open(user, dossier) => {
            let mut page = open(app, (&user, &dossier), value, None);
            if let Some(open) = &mut page.open {
                open.reason = Some(typed.reason.to_owned());
                open.correctable = typed.correctable.to_owned();
                (open.problem, open.failure) = (typed.problem, typed.failure);
                // What moved is told, and shown anew; else what was not shown anew is not taken for seen.
                if !typed.failure.is_some_and(|failure| failure.starts_with("moved_")) {
                    open.seen = typed.seen.to_owned();
                }
            }
            page
        }
        ModerationLinkPlace::Decided => ModerationLink::over("decided"),
        ModerationLinkPlace::Void => ModerationLink::over("void"),
    };
    let status = if page.open.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::GONE };
    browser.page_with(app, &page, status, None)
}

fn open(
    app: &App,
    (moderator, dossier): (&User, &ModerationDossier),
    value: &str,
    reason: Option<&str>,
) -> ModerationLink {
    let here = paths::of(paths::MODERATION, value);
    let chosen = template(app, reason);
    let is_correctable = chosen.as_ref().is_some_and(|(_, may_be_corrected)| *may_be_corrected);
    let domain = dossier.domain();
    let has_domain = |user: &User| EmailDomain::of(&user.email) == domain;
    ModerationLink {
        state: "open",
        open: Some(OpenLink {
            value: value.to_owned(),
            moderator: moderator.information.full_name().unwrap_or_else(|| moderator.email.to_string()),
            failure: None,
            seen: written(&dossier.facts),
            request: row(&dossier.listed),
            // Whoever holds the mail sees no more than what a decision wants (SEC-138).
            applicant: Applicant { job: None, phone_number: None, ..applicant(dossier) },
            organization: requested_organization(&dossier.listed.organization),
            warnings: warnings(dossier),
            duplicates: dossier.duplicates.iter().map(row).collect(),
            members: dossier.members.len(),
            members_with_domain: dossier.members.iter().filter(|(_, user)| has_domain(user)).count(),
            templates: templates(app, &here),
            template: chosen.map(|(chosen, _)| chosen),
            reason: None,
            problem: None,
            correctable: String::from(if is_correctable { "yes" } else { "no" }),
        }),
    }
}
