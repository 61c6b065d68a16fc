//! Requests to join, in the console: listed, weighed, decided.

mod decisions;
mod dossier;
mod forms;
mod link;
mod list;

use super::pages::{
    Applicant, Authorship, ChosenTemplate, LookAlikeLine, ModerationRow, OwnLink, RequestedOrganization, StandingLink,
    TemplateLine, Warnings,
};
use crate::acts::administration::{ListedModeration, ModerationDossier};
use crate::app::App;
use crate::domain::{
    Activity, EmailDomainStatus, LegalCategory, Membership, ModerationId, ModerationState, Organization, Right,
};
use crate::web::{Error, Guard, Table, paths};

/// The addresses of requests.
pub(super) fn routes(app: &App) -> Table {
    let (reads, decides) = (Guard::Administration(Right::ReadModerations), Guard::Administration(Right::Moderate));
    Table::new(app)
        .visit(paths::ADMIN_MODERATIONS, reads, list::show)
        .visit(paths::ADMIN_MODERATIONS_FILE, reads, list::file)
        .visit_at(paths::ADMIN_MODERATION, reads, dossier::show)
        .submission_at(paths::ACCEPT_MODERATION, decides, decisions::accept)
        .submission_at(paths::REJECT_MODERATION, decides, decisions::reject)
        .submission_at(paths::REOPEN_ANY_MODERATION, decides, decisions::reopen)
        .submission_at(paths::COMMENT_MODERATION, decides, decisions::comment)
        .visit_at(paths::MODERATION, Guard::Link, link::show)
        .submission_at(paths::MODERATION, Guard::Link, link::submit)
}

/// Reasons that a moderator chooses from and changes as they like: their names in the catalogue, and whether the person may
/// correct their request.
pub(super) const TEMPLATES: [(&str, bool); 6] = [
    ("incomplete_name", true),
    ("personal_address", false),
    ("other_organization", false),
    ("not_a_member", false),
    ("no_proof", true),
    ("unknown_domain", false),
];

/// What the page says that was done.
pub(super) const NOTIFICATIONS: [&str; 4] =
    ["moderation_accepted", "moderation_rejected", "moderation_reopened", "moderation_commented"];

/// Why the page says that nothing was done.
pub(super) const FAILURES: [&str; 14] = [
    "decided",
    "pending",
    "open_to_anybody",
    "unverified",
    "too_many_notes",
    "closed",
    "unconfirmed",
    "own",
    "linked",
    "own_domain",
    "moved_address",
    "moved_name",
    "moved_link",
    "moved_domain",
];

/// The request that the path names.
fn parse(segment: &str) -> Result<ModerationId, Error> {
    segment.parse().map_err(|_| Error::NotFound)
}

/// Every template by the name under which it is chosen, and whether the person may correct their request then: those of the
/// program, then the operator's own.
fn all_templates(app: &App) -> impl Iterator<Item = (String, ChosenTemplate, bool)> {
    let built_in = |(name, may_be_corrected): (&'static str, bool)| {
        (name.to_owned(), ChosenTemplate::Name(name), may_be_corrected)
    };
    let own =
        app.config.joining.rejection_reasons.iter().enumerate().map(|(position, reason)| {
            (format!("own-{position}"), ChosenTemplate::Text(reason.as_str().to_owned()), false)
        });
    TEMPLATES.into_iter().map(built_in).chain(own)
}

/// The templates, as links to the form that they fill in.
fn templates(app: &App, here: &str) -> Vec<TemplateLine> {
    let line = |(name, template, may_be_corrected)| {
        let href = format!("{here}?reason={name}#reject");
        TemplateLine { template, href, may_be_corrected }
    };
    all_templates(app).map(line).collect()
}

/// The template of this name, and whether the person may correct their request then.
fn template(app: &App, name: Option<&str>) -> Option<(ChosenTemplate, bool)> {
    let (_, template, may_be_corrected) = all_templates(app).find(|(known, ..)| Some(known.as_str()) == name)?;
    Some((template, may_be_corrected))
}

fn row(listed: &ListedModeration) -> ModerationRow {
    let ListedModeration { request, user, organization, service, decider } = listed;
    ModerationRow {
        id: request.id.0,
        name: user.information.full_name(),
        email: user.email.to_string(),
        organization: organization.label.clone(),
        siret: organization.siret.to_string(),
        service: service.clone(),
        is_blocking: request.is_blocking(),
        as_external: request.as_external,
        status: match request.state {
            ModerationState::Pending { .. } => "pending",
            ModerationState::Accepted { .. } => "accepted",
            ModerationState::Rejected { .. } => "rejected",
        },
        requested_at: request.created_at.0,
        decided_at: request.decision().map(|(_, at)| at.0),
        decided_by: decider.clone(),
    }
}

fn applicant(dossier: &ModerationDossier) -> Applicant {
    let (user, domain) = (&dossier.listed.user, dossier.domain());
    let known = dossier.domains.iter().find(|known| known.domain == domain);
    let link = |(membership, organization): &(Membership, Organization)| OwnLink {
        label: organization.label.clone(),
        siret: organization.siret.to_string(),
        verification: membership.verification.as_str(),
        is_external: membership.is_external,
    };
    Applicant {
        id: user.id.to_string(),
        name: user.information.full_name(),
        email: user.email.to_string(),
        domain: domain.to_string(),
        domain_status: known.map(|known| known.status.as_str()),
        job: user.information.job.clone(),
        phone_number: user.information.phone_number.clone(),
        since: user.created_at.0,
        organizations: dossier.memberships.iter().map(link).collect(),
        has_unproven_link: dossier.link.as_ref().is_some_and(|link| dossier.listed.request.asks_for_proof_of(link)),
    }
}

fn requested_organization(organization: &Organization) -> RequestedOrganization {
    RequestedOrganization {
        id: organization.id.to_string(),
        label: organization.label.clone(),
        siret: organization.siret.to_string(),
        address: organization.address.clone(),
        legal_category: organization.legal_category.as_ref().and_then(LegalCategory::label).map(str::to_owned),
        activity: organization.activity.as_ref().and_then(Activity::label).map(str::to_owned),
        headcount: organization.headcount.map(|band| band.label().to_owned()),
        is_head_office: organization.is_head_office,
        is_active: organization.is_active,
        is_ceased: organization.is_entity_active == Some(false),
        not_found_at: organization.not_found_at.map(|at| at.0),
        is_public_service: organization.is_public_service(),
        is_confirmed: organization.is_confirmed(),
        source: organization.source,
        told_by: organization.told.map(|told| told.by),
        as_of: organization.as_of().0,
    }
}

fn warnings(dossier: &ModerationDossier) -> Warnings {
    let domain = dossier.domain();
    let is_refused = |known: &&crate::domain::OrganizationDomain| {
        known.domain == domain && known.status == EmailDomainStatus::Refused
    };
    let line =
        |alike: &crate::domain::LookAlike| LookAlikeLine { domain: alike.known.to_string(), likeness: alike.likeness };
    Warnings {
        is_open_to_anybody: dossier.is_open_to_anybody,
        is_domain_refused: dossier.domains.iter().find(is_refused).is_some(),
        look_alikes: dossier.look_alikes.iter().map(line).collect(),
        asked_with: dossier
            .listed
            .request
            .asked_with
            .as_ref()
            .filter(|email| **email != dossier.listed.user.email)
            .map(ToString::to_string),
        link: dossier.link.as_ref().filter(|_| dossier.stands_by_another_act).map(|link| StandingLink {
            verification: link.verification.as_str(),
            authorship: Authorship::of_link(link, &dossier.deciders),
        }),
    }
}
