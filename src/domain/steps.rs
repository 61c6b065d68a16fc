//! Which step of a sign-in comes next: one table, from facts to step.

use super::{MailboxStanding, ModerationId, OrganizationId};
use crate::protocol::ErrorCode;

/// Something that a request may demand once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Not asked.
    Absent,
    /// Asked, and not done yet.
    Open,
    /// Asked and done.
    Done,
}

impl Demand {
    /// A demand that is asked or not, done or not.
    pub fn of(asked: bool, done: bool) -> Self {
        match (asked, done) {
            (false, _) => Self::Absent,
            (true, false) => Self::Open,
            (true, true) => Self::Done,
        }
    }
}

/// Whether the person is the one that the request names by a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// No one is named, or it is this person.
    Expected,
    /// Somebody else is named, and this person was signed in already.
    Other,
    /// Somebody else is named, and this person signed in when asked for them.
    OtherAfterSignIn,
}

/// How the second factor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondFactor {
    /// Nothing demands one, or one was given.
    Settled,
    /// One is demanded, and the person has one.
    Wanted,
    /// One is demanded, and the person has none; with whether they proved who they are a short while ago, without which
    /// none is set up.
    Missing {
        /// Whether they did.
        is_proof_recent: bool,
    },
}

/// What is known of the person signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonFacts {
    /// Whether they are who the request names.
    pub identity: Identity,
    /// How their second factor stands.
    pub second_factor: SecondFactor,
    /// Whether their mailbox is proven, and this browser theirs.
    pub mailbox: MailboxStanding,
    /// Whether both names are known.
    pub names_known: bool,
    /// Where they stand with organizations.
    pub affiliation: Affiliation,
}

/// Where a person stands with organizations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Affiliation {
    /// How many organizations this client may hear of.
    pub organizations: usize,
    /// Whether one of them is chosen, or the only one.
    pub is_chosen: bool,
    /// The organization that the person began to prove by its own address that they belong to.
    pub contact_proof: Option<OrganizationId>,
    /// The request of the person that waits for a moderator.
    pub pending_request: Option<ModerationId>,
    /// The organization chosen, where the person was not welcomed yet.
    pub welcome_due: Option<OrganizationId>,
}

/// What the request demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demands {
    /// A credential presented after the request came (`prompt=login`, `max_age`).
    pub fresh_sign_in: Demand,
    /// The account confirmed (`prompt=select_account`).
    pub account: Demand,
    /// A level of assurance that the session does not reach and that no step can add.
    pub assurance_out_of_reach: bool,
    /// The personal information looked at (`prompt=update_userinfo`).
    pub information: Demand,
    /// One organization to act for.
    pub one_organization: bool,
    /// At least one organization.
    pub any_organization: bool,
    /// The organization that the client names and the person does not belong to, until another one is chosen.
    pub hinted_organization: Demand,
    /// The chooser, even with an organization chosen (`prompt=select_organization`).
    pub organization_chooser: Demand,
    /// Consent (`prompt=consent`).
    pub consent: Demand,
}

impl Demands {
    /// Nothing but being signed in.
    pub const NONE: Self = Self {
        fresh_sign_in: Demand::Absent,
        account: Demand::Absent,
        assurance_out_of_reach: false,
        information: Demand::Absent,
        one_organization: false,
        any_organization: false,
        hinted_organization: Demand::Absent,
        organization_chooser: Demand::Absent,
        consent: Demand::Absent,
    };
}

/// Everything that decides the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The person signed in, if the session is alive and the account usable.
    pub person: Option<PersonFacts>,
    /// What the request demands.
    pub demands: Demands,
}

/// The next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Present a credential.
    SignIn,
    /// Confirm the account.
    SelectAccount,
    /// Give a second factor.
    SecondFactor,
    /// Give back a code that is mailed.
    VerifyEmail,
    /// Set a second factor up.
    SetUpSecondFactor,
    /// Give or look at names, telephone and position.
    PersonalInformation,
    /// Join an organization.
    JoinOrganization,
    /// Give back the code that was sent to an organization's own address.
    OfficialContact(OrganizationId),
    /// Wait for a moderator.
    ModerationPending(ModerationId),
    /// Choose the organization to act for.
    SelectOrganization,
    /// Be welcomed in an organization.
    Welcome(OrganizationId),
    /// Allow what the client asks.
    Consent,
    /// Tell the client that it cannot be.
    Refuse(ErrorCode),
    /// Everything is there.
    Finish,
}

