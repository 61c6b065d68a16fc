//! One request to join, with everything that is weighed, and the forms that decide on it.

use serde::Serialize;

use super::moderations::{ModerationRow, SimilarRequests};
use super::warnings::{Undone, Warnings};
use super::{Author, Authorship};
use crate::domain::{EstablishmentSource, OrganizationSource};
use crate::render::Page;

/// A request, `/admin/moderations/{id}`; its forms post to `…/accept`, `…/reject`, `…/reopen` and `…/comment`.
#[derive(Debug, Clone, Serialize)]
pub struct Moderation {
    /// What was just done.
    pub notification: Option<String>,
    /// Why it was not done, as a word of the catalogue: one of `FAILURES`.
    pub failure: Option<&'static str>,
    /// The request.
    pub request: ModerationRow,
    /// The person.
    pub applicant: Applicant,
    /// The organization.
    pub organization: RequestedOrganization,
    /// What makes one hesitate.
    pub warnings: Warnings,
    /// What domains are for the organization.
    pub domains: Vec<DomainLine>,
    /// The organization's own addresses; `None` where the directories do not answer.
    pub contacts: Option<Vec<ContactLine>>,
    /// Some of the members of the organization.
    pub members: Vec<MemberLine>,
    /// Other requests of the person.
    pub earlier: Vec<ModerationRow>,
    /// Requests for the same organization that seem to be the person's own.
    pub duplicates: Vec<ModerationRow>,
    /// Those of others with the same domain.
    pub similar: Vec<ModerationRow>,
    /// All of others that wait for the same organization.
    pub waiting: Vec<ModerationRow>,
    /// What taking the acceptance back comes to, of one that is accepted.
    pub undone: Option<Undone>,
    /// What happened to it, the oldest first.
    pub history: Vec<HistoryLine>,
    /// The forms; `None` for whoever reads only.
    pub forms: Option<Forms>,
}

/// Who asks.
#[derive(Debug, Clone, Serialize)]
pub struct Applicant {
    /// Their identifier.
    pub id: String,
    /// Their name, where it is known.
    pub name: Option<String>,
    /// Their address.
    pub email: String,
    /// Its host.
    pub domain: String,
    /// What the host is for the organization, where it is anything.
    pub domain_status: Option<&'static str>,
    /// Their position.
    pub job: Option<String>,
    /// Their telephone number.
    pub phone_number: Option<String>,
    /// When their account was opened, in seconds.
    pub since: u64,
    /// What they belong to.
    pub organizations: Vec<OwnLink>,
    /// Whether they belong to the organization that the request is for, and nothing proves it.
    pub has_unproven_link: bool,
}

/// An organization of the person.
#[derive(Debug, Clone, Serialize)]
pub struct OwnLink {
    /// Its name.
    pub label: String,
    /// Its SIRET, digits only.
    pub siret: String,
    /// How it was proven.
    pub verification: &'static str,
    /// Whether they work for it without belonging to it.
    pub is_external: bool,
}

/// The organization, from the register.
#[derive(Debug, Clone, Serialize)]
pub struct RequestedOrganization {
    /// Its number here.
    pub id: String,
    /// Its name.
    pub label: String,
    /// Its SIRET, digits only.
    pub siret: String,
    /// Postal code and commune.
    pub address: Option<String>,
    /// What its legal category means.
    pub legal_category: Option<String>,
    /// What its activity means.
    pub activity: Option<String>,
    /// What its band of head-count means.
    pub headcount: Option<String>,
    /// Whether it is the head office of its legal entity.
    pub is_head_office: bool,
    /// Whether it is in activity.
    pub is_active: bool,
    /// Whether its legal entity has ceased.
    pub is_ceased: bool,
    /// When the register did not know it any more, in seconds.
    pub not_found_at: Option<u64>,
    /// Whether it is a public body.
    pub is_public_service: bool,
    /// Whether the register, or an operator, has said so.
    pub is_confirmed: bool,
    /// Who said so.
    pub source: OrganizationSource,
    /// Which source of the register, where that is known.
    pub told_by: Option<EstablishmentSource>,
    /// When, in seconds.
    pub as_of: u64,
}

