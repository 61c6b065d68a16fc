//! The table of steps: every journey ends, nothing is finished with a fact missing, and the documentation is the code.

use std::mem::discriminant;

use super::rules::{RULES, of};
use super::*;

/// How the demands of a request can stand.
const DEMANDS: [Demand; 3] = [Demand::Absent, Demand::Open, Demand::Done];

fn each_affiliation() -> Vec<Affiliation> {
    let mut all = Vec::new();
    for organizations in 0..3 {
        for bits in 0..16_u8 {
            let is = |bit: u8| bits & bit != 0;
            all.push(Affiliation {
                organizations,
                is_chosen: is(1),
                contact_proof: is(2).then_some(OrganizationId(1)),
                pending_request: is(4).then_some(ModerationId(1)),
                welcome_due: is(8).then_some(OrganizationId(1)),
            });
        }
    }
    all
}

/// Every person that the facts can tell of.
fn each_person() -> Vec<PersonFacts> {
    use MailboxStanding::{NewBrowser, Proven, Stale, Unproven};
    let missing = |is_proof_recent| SecondFactor::Missing { is_proof_recent };
    let affiliations = each_affiliation();
    let mut all = Vec::new();
    for identity in [Identity::Expected, Identity::Other, Identity::OtherAfterSignIn] {
        for second_factor in [SecondFactor::Settled, SecondFactor::Wanted, missing(false), missing(true)] {
            for mailbox in [Proven, Unproven, Stale, NewBrowser] {
                for (names_known, is_held) in [(false, false), (false, true), (true, false), (true, true)] {
                    all.extend(affiliations.iter().map(|affiliation| PersonFacts {
                        identity,
                        second_factor,
                        mailbox,
                        names_known,
                        is_held,
                        affiliation: *affiliation,
                    }));
                }
            }
        }
    }
    all
}

/// Every request, where what may be demanded once stands as one of `list` says.
fn each_demands(list: &[Demand]) -> Vec<Demands> {
    let mut all = Vec::new();
    for number in 0..list.len().pow(6) * 8 {
        let (mut rest, flags) = (number / 8, number % 8);
        let mut demand = || {
            let chosen = list[rest % list.len()];
            rest /= list.len();
            chosen
        };
        all.push(Demands {
            fresh_sign_in: demand(),
            account: demand(),
            information: demand(),
            hinted_organization: demand(),
            organization_chooser: demand(),
            consent: demand(),
            assurance_out_of_reach: flags & 1 != 0,
            one_organization: flags & 2 != 0,
            any_organization: flags & 4 != 0,
        });
    }
    all
}

/// Everything that the doers of a step, whoever they are, can bring about by it.
fn outcomes(step: Step, facts: &Facts) -> Vec<Facts> {
    let Some(person) = facts.person else { return Vec::new() };
    let demands = facts.demands;
    let with = |person: PersonFacts, demands: Demands| Facts { person: Some(person), demands };
    let of_person = |person: PersonFacts| vec![with(person, demands)];
    let of_affiliation =
        |affiliation: Affiliation, demands: Demands| with(PersonFacts { affiliation, ..person }, demands);
    let known = person.affiliation;
    match step {
        Step::SignIn => signed_in(&person, &Demands { fresh_sign_in: done(demands.fresh_sign_in), ..demands }),
        // The same account, or another one.
        Step::SelectAccount => {
            let confirmed = Demands { account: done(demands.account), ..demands };
            let mut all = signed_in(&person, &Demands { fresh_sign_in: done(demands.fresh_sign_in), ..confirmed });
            all.push(with(person, confirmed));
            all
        }
        Step::SecondFactor | Step::SetUpSecondFactor => {
            of_person(PersonFacts { second_factor: SecondFactor::Settled, ..person })
        }
        Step::VerifyEmail => of_person(PersonFacts { mailbox: MailboxStanding::Proven, ..person }),
        // An administrator lets them in.
        Step::AskAdministrator => of_person(PersonFacts { is_held: false, ..person }),
        Step::PersonalInformation => {
            let demands = Demands { information: done(demands.information), ..demands };
            vec![with(PersonFacts { names_known: true, ..person }, demands)]
        }
        Step::SelectOrganization => {
            let demands = Demands { hinted_organization: done(demands.hinted_organization), ..chosen(demands) };
            let welcome = |welcome_due| Affiliation { is_chosen: true, welcome_due, ..known };
            [None, Some(OrganizationId(1))].map(|due| of_affiliation(welcome(due), demands)).to_vec()
        }
        Step::OfficialContact(id) => vec![joined(&person, demands, id)],
        // Whoever asks to join is linked at once, begins to prove it, or waits.
        Step::JoinOrganization => {
            let mut all = vec![joined(&person, demands, OrganizationId(1))];
            let asked = Affiliation { contact_proof: Some(OrganizationId(1)), ..known };
            all.push(of_affiliation(asked, demands));
            if known.pending_request.is_none() {
                let asked = Affiliation { pending_request: Some(ModerationId(1)), ..known };
                all.push(of_affiliation(asked, demands));
            }
            all
        }
        Step::Welcome(_) => vec![of_affiliation(Affiliation { welcome_due: None, ..known }, demands)],
        Step::Consent => vec![with(person, Demands { consent: done(demands.consent), ..demands })],
        // Who waits for a moderator waits on that page.
        Step::ModerationPending(_) | Step::Refuse(_) | Step::Finish => Vec::new(),
    }
}

