//! The forms of a request: each says before what it does, and the second of two moderators is told what the first decided
//! (SEC-111).

use super::dossier::{look, offered, refused};
use super::forms::{ACCEPT, Foreign, REJECT, read_acceptance, read_note, read_rejection};
use super::parse;
use crate::acts::administration::{self, ModerationDossier, ModerationRefusal};
use crate::admin::console::form::check_fields;
use crate::admin::console::pages::{AcceptForm, Forms, RejectForm};
use crate::app::App;
use crate::domain::{FactMoved, ModerationFault, ModerationId};
use crate::web::{Browser, Error, Response, StatusCode, Submission, paths};

/// Lets the person in.
pub(super) async fn accept(segment: String, app: App, submission: Submission) -> Result<Response, Error> {
    let (id, Submission { browser, request, form, .. }) = (parse(&segment)?, submission);
    check_fields(&form, &ACCEPT)?;
    let (dossier, mut forms) = decidable(&app, &browser, &request, id).await?;
    let acceptance = read_acceptance(&form, &mut forms).map_err(foreign)?;
    let Some(acceptance) = acceptance else { return incomplete(&app, &browser, &dossier, forms) };
    let by = browser.officer()?.by(&request);
    match administration::accept_moderation(&app, &by, id, acceptance).await? {
        Ok(_) => done(&app, &browser, id, "moderation_accepted"),
        Err(refusal) => answer(&app, &browser, &request, id, (refusal, forms)).await,
    }
}

/// Refuses them.
pub(super) async fn reject(segment: String, app: App, submission: Submission) -> Result<Response, Error> {
    let (id, Submission { browser, request, form, .. }) = (parse(&segment)?, submission);
    check_fields(&form, &REJECT)?;
    let (dossier, mut forms) = decidable(&app, &browser, &request, id).await?;
    let rejection = read_rejection(&form, &mut forms).map_err(foreign)?;
    let Some(rejection) = rejection else { return incomplete(&app, &browser, &dossier, forms) };
    let by = browser.officer()?.by(&request);
    match administration::reject_moderation(&app, &by, id, rejection).await? {
        Ok(_) => done(&app, &browser, id, "moderation_rejected"),
        Err(refusal) => answer(&app, &browser, &request, id, (refusal, forms)).await,
    }
}

/// Takes a decision back.
pub(super) async fn reopen(segment: String, app: App, submission: Submission) -> Result<Response, Error> {
    let (id, Submission { browser, request, form, .. }) = (parse(&segment)?, submission);
    check_fields(&form, &[])?;
    let (_, forms) = decidable(&app, &browser, &request, id).await?;
    let by = browser.officer()?.by(&request);
    match administration::reopen_moderation(&app, &by, id, None).await? {
        Ok(_) => done(&app, &browser, id, "moderation_reopened"),
        Err(refusal) => answer(&app, &browser, &request, id, (refusal, forms)).await,
    }
}

/// Writes something down.
pub(super) async fn comment(segment: String, app: App, submission: Submission) -> Result<Response, Error> {
    let (id, Submission { browser, request, form, .. }) = (parse(&segment)?, submission);
    check_fields(&form, &["note"])?;
    let (dossier, mut forms) = decidable(&app, &browser, &request, id).await?;
    forms.note = form.get("note").unwrap_or_default().to_owned();
    let Some(Some(note)) = read_note(&forms.note) else {
        forms.has_bad_note = true;
        return incomplete(&app, &browser, &dossier, forms);
    };
    let by = browser.officer()?.by(&request);
    match administration::comment_moderation(&app, &by, id, note).await? {
        Ok(_) => done(&app, &browser, id, "moderation_commented"),
        Err(refusal) => answer(&app, &browser, &request, id, (refusal, forms)).await,
    }
}

/// The dossier and the forms of whoever decides on it; for whoever does not, there is none.
async fn decidable(
    app: &App,
    browser: &Browser,
    request: &crate::web::Request,
    id: ModerationId,
) -> Result<(ModerationDossier, Forms), Error> {
    let dossier = look(app, browser, request, id).await?;
    let forms = offered(app, &dossier, None).ok_or(Error::NotFound)?;
    Ok((dossier, forms))
}

fn foreign(Foreign(field): Foreign) -> Error {
    Error::bad_request("bad_request").with_detail(field)
}

fn done(app: &App, browser: &Browser, id: ModerationId, notification: &str) -> Result<Response, Error> {
    browser.redirect(app, &paths::notifying(&paths::of(paths::ADMIN_MODERATION, id), notification))
}

fn incomplete(app: &App, browser: &Browser, dossier: &ModerationDossier, forms: Forms) -> Result<Response, Error> {
    refused(app, browser, dossier, Some(forms), (None, StatusCode::BAD_REQUEST))
}

/// Why nothing was done, on the page as it is now.
async fn answer(
    app: &App,
    browser: &Browser,
    request: &crate::web::Request,
    id: ModerationId,
    (refusal, forms): (ModerationRefusal, Forms),
) -> Result<Response, Error> {
    let failure = word_of(&refusal).ok_or(Error::NotFound)?;
    let dossier = look(app, browser, request, id).await?;
    let has_moved = matches!(refusal, ModerationRefusal::Moved(_));
    let forms = match offered(app, &dossier, None).filter(|_| has_moved) {
        Some(fresh) => chosen_anew(fresh, forms),
        None => forms,
    };
    refused(app, browser, &dossier, Some(forms), (Some(failure), StatusCode::CONFLICT))
}

/// The forms about a person who is not any more as they were shown: what is made of them is chosen anew, and what was written
/// stays.
fn chosen_anew(fresh: Forms, sent: Forms) -> Forms {
    let accept = AcceptForm { note: sent.accept.note, ..fresh.accept };
    let reject = RejectForm { reason: sent.reject.reason, note: sent.reject.note, ..fresh.reject };
    Forms { accept, reject, ..fresh }
}

/// The word of a refusal in the catalogue; none for what is not there.
pub(super) fn word_of(refusal: &ModerationRefusal) -> Option<&'static str> {
    match refusal {
        ModerationRefusal::Unknown | ModerationRefusal::UnknownOrganization | ModerationRefusal::UnknownDomain => None,
        ModerationRefusal::Fault(ModerationFault::Pending) => Some("pending"),
        ModerationRefusal::Fault(ModerationFault::Decided | ModerationFault::Final) => Some("decided"),
        ModerationRefusal::OpenToAnybody(_) => Some("open_to_anybody"),
        ModerationRefusal::Unverified => Some("unverified"),
        ModerationRefusal::TooManyNotes => Some("too_many_notes"),
        ModerationRefusal::Closed => Some("closed"),
        ModerationRefusal::Unconfirmed => Some("unconfirmed"),
        ModerationRefusal::Own => Some("own"),
        ModerationRefusal::Linked => Some("linked"),
        ModerationRefusal::OwnDomain(_) => Some("own_domain"),
        ModerationRefusal::Moved(FactMoved::Address) => Some("moved_address"),
        ModerationRefusal::Moved(FactMoved::Name) => Some("moved_name"),
        ModerationRefusal::Moved(FactMoved::Link) => Some("moved_link"),
        ModerationRefusal::Moved(FactMoved::Domain) => Some("moved_domain"),
    }
}