/// What a domain is for the organization.
#[derive(Debug, Clone, Serialize)]
pub struct DomainLine {
    /// The domain.
    pub domain: String,
    /// What it is.
    pub status: &'static str,
    /// Whether it is the person's.
    pub is_theirs: bool,
    /// Who said so.
    pub decided_by: Author,
}

/// An address of the organization in a public directory.
#[derive(Debug, Clone, Serialize)]
pub struct ContactLine {
    /// The address.
    pub email: String,
    /// How the directory names the service.
    pub name: String,
}

/// A member of the organization.
#[derive(Debug, Clone, Serialize)]
pub struct MemberLine {
    /// Their name, where it is known.
    pub name: Option<String>,
    /// Their address.
    pub email: String,
    /// How the link was proven.
    pub verification: &'static str,
    /// Whether they work for it without belonging to it.
    pub is_external: bool,
    /// Whether they have the person's host.
    pub has_same_domain: bool,
    /// Who made the link, and proved it.
    pub authorship: Authorship,
}

/// Something that happened to the request.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryLine {
    /// When, in seconds.
    pub at: u64,
    /// `requested`, `accepted`, `rejected`, `waits_again` or `noted`.
    pub what: &'static str,
    /// By whom.
    pub by: Option<String>,
    /// The reason of a refusal, or the note.
    pub text: Option<String>,
}

/// The forms of whoever decides, as they were sent.
#[derive(Debug, Clone, Serialize)]
pub struct Forms {
    /// The person as the page shows them, which a decision says again.
    pub seen: String,
    /// Letting in.
    pub accept: AcceptForm,
    /// Refusing.
    pub reject: RejectForm,
    /// Writing something down, or taking a decision back with a note.
    pub note: String,
    /// Whether the note cannot be one.
    pub has_bad_note: bool,
}

/// Letting in.
#[derive(Debug, Clone, Serialize)]
pub struct AcceptForm {
    /// `internal` or `external`.
    pub link: String,
    /// How it was proven; `automatic` where the domain says it.
    pub verification: String,
    /// The ways to prove it that there are.
    pub verifications: Vec<&'static str>,
    /// What the domain is from now on: `leave`, `verified`, `external` or `refused`.
    pub domain: String,
    /// What it can be.
    pub domains: Vec<&'static str>,
    /// Whether it is the domain of whoever decides, which they do not approve.
    pub is_own_domain: bool,
    /// The similar requests, wherever the page shows them.
    pub all_similar: Option<SimilarRequests>,
    /// Whether they are accepted too.
    pub similar: bool,
    /// Whether the person is told.
    pub notify: bool,
    /// What is written down.
    pub note: String,
    /// Whether that cannot be.
    pub has_bad_note: bool,
}

/// Refusing.
#[derive(Debug, Clone, Serialize)]
pub struct RejectForm {
    /// The templates that there are.
    pub templates: Vec<TemplateLine>,
    /// The template that fills the reason in, by its name, or its text where it is the operator's own.
    pub template: Option<ChosenTemplate>,
    /// What the person reads, as it was typed.
    pub reason: Option<String>,
    /// Why it cannot be one: `missing` or `malformed`.
    pub problem: Option<&'static str>,
    /// `yes` or `no`: whether the person may correct their request.
    pub correctable: String,
    /// Whether the domain is refused as well.
    pub refuse_domain: bool,
    /// Whether the person is told.
    pub notify: bool,
    /// What is written down.
    pub note: String,
    /// Whether that cannot be.
    pub has_bad_note: bool,
}

/// A template of a reason, to choose.
#[derive(Debug, Clone, Serialize)]
pub struct TemplateLine {
    /// Its name in the catalogue, or its text.
    pub template: ChosenTemplate,
    /// Where the form is that it fills in.
    pub href: String,
    /// Whether the person may correct their request then.
    pub may_be_corrected: bool,
}

/// A template that fills the reason in.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChosenTemplate {
    /// One of the program, by its name in the catalogue.
    Name(&'static str),
    /// The operator's own text.
    Text(String),
}

