//! The page of an organization, and its history.

use serde::Serialize;

use super::{Author, Authorship};
use crate::domain::{EmailDomainStatus, EstablishmentSource, ModerationStep, OrganizationSource, Verification};
use crate::render::Page;

/// An organization, `/admin/organizations/{id}`: its forms post `domain` and `status`, `email`, `is_external` and
/// `verification`.
#[derive(Debug, Clone, Serialize)]
pub struct OrganizationCard {
    /// What was just done.
    pub notification: Option<String>,
    /// Why the register was not read anew: `unknown` or `unavailable`.
    pub register_problem: Option<String>,
    /// Why a link was not changed: `own_link_refused`, `unverified` or `not_by_domain`.
    pub member_failure: Option<&'static str>,
    /// Our identifier.
    pub id: String,
    /// What the register says.
    pub facts: RegisterFacts,
    /// Whether that is so old that it should be read anew.
    pub is_stale: bool,
    /// Whether the officer may change something.
    pub may_manage: bool,
    /// Its domains.
    pub domains: Vec<DomainRow>,
    /// The domain of the officer's own address, where they do not approve it.
    pub own_domain: Option<String>,
    /// A domain to add.
    pub domain_form: DomainForm,
    /// Some of its members.
    pub members: Vec<MemberRow>,
    /// Whether the members begin here.
    pub is_first_page: bool,
    /// Where they go on.
    pub more_members_href: Option<String>,
    /// Somebody to add.
    pub member_form: MemberForm,
    /// How a link may be proven by hand.
    pub verifications: Vec<Verification>,
}

/// What the register says of an organization.
#[derive(Debug, Clone, Serialize)]
pub struct RegisterFacts {
    /// Its SIRET, digits only.
    pub siret: String,
    /// That of the legal entity.
    pub siren: String,
    /// Its name.
    pub label: String,
    /// Postal code and commune.
    pub address: Option<String>,
    /// Legal category, in words.
    pub legal_category: Option<String>,
    /// Activity, in words.
    pub activity: Option<String>,
    /// Employees of the establishment, in words.
    pub headcount: Option<String>,
    /// Employees of the legal entity, in words.
    pub entity_headcount: Option<String>,
    /// Whether it is the head office.
    pub is_head_office: bool,
    /// Whether it is in activity.
    pub is_active: bool,
    /// Whether its legal entity has ceased.
    pub is_ceased: bool,
    /// Whether it is a public service.
    pub is_public_service: bool,
    /// Who says so.
    pub source: OrganizationSource,
    /// Which source of the register, where that is known.
    pub told_by: Option<EstablishmentSource>,
    /// When they said it.
    pub as_of: u64,
    /// When the register was last asked about it and did not know it any more.
    pub not_found_at: Option<u64>,
}

/// An e-mail domain.
#[derive(Debug, Clone, Serialize)]
pub struct DomainRow {
    /// The host.
    pub domain: String,
    /// What it is for the organization.
    pub status: EmailDomainStatus,
    /// Since when.
    pub updated_at: u64,
    /// Who said so.
    pub decided_by: Author,
}

/// A domain that was typed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DomainForm {
    /// What was typed.
    pub domain: String,
    /// What was chosen.
    pub status: Option<EmailDomainStatus>,
    /// What is wrong: `malformed`, `open_to_anybody` or `own_domain`.
    pub problem: Option<String>,
}

/// Somebody who belongs to it.
#[derive(Debug, Clone, Serialize)]
pub struct MemberRow {
    /// Their identifier.
    pub id: String,
    /// Their name, where it is known.
    pub name: Option<String>,
    /// Their address.
    pub email: String,
    /// Whether they work for it without belonging to it.
    pub is_external: bool,
    /// How that was proven.
    pub verification: Verification,
    /// Whether anything proves it.
    pub is_proven: bool,
    /// Since when.
    pub joined_at: u64,
    /// Who made the link, and proved it.
    pub authorship: Authorship,
    /// Whether their account is closed.
    pub is_disabled: bool,
    /// Whether they are whoever looks: somebody else changes their link.
    pub is_own: bool,
}

/// Somebody who was typed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MemberForm {
    /// What was typed.
    pub email: String,
    /// What was chosen.
    pub is_external: bool,
    /// What was chosen.
    pub verification: Option<Verification>,
    /// What is wrong: `malformed`, `unknown`, `member`, `unverified`, `not_by_domain`…
    pub problem: Option<String>,
}