fn done(demand: Demand) -> Demand {
    if demand == Demand::Open { Demand::Done } else { demand }
}

fn chosen(demands: Demands) -> Demands {
    Demands { organization_chooser: done(demands.organization_chooser), ..demands }
}

/// Whoever was there before, and somebody of whom nothing else is known: the worst that can come.
fn signed_in(before: &PersonFacts, demands: &Demands) -> Vec<Facts> {
    let is_named = before.identity == Identity::Expected;
    let second_factor = match before.second_factor {
        SecondFactor::Missing { .. } => SecondFactor::Missing { is_proof_recent: true },
        known @ (SecondFactor::Settled | SecondFactor::Wanted) => known,
    };
    let identity = if is_named { Identity::Expected } else { Identity::OtherAfterSignIn };
    let same = PersonFacts { identity, second_factor, ..*before };
    let stranger = |identity, second_factor| PersonFacts {
        identity,
        second_factor,
        mailbox: MailboxStanding::Unproven,
        names_known: false,
        is_held: true,
        affiliation: Affiliation { welcome_due: Some(OrganizationId(1)), ..Affiliation::default() },
    };
    let missing = SecondFactor::Missing { is_proof_recent: true };
    let people = [
        same,
        stranger(Identity::Expected, SecondFactor::Wanted),
        stranger(Identity::Expected, missing),
        stranger(Identity::OtherAfterSignIn, missing),
    ];
    people.map(|person| Facts { person: Some(person), demands: *demands }).to_vec()
}

/// Linked, which chooses the organization, and welcomes the person.
fn joined(person: &PersonFacts, demands: Demands, id: OrganizationId) -> Facts {
    let demands = Demands { hinted_organization: done(demands.hinted_organization), ..chosen(demands) };
    let affiliation = Affiliation {
        organizations: (person.affiliation.organizations + 1).min(2),
        is_chosen: true,
        contact_proof: None,
        welcome_due: Some(id),
        ..person.affiliation
    };
    Facts { person: Some(PersonFacts { affiliation, ..*person }), demands }
}

/// How far the end is: first the sign-ins, then everything that is left in the session that they begin.
fn distance(facts: &Facts) -> (u32, u32) {
    let count = |list: &[(bool, u32)]| list.iter().map(|(is, weight)| u32::from(*is) * weight).sum();
    let demands = &facts.demands;
    let is_open = |demand: Demand| demand == Demand::Open;
    let Some(person) = facts.person else { return (u32::MAX, 0) };
    let sign_ins = count(&[
        (person.identity == Identity::Other, 1),
        (is_open(demands.fresh_sign_in), 1),
        (person.second_factor == SecondFactor::Missing { is_proof_recent: false }, 1),
        (is_open(demands.account), 1),
    ]);
    let known = person.affiliation;
    let left = count(&[
        (person.second_factor != SecondFactor::Settled, 1),
        (person.mailbox != MailboxStanding::Proven, 1),
        (person.is_held, 1),
        (!person.names_known, 1),
        (is_open(demands.information), 1),
        (is_open(demands.hinted_organization), 8),
        (known.organizations == 0, 8),
        (known.contact_proof.is_none(), 3),
        (known.pending_request.is_none(), 1),
        (!known.is_chosen, 3),
        (is_open(demands.organization_chooser), 3),
        (known.welcome_due.is_some(), 2),
        (is_open(demands.consent), 1),
    ]);
    (sign_ins, left)
}

/// The client hears of somebody of whom everything is known and done.
fn assert_whole(facts: &Facts) {
    let (person, demands) = (facts.person.expect("signed in"), &facts.demands);
    let affiliation = person.affiliation;
    assert!(
        person.identity == Identity::Expected
            && person.second_factor == SecondFactor::Settled
            && person.mailbox == MailboxStanding::Proven
            && person.names_known
            && !person.is_held
            && !demands.assurance_out_of_reach
            && (!demands.one_organization || affiliation.is_chosen)
            && (!demands.any_organization || affiliation.organizations > 0)
            && affiliation.welcome_due.is_none()
            && ![demands.fresh_sign_in, demands.account, demands.information].contains(&Demand::Open)
            && ![demands.hinted_organization, demands.organization_chooser, demands.consent].contains(&Demand::Open),
        "finished too early: {facts:?}"
    );
}

