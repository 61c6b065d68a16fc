//! The table of steps.

use super::{Affiliation, Demand, Demands, Facts, Identity, PersonFacts, SecondFactor, Step};
use crate::domain::MailboxStanding;
use crate::protocol::ErrorCode;

/// A line of the table.
pub(super) struct Rule {
    /// What holds, for whoever reads.
    pub(super) when: &'static str,
    /// The name of the step that follows.
    pub(super) gives: &'static str,
    /// The step, where it holds.
    open: fn(&PersonFacts, &Demands) -> Option<Step>,
}

const fn rule(when: &'static str, gives: &'static str, open: fn(&PersonFacts, &Demands) -> Option<Step>) -> Rule {
    Rule { when, gives, open }
}

/// Nobody is signed in: the line before all others.
const NOBODY: &str = "nobody is signed in";

/// Every other line, in their order. What protects an account comes before anything that is shown or set up: whoever knows
/// a password alone must not make the account theirs. The proof comes before the link, so that nothing unproven is ever
/// chosen.
pub(super) const RULES: &[Rule] = &[
    rule("the account is to be confirmed (`prompt=select_account`)", "confirm the account", |_, demands| {
        (demands.account == Demand::Open).then_some(Step::SelectAccount)
    }),
    rule("a credential is to be presented anew (`prompt=login`, `max_age`)", "sign in", |_, demands| {
        (demands.fresh_sign_in == Demand::Open).then_some(Step::SignIn)
    }),
    rule(
        "somebody else was signed in than the client names (`id_token_hint`, `login_hint`)",
        "sign in",
        |person, _| (person.identity == Identity::Other).then_some(Step::SignIn),
    ),
    rule("somebody else signed in than the client names", "tell the client that it cannot be", |person, _| {
        (person.identity == Identity::OtherAfterSignIn).then_some(Step::Refuse(ErrorCode::LoginRequired))
    }),
    rule(
        "a level of assurance is demanded that no step can reach",
        "tell the client that it cannot be",
        |_, demands| {
            let refusal = Step::Refuse(ErrorCode::UnmetAuthenticationRequirements);
            demands.assurance_out_of_reach.then_some(refusal)
        },
    ),
    rule("a second factor is demanded, and the person has one", "give a second factor", |person, _| {
        (person.second_factor == SecondFactor::Wanted).then_some(Step::SecondFactor)
    }),
    rule("the mailbox is not proven, not lately, or not in this browser", "give back a mailed code", |person, _| {
        (person.mailbox != MailboxStanding::Proven).then_some(Step::VerifyEmail)
    }),
    rule(
        "the mailbox goes with a function, nobody had signed in for a year, and there is no second factor",
        "ask an administrator",
        |person, _| person.is_held.then_some(Step::AskAdministrator),
    ),
    rule(
        "a second factor is demanded, the person has none, and proved who they are a short while ago",
        "set up a second factor",
        |person, _| {
            (person.second_factor == SecondFactor::Missing { is_proof_recent: true }).then_some(Step::SetUpSecondFactor)
        },
    ),
    rule("a second factor is demanded, the person has none, and proved nothing lately", "sign in", |person, _| {
        (person.second_factor == SecondFactor::Missing { is_proof_recent: false }).then_some(Step::SignIn)
    }),
    rule(
        "a name is not known, or the information is to be looked at (`prompt=update_userinfo`)",
        "personal information",
        |person, demands| {
            (!person.names_known || demands.information == Demand::Open).then_some(Step::PersonalInformation)
        },
    ),
    rule(
        "an organization is wanted, and the person began to prove one by its own address",
        "give back the code of the organization",
        |person, demands| {
            let id = person.affiliation.contact_proof.filter(|_| is_to_join(&person.affiliation, demands));
            id.map(Step::OfficialContact)
        },
    ),
    rule(
        "an organization is wanted, the person has none, and a request waits for a moderator",
        "wait for a moderator",
        |person, demands| {
            let id = person.affiliation.pending_request.filter(|_| lacks_one(&person.affiliation, demands));
            id.map(Step::ModerationPending)
        },
    ),
    rule(
        "an organization is wanted and the person has none, or not the one that the client names (`siret_hint`)",
        "join an organization",
        |person, demands| is_to_join(&person.affiliation, demands).then_some(Step::JoinOrganization),
    ),
    rule(
        "one of several is to be chosen, or chosen anew (`prompt=select_organization`)",
        "choose an organization",
        |person, demands| {
            let is_open = wants_one(demands) && !person.affiliation.is_chosen;
            (demands.organization_chooser == Demand::Open || is_open).then_some(Step::SelectOrganization)
        },
    ),
    rule("the organization chosen was joined just now", "welcome", |person, _| {
        person.affiliation.welcome_due.map(Step::Welcome)
    }),
    rule("consent is demanded (`prompt=consent`)", "consent", |_, demands| {
        (demands.consent == Demand::Open).then_some(Step::Consent)
    }),
];

fn wants_one(demands: &Demands) -> bool {
    demands.one_organization || demands.organization_chooser == Demand::Open
}

fn lacks_one(person: &Affiliation, demands: &Demands) -> bool {
    (wants_one(demands) || demands.any_organization) && person.organizations == 0
}

fn is_to_join(person: &Affiliation, demands: &Demands) -> bool {
    lacks_one(person, demands) || demands.hinted_organization == Demand::Open
}

/// The step of one line, where it holds.
pub(super) fn of(rule: &Rule, facts: &Facts) -> Option<Step> {
    facts.person.as_ref().and_then(|person| (rule.open)(person, &facts.demands))
}

/// The first step that is open.
pub fn next(facts: &Facts) -> Step {
    if facts.person.is_none() {
        return Step::SignIn;
    }
    RULES.iter().find_map(|rule| of(rule, facts)).unwrap_or(Step::Finish)
}

/// The table as people read it, in Markdown.
pub fn table() -> String {
    let lines = RULES.iter().map(|rule| (rule.when, rule.gives));
    let first = (NOBODY, Step::SignIn.name());
    let last = ("nothing of all this", Step::Finish.name());
    let mut text = String::from("| | when | next step |\n| --- | --- | --- |\n");
    for (number, (when, gives)) in std::iter::once(first).chain(lines).chain([last]).enumerate() {
        text.push_str(&format!("| {} | {when} | {gives} |\n", number.saturating_add(1)));
    }
    text
}