impl RegisterFacts {
    /// A sample that is closed in every way, and nowhere.
    fn of_nothing_open(self) -> Self {
        Self { told_by: None, address: None, is_active: false, is_ceased: true, ..self }
    }
}

impl OrganizationCard {
    fn sample() -> Self {
        let facts = RegisterFacts {
            siret: String::from("21920023500014"),
            siren: String::from("219200235"),
            label: String::from("Commune de clamart - Mairie"),
            address: Some(String::from("92140 Clamart")),
            legal_category: Some(String::from("Commune et commune nouvelle")),
            activity: Some(String::from("Administration publique générale")),
            headcount: Some(String::from("1 000 à 1 999 salariés")),
            entity_headcount: None,
            is_head_office: true,
            is_active: true,
            is_ceased: false,
            is_public_service: true,
            source: OrganizationSource::Register,
            told_by: Some(EstablishmentSource::Register),
            as_of: 1_795_424_400,
            not_found_at: None,
        };
        let [authorship, own, program, unknown] = Authorship::samples();
        let member = MemberRow {
            id: String::from("1"),
            name: Some(String::from("Jean Martin")),
            email: String::from("jean.martin@clamart.example"),
            is_external: false,
            verification: Verification::Domain,
            is_proven: true,
            joined_at: 1_795_424_400,
            authorship,
            is_disabled: false,
            is_own: false,
        };
        let unproven = MemberRow {
            name: None,
            email: format!("{}@clamart.example", "a".repeat(64)),
            is_external: true,
            verification: Verification::DomainNotVerifiedYet,
            is_proven: false,
            is_disabled: true,
            ..member.clone()
        };
        let looking = MemberRow { is_own: true, ..member.clone() };
        let others = [own, program, unknown].map(|authorship| MemberRow { authorship, ..member.clone() });
        let domain = |(status, decided_by)| DomainRow {
            domain: format!("{status:?}.example"),
            status,
            updated_at: 1_795_424_400,
            decided_by,
        };
        let authors = Author::samples().into_iter().filter(|author| author.word != "self").cycle();
        Self {
            notification: None,
            register_problem: None,
            member_failure: None,
            id: String::from("1"),
            facts,
            is_stale: false,
            may_manage: true,
            domains: EmailDomainStatus::ALL.into_iter().zip(authors).map(domain).collect(),
            own_domain: None,
            domain_form: DomainForm::default(),
            members: [member, unproven, looking].into_iter().chain(others).collect(),
            is_first_page: true,
            more_members_href: Some(String::from("/admin/organizations/1?members_after=1")),
            member_form: MemberForm::default(),
            verifications: vec![Verification::ProofReceived, Verification::Domain],
        }
    }
}

impl Page for OrganizationCard {
    const TEMPLATE: &'static str = "admin/organization.html";

    fn samples() -> Vec<Self> {
        let plain = Self::sample();
        let wrong_domain = |problem: &str| Self {
            domain_form: DomainForm {
                domain: String::from("<b>@"),
                status: Some(EmailDomainStatus::Refused),
                problem: Some(problem.to_owned()),
            },
            ..plain.clone()
        };
        let wrong_member = |problem: &str| Self {
            member_form: MemberForm {
                email: String::from("<b>"),
                is_external: true,
                verification: Some(Verification::Domain),
                problem: Some(problem.to_owned()),
            },
            ..plain.clone()
        };
        let unchanged = |failure| Self { member_failure: Some(failure), ..plain.clone() };
        let of = |source, notification: &str| Self {
            facts: RegisterFacts { source, ..plain.facts.clone().of_nothing_open() },
            notification: Some(notification.to_owned()),
            ..plain.clone()
        };
        let told = |by| Self {
            facts: RegisterFacts { told_by: Some(by), not_found_at: Some(1_795_424_400), ..plain.facts.clone() },
            is_stale: true,
            ..plain.clone()
        };
        let every_proof = [
            Verification::OfficialContactEmail,
            Verification::CodeSentToOfficialContactEmail,
            Verification::ProofReceived,
            Verification::Invitation,
            Verification::InListeDirigeantsRne,
            Verification::InListeDirigeantsRna,
            Verification::OrdreProfessionnelDomain,
            Verification::Bypassed,
            Verification::NoVerificationMeansForEntrepriseUnipersonnelle,
            Verification::NoVerificationMeansForSmallAssociation,
            Verification::NoVerificationMeansForSmallOrganization,
            Verification::Unverified,
        ];
        let row = |verification| plain.members.first().map(|row| MemberRow { verification, ..row.clone() });
        vec![
            plain.clone(),
            Self { members: every_proof.into_iter().filter_map(row).collect(), ..plain.clone() },
            Self {
                may_manage: false,
                members: Vec::new(),
                domains: Vec::new(),
                more_members_href: None,
                is_stale: true,
                ..plain.clone()
            },
            Self { register_problem: Some(String::from("unknown")), is_first_page: false, ..plain.clone() },
            Self { register_problem: Some(String::from("unavailable")), ..plain.clone() },
            unchanged("own_link_refused"),
            unchanged("unverified"),
            unchanged("not_by_domain"),
            wrong_domain("malformed"),
            wrong_domain("open_to_anybody"),
            Self { own_domain: Some(String::from("clamart.example")), ..wrong_domain("own_domain") },
            wrong_member("malformed"),
            wrong_member("unknown"),
            wrong_member("member"),
            wrong_member("unverified"),
            told(EstablishmentSource::RechercheEntreprises),
            told(EstablishmentSource::Sirene),
            told(EstablishmentSource::ApiEntreprise),
            told(EstablishmentSource::Seeds),
            of(OrganizationSource::Operator, "organization_entered"),
            of(OrganizationSource::Invented, "organization_refreshed"),
            of(OrganizationSource::Unconfirmed, "organization_entered"),
            of(OrganizationSource::Register, "domain_written"),
            of(OrganizationSource::Register, "domain_removed"),
            of(OrganizationSource::Register, "member_added"),
            of(OrganizationSource::Register, "member_changed"),
            of(OrganizationSource::Register, "member_removed"),
        ]
    }
}