/// Walks from every combination of facts, one step each: what it leads to is one of them again, and nearer to the end, so that
/// every journey has one. The steps that were met, each of them once.
fn walk(people: &[PersonFacts], demands: &[Demands]) -> Vec<&'static str> {
    let mut met: Vec<Step> = Vec::new();
    for demands in demands {
        for person in people {
            let facts = Facts { person: Some(*person), demands: *demands };
            let step = next(&facts);
            if !met.iter().any(|known| discriminant(known) == discriminant(&step)) {
                met.push(step);
            }
            if step == Step::Finish {
                assert_whole(&facts);
                continue;
            }
            let here = distance(&facts);
            for after in outcomes(step, &facts) {
                assert!(distance(&after) < here, "{step:?} leads no further, from {facts:?} to {after:?}");
            }
        }
    }
    let mut names: Vec<&str> = met.into_iter().map(Step::name).collect();
    names.sort_unstable();
    names
}

/// The names of all steps that the table gives.
fn all_steps() -> Vec<&'static str> {
    let mut all: Vec<&str> = RULES.iter().map(|rule| rule.gives).chain([Step::Finish.name()]).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn prm_7_sec_28_from_every_combination_of_facts_each_step_is_nearer_to_the_end_and_none_is_missing_there() {
    let people = each_person();
    assert_eq!(people.len(), 3 * 4 * 4 * 2 * 2 * 48);
    for demands in [each_demands(&[Demand::Open, Demand::Absent]), each_demands(&[Demand::Open, Demand::Done])] {
        // What is not open was never asked or is done, which no line tells apart: all of the one, then all of the other. Their
        // mixtures are walked below.
        assert_eq!(demands.len(), 64 * 8);
        assert_eq!(walk(&people, &demands), all_steps());
    }
    assert_eq!(next(&Facts { person: None, demands: Demands::NONE }), Step::SignIn);
}

#[test]
#[ignore = "fifty-three million combinations take minutes without optimization: cargo test --release -- --ignored sec_28"]
fn prm_7_sec_28_the_same_with_every_mixture_of_what_was_never_asked_and_what_is_done() {
    let demands = each_demands(&DEMANDS);
    assert_eq!(demands.len(), 729 * 8);
    assert_eq!(walk(&each_person(), &demands), all_steps());
}

#[test]
fn what_is_not_asked_is_as_good_as_done_in_every_line_of_the_table() {
    // One person of sixty-one, which is prime to the ways in which they differ.
    let people: Vec<PersonFacts> = each_person().into_iter().step_by(61).collect();
    let closed = |demand: Demand| if demand == Demand::Absent { Demand::Done } else { demand };
    for demands in each_demands(&DEMANDS) {
        let without = Demands {
            fresh_sign_in: closed(demands.fresh_sign_in),
            account: closed(demands.account),
            information: closed(demands.information),
            hinted_organization: closed(demands.hinted_organization),
            organization_chooser: closed(demands.organization_chooser),
            consent: closed(demands.consent),
            ..demands
        };
        for person in &people {
            let facts = Facts { person: Some(*person), demands };
            assert_eq!(next(&facts), next(&Facts { demands: without, ..facts }), "{facts:?}");
        }
    }
}

#[test]
fn every_line_of_the_table_names_the_step_that_it_gives() {
    let people = each_person();
    for demands in each_demands(&[Demand::Open, Demand::Done]).into_iter().step_by(5) {
        for person in people.iter().step_by(11) {
            let facts = Facts { person: Some(*person), demands };
            for rule in RULES {
                if let Some(step) = of(rule, &facts) {
                    assert_eq!(rule.gives, step.name(), "{}", rule.when);
                }
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
        (Step::AskAdministrator, Some(ErrorCode::InteractionRequired)),
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

/// A link is made once it is proven: what is chosen never waits for the code of its own organization.
#[test]
fn prm_7_the_code_of_an_organization_is_asked_before_one_is_chosen_and_before_the_welcome() {
    let demands = each_demands(&[Demand::Absent, Demand::Open]);
    let (mut asked, mut later) = (0_u32, 0_u32);
    for person in each_person() {
        for demands in &demands {
            let known = person.affiliation;
            let lacks_one = known.organizations == 0 && (demands.one_organization || demands.any_organization);
            let proves_one =
                known.contact_proof.is_some() && (lacks_one || demands.hinted_organization == Demand::Open);
            let step = next(&Facts { person: Some(person), demands: *demands });
            if matches!(step, Step::OfficialContact(_)) {
                asked += 1;
            }
            if matches!(step, Step::SelectOrganization | Step::Welcome(_) | Step::Consent | Step::Finish) {
                assert!(!proves_one, "{person:?} {demands:?}");
                later += 1;
            }
        }
    }
    assert!(asked > 0 && later > 0);
}
