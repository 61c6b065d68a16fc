//! Every row of the table of rules, and what R-26 and SEC-108 change in it.

use super::decision::RULES;
use super::*;
use crate::domain::{Actor, Email, Organization, OrganizationFacts, OrganizationId, UserId, Verification};
use crate::protocol::{Locale, Timestamp};

const NOW: Timestamp = Timestamp(1_795_424_400);
pub(super) const CLAMART: &str = "21920023500014";
pub(super) const DINUM: &str = "13002526500013";

/// An organization by what the rules look at: number, legal category, activity, band of the legal entity.
pub(super) fn organization(siret: &str, category: &str, activity: &str, band: &str) -> Organization {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let facts = OrganizationFacts {
        siret: siret.parse().unwrap(),
        label: String::from("Organisation"),
        legal_category: some(category),
        activity: some(activity),
        headcount: None,
        entity_headcount: some(band),
        is_head_office: true,
        is_active: true,
        address: None,
    };
    facts.into_organization(OrganizationId(1), NOW)
}

fn town_hall() -> Organization {
    organization(CLAMART, "7210", "84.11Z", "12")
}

fn ministry() -> Organization {
    organization(DINUM, "7120", "84.11Z", "32")
}

fn company() -> Organization {
    organization("54205118000066", "5599", "70.10Z", "52")
}

#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) organization: Organization,
    pub(super) email: Email,
    pub(super) link: LinkStanding,
    pub(super) request: RequestStanding,
    pub(super) domain: Option<EmailDomainStatus>,
    pub(super) contacts: Vec<KnownContact>,
    pub(super) is_confirmed: bool,
    pub(super) is_register_silent: bool,
    pub(super) policy: JoiningPolicy,
}

pub(super) fn case(organization: Organization, email: &str) -> Case {
    Case {
        organization,
        email: email.parse().unwrap(),
        link: LinkStanding::None,
        request: RequestStanding::None,
        domain: None,
        contacts: Vec::new(),
        is_confirmed: false,
        is_register_silent: false,
        policy: JoiningPolicy::default(),
    }
}

pub(super) fn kind(email: &Email) -> MailboxKind {
    MailProviders::default().kind_of(&EmailDomain::of(email))
}

fn contact(address: &str) -> KnownContact {
    let email: Email = address.parse().unwrap();
    KnownContact { mailbox: kind(&email), email }
}

