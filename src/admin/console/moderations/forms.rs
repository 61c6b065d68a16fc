//! What the forms of a request say, and what they say again when they are refused.

use super::{template, templates};
use crate::acts::administration::{Acceptance, ModerationDossier, Rejection, Shown, SimilarOnes};
use crate::admin::console::pages::{AcceptForm, Forms, RejectForm, SimilarRequests};
use crate::app::App;
use crate::domain::{ApplicantFacts, EmailDomainStatus, ModerationId, RejectionReason, Verification};
use crate::protocol::Parameters;

/// The longest note, in characters.
const MAX_NOTE: usize = 1_000;

/// The ways in which a moderator says that a link was proven.
const VERIFICATIONS: [Verification; 5] = [
    Verification::OfficialContactEmail,
    Verification::ProofReceived,
    Verification::InListeDirigeantsRne,
    Verification::InListeDirigeantsRna,
    Verification::OrdreProfessionnelDomain,
];

/// What a moderator makes of the domain of a person.
const DOMAINS: [EmailDomainStatus; 3] =
    [EmailDomainStatus::Verified, EmailDomainStatus::External, EmailDomainStatus::Refused];

/// The forms before anything is typed; `reason` names a template.
pub(super) fn fresh(app: &App, here: &str, reason: Option<&str>, dossier: &ModerationDossier) -> Forms {
    let is_open_to_anybody = dossier.is_open_to_anybody;
    let link = if dossier.listed.request.as_external { "external" } else { "internal" };
    let chosen = template(app, reason);
    let is_correctable = chosen.as_ref().is_some_and(|(_, may_be_corrected)| *may_be_corrected);
    let unverified = app.config.joining.policy.allow_unverified.then_some(Verification::Unverified);
    let verifications = VERIFICATIONS.into_iter().chain(unverified).map(Verification::as_str);
    let may_be =
        |status: &EmailDomainStatus| !(status.is_approved() && (is_open_to_anybody || !dossier.may_approve_domain));
    let domains = DOMAINS.into_iter().filter(may_be).map(EmailDomainStatus::as_str);
    Forms {
        seen: written(&dossier.facts),
        accept: AcceptForm {
            link: String::from(link),
            verification: String::from("automatic"),
            verifications: ["automatic"].into_iter().chain(verifications).collect(),
            domain: String::from("leave"),
            domains: ["leave"].into_iter().chain(domains).collect(),
            is_own_domain: !dossier.may_approve_domain,
            all_similar: dossier
                .similar
                .last()
                .map(|last| SimilarRequests { count: dossier.similar.len(), up_to: last.request.id.0 }),
            similar: false,
            notify: true,
            note: String::new(),
            has_bad_note: false,
        },
        reject: RejectForm {
            templates: templates(app, here),
            template: chosen.map(|(chosen, _)| chosen),
            reason: None,
            problem: None,
            correctable: word_of(is_correctable).to_owned(),
            refuse_domain: false,
            notify: true,
            note: String::new(),
            has_bad_note: false,
        },
        note: String::new(),
        has_bad_note: false,
    }
}

