//! The facts that decide the next step of a sign-in, read in one transaction.

use super::organizations::is_awaited;
use super::sessions::ActiveSession;
use crate::app::App;
use crate::config::Config;
use crate::domain::claims::{Subject, disclosed_scopes, wants_one_organization};
use crate::domain::steps::{self, Affiliation, Demand, Demands, Facts, Identity, PersonFacts, SecondFactor, Step};
use crate::domain::{
    AccountPage, Client, Email, Greeting, MailboxStanding, Moderation, ModerationId, OrganizationId,
    PendingAuthorization, Progress, SecondFactorUse, Session, User, UserId,
};
use crate::protocol::{Prompt, Scope, Timestamp};
use crate::store::{Read, StoreError, contact_proofs, memberships, moderations, organizations, service_uses};

/// Facts, and what was read to know them.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What decides the next step.
    pub facts: Facts,
    /// The organization that a code would be issued for.
    pub organization_id: Option<OrganizationId>,
}

/// Whether the person signed in gave everything that protects their account: a second factor, where they have one.
pub fn has_every_factor(app: &App, active: &ActiveSession) -> bool {
    let has_one = !active.user.second_factor.is_none();
    let person = (&active.session, &active.user);
    second_factor_of(&app.config, person, has_one, app.clock.now()) == SecondFactor::Settled
}

/// Whether the person signed in proved who they are a short while ago, with a second factor, in this very session: what
/// the console of administration wants of whoever enters it (SEC-138). What is stated in place of proofs does not count.
pub fn has_officers_proof(config: &Config, (session, user): (&Session, &User), now: Timestamp) -> bool {
    // A factor that was taken away since protects nothing any more.
    !user.second_factor.is_none()
        && session.has_recent_proof(now, config.recent_proof)
        && session.has_recent_second_factor(now, config.recent_proof)
}

/// What is left to prove before any page of the person signed in is shown: a second factor, the mailbox, the browser.
/// [`Step::Finish`] for nothing.
pub fn security_step(app: &App, active: &ActiveSession) -> Step {
    let now = app.clock.now();
    let person = PersonFacts {
        identity: Identity::Expected,
        second_factor: second_factor_of(&app.config, (&active.session, &active.user), false, now),
        mailbox: mailbox_standing(app, active),
        names_known: true,
        is_held: active.user.waits_for_administrator(),
        affiliation: Affiliation::default(),
    };
    steps::next(&Facts { person: Some(person), demands: Demands::NONE })
}

/// How the mailbox of the person signed in stands.
pub fn mailbox_standing(app: &App, active: &ActiveSession) -> MailboxStanding {
    MailboxStanding::of(&active.user, &active.session, app.config.accounts.mailbox, app.clock.now())
}

/// A person with every organization, acting for `organization_id`.
///
/// # Errors
/// When the store fails.
pub fn subject_of(tx: &impl Read, user: User, organization_id: Option<OrganizationId>) -> Result<Subject, StoreError> {
    let mut list = Vec::new();
    for membership in memberships::list_of_user(tx, user.id)? {
        if let Some(organization) = organizations::find(tx, membership.organization_id)? {
            list.push((membership, organization));
        }
    }
    Ok(Subject { user, organizations: list, organization_id })
}