impl Case {
    pub(super) fn facts(&self) -> JoiningFacts<'_> {
        JoiningFacts {
            organization: &self.organization,
            email: &self.email,
            mailbox: kind(&self.email),
            link: self.link,
            request: self.request,
            domain: self.domain,
            contacts: &self.contacts,
            is_confirmed: self.is_confirmed,
            is_register_silent: self.is_register_silent,
            policy: self.policy,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn domain(self, status: EmailDomainStatus) -> Self {
        self.with(|case| case.domain = Some(status))
    }

    pub(super) fn contacts(self, addresses: &[&str]) -> Self {
        self.with(|case| case.contacts = addresses.iter().map(|address| contact(address)).collect())
    }

    fn confirmed(self) -> Self {
        self.with(|case| case.is_confirmed = true)
    }

    fn unverified(self) -> Self {
        self.with(|case| case.policy.allow_unverified = true)
    }

    /// The number of the rule that decides, and what it decides.
    fn decided(&self) -> (&'static str, Joining) {
        let facts = self.facts();
        let first = RULES.iter().find_map(|(number, rule)| rule(&facts).map(|joining| (*number, joining))).unwrap();
        assert_eq!(decide_joining(&facts), first.1);
        first
    }
}

fn join(verification: Verification) -> Joining {
    Joining::Join { verification, is_external: false, review: None }
}

fn refuse(refusal: JoiningRefusal) -> Joining {
    Joining::Refuse(refusal)
}

pub(super) const FREE: &str = "jean@gmail.com";
pub(super) const OWN: &str = "jean@clamart.fr";

#[test]
fn sec_107_rule_2_nobody_joins_a_closed_establishment() {
    let closed =
        case(town_hall(), OWN).domain(EmailDomainStatus::Verified).with(|case| case.organization.is_active = false);
    assert_eq!(closed.decided(), ("2", refuse(JoiningRefusal::Closed)));
}

#[test]
fn rules_3_to_5_what_is_there_already_is_said() {
    let (id, other) = (ModerationId(7), ModerationId(8));
    let member = case(town_hall(), OWN).with(|case| case.link = LinkStanding::Proven);
    assert_eq!(member.decided(), ("3", Joining::AlreadyMember));
    let pending = case(town_hall(), OWN).with(|case| case.request = RequestStanding::Pending(id));
    assert_eq!(pending.decided(), ("4", Joining::UnderReview(id)));
    let rejected = case(town_hall(), OWN).with(|case| case.request = RequestStanding::Rejected(other));
    assert_eq!(rejected.domain(EmailDomainStatus::Verified).decided(), ("5", Joining::Rejected(other)));
}

/// The organization of the person, to whom nothing proves that they belong to it, and whom nobody looks at.
const UNPROVEN: LinkStanding = LinkStanding::Unproven { review: None };

#[test]
fn rule_3_whoever_has_a_link_that_nothing_proves_is_decided_on_as_a_newcomer() {
    let charity = || organization("31723624800017", "9220", "87.90B", "42");
    let lycee = || organization("19750663700010", "7331", "85.31Z", "22");
    let (pending, rejected) = (RequestStanding::Pending(ModerationId(7)), RequestStanding::Rejected(ModerationId(8)));
    let rows = [
        ("2", case(company(), OWN).with(|case| case.organization.is_active = false)),
        ("4", case(company(), OWN).with(|case| case.request = pending)),
        ("5", case(company(), OWN).with(|case| case.request = rejected)),
        ("6", case(organization("11000201100044", "7120", "84.11Z", "21"), OWN)),
        ("7", case(company(), OWN).domain(EmailDomainStatus::Refused)),
        ("1", case(company(), OWN).with(|case| case.is_register_silent = true)),
        ("8", case(charity(), "jean@beta.gouv.fr")),
        ("10", case(organization("82869625200018", "1000", "62.01Z", ""), FREE)),
        ("11", case(organization("84226400400016", "9220", "94.99Z", "NN"), FREE)),
        ("12", case(organization("84226400400016", "6533", "01.41Z", "00"), FREE)),
        ("13", case(ministry(), FREE)),
        ("14", case(company(), FREE)),
        ("15", case(town_hall(), OWN).contacts(&["mairie@clamart.fr"])),
        ("15", case(town_hall(), FREE).contacts(&["mairie@clamart.fr"])),
        ("16", case(lycee(), "jean@ac-paris.fr").contacts(&["0750663k@ac-paris.fr"])),
        ("17", case(company(), OWN).domain(EmailDomainStatus::Verified)),
        ("17", case(company(), OWN).domain(EmailDomainStatus::External)),
        ("19", case(company(), OWN).domain(EmailDomainStatus::NotVerifiedYet)),
        ("20", case(company(), OWN)),
    ];
    for (number, newcomer) in rows {
        let (row, joining) = newcomer.decided();
        assert_eq!(row, number);
        assert_eq!(newcomer.with(|case| case.link = UNPROVEN).decided(), (row, joining));
    }
}

#[test]
fn rules_10_to_12_and_18_what_proves_nothing_is_not_given_to_whoever_has_it() {
    for (number, organization) in [
        ("10", organization("82869625200018", "1000", "62.01Z", "")),
        ("11", organization("84226400400016", "9220", "94.99Z", "NN")),
        ("12", organization("84226400400016", "6533", "01.41Z", "00")),
    ] {
        let linked = case(organization, FREE).unverified().with(|case| case.link = UNPROVEN);
        assert_eq!(linked.decided(), (number, Joining::Moderate), "somebody looks at it");
        let bypassed = linked.with(|case| case.policy.bypass_moderation = true);
        assert_eq!(bypassed.decided(), (number, Joining::AlreadyMember), "where there is nobody who would");
    }
    let bypass = case(company(), OWN).with(|case| (case.policy.bypass_moderation, case.link) = (true, UNPROVEN));
    assert_eq!(bypass.clone().decided(), ("18", Joining::AlreadyMember));
    let proven = bypass.domain(EmailDomainStatus::Verified);
    assert_eq!(proven.decided(), ("17", join(Verification::Domain)), "a domain proves it there too");
}

#[test]
fn rules_1_10_19_and_20_a_link_that_a_moderator_will_look_at_is_not_looked_at_twice() {
    let review = ModerationId(9);
    let linked = |case: Case| case.with(|case| case.link = LinkStanding::Unproven { review: Some(review) });
    let silent = |case: Case| case.with(|case| case.is_register_silent = true);
    let sole_trader = organization("82869625200018", "1000", "62.01Z", "");
    for (number, waiting) in [
        ("1", silent(case(company(), OWN))),
        ("10", case(sole_trader, FREE)),
        ("19", case(company(), OWN).domain(EmailDomainStatus::NotVerifiedYet)),
        ("20", case(company(), OWN)),
    ] {
        assert_eq!(linked(waiting).decided(), (number, Joining::UnderReview(review)));
    }
    let proven = linked(case(company(), OWN).domain(EmailDomainStatus::Verified));
    assert_eq!(proven.decided(), ("17", join(Verification::Domain)), "what proves it needs nobody");
    let by_contact = linked(case(town_hall(), FREE).contacts(&["mairie@clamart.fr"]));
    assert_eq!(by_contact.decided(), ("15", Joining::ProveByContact));
}

#[test]
fn rule_6_an_organization_that_names_its_domains_is_joined_with_no_other() {
    let chorus = || organization("11000201100044", "7120", "84.11Z", "21");
    for address in ["jean@beta.gouv.fr", FREE, "jean@xfinances.gouv.fr", "jean@a.finances.gouv.fr"] {
        assert_eq!(case(chorus(), address).decided(), ("6", refuse(JoiningRefusal::DomainNotAllowed)), "{address}");
    }
    assert_eq!(case(chorus(), "jean@finances.gouv.fr").decided(), ("20", Joining::Moderate));
}

#[test]
fn rule_7_a_refused_domain_joins_nothing() {
    let refused = case(town_hall(), OWN).domain(EmailDomainStatus::Refused).contacts(&["mairie@clamart.fr"]);
    assert_eq!(refused.decided(), ("7", refuse(JoiningRefusal::DomainRefused)));
}

#[test]
fn rule_8_an_address_of_the_state_joins_public_bodies_only() {
    let charity = || organization("31723624800017", "9220", "87.90B", "42");
    for address in ["jean@beta.gouv.fr", "jean@gouv.fr"] {
        assert_eq!(case(charity(), address).decided(), ("8", refuse(JoiningRefusal::NotForTheState)), "{address}");
        assert_eq!(case(ministry(), address).decided(), ("20", Joining::Moderate), "{address}");
    }
    // The suffix is one of whole labels: §12.1.
    assert_eq!(case(charity(), "jean@notgouv.fr").decided(), ("20", Joining::Moderate));
}

#[test]
fn r_26_rules_10_to_12_what_nothing_proves_is_moderated_unless_the_operator_allows_it() {
    let table = [
        ("10", organization("82869625200018", "1000", "62.01Z", ""), OWN, "entreprise_unipersonnelle"),
        ("10", organization("82869625200018", "5710", "62.01Z", "01"), FREE, "entreprise_unipersonnelle"),
        ("11", organization("84226400400016", "9220", "94.99Z", "NN"), FREE, "small_association"),
        ("12", organization("84226400400016", "6533", "01.41Z", "00"), FREE, "small_organization"),
        ("12", organization("84226400400016", "6540", "68.20B", ""), FREE, "small_organization"),
    ];
    for (number, organization, email, word) in table {
        assert_eq!(case(organization.clone(), email).decided(), (number, Joining::Moderate));
        let (found, joining) = case(organization, email).unverified().decided();
        let Joining::Join { verification, is_external: false, review: None } = joining else { panic!("{joining:?}") };
        let written = serde_json::to_value(verification).unwrap();
        assert_eq!(written, format!("no_verification_means_for_{word}"));
        assert!(!verification.is_proven());
        assert_eq!(found, number);
    }
}

#[test]
fn r_26_what_a_domain_proves_is_no_unverified_link() {
    let business = organization("83951732300011", "5710", "62.02A", "01");
    let proven = case(business.clone(), "jean@red-needles-sarl.com").domain(EmailDomainStatus::Verified);
    assert_eq!(proven.decided(), ("17", join(Verification::Domain)));
    assert_eq!(case(business, FREE).domain(EmailDomainStatus::Verified).decided(), ("10", Joining::Moderate));
}

#[test]
fn rules_10_to_12_do_not_reach_who_is_bigger_or_writes_from_their_own_host() {
    for (organization, email) in [
        (organization("82869625200018", "1000", "62.01Z", "02"), OWN),
        (organization("84226400400016", "9220", "94.99Z", "NN"), OWN),
        (organization("84226400400016", "9220", "94.99Z", "21"), OWN),
        (organization("84226400400016", "6533", "01.41Z", "02"), FREE),
        (organization("84226400400016", "6533", "01.41Z", "00"), OWN),
    ] {
        assert_eq!(case(organization, email).unverified().decided(), ("20", Joining::Moderate));
    }
}

#[test]
fn rule_13_a_public_body_is_not_joined_with_any_mailbox_but_for_the_small_ones() {
    let refused = ("13", refuse(JoiningRefusal::NotForAnyMailbox));
    for category in ["7120", "7220", "7331", "4110", "7389"] {
        assert_eq!(case(organization(DINUM, category, "84.11Z", "11"), FREE).decided(), refused, "{category}");
        assert_eq!(case(organization(DINUM, category, "84.11Z", "11"), "jean@yopmail.com").decided(), refused);
    }
    for category in ["7210", "7312", "7346", "7353", "7345", "7361", "7357", "7470"] {
        let (number, joining) = case(organization(DINUM, category, "84.11Z", "11"), FREE).decided();
        assert_eq!((number, joining), ("20", Joining::Moderate), "{category}");
    }
}

#[test]
fn rule_14_a_big_organization_and_any_mailbox_is_confirmed_first() {
    assert_eq!(case(company(), FREE).decided(), ("14", Joining::Confirm));
    assert_eq!(case(company(), FREE).confirmed().decided(), ("20", Joining::Moderate));
    assert_eq!(case(company(), OWN).decided(), ("20", Joining::Moderate));
    assert_eq!(case(organization(DINUM, "7361", "88.99B", "31"), FREE).decided(), ("20", Joining::Moderate));
    let big_town = || organization(CLAMART, "7210", "84.11Z", "42");
    assert_eq!(case(big_town(), FREE).contacts(&["mairie@clamart.fr"]).decided(), ("14", Joining::Confirm));
    let confirmed = case(big_town(), FREE).contacts(&["mairie@clamart.fr"]).confirmed();
    assert_eq!(confirmed.decided(), ("15", Joining::ProveByContact));
}

#[test]
fn rule_15_the_address_of_a_town_hall_proves_who_writes_from_it() {
    let by = |email: &str, contacts: &[&str]| case(town_hall(), email).contacts(contacts).decided();
    assert_eq!(by("mairie@clamart.fr", &["mairie@clamart.fr"]), ("15", join(Verification::OfficialContactEmail)));
    assert_eq!(by("mairie.x@orange.fr", &["mairie.x@orange.fr"]), ("15", join(Verification::OfficialContactEmail)));
    assert_eq!(by(OWN, &["mairie@clamart.fr"]), ("15", join(Verification::Domain)));
    assert_eq!(by(OWN, &["mairie@orange.fr", "accueil@clamart.fr"]), ("15", join(Verification::Domain)));
    assert_eq!(by(FREE, &["mairie@clamart.fr"]), ("15", Joining::ProveByContact));
    assert_eq!(by("jean@orange.fr", &["mairie@orange.fr"]), ("15", Joining::ProveByContact));
    assert_eq!(by("jean@agglo.fr", &["mairie@clamart.fr"]), ("20", Joining::Moderate), "a domain of somebody else");
    assert_eq!(by(FREE, &[]), ("20", Joining::Moderate), "SEC-110: no clean address, no code");
}

#[test]
fn rule_16_the_address_of_a_school_proves_who_writes_from_it_or_is_sent_a_code() {
    let lycee = || organization("19750663700010", "7331", "85.31Z", "22");
    let primary = || organization("21340126800049", "7210", "85.20Z", "NN");
    let by = |school: Organization, email: &str| case(school, email).contacts(&["0750663k@ac-paris.fr"]).decided();
    assert_eq!(by(lycee(), "0750663k@ac-paris.fr"), ("16", join(Verification::OfficialContactEmail)));
    assert_eq!(by(primary(), "0750663k@ac-paris.fr"), ("16", join(Verification::OfficialContactEmail)));
    assert_eq!(by(lycee(), "jean@ac-paris.fr"), ("16", Joining::ProveByContact), "an académie is not a school");
    assert_eq!(by(primary(), FREE), ("16", Joining::ProveByContact));
    assert_eq!(case(lycee(), "jean@ac-paris.fr").decided(), ("20", Joining::Moderate));
}

#[test]
fn sec_110_an_address_that_anybody_can_have_is_believed_of_communes_only() {
    let primary = || organization("21340126800049", "7210", "85.20Z", "NN");
    let by = |email: &str, contacts: &[&str]| case(primary(), email).contacts(contacts).decided();
    assert_eq!(by(FREE, &[FREE]), ("20", Joining::Moderate), "neither by equality");
    assert_eq!(by("jean@ac-paris.fr", &[FREE]), ("20", Joining::Moderate), "nor by a code");
    assert_eq!(by("jean@ac-paris.fr", &[FREE, "0750663k@ac-paris.fr"]), ("16", Joining::ProveByContact));
    let hall = organization("21999993500014", "7210", "84.11Z", "03");
    assert_eq!(case(hall, "autre@gmail.com").contacts(&[FREE]).decided(), ("15", Joining::ProveByContact));
}

#[test]
fn rule_17_an_approved_domain_proves_and_an_external_one_marks() {
    for status in EmailDomainStatus::ALL.into_iter().filter(|status| status.is_approved()) {
        let is_external = status == EmailDomainStatus::External;
        let joins = Joining::Join { verification: Verification::Domain, is_external, review: None };
        assert_eq!(case(company(), OWN).domain(status).decided(), ("17", joins), "{status:?}");
    }
}

#[test]
fn sec_108_a_free_host_opens_nothing_even_when_it_was_approved_by_mistake() {
    for status in EmailDomainStatus::ALL {
        for address in [FREE, "jean@boite.yopmail.com"] {
            let (_, joining) = case(company(), address).domain(status).confirmed().decided();
            let is_refused = status == EmailDomainStatus::Refused;
            let expected = if is_refused { refuse(JoiningRefusal::DomainRefused) } else { Joining::Moderate };
            assert_eq!(joining, expected, "{status:?} {address}");
        }
    }
}

#[test]
fn rules_18_to_20_the_rest_is_reviewed() {
    let bypass = case(company(), OWN).with(|case| case.policy.bypass_moderation = true);
    assert_eq!(bypass.decided(), ("18", join(Verification::Bypassed)));
    let known = case(company(), OWN).domain(EmailDomainStatus::NotVerifiedYet);
    let (verification, review) = (Verification::DomainNotVerifiedYet, Some(ModerationKind::NonVerifiedDomain));
    assert_eq!(known.decided(), ("19", Joining::Join { verification, is_external: false, review }));
    assert_eq!(case(company(), OWN).decided(), ("20", Joining::Moderate));
}

#[test]
fn schools_town_halls_and_public_bodies_are_told_by_their_codes() {
    let of = |category: &str, activity: &str| organization(DINUM, category, activity, "");
    assert!(of("7331", "85.32Z").is_school() && of("7210", "85.10Z").is_school());
    assert!(
        !of("5710", "85.31Z").is_school() && !of("7331", "84.11Z").is_school() && !of("7331", "85.20Z").is_school()
    );
    assert!(of("7210", "84.11Z").is_commune() && of("7312", "").is_commune() && !of("7346", "").is_commune());
    assert!(of("7346", "").is_commune_or_community());
    assert!(!of("", "").is_public_service(), "nothing is known of its form");
    let closed = Organization { is_active: false, ..of("7210", "") };
    assert!(!closed.is_public_service());
    let moved = Organization { is_entity_active: Some(true), ..closed };
    assert!(moved.is_public_service(), "the legal entity decides: a commune that leaves a building is one still");
    let ceased = Organization { is_entity_active: Some(false), ..of("7210", "") };
    assert!(!ceased.is_public_service(), "and one that was merged is none any more");
}

#[test]
fn sec_111_a_decided_request_is_not_decided_again() {
    let pending = Moderation {
        id: ModerationId(1),
        user_id: UserId(1),
        organization_id: OrganizationId(1),
        kind: ModerationKind::OrganizationJoinBlock,
        state: ModerationState::Pending { since: NOW, by: None },
        client_id: None,
        created_at: NOW,
        as_external: false,
        locale: Locale::Fr,
        asked_with: None,
        effect: None,
        history: Vec::new(),
        notes: Vec::new(),
    };
    let reject = |may_be_corrected| ModerationMove::Reject { reason: None, may_be_corrected };
    let moved = |from: &Moderation, step| from.clone().moved(Actor::Operator, step, NOW);
    let accepted = moved(&pending, ModerationMove::Accept).unwrap();
    let (refused, final_refusal) = (moved(&pending, reject(true)).unwrap(), moved(&pending, reject(false)).unwrap());
    for decided in [&accepted, &refused, &final_refusal] {
        assert!(!decided.is_pending());
        assert_eq!(moved(decided, ModerationMove::Accept), Err(ModerationFault::Decided));
        assert_eq!(moved(decided, reject(true)), Err(ModerationFault::Decided));
        assert!(moved(decided, ModerationMove::Reopen).unwrap().is_pending());
    }
    assert!(moved(&refused, ModerationMove::Correct).unwrap().is_pending());
    assert_eq!(moved(&final_refusal, ModerationMove::Correct), Err(ModerationFault::Final));
    assert_eq!(moved(&accepted, ModerationMove::Correct), Err(ModerationFault::Decided));
    assert_eq!(moved(&pending, ModerationMove::Reopen), Err(ModerationFault::Pending));
    assert_eq!(moved(&pending, ModerationMove::Correct), Err(ModerationFault::Pending));
    let again = moved(&refused, ModerationMove::Correct).unwrap();
    assert_eq!(again.history, [pending.state.clone(), refused.state.clone()], "nothing of what was decided is lost");
    assert_eq!(again.state, ModerationState::Pending { since: NOW, by: Some(Actor::Operator) });
}

#[test]
fn sec_111_a_reason_is_one_visible_line() {
    for text in ["", "  ", "a\nb", "\u{200b}", &"a".repeat(256)] {
        assert!(RejectionReason::try_from(text.to_owned()).is_err(), "{text:?}");
    }
    assert_eq!(RejectionReason::try_from(String::from(" <b>Non</b> ")).unwrap().as_str(), "<b>Non</b>");
}

#[test]
fn sec_199_rule_1_a_moderator_decides_where_the_register_is_silent_and_nothing_else_is_decided_without_it() {
    let silent = |case: Case| case.with(|case| case.is_register_silent = true);
    let decided = |case: Case| decide_joining(&silent(case).facts());
    for email in [OWN, FREE, "jean@beta.gouv.fr"] {
        assert_eq!(decided(case(company(), email)), Joining::Moderate, "{email}");
    }
    assert_eq!(decided(case(town_hall(), OWN).domain(EmailDomainStatus::Verified)), Joining::Moderate);
    assert_eq!(decided(case(town_hall(), OWN).contacts(&[OWN])), Joining::Moderate);
    assert_eq!(decided(case(town_hall(), OWN).with(|case| case.link = LinkStanding::Proven)), Joining::AlreadyMember);
    let refused = case(town_hall(), OWN).domain(EmailDomainStatus::Refused);
    assert_eq!(decided(refused), Joining::Refuse(JoiningRefusal::DomainRefused));
}