impl Forms {
    fn sample() -> Self {
        let own = ChosenTemplate::Text(String::from("Un motif <b>propre</b> à l’exploitant."));
        let own = TemplateLine { template: own, href: String::from("?reason=own-0#reject"), may_be_corrected: false };
        let template = |name, may_be_corrected| TemplateLine {
            template: ChosenTemplate::Name(name),
            href: format!("/admin/moderations/7?reason={name}#reject"),
            may_be_corrected,
        };
        Self {
            seen: String::from(r#"{"email":"elodie.martin@ville-clamart.fr"}"#),
            accept: AcceptForm {
                link: String::from("internal"),
                verification: String::from("automatic"),
                verifications: vec!["automatic", "proof_received", "in_liste_dirigeants_rne", "unverified"],
                domain: String::from("leave"),
                domains: vec!["leave", "verified", "external", "refused"],
                is_own_domain: false,
                all_similar: Some(SimilarRequests { count: 2, up_to: 7 }),
                similar: false,
                notify: true,
                note: String::new(),
                has_bad_note: false,
            },
            reject: RejectForm {
                templates: super::super::moderations::TEMPLATES
                    .map(|(name, corrected)| template(name, corrected))
                    .into_iter()
                    .chain([own])
                    .collect(),
                template: None,
                reason: None,
                problem: None,
                correctable: String::from("no"),
                refuse_domain: false,
                notify: true,
                note: String::new(),
                has_bad_note: false,
            },
            note: String::new(),
            has_bad_note: false,
        }
    }

    fn sample_refused(problem: &'static str) -> Self {
        let plain = Self::sample();
        Self {
            accept: AcceptForm {
                link: String::from("external"),
                verification: String::from("proof_received"),
                domain: String::from("verified"),
                similar: true,
                notify: false,
                note: String::from("Une <b>note</b>"),
                has_bad_note: true,
                is_own_domain: true,
                ..plain.accept
            },
            reject: RejectForm {
                reason: Some("Un motif <b>trop</b> long ".repeat(20)),
                problem: Some(problem),
                correctable: String::from("yes"),
                refuse_domain: true,
                notify: false,
                note: String::from("Une <b>note</b>"),
                has_bad_note: true,
                ..plain.reject
            },
            note: String::from("Une <b>note</b>"),
            has_bad_note: true,
            ..plain
        }
    }
}

impl Page for Moderation {
    const TEMPLATE: &'static str = "admin/moderation.html";