/// The history of an organization, `/admin/organizations/{id}/history`.
#[derive(Debug, Clone, Serialize)]
pub struct OrganizationHistory {
    /// Our identifier.
    pub id: String,
    /// Its name.
    pub label: String,
    /// Acts, the latest first.
    pub acts: Vec<ActRow>,
    /// Since when the organization is known, where what was done before the oldest act here was not kept.
    pub incomplete_since: Option<u64>,
    /// Where older ones are.
    pub next_href: Option<String>,
}

/// One act.
#[derive(Debug, Clone, Serialize)]
pub struct ActRow {
    /// When.
    pub at: u64,
    /// What, as the audit names it.
    pub event: String,
    /// How a request moved.
    pub step: Option<String>,
    /// What a domain became.
    pub status: Option<String>,
    /// Which domain.
    pub domain: Option<String>,
    /// How a link was proven.
    pub verification: Option<String>,
    /// Whether a link is that of an external person.
    pub is_external: bool,
    /// Whom it is about.
    pub about: Option<String>,
    /// Who did it.
    pub by: String,
}

/// The events of the history, as the audit names them.
const EVENTS: [&str; 11] = [
    "organization_created",
    "organization_refreshed",
    "membership_written",
    "membership_deleted",
    "contact_code_mailed",
    "contact_code_refused",
    "moderation_moved",
    "email_domain_written",
    "email_domain_deleted",
    "invitation_sent",
    "invitation_accepted",
];

impl Page for OrganizationHistory {
    const TEMPLATE: &'static str = "admin/organization-history.html";

    fn samples() -> Vec<Self> {
        let act = |event: &str| ActRow {
            at: 1_795_424_400,
            event: event.to_owned(),
            step: None,
            status: None,
            domain: None,
            verification: None,
            is_external: false,
            about: Some(String::from("Jean Martin")),
            by: String::from("cli:root"),
        };
        let mut acts: Vec<ActRow> = EVENTS.into_iter().map(act).collect();
        let step = |step: ModerationStep| Some(step.as_str().to_owned());
        let moved = |made| ActRow { step: step(made), about: None, ..act("moderation_moved") };
        acts.extend(ModerationStep::ALL.iter().copied().map(moved));
        acts.push(ActRow {
            domain: Some(String::from("mairie.example")),
            status: Some(String::from("verified")),
            ..act("email_domain_written")
        });
        acts.push(ActRow {
            verification: Some(String::from("domain")),
            is_external: true,
            by: "<b>".repeat(40),
            ..act("membership_written")
        });
        let next_href = Some(String::from("/admin/organizations/1/history?before=1-2"));
        let label = String::from("Commune de clamart - Mairie");
        let whole = Self { id: String::from("1"), label, acts, incomplete_since: None, next_href };
        let incomplete_since = Some(1_795_424_400);
        vec![Self { acts: Vec::new(), incomplete_since, next_href: None, ..whole.clone() }, whole]
    }
}
