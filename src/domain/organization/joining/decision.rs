//! Who may join which organization: one table of rules, the first that applies decides.

use super::{EmailDomain, EmailDomainStatus, MailboxKind, ModerationId, ModerationKind};
use crate::domain::{Email, Organization, Siret, Verification};

/// What the operator chose about joining.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JoiningPolicy {
    /// Whether links that nothing proves may exist.
    pub allow_unverified: bool,
    /// Whether nobody is moderated: for an instance to try services with.
    pub bypass_moderation: bool,
}

/// How a request of the same person for the same organization stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestStanding {
    /// There is none.
    None,
    /// It waits for a moderator.
    Pending(ModerationId),
    /// It was refused.
    Rejected(ModerationId),
}

/// How the link of the person with the organization stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStanding {
    /// There is none.
    None,
    /// Something proves it.
    Proven,
    /// Nothing proves it, or nothing does any more.
    Unproven {
        /// What waits for a moderator who reviews it.
        review: Option<ModerationId>,
    },
}

/// An address of the organization in a public directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownContact {
    /// The address.
    pub email: Email,
    /// Who gives it.
    pub mailbox: MailboxKind,
}

impl KnownContact {
    /// Its domain, where that is the organization's own.
    pub fn own_domain(&self) -> Option<EmailDomain> {
        (!self.mailbox.is_open_to_anybody()).then(|| EmailDomain::of(&self.email))
    }
}

/// Everything that decides whether a person joins an organization. The person's mailbox is proven.
#[derive(Debug, Clone)]
pub struct JoiningFacts<'a> {
    /// The organization, as the register knows it today.
    pub organization: &'a Organization,
    /// The person's address.
    pub email: &'a Email,
    /// Who gives it.
    pub mailbox: MailboxKind,
    /// Whether the person belongs to it already, and whether that is proven.
    pub link: LinkStanding,
    /// How the person's request for it stands.
    pub request: RequestStanding,
    /// What the address's domain is for it.
    pub domain: Option<EmailDomainStatus>,
    /// Its own addresses in the public directories: of communes and schools only.
    pub contacts: &'a [KnownContact],
    /// Whether the person said that it is the right one.
    pub is_confirmed: bool,
    /// Whether no source of the register answers, and what is known of the organization is old or nothing.
    pub is_register_silent: bool,
    /// What the operator chose.
    pub policy: JoiningPolicy,
}

/// Why somebody cannot join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoiningRefusal {
    /// The establishment is closed.
    Closed,
    /// The organization names the domains with which one joins it, and this is none of them.
    DomainNotAllowed,
    /// Nobody joins this organization with this domain.
    DomainRefused,
    /// An address of the State, and an organization that is no public body.
    NotForTheState,
    /// A public body, and an address that anybody can have.
    NotForAnyMailbox,
}

/// What becomes of an attempt to join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// The person cannot join.
    Refuse(JoiningRefusal),
    /// The person belongs to it, and there is nothing to prove it by, or nothing left to prove.
    AlreadyMember,
    /// A request waits.
    UnderReview(ModerationId),
    /// A request was refused.
    Rejected(ModerationId),
    /// The person has to say that it is the right one.
    Confirm,
    /// The person gives back a code that is sent to an address of the organization.
    ProveByContact,
    /// The person joins.
    Join {
        /// How that is proven.
        verification: Verification,
        /// Whether they work for it without belonging to it.
        is_external: bool,
        /// What a moderator looks at afterwards, if anything.
        review: Option<ModerationKind>,
    },
    /// A moderator decides.
    Moderate,
}

impl Joining {
    fn by(verification: Verification) -> Self {
        Self::Join { verification, is_external: false, review: None }
    }
}

/// A rule: its number in the table that it is known by, and what it decides where it applies.
pub(super) type Rule = (&'static str, fn(&JoiningFacts<'_>) -> Option<Joining>);

