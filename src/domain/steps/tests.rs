//! The table of steps: every journey ends, nothing is finished with a fact missing, and the documentation is the code.

use proptest::prelude::*;

use super::rules::{RULES, of};
use super::*;

fn demand() -> impl Strategy<Value = Demand> {
    prop_oneof![Just(Demand::Absent), Just(Demand::Open), Just(Demand::Done)]
}

fn second_factor() -> impl Strategy<Value = SecondFactor> {
    prop_oneof![
        Just(SecondFactor::Settled),
        Just(SecondFactor::Wanted),
        any::<bool>().prop_map(|is_proof_recent| SecondFactor::Missing { is_proof_recent }),
    ]
}

fn mailbox() -> impl Strategy<Value = MailboxStanding> {
    use MailboxStanding::{NewBrowser, Proven, Stale, Unproven};
    prop_oneof![Just(Proven), Just(Unproven), Just(Stale), Just(NewBrowser)]
}

fn affiliation() -> impl Strategy<Value = Affiliation> {
    let organization = || proptest::option::of(Just(OrganizationId(1)));
    let request = proptest::option::of(Just(ModerationId(1)));
    (0usize..3, any::<bool>(), organization(), request, organization()).prop_map(
        |(organizations, is_chosen, contact_proof, pending_request, welcome_due)| Affiliation {
            organizations,
            is_chosen,
            contact_proof,
            pending_request,
            welcome_due,
        },
    )
}

fn person() -> impl Strategy<Value = PersonFacts> {
    let identity = prop_oneof![Just(Identity::Expected), Just(Identity::Other), Just(Identity::OtherAfterSignIn)];
    (identity, second_factor(), mailbox(), any::<bool>(), any::<bool>(), affiliation()).prop_map(
        |(identity, second_factor, mailbox, names_known, is_held, affiliation)| PersonFacts {
            identity,
            second_factor,
            mailbox,
            names_known,
            is_held,
            affiliation,
        },
    )
}

fn facts() -> impl Strategy<Value = Facts> {
    let organizations = (any::<bool>(), any::<bool>(), demand());
    let demands = (demand(), demand(), any::<bool>(), demand(), organizations, demand(), demand()).prop_map(
        |(
            fresh_sign_in,
            account,
            assurance_out_of_reach,
            information,
            (one_organization, any_organization, hinted_organization),
            organization_chooser,
            consent,
        )| {
            Demands {
                fresh_sign_in,
                account,
                assurance_out_of_reach,
                information,
                one_organization,
                any_organization,
                hinted_organization,
                organization_chooser,
                consent,
            }
        },
    );
    (proptest::option::of(person()), demands).prop_map(|(person, demands)| Facts { person, demands })
}

