//! What no combination of facts can bring about.

use proptest::prelude::*;

use super::tests::{CLAMART, Case, DINUM, FREE, OWN, case, kind, organization};
use super::*;
use crate::domain::{Organization, Verification};

fn any_organization() -> impl Strategy<Value = Organization> {
    let categories = prop::sample::select(vec![
        "", "1000", "5499", "5710", "5599", "7120", "7210", "7312", "7331", "7346", "7353", "7361", "9220", "6533",
        "4110", "8450",
    ]);
    let activities = prop::sample::select(vec!["", "84.11Z", "85.31Z", "85.20Z", "38.11Z"]);
    let bands = prop::sample::select(vec!["", "NN", "00", "01", "02", "12", "21", "53"]);
    let sirets = prop::sample::select(vec![CLAMART, DINUM, "11000201100044", "82869625200018"]);
    (sirets, categories, activities, bands, any::<bool>()).prop_map(|(siret, category, activity, band, is_active)| {
        Organization { is_active, ..organization(siret, category, activity, band) }
    })
}

fn any_case() -> impl Strategy<Value = Case> {
    let addresses = prop::sample::select(vec![
        FREE,
        OWN,
        "jean@yopmail.com",
        "jean@beta.gouv.fr",
        "jean@notgouv.fr",
        "jean@ac-paris.fr",
        "mairie@orange.fr",
        "jean@finances.gouv.fr",
        "mairie@clamart.fr",
    ]);
    let contacts = prop::collection::vec(
        prop::sample::select(vec!["mairie@orange.fr", "mairie@clamart.fr", "0750663k@ac-paris.fr"]),
        0..3,
    );
    let request = prop_oneof![
        3 => Just(RequestStanding::None),
        1 => Just(RequestStanding::Pending(ModerationId(1))),
        1 => Just(RequestStanding::Rejected(ModerationId(1))),
    ];
    let domain = prop::option::of(prop::sample::select(EmailDomainStatus::ALL.to_vec()));
    let link = prop_oneof![
        2 => Just(LinkStanding::None),
        1 => Just(LinkStanding::Proven),
        2 => prop::option::of(Just(ModerationId(2))).prop_map(|review| LinkStanding::Unproven { review }),
    ];
    let flags = (link, any::<bool>(), any::<bool>(), any::<bool>(), prop::bool::weighted(0.2));
    (any_organization(), addresses, contacts, request, domain, flags).prop_map(
        |(
            organization,
            email,
            contacts,
            request,
            domain,
            (link, is_confirmed, allow_unverified, bypass_moderation, is_register_silent),
        )| {
            Case {
                link,
                request,
                domain,
                is_confirmed,
                is_register_silent,
                policy: JoiningPolicy { allow_unverified, bypass_moderation },
                ..case(organization, email).contacts(&contacts)
            }
        },
    )
}

proptest! {
    #[test]
    fn sec_108_no_combination_of_facts_yields_a_link_without_its_ground(case in any_case()) {
        use Verification::*;
        let Joining::Join { verification, is_external, review } = decide_joining(&case.facts()) else { return Ok(()) };
        let has_free_mail = kind(&case.email).is_open_to_anybody();
        let has_own_domain = case.contacts.iter().any(|contact| {
            contact.own_domain() == Some(EmailDomain::of(&case.email))
        });
        prop_assert!(!case.is_register_silent, "nobody joins what the register says nothing of");
        prop_assert!(case.organization.is_active && case.request == RequestStanding::None);
        prop_assert_ne!(case.link, LinkStanding::Proven);
        if case.link != LinkStanding::None && !verification.is_proven() {
            prop_assert_eq!(verification, DomainNotVerifiedYet, "what proves nothing is not given twice");
            prop_assert_eq!(case.link, LinkStanding::Unproven { review: None }, "nor is one link looked at twice");
        }
        prop_assert_ne!(case.domain, Some(EmailDomainStatus::Refused));
        match verification {
            Domain => {
                prop_assert!(!has_free_mail, "a domain where anybody has an address proves nothing");
                prop_assert!(case.domain.is_some_and(EmailDomainStatus::is_approved) || has_own_domain);
            }
            OfficialContactEmail => prop_assert!(case.contacts.iter().any(|contact| contact.email == case.email)),
            Bypassed => prop_assert!(case.policy.bypass_moderation),
            DomainNotVerifiedYet => {
                prop_assert!(!has_free_mail && case.domain == Some(EmailDomainStatus::NotVerifiedYet));
                prop_assert_eq!(review, Some(ModerationKind::NonVerifiedDomain));
            }
            NoVerificationMeansForEntrepriseUnipersonnelle
            | NoVerificationMeansForSmallAssociation
            | NoVerificationMeansForSmallOrganization => prop_assert!(case.policy.allow_unverified),
            CodeSentToOfficialContactEmail | ProofReceived | ManualDecision | Invitation | InListeDirigeantsRne | InListeDirigeantsRna
            | OrdreProfessionnelDomain | Unverified => prop_assert!(false, "no rule gives {:?}", verification),
        }
        prop_assert!(!is_external || case.domain == Some(EmailDomainStatus::External));
    }

    #[test]
    fn sec_108_an_unproven_domain_never_opens_an_organization_to_a_free_mail_provider(case in any_case()) {
        if !kind(&case.email).is_open_to_anybody() {
            return Ok(());
        }
        if let Joining::Join { verification, .. } = decide_joining(&case.facts()) {
            let is_own_address = case.contacts.iter().any(|contact| contact.email == case.email);
            prop_assert!(!verification.is_proven() || is_own_address);
        }
    }
}