/// The rules of 2026 in their order. Three things differ from the original. What nothing proves is a link only where the
/// operator allows it, and rules 10 to 12 leave alone what a domain proves. A host that anybody has an address at
/// proves nothing, whatever status it was given (SEC-108). Rule 1 has two halves: a number that the register does not know is
/// said before there is anything to decide on; where the register does not answer, a moderator decides once it has
/// (SEC-199), whatever the rules after would say of what is not known. Rule 3 is about proven links: whoever has one that
/// nothing proves, or nothing any more, is decided on as somebody who has none, but for two things. What proves no link gives
/// them nothing that they do not have: a moderator looks at theirs (rules 10 to 12), where there are any (rule 18). And where
/// one will look at it already, they wait for that one (rules 1, 19 and 20). Rule 9 waits for a source of identities.
pub(super) const RULES: [Rule; 19] = [
    ("2", |facts| when(!facts.organization.is_active, Joining::Refuse(JoiningRefusal::Closed))),
    ("3", |facts| when(facts.link == LinkStanding::Proven, Joining::AlreadyMember)),
    ("4", |facts| match facts.request {
        RequestStanding::Pending(id) => Some(Joining::UnderReview(id)),
        RequestStanding::Rejected(_) | RequestStanding::None => None,
    }),
    ("5", |facts| match facts.request {
        RequestStanding::Rejected(id) => Some(Joining::Rejected(id)),
        RequestStanding::Pending(_) | RequestStanding::None => None,
    }),
    ("6", |facts| when(!facts.is_domain_allowed(), Joining::Refuse(JoiningRefusal::DomainNotAllowed))),
    ("7", |facts| {
        when(facts.domain == Some(EmailDomainStatus::Refused), Joining::Refuse(JoiningRefusal::DomainRefused))
    }),
    ("1", |facts| when(facts.is_register_silent, facts.moderated())),
    ("8", |facts| {
        let is_of_the_state = EmailDomain::of(facts.email).is_of_the_state();
        when(
            is_of_the_state && !facts.organization.is_public_service(),
            Joining::Refuse(JoiningRefusal::NotForTheState),
        )
    }),
    ("10", |facts| {
        let verification = Verification::NoVerificationMeansForEntrepriseUnipersonnelle;
        when(facts.organization.is_one_person_business(), facts.without_proof(verification)?)
    }),
    ("11", |facts| {
        let verification = Verification::NoVerificationMeansForSmallAssociation;
        let applies = facts.organization.is_small_association() && facts.has_free_mail();
        when(applies, facts.without_proof(verification)?)
    }),
    ("12", |facts| {
        let verification = Verification::NoVerificationMeansForSmallOrganization;
        let applies = facts.organization.is_small_organization() && facts.has_free_mail();
        when(applies, facts.without_proof(verification)?)
    }),
    ("13", |facts| {
        let organization = facts.organization;
        let is_open = organization.is_commune_or_community() || organization.is_small_public_establishment();
        let applies = facts.has_free_mail() && organization.is_public_service() && !is_open;
        when(applies, Joining::Refuse(JoiningRefusal::NotForAnyMailbox))
    }),
    ("14", |facts| {
        let organization = facts.organization;
        let is_big = !organization.is_below_fifty() && !organization.is_small_public_establishment();
        when(facts.has_free_mail() && is_big && !facts.is_confirmed, Joining::Confirm)
    }),
    ("15", |facts| {
        let is_town_hall = facts.organization.is_commune() && !facts.organization.is_school();
        if is_town_hall { facts.by_contact_of_a_commune() } else { None }
    }),
    ("16", |facts| if facts.organization.is_school() { facts.by_contact_of_a_school() } else { None }),
    ("17", |facts| {
        let is_external = facts.domain == Some(EmailDomainStatus::External);
        let verification = Verification::Domain;
        when(facts.is_proven_by_domain(), Joining::Join { verification, is_external, review: None })
    }),
    ("18", |facts| when(facts.policy.bypass_moderation, facts.bypassed())),
    ("19", |facts| {
        let verification = Verification::DomainNotVerifiedYet;
        let review = Some(ModerationKind::NonVerifiedDomain);
        let applies = facts.domain == Some(EmailDomainStatus::NotVerifiedYet) && !facts.has_free_mail();
        let joins = Joining::Join { verification, is_external: false, review };
        when(applies, facts.under_review().unwrap_or(joins))
    }),
    ("20", |facts| Some(facts.moderated())),
];