/// What a person who does as asked brings about.
fn carry_out(step: Step, mut facts: Facts) -> Facts {
    let done = |demand: Demand| if demand == Demand::Open { Demand::Done } else { demand };
    match step {
        Step::SignIn => {
            let identity = match facts.person.map(|person| person.identity) {
                None | Some(Identity::Expected) => Identity::Expected,
                Some(Identity::Other | Identity::OtherAfterSignIn) => Identity::OtherAfterSignIn,
            };
            let known = PersonFacts {
                identity,
                second_factor: SecondFactor::Missing { is_proof_recent: true },
                mailbox: MailboxStanding::NewBrowser,
                names_known: false,
                is_held: false,
                affiliation: Affiliation { organizations: 1, ..Affiliation::default() },
            };
            let person = facts.person.unwrap_or(known);
            let second_factor = match person.second_factor {
                SecondFactor::Missing { .. } => SecondFactor::Missing { is_proof_recent: true },
                SecondFactor::Settled => SecondFactor::Settled,
                SecondFactor::Wanted => SecondFactor::Wanted,
            };
            facts.person = Some(PersonFacts { identity, second_factor, ..person });
            facts.demands.fresh_sign_in = done(facts.demands.fresh_sign_in);
            facts.demands.account = done(facts.demands.account);
        }
        Step::SelectAccount => facts.demands.account = done(facts.demands.account),
        Step::SecondFactor | Step::SetUpSecondFactor => {
            let settled = |person| PersonFacts { second_factor: SecondFactor::Settled, ..person };
            facts.person = facts.person.map(settled);
        }
        Step::VerifyEmail => {
            facts.person = facts.person.map(|person| PersonFacts { mailbox: MailboxStanding::Proven, ..person });
        }
        // An administrator lets them in.
        Step::AskAdministrator => {
            facts.person = facts.person.map(|person| PersonFacts { is_held: false, ..person });
        }
        Step::PersonalInformation => {
            facts.demands.information = done(facts.demands.information);
            facts.person = facts.person.map(|person| PersonFacts { names_known: true, ..person });
        }
        Step::SelectOrganization => {
            facts.demands.organization_chooser = done(facts.demands.organization_chooser);
            facts.demands.hinted_organization = done(facts.demands.hinted_organization);
            facts.person = facts.person.map(|person| {
                let affiliation = Affiliation { is_chosen: true, ..person.affiliation };
                PersonFacts { affiliation, ..person }
            });
        }
        // Proven, and linked: the organization is chosen, and the person is welcomed.
        Step::OfficialContact(id) => facts = joined(facts, id),
        // Whoever asks to join is linked at once, asked for a proof, or waits.
        Step::JoinOrganization => facts = joined(facts, OrganizationId(2)),
        Step::Welcome(_) => {
            facts.person = facts.person.map(|person| {
                let affiliation = Affiliation { welcome_due: None, ..person.affiliation };
                PersonFacts { affiliation, ..person }
            });
        }
        Step::ModerationPending(_) => {}
        Step::Consent => facts.demands.consent = done(facts.demands.consent),
        Step::Refuse(_) | Step::Finish => {}
    }
    facts
}

fn joined(mut facts: Facts, id: OrganizationId) -> Facts {
    let done = |demand: Demand| if demand == Demand::Open { Demand::Done } else { demand };
    facts.demands.organization_chooser = done(facts.demands.organization_chooser);
    facts.demands.hinted_organization = done(facts.demands.hinted_organization);
    let linked = |affiliation: Affiliation| Affiliation {
        organizations: affiliation.organizations + 1,
        is_chosen: true,
        contact_proof: None,
        welcome_due: Some(id),
        ..affiliation
    };
    facts.person = facts.person.map(|person| PersonFacts { affiliation: linked(person.affiliation), ..person });
    facts
}

proptest! {
    #[test]
    fn prm_7_every_journey_ends_and_no_step_comes_twice(start in facts()) {
        let mut facts = start;
        let mut seen = Vec::new();
        loop {
            let step = next(&facts);
            // Who waits for a moderator waits on that page.
            if matches!(step, Step::Finish | Step::Refuse(_) | Step::ModerationPending(_)) {
                break;
            }
            prop_assert!(!seen.contains(&step), "{step:?} twice, from {start:?}");
            seen.push(step);
            facts = carry_out(step, facts);
        }
    }

    #[test]
    fn every_line_of_the_table_names_the_step_that_it_gives(facts in facts()) {
        for rule in RULES {
            if let Some(step) = of(rule, &facts) {
                prop_assert_eq!(rule.gives, step.name(), "{}", rule.when);
            }
        }
    }

    #[test]
    fn sec_28_nothing_is_finished_with_a_fact_missing(facts in facts()) {
        if next(&facts) == Step::Finish {
            let person = facts.person.expect("signed in");
            prop_assert_eq!(person.identity, Identity::Expected);
            prop_assert_eq!(person.second_factor, SecondFactor::Settled);
            prop_assert_eq!(person.mailbox, MailboxStanding::Proven);
            prop_assert!(person.names_known);
            prop_assert!(!person.is_held);
            prop_assert!(!facts.demands.assurance_out_of_reach);
            let affiliation = person.affiliation;
            prop_assert!(!facts.demands.one_organization || affiliation.is_chosen);
            prop_assert!(!facts.demands.any_organization || affiliation.organizations > 0);
            prop_assert_eq!(affiliation.welcome_due, None);
            prop_assert_ne!(facts.demands.hinted_organization, Demand::Open);
            let demands = facts.demands;
            for demand in [demands.fresh_sign_in, demands.account, demands.information, demands.organization_chooser, demands.consent] {
                prop_assert_ne!(demand, Demand::Open);
            }
        }
    }
}

