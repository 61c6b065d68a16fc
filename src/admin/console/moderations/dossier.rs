//! One request, with everything that is weighed.

use std::collections::BTreeMap;

use super::forms::fresh;
use super::{NOTIFICATIONS, applicant, parse, requested_organization, row, warnings};
use crate::acts::administration::{self, Contacts, LinkUndone, ModerationDossier, Undoing};
use crate::admin::console::pages::{
    Author, Authorship, ContactLine, DomainLine, Forms, HistoryLine, MemberLine, Moderation, Undone, UndoneDomain,
};
use crate::app::App;
use crate::domain::{EmailDomain, EmailDomainStatus, Membership, ModerationId, ModerationState, User, UserId};
use crate::web::{Browser, Error, Request, Response, StatusCode, Visit, paths};

/// Shows it.
pub(super) async fn show(segment: String, app: App, visit: Visit) -> Result<Response, Error> {
    let id = parse(&segment)?;
    let dossier = look(&app, &visit.browser, &visit.request, id).await?;
    let forms = offered(&app, &dossier, visit.query.get("reason"));
    let word = visit.query.get("notification").unwrap_or_default();
    let notification = NOTIFICATIONS.into_iter().find(|known| *known == word).map(str::to_owned);
    let page = Moderation { notification, ..page_of(&dossier, forms) };
    visit.browser.page(&app, &page)
}

/// The dossier, where whoever is at work may see it (SEC-141).
pub(super) async fn look(
    app: &App,
    browser: &Browser,
    request: &Request,
    id: ModerationId,
) -> Result<ModerationDossier, Error> {
    let by = browser.officer()?.by(request);
    administration::view_moderation(app, &by, id).await?.ok_or(Error::NotFound)
}

/// The forms of whoever decides.
pub(super) fn offered(app: &App, dossier: &ModerationDossier, reason: Option<&str>) -> Option<Forms> {
    let here = paths::of(paths::ADMIN_MODERATION, dossier.listed.request.id);
    dossier.may_decide.then(|| fresh(app, &here, reason, dossier))
}

/// The page again, with what was sent and why nothing was done.
pub(super) fn refused(
    app: &App,
    browser: &Browser,
    dossier: &ModerationDossier,
    forms: Option<Forms>,
    (failure, status): (Option<&'static str>, StatusCode),
) -> Result<Response, Error> {
    let page = Moderation { failure, ..page_of(dossier, forms) };
    browser.page_with(app, &page, status, None)
}

fn page_of(dossier: &ModerationDossier, forms: Option<Forms>) -> Moderation {
    let domain = dossier.domain();
    let [duplicates, similar, earlier, waiting] =
        dossier.each_once().map(|list| list.into_iter().map(row).collect::<Vec<_>>());
    Moderation {
        notification: None,
        failure: None,
        request: row(&dossier.listed),
        applicant: applicant(dossier),
        organization: requested_organization(&dossier.listed.organization),
        warnings: warnings(dossier),
        domains: dossier
            .domains
            .iter()
            .map(|known| DomainLine {
                domain: known.domain.to_string(),
                status: known.status.as_str(),
                is_theirs: known.domain == domain,
                decided_by: Author::of_domain(known, &dossier.deciders),
            })
            .collect(),
        contacts: match &dossier.contacts {
            Contacts::Known(known) => Some(
                known
                    .iter()
                    .map(|contact| ContactLine { email: contact.email.to_string(), name: contact.name.clone() })
                    .collect(),
            ),
            Contacts::Unavailable => None,
        },
        members: dossier.members.iter().map(|known| member(known, &domain, &dossier.deciders)).collect(),
        earlier,
        duplicates,
        similar,
        waiting,
        undone: dossier.undoing.as_ref().map(undone),
        history: history(dossier),
        forms,
    }
}

/// What taking the acceptance back comes to.
fn undone(undoing: &Undoing) -> Undone {
    let (link, verification) = match undoing.link {
        LinkUndone::None => ("none", None),
        LinkUndone::Ends => ("ends", None),
        LinkUndone::PutBack(verification) => ("put_back", Some(verification.as_str())),
        LinkUndone::Stays => ("stays", None),
    };
    let domain = undoing.domain.as_ref().map(|(domain, status)| UndoneDomain {
        domain: domain.to_string(),
        status: status.map_or("unknown", EmailDomainStatus::as_str),
    });
    Undone { link, verification, domain }
}

fn member(
    (membership, user): &(Membership, User),
    domain: &EmailDomain,
    names: &BTreeMap<UserId, String>,
) -> MemberLine {
    MemberLine {
        name: user.information.full_name(),
        email: user.email.to_string(),
        verification: membership.verification.as_str(),
        is_external: membership.is_external,
        has_same_domain: EmailDomain::of(&user.email) == *domain,
        authorship: Authorship::of_link(membership, names),
    }
}

/// What happened to it, the oldest first.
fn history(dossier: &ModerationDossier) -> Vec<HistoryLine> {
    let request = &dossier.listed.request;
    let mut lines: Vec<HistoryLine> = Vec::new();
    for (position, state) in request.history.iter().chain([&request.state]).enumerate() {
        let (at, what, by, text) = match state {
            ModerationState::Pending { since, .. } if position == 0 => (since, "requested", None, None),
            ModerationState::Pending { since, by } => (since, "waits_again", by.as_ref(), None),
            ModerationState::Accepted { at, by } => (at, "accepted", Some(by), None),
            ModerationState::Rejected { at, by, reason, .. } => (at, "rejected", Some(by), reason.clone()),
        };
        let by = by.map(|actor| dossier.name_of(actor));
        lines.push(HistoryLine { at: at.0, what, by, text: text.map(String::from) });
    }
    lines.extend(request.notes.iter().map(|note| HistoryLine {
        at: note.at.0,
        what: "noted",
        by: Some(dossier.name_of(&note.by)),
        text: Some(note.text.clone()),
    }));
    // Of one instant, what happened goes before what was written about it.
    lines.sort_by_key(|line| line.at);
    lines
}