fn when(applies: bool, outcome: Joining) -> Option<Joining> {
    applies.then_some(outcome)
}

/// What becomes of an attempt to join.
pub fn decide_joining(facts: &JoiningFacts<'_>) -> Joining {
    RULES.iter().find_map(|(_, rule)| rule(facts)).unwrap_or(Joining::Moderate)
}

/// The domains with which one joins an organization, where it names them.
fn allowed_domains(siret: &Siret) -> Option<&'static [&'static str]> {
    match siret.as_str() {
        // Bills to the State, for which agents of other ministries would pass.
        "11000201100044" => Some(&["finances.gouv.fr"]),
        _ => None,
    }
}

impl JoiningFacts<'_> {
    fn has_free_mail(&self) -> bool {
        self.mailbox.is_open_to_anybody()
    }

    fn is_domain_allowed(&self) -> bool {
        allowed_domains(&self.organization.siret).is_none_or(|allowed| allowed.contains(&self.email.domain()))
    }

    fn is_proven_by_domain(&self) -> bool {
        self.domain.is_some_and(EmailDomainStatus::is_approved) && !self.has_free_mail()
    }

    fn is_linked(&self) -> bool {
        self.link != LinkStanding::None
    }

    /// Where a moderator will look at the link that nothing proves.
    fn under_review(&self) -> Option<Joining> {
        match self.link {
            LinkStanding::Unproven { review } => review.map(Joining::UnderReview),
            LinkStanding::None | LinkStanding::Proven => None,
        }
    }

    fn moderated(&self) -> Joining {
        self.under_review().unwrap_or(Joining::Moderate)
    }

    /// Where nobody is moderated, there is one link as good as another.
    fn bypassed(&self) -> Joining {
        if self.is_linked() { Joining::AlreadyMember } else { Joining::by(Verification::Bypassed) }
    }

    /// A link that nothing proves, where there may be one, and there is none yet; nothing where the domain proves it.
    fn without_proof(&self, verification: Verification) -> Option<Joining> {
        Some(match (self.is_proven_by_domain(), self.policy.allow_unverified) {
            (true, _) => return None,
            (false, true) if !self.is_linked() => Joining::by(verification),
            (false, true | false) if self.policy.bypass_moderation => self.bypassed(),
            (false, true | false) => self.moderated(),
        })
    }

    fn by_contact_of_a_commune(&self) -> Option<Joining> {
        let domain = EmailDomain::of(self.email);
        let by_one = |contact: &KnownContact| {
            let has_its_domain = contact.own_domain().as_ref() == Some(&domain);
            match contact.email == *self.email {
                true => Some(Joining::by(Verification::OfficialContactEmail)),
                false => when(has_its_domain, Joining::by(Verification::Domain)),
            }
        };
        let proven = self.contacts.iter().find_map(by_one);
        proven.or_else(|| when(self.has_free_mail() && !self.contacts.is_empty(), Joining::ProveByContact))
    }

    /// An address that anybody can have is believed of communes only (SEC-110).
    fn by_contact_of_a_school(&self) -> Option<Joining> {
        let mut own = self.contacts.iter().filter(|contact| contact.own_domain().is_some()).peekable();
        let has_one = own.peek().is_some();
        match own.any(|contact| contact.email == *self.email) {
            true => Some(Joining::by(Verification::OfficialContactEmail)),
            false => when(has_one, Joining::ProveByContact),
        }
    }
}