/// The step of somebody who lacks nothing but what is about organizations.
fn step_of(affiliation: Affiliation, demands: Demands) -> Option<Step> {
    let person = PersonFacts {
        identity: Identity::Expected,
        second_factor: SecondFactor::Settled,
        mailbox: MailboxStanding::Proven,
        names_known: true,
        is_held: false,
        affiliation,
    };
    Some(next(&Facts { person: Some(person), demands })).filter(|step| *step != Step::Finish)
}

#[test]
fn the_documentation_shows_the_table_that_decides() {
    assert_eq!(include_str!("table.md"), table(), "write the right side into src/domain/steps/table.md");
}

#[test]
fn the_steps_about_organizations_have_their_order() {
    let (id, request) = (OrganizationId(7), ModerationId(3));
    let wants = Demands { one_organization: true, ..Demands::NONE };
    let nothing = Affiliation::default();
    let one = Affiliation { organizations: 1, is_chosen: true, ..nothing };
    let hinted = Demands { hinted_organization: Demand::Open, ..wants };
    let table = [
        (nothing, wants, Some(Step::JoinOrganization)),
        (nothing, Demands { any_organization: true, ..Demands::NONE }, Some(Step::JoinOrganization)),
        (nothing, Demands::NONE, None),
        (Affiliation { pending_request: Some(request), ..nothing }, wants, Some(Step::ModerationPending(request))),
        (
            Affiliation { pending_request: Some(request), contact_proof: Some(id), ..nothing },
            wants,
            Some(Step::OfficialContact(id)),
        ),
        (Affiliation { organizations: 2, ..nothing }, wants, Some(Step::SelectOrganization)),
        (one, hinted, Some(Step::JoinOrganization)),
        (Affiliation { pending_request: Some(request), ..one }, hinted, Some(Step::JoinOrganization)),
        (Affiliation { pending_request: Some(request), contact_proof: Some(id), ..one }, wants, None),
        (Affiliation { welcome_due: Some(id), ..one }, wants, Some(Step::Welcome(id))),
        (one, Demands { organization_chooser: Demand::Open, ..wants }, Some(Step::SelectOrganization)),
        (one, wants, None),
    ];
    for (affiliation, demands, expected) in table {
        assert_eq!(step_of(affiliation, demands), expected, "{affiliation:?} {demands:?}");
    }
}

#[test]
fn prm_1_without_pages_each_step_has_its_error() {
    let table = [
        (Step::SignIn, Some(ErrorCode::LoginRequired)),
        (Step::SelectAccount, Some(ErrorCode::AccountSelectionRequired)),
        (Step::SecondFactor, Some(ErrorCode::InteractionRequired)),
        (Step::VerifyEmail, Some(ErrorCode::InteractionRequired)),
        (Step::SetUpSecondFactor, Some(ErrorCode::InteractionRequired)),
        (Step::PersonalInformation, Some(ErrorCode::InteractionRequired)),
        (Step::JoinOrganization, Some(ErrorCode::InteractionRequired)),
        (Step::OfficialContact(OrganizationId(1)), Some(ErrorCode::InteractionRequired)),
        (Step::ModerationPending(ModerationId(1)), Some(ErrorCode::InteractionRequired)),
        (Step::SelectOrganization, Some(ErrorCode::InteractionRequired)),
        (Step::Welcome(OrganizationId(1)), Some(ErrorCode::InteractionRequired)),
        (Step::Consent, Some(ErrorCode::ConsentRequired)),
        (Step::Refuse(ErrorCode::AccessDenied), Some(ErrorCode::AccessDenied)),
        (Step::Finish, None),
    ];
    for (step, expected) in table {
        assert_eq!(step.error_without_pages(), expected);
    }
}