fn word_of(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// The fields of an acceptance.
pub(super) const ACCEPT: [&str; 8] =
    ["seen", "link", "verification", "domain", "similar", "similar_up_to", "notify", "note"];
/// The fields of a refusal.
pub(super) const REJECT: [&str; 6] = ["seen", "reason", "correctable", "refuse_domain", "notify", "note"];

/// A value that no form of ours offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Foreign(pub(super) &'static str);

/// The person as the page showed them, in the one field that says so.
pub(super) fn written(facts: &ApplicantFacts) -> String {
    serde_json::to_string(facts).unwrap_or_default()
}

/// What the page showed, as its form says it.
pub(super) fn read_seen(form: &Parameters) -> Result<Shown, Foreign> {
    let seen = form.get("seen").and_then(|seen| serde_json::from_str::<ApplicantFacts>(seen).ok());
    seen.map(|facts| Shown::Applicant(Box::new(facts))).ok_or(Foreign("seen"))
}

/// What the form of an acceptance says; `None` when it is to be shown again, as it is kept in `forms`.
pub(super) fn read_acceptance(form: &Parameters, forms: &mut Forms) -> Result<Option<Acceptance>, Foreign> {
    let shown = read_seen(form)?;
    // What was not shown anew is not taken for seen.
    forms.seen = form.get("seen").unwrap_or_default().to_owned();
    let kept = &mut forms.accept;
    let chosen = |name: &'static str| form.get(name).unwrap_or_default().to_owned();
    (kept.link, kept.verification, kept.domain) = (chosen("link"), chosen("verification"), chosen("domain"));
    (kept.similar, kept.notify) = (ticked(form, "similar")?, ticked(form, "notify")?);
    kept.note = chosen("note");
    let is_external = match kept.link.as_str() {
        "internal" => false,
        "external" => true,
        _ => return Err(Foreign("link")),
    };
    if !kept.verifications.contains(&kept.verification.as_str()) {
        return Err(Foreign("verification"));
    }
    let mut known = VERIFICATIONS.into_iter().chain([Verification::Unverified]);
    let verification = known.find(|known| known.as_str() == kept.verification);
    // One that is no choice here, the act refuses with its reason.
    let domain = DOMAINS.into_iter().find(|known| known.as_str() == kept.domain);
    if domain.is_none() && kept.domain != "leave" {
        return Err(Foreign("domain"));
    }
    let similar = match kept.similar {
        true => SimilarOnes::UpTo(last_seen(form)?),
        false => SimilarOnes::Left,
    };
    let Some(note) = read_note(&kept.note) else {
        kept.has_bad_note = true;
        return Ok(None);
    };
    Ok(Some(Acceptance { shown, is_external, verification, domain, similar, notify: kept.notify, note }))
}

/// The greatest number among the similar requests that the page showed.
fn last_seen(form: &Parameters) -> Result<ModerationId, Foreign> {
    let named = form.get("similar_up_to").and_then(|number| number.parse().ok());
    named.ok_or(Foreign("similar_up_to"))
}

/// What the form of a refusal says; `None` when it is to be shown again, as it is kept in `forms`.
pub(super) fn read_rejection(form: &Parameters, forms: &mut Forms) -> Result<Option<Rejection>, Foreign> {
    let shown = read_seen(form)?;
    forms.seen = form.get("seen").unwrap_or_default().to_owned();
    let kept = &mut forms.reject;
    let chosen = |name: &'static str| form.get(name).unwrap_or_default().to_owned();
    (kept.reason, kept.correctable, kept.note) = (Some(chosen("reason")), chosen("correctable"), chosen("note"));
    (kept.refuse_domain, kept.notify) = (ticked(form, "refuse_domain")?, ticked(form, "notify")?);
    let may_be_corrected = read_correctable(form)?;
    let reason = read_reason(form);
    let note = read_note(&kept.note);
    kept.has_bad_note = note.is_none();
    kept.problem = reason.as_ref().err().copied();
    let (Ok(reason), Some(note)) = (reason, note) else { return Ok(None) };
    let refuses_domain = kept.refuse_domain;
    Ok(Some(Rejection { shown, reason: Some(reason), may_be_corrected, refuses_domain, notify: kept.notify, note }))
}

/// Whether the person may correct their request.
pub(super) fn read_correctable(form: &Parameters) -> Result<bool, Foreign> {
    match form.get("correctable") {
        Some("yes") => Ok(true),
        Some("no") => Ok(false),
        Some(_) | None => Err(Foreign("correctable")),
    }
}

/// The reason that the person reads, or why it cannot be one. Line ends are blanks there; blanks that no line breaks at
/// stay so.
pub(super) fn read_reason(form: &Parameters) -> Result<RejectionReason, &'static str> {
    let typed = form.get("reason").unwrap_or_default();
    let breaks = |character: char| character.is_whitespace() && !matches!(character, '\u{a0}' | '\u{202f}');
    let line = typed.split(breaks).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if line.trim().is_empty() {
        return Err("missing");
    }
    RejectionReason::try_from(line).map_err(|_| "malformed")
}

/// A note, or none where nothing was typed; `None` when it cannot be one.
pub(super) fn read_note(typed: &str) -> Option<Option<String>> {
    let text = typed.replace("\r\n", "\n").trim().to_owned();
    if text.is_empty() {
        return Some(None);
    }
    let is_shown = |character: char| character == '\n' || !character.is_control();
    let is_good = text.chars().count() <= MAX_NOTE && text.chars().all(is_shown);
    is_good.then_some(Some(text))
}

fn ticked(form: &Parameters, name: &'static str) -> Result<bool, Foreign> {
    match form.get(name) {
        None => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Foreign(name)),
    }
}