/// Gathers the facts for the request of a client, or for the home page.
///
/// # Errors
/// When the store fails.
pub fn gather(
    tx: &impl Read,
    config: &Config,
    person: Option<(&Session, &User)>,
    request: Option<(&Client, &PendingAuthorization)>,
    progress: &Progress,
    now: Timestamp,
) -> Result<Standing, StoreError> {
    let Some((session, user)) = person else {
        return Ok(Standing { facts: Facts { person: None, demands: Demands::NONE }, organization_id: None });
    };
    let progress = &progress.of(&session.id);
    let Some((client, pending)) = request else {
        let facts = PersonFacts {
            identity: Identity::Expected,
            second_factor: second_factor_of(config, (session, user), false, now),
            mailbox: MailboxStanding::of(user, session, config.accounts.mailbox, now),
            names_known: user.information.has_names(),
            is_held: user.waits_for_administrator(),
            affiliation: Affiliation {
                welcome_due: welcome_due(tx, user, session.organization_id)?,
                ..Affiliation::default()
            },
        };
        return Ok(Standing { facts: Facts { person: Some(facts), demands: Demands::NONE }, organization_id: None });
    };
    let subject = subject_of(tx, user.clone(), session.organization_id)?;
    let released: Vec<_> = subject.released_to(client).map(|(_, known)| (known.id, !known.is_closed())).collect();
    let hint = pending.request.siret_hint.as_deref();
    let hinted = subject.organizations.iter().find(|(_, organization)| hint == Some(organization.siret.as_str()));
    // One that the client may not hear of is, for it, none of the person's.
    let is_hinted_open = hinted.is_none_or(|(_, organization)| !organization.is_closed());
    let hinted = hinted.map(|(_, organization)| organization.id);
    let is_hint_met = hinted.is_some_and(|hinted| released.iter().any(|(id, _)| *id == hinted));
    // Nor is a closed one chosen for whoever was not told of that in this session.
    let may_be_hinted = is_hinted_open || hinted == session.organization_id;
    let chosen = match (progress.organization, hinted) {
        (Some(chosen), _) => Some(chosen),
        (None, Some(hinted)) => Some(hinted).filter(|_| may_be_hinted),
        (None, None) => session.organization_id,
    };
    let organization_id = match (chosen, released.as_slice()) {
        (Some(chosen), list) if list.iter().any(|(id, _)| *id == chosen) => Some(chosen),
        // Whoever has a closed one alone is told so, and goes on with it only by their own choice (SEC-107).
        (_, [(only, true)]) => Some(*only),
        (_, _) => None,
    };
    let is_hinted = pending.expected_user.is_none_or(|expected| expected == user.id);
    let is_expected = is_hinted
        && pending.request.claims.accepts_subject(&user.id.to_string())
        && !names_another(pending, user, progress);
    let identity = match (is_expected, progress.signed_in) {
        (true, _) => Identity::Expected,
        (false, true) => Identity::OtherAfterSignIn,
        (false, false) => Identity::Other,
    };
    let (acr_demand, current) = (pending.request.acr_demand(), session.assurance(config.acr_vocabulary).acr);
    let reached = session.assurance_with_second_factor(config.acr_vocabulary).acr;
    let is_unmet = acr_demand.essential && !acr_demand.values.contains(&current);
    let wants_second_factor = is_unmet && acr_demand.values.contains(&reached);
    let person = PersonFacts {
        identity,
        second_factor: second_factor_of(config, (session, user), wants_second_factor, now),
        mailbox: MailboxStanding::of(user, session, config.accounts.mailbox, now),
        names_known: user.information.has_names(),
        is_held: user.waits_for_administrator(),
        affiliation: Affiliation {
            organizations: released.len(),
            is_chosen: organization_id.is_some(),
            contact_proof: awaited_proof(tx, user, now)?,
            pending_request: pending_request(tx, user)?,
            welcome_due: welcome_due(tx, user, organization_id)?,
        },
    };
    let mut demands = Demands {
        assurance_out_of_reach: is_unmet && !wants_second_factor,
        ..demands_of(session, client, pending, progress, now)
    };
    // A client that names an organization wants a person of it; another one may be chosen all the same.
    let names_one = hint.is_some() && (demands.one_organization || demands.any_organization);
    demands.hinted_organization = Demand::of(names_one, is_hint_met || progress.organization.is_some());
    if service_uses::find(tx, user.id, &client.id)?.is_some_and(|known| known.is_revoked()) {
        // Taken back: nothing goes on by itself, whatever the client asks (SEC-131).
        demands.consent = Demand::of(true, progress.consented);
    }
    Ok(Standing { facts: Facts { person: Some(person), demands }, organization_id })
}

/// Whether the client names another address than that of whoever was signed in already (`login_hint`). Whoever signed in, or
/// confirmed the account, when asked is taken as they are: an address may have changed. Without a page nobody can be asked,
/// and the word is no more than a hint (OpenID Connect Core §3.1.2.1).
fn names_another(pending: &PendingAuthorization, user: &User, progress: &Progress) -> bool {
    let is_settled = progress.signed_in || progress.account_selected || pending.request.prompt.contains(Prompt::None);
    let hint = pending.request.login_hint.as_deref().and_then(|hint| hint.parse::<Email>().ok());
    !is_settled && hint.is_some_and(|hint| hint != user.email)
}

/// The facts for a page of the account of `owner` that wants a recent proof (SEC-93): an old one is made anew, and
/// whoever else signs in does not get there.
pub fn facts_of_account(
    config: &Config,
    person: Option<(&Session, &User)>,
    (page, owner): (AccountPage, UserId),
    progress: &Progress,
    now: Timestamp,
) -> Facts {
    let Some((session, user)) = person else { return Facts { person: None, demands: Demands::NONE } };
    let identity = match (user.id == owner, progress.of(&session.id).signed_in) {
        (true, _) => Identity::Expected,
        (false, true) => Identity::OtherAfterSignIn,
        (false, false) => Identity::Other,
    };
    let is_recent = session.has_recent_proof(now, config.recent_proof);
    let demands = Demands { fresh_sign_in: Demand::of(!is_recent, false), ..Demands::NONE };
    let names_known = user.information.has_names();
    let mailbox = MailboxStanding::of(user, session, config.accounts.mailbox, now);
    let second_factor = match page.is_entrance() {
        true => second_factor_of_officer(config, (session, user), now),
        // What protects an account wants everything that the account has.
        false => second_factor_of(config, (session, user), !user.second_factor.is_none(), now),
    };
    let affiliation = Affiliation::default();
    let is_held = user.waits_for_administrator();
    let person = PersonFacts { identity, second_factor, mailbox, names_known, is_held, affiliation };
    Facts { person: Some(person), demands }
}