    fn samples() -> Vec<Self> {
        let plain = plain();
        let full = full(&plain);
        let failed = |failure| Self { failure: Some(failure), ..full.clone() };
        let notified = |word: &str| Self { notification: Some(word.to_owned()), ..full.clone() };
        let mut samples: Vec<Self> = super::super::moderations::FAILURES.map(failed).into();
        samples.extend(super::super::moderations::NOTIFICATIONS.map(notified));
        samples.extend(super::super::moderations::TEMPLATES.map(|(name, _)| {
            let mut forms = Forms::sample();
            forms.reject.template = Some(ChosenTemplate::Name(name));
            Self { forms: Some(forms), ..plain.clone() }
        }));
        let mut own = Forms::sample();
        own.reject.template = Some(ChosenTemplate::Text(String::from("Un motif <b>propre</b>")));
        samples.push(Self { forms: Some(own), ..plain.clone() });
        let refused = |problem| Self { forms: Some(Forms::sample_refused(problem)), ..full.clone() };
        samples.extend(["missing", "malformed"].map(refused));
        samples.push(Self { forms: None, contacts: None, ..full.clone() });
        let accepted = ModerationRow { status: "accepted", is_blocking: false, ..full.request.clone() };
        let taken_back = |undone| Self { request: accepted.clone(), undone, ..full.clone() };
        samples.extend(Undone::samples().into_iter().map(Some).chain([None]).map(taken_back));
        samples.extend([plain, full]);
        samples
    }
}

/// A request about which little is known.
fn plain() -> Moderation {
    Moderation {
        notification: None,
        failure: None,
        request: ModerationRow::sample(),
        applicant: Applicant {
            id: String::from("1234567890"),
            name: Some(String::from("Élodie Martin")),
            email: String::from("elodie.martin@ville-clamart.fr"),
            domain: String::from("ville-clamart.fr"),
            domain_status: None,
            job: None,
            phone_number: None,
            since: 1_795_424_400,
            organizations: Vec::new(),
            has_unproven_link: false,
        },
        organization: RequestedOrganization {
            id: String::from("1"),
            label: String::from("Commune de clamart - Mairie"),
            siret: String::from("21920023500014"),
            address: None,
            legal_category: None,
            activity: None,
            headcount: None,
            is_head_office: false,
            is_active: false,
            is_ceased: true,
            not_found_at: None,
            is_public_service: false,
            is_confirmed: false,
            source: OrganizationSource::Unconfirmed,
            told_by: None,
            as_of: 1_795_424_400,
        },
        warnings: Warnings::default(),
        undone: None,
        domains: Vec::new(),
        contacts: Some(Vec::new()),
        members: Vec::new(),
        earlier: Vec::new(),
        duplicates: Vec::new(),
        similar: Vec::new(),
        waiting: Vec::new(),
        history: vec![HistoryLine { at: 1_795_424_400, what: "requested", by: None, text: None }],
        forms: Some(Forms::sample()),
    }
}

/// A request about which everything is known, in its longest form.
fn full(plain: &Moderation) -> Moderation {
    let [author, ..] = Author::samples();
    let [authorship, ..] = Authorship::samples();
    let domain = |status| DomainLine {
        domain: String::from("ville-clamart.fr"),
        status,
        is_theirs: status == "refused",
        decided_by: author.clone(),
    };
    let member = |name: Option<&str>, is_external| MemberLine {
        authorship: authorship.clone(),
        name: name.map(str::to_owned),
        email: String::from("maire@clamart.fr"),
        verification: "domain",
        is_external,
        has_same_domain: is_external,
    };
    Moderation {
        applicant: Applicant {
            name: None,
            domain_status: Some("not_verified_yet"),
            job: Some(String::from("Secrétaire <b>de</b> mairie")),
            phone_number: Some(String::from("+33 1 23 45 67 89")),
            organizations: vec![OwnLink {
                label: String::from("Red <needles> SARL"),
                siret: String::from("83951732300011"),
                verification: "unverified",
                is_external: true,
            }],
            has_unproven_link: true,
            ..plain.applicant.clone()
        },
        organization: RequestedOrganization {
            address: Some(String::from("92140 CLAMART")),
            legal_category: Some(String::from("Commune et commune nouvelle")),
            activity: Some(String::from("Administration publique générale")),
            headcount: Some(String::from("500 à 999 salariés")),
            is_head_office: true,
            is_active: true,
            not_found_at: Some(1_795_424_400),
            is_public_service: true,
            source: OrganizationSource::Register,
            told_by: Some(EstablishmentSource::Sirene),
            ..plain.organization.clone()
        },
        request: ModerationRow { is_blocking: true, ..ModerationRow::sample_long() },
        warnings: Warnings::sample(),
        domains: crate::domain::EmailDomainStatus::ALL.map(|status| domain(status.as_str())).into(),
        contacts: Some(vec![ContactLine {
            email: String::from("mairie@clamart.fr"),
            name: String::from("Mairie - <Clamart>"),
        }]),
        members: vec![member(Some("Jean <Dupont>"), false), member(None, true)],
        earlier: vec![ModerationRow::sample_long()],
        duplicates: vec![ModerationRow::sample()],
        similar: vec![ModerationRow::sample()],
        waiting: vec![ModerationRow::sample(), ModerationRow::sample_long()],
        history: long_history(),
        ..plain.clone()
    }
}

fn long_history() -> Vec<HistoryLine> {
    let line = |what, text: Option<&str>| HistoryLine {
        at: 1_795_424_400,
        what,
        by: Some(String::from("Marie <Durand>")),
        text: text.map(str::to_owned),
    };
    vec![
        line("requested", None),
        line("rejected", Some("Nom <b>absent</b> de l’annuaire.")),
        line("waits_again", None),
        line("noted", Some("Appelé la mairie.\nElle confirme.")),
        line("accepted", None),
    ]
}