impl Step {
    /// What a client that forbids any page (`prompt=none`) is told instead of this step; `None` when no page is
    /// needed (OpenID Connect Core §3.1.2.6).
    pub fn error_without_pages(self) -> Option<ErrorCode> {
        match self {
            Self::SignIn => Some(ErrorCode::LoginRequired),
            Self::SelectAccount => Some(ErrorCode::AccountSelectionRequired),
            Self::SecondFactor
            | Self::VerifyEmail
            | Self::SetUpSecondFactor
            | Self::PersonalInformation
            | Self::JoinOrganization
            | Self::OfficialContact(_)
            | Self::ModerationPending(_)
            | Self::SelectOrganization
            | Self::Welcome(_) => Some(ErrorCode::InteractionRequired),
            Self::Consent => Some(ErrorCode::ConsentRequired),
            Self::Refuse(code) => Some(code),
            Self::Finish => None,
        }
    }
}

/// The first step that is open.
pub fn next(facts: &Facts) -> Step {
    let demands = &facts.demands;
    let Some(person) = facts.person else { return Step::SignIn };
    if demands.account == Demand::Open {
        return Step::SelectAccount;
    }
    if demands.fresh_sign_in == Demand::Open {
        return Step::SignIn;
    }
    match person.identity {
        Identity::Expected => {}
        Identity::Other => return Step::SignIn,
        Identity::OtherAfterSignIn => return Step::Refuse(ErrorCode::LoginRequired),
    }
    if demands.assurance_out_of_reach {
        return Step::Refuse(ErrorCode::UnmetAuthenticationRequirements);
    }
    if person.second_factor == SecondFactor::Wanted {
        return Step::SecondFactor;
    }
    // Before anything is set up: whoever knows a password alone must not make it theirs.
    if person.mailbox != MailboxStanding::Proven {
        return Step::VerifyEmail;
    }
    match person.second_factor {
        SecondFactor::Missing { is_proof_recent: true } => return Step::SetUpSecondFactor,
        SecondFactor::Missing { is_proof_recent: false } => return Step::SignIn,
        SecondFactor::Settled | SecondFactor::Wanted => {}
    }
    if !person.names_known || demands.information == Demand::Open {
        return Step::PersonalInformation;
    }
    if let Some(step) = organization_step(&person.affiliation, demands) {
        return step;
    }
    if demands.consent == Demand::Open {
        return Step::Consent;
    }
    Step::Finish
}

/// The first step about organizations that is open. Who belongs to none is asked for the proof that they began, waits for
/// the moderator whom they asked, or joins one; the proof comes before the link, so that nothing unproven is ever chosen.
fn organization_step(person: &Affiliation, demands: &Demands) -> Option<Step> {
    let wants_chooser = demands.organization_chooser == Demand::Open;
    let wants_one = demands.one_organization || wants_chooser;
    let lacks_one = (wants_one || demands.any_organization) && person.organizations == 0;
    if lacks_one || demands.hinted_organization == Demand::Open {
        return Some(match (person.contact_proof, person.pending_request) {
            (Some(id), _) => Step::OfficialContact(id),
            (None, Some(id)) if lacks_one => Step::ModerationPending(id),
            (None, Some(_) | None) => Step::JoinOrganization,
        });
    }
    if wants_chooser || (wants_one && !person.is_chosen) {
        return Some(Step::SelectOrganization);
    }
    person.welcome_due.map(Step::Welcome)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        (identity, second_factor(), mailbox(), any::<bool>(), affiliation()).prop_map(
            |(identity, second_factor, mailbox, names_known, affiliation)| PersonFacts {
                identity,
                second_factor,
                mailbox,
                names_known,
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
        fn sec_28_nothing_is_finished_with_a_fact_missing(facts in facts()) {
            if next(&facts) == Step::Finish {
                let person = facts.person.expect("signed in");
                prop_assert_eq!(person.identity, Identity::Expected);
                prop_assert_eq!(person.second_factor, SecondFactor::Settled);
                prop_assert_eq!(person.mailbox, MailboxStanding::Proven);
                prop_assert!(person.names_known);
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
            assert_eq!(organization_step(&affiliation, &demands), expected, "{affiliation:?} {demands:?}");
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
}