/// The organization that the person began to prove by its own address, a short while ago.
fn awaited_proof(tx: &impl Read, user: &User, now: Timestamp) -> Result<Option<OrganizationId>, StoreError> {
    let proofs = contact_proofs::list_of_user(tx, user.id)?;
    let last = proofs.into_iter().filter(|proof| is_awaited(proof, now)).max_by_key(|proof| proof.created_at);
    Ok(last.map(|proof| proof.organization_id))
}

/// The last request of the person that waits for a moderator before they join, or before their link is proven.
fn pending_request(tx: &impl Read, user: &User) -> Result<Option<ModerationId>, StoreError> {
    for request in moderations::list_of_user(tx, user.id)?.into_iter().rev().filter(Moderation::is_pending) {
        let is_awaited = match request.is_blocking() {
            true => true,
            false => memberships::find(tx, user.id, request.organization_id)?
                .is_some_and(|known| !known.verification.is_proven()),
        };
        if is_awaited {
            return Ok(Some(request.id));
        }
    }
    Ok(None)
}

/// The organization, where the person was not welcomed in it yet.
fn welcome_due(tx: &impl Read, user: &User, id: Option<OrganizationId>) -> Result<Option<OrganizationId>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    let known = memberships::find(tx, user.id, id)?;
    Ok(known.filter(|known| known.greeting == Greeting::Due).map(|known| known.organization_id))
}

/// How the second factor stands where one is demanded by the request, by the account or by the operator.
fn second_factor_of(
    config: &Config,
    (session, user): (&Session, &User),
    is_demanded: bool,
    now: Timestamp,
) -> SecondFactor {
    let is_wanted = is_demanded
        || user.second_factor == SecondFactorUse::Always
        || user.owes_second_factor()
        || config.accounts.require_second_factor;
    let is_stated = session.assurance(config.acr_vocabulary).amr.iter().any(|method| method == "mfa");
    let is_given = is_stated || session.has_second_factor();
    match user.second_factor {
        _ if !is_wanted || is_given => SecondFactor::Settled,
        SecondFactorUse::None => {
            SecondFactor::Missing { is_proof_recent: session.has_recent_proof(now, config.recent_proof) }
        }
        SecondFactorUse::OnDemand | SecondFactorUse::Always => SecondFactor::Wanted,
    }
}

/// The same for the console of administration: one of this person's own, given a short while ago.
fn second_factor_of_officer(config: &Config, (session, user): (&Session, &User), now: Timestamp) -> SecondFactor {
    let is_given = session.has_recent_second_factor(now, config.recent_proof);
    match user.second_factor {
        // Whatever was given before the last one was taken away.
        SecondFactorUse::None => {
            SecondFactor::Missing { is_proof_recent: session.has_recent_proof(now, config.recent_proof) }
        }
        SecondFactorUse::OnDemand | SecondFactorUse::Always if is_given => SecondFactor::Settled,
        SecondFactorUse::OnDemand | SecondFactorUse::Always => SecondFactor::Wanted,
    }
}

fn demands_of(
    session: &Session,
    client: &Client,
    pending: &PendingAuthorization,
    progress: &Progress,
    now: Timestamp,
) -> Demands {
    let request = &pending.request;
    let disclosed = disclosed_scopes(client, &request.scope, &request.claims);
    let asks = |prompt: Prompt| request.prompt.contains(prompt);
    let too_old =
        request.max_age.is_some_and(|limit| limit == 0 || now.seconds_since(session.authenticated_at()) > limit);
    Demands {
        fresh_sign_in: Demand::of(asks(Prompt::Login) || too_old, progress.signed_in),
        account: Demand::of(asks(Prompt::SelectAccount), progress.account_selected),
        assurance_out_of_reach: false,
        information: Demand::of(asks(Prompt::UpdateUserinfo), progress.information_confirmed),
        one_organization: wants_one_organization(&disclosed),
        any_organization: disclosed.contains(Scope::Organizations),
        hinted_organization: Demand::Absent,
        organization_chooser: Demand::of(asks(Prompt::SelectOrganization), progress.organization.is_some()),
        consent: Demand::of(asks(Prompt::Consent), progress.consented),
    }
}
