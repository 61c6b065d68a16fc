//! Everything that is kept about a person, put together for them (SEC-169).
//!
//! What lives for minutes only and says nothing more is not looked for: codes, tokens, links and sign-ins under way. Neither
//! are the marks of browsers in which they signed in before and that are not trusted, which hold a date and no name.

use super::services::UsedService;
use super::sessions::list_own_sessions;
use super::trusted_browsers::find_trusted;
use crate::acts::sessions::ActiveSession;
use crate::acts::{ActError, By, Circumstances};
use crate::app::App;
use crate::domain::{
    AccountData, Actor, AuditEvent, BrowserTrust, EventData, HandleKey, KnownBrowser, MailData, ModerationState,
    OrganizationData, OrganizationId, PERSONAL_DATA_FORMAT, Passkey, PasskeyData, PersonalData, RequestData, Role,
    ServiceData, ServiceUseState, SessionData, TrustedBrowserData, User, UserId,
};
use crate::protocol::Timestamp;
use crate::store::audit::{self, AuditEntry};
use crate::store::{
    Read, StoreError, clients, credentials, memberships, moderations, organizations, outbox, sent_mails, service_uses,
    users,
};

/// The most events of each list; ten thousand sign-ins are more than anybody makes.
const EVENTS: usize = 10_000;
/// The most mails that wait.
const MAILS: usize = 10_000;

/// Puts it together for a page that they look at; that it was, is recorded.
///
/// # Errors
/// When the store fails, or the person is gone.
pub async fn export_personal_data(app: &App, by: &By, active: &ActiveSession) -> Result<PersonalData, ActError> {
    let circumstances = Circumstances::of(app, by);
    let user_id = active.user.id;
    app.store.write(move |tx| circumstances.record(tx, AuditEvent::PersonalDataExported { user_id })).await?;
    gather(app, active).await
}

/// Puts it together.
pub(super) async fn gather(app: &App, active: &ActiveSession) -> Result<PersonalData, ActError> {
    let (user_id, now) = (active.user.id, app.clock.now());
    let (store, issuer) = (app.store.clone(), app.config.issuer().to_owned());
    let looking = tokio::task::spawn_blocking(move || {
        store.read(|tx| {
            let user = users::get(tx, user_id)?;
            Ok(PersonalData {
                format: PERSONAL_DATA_FORMAT,
                issuer: issuer.clone(),
                exported_at: now.to_iso8601(),
                organizations: organizations_of(tx, user_id)?,
                requests: requests_of(tx, user_id)?,
                services: services_of(tx, user_id)?,
                sessions: Vec::new(),
                trusted_browsers: trusted_browsers_of(tx, &user, now)?,
                sign_ins: events(audit::list_sign_ins(tx, user_id, None, EVENTS)?, user_id, now),
                acts: events(audit::list_acts(tx, user_id, EVENTS)?, user_id, now),
                mails: mails_to(tx, &user)?,
                account: account(tx, user)?,
            })
        })
    });
    let gathered = looking.await.unwrap_or(Err(StoreError::Panicked))?;
    Ok(PersonalData { sessions: sessions_of(app, active)?, ..gathered })
}

fn account(tx: &impl Read, user: User) -> Result<AccountData, StoreError> {
    let known = credentials::find(tx, user.id)?;
    let factors = known.as_ref().map(|known| known.second_factors.clone()).unwrap_or_default();
    let password = known.filter(|known| known.password_hash.is_some());
    Ok(AccountData {
        user_id: user.id.to_string(),
        email: user.email.to_string(),
        email_verified_at: user.email_verified_at.map(Timestamp::to_iso8601),
        given_name: user.information.given_name,
        family_name: user.information.family_name,
        phone_number: user.information.phone_number,
        job: user.information.job,
        role: user.role.as_ref().map(Role::as_str),
        language: user.locale,
        created_at: user.created_at.to_iso8601(),
        updated_at: user.updated_at.to_iso8601(),
        sign_in_count: user.sign_in_count,
        last_sign_in_at: user.last_sign_in_at.map(Timestamp::to_iso8601),
        password_chosen_at: password.map(|known| known.password_changed_at.to_iso8601()),
        authenticator_added_at: factors.totp.map(|totp| totp.added_at.to_iso8601()),
        passkeys: factors.passkeys.into_iter().map(passkey).collect(),
        additional_claims: user.additional_claims,
    })
}

fn passkey(passkey: Passkey) -> PasskeyData {
    PasskeyData {
        name: passkey.name,
        made_in: passkey.made_in,
        added_at: passkey.added_at.to_iso8601(),
        last_used_at: passkey.last_used_at.map(Timestamp::to_iso8601),
        uses: passkey.uses,
        suspended_at: passkey.suspended_at.map(Timestamp::to_iso8601),
    }
}

fn organizations_of(tx: &impl Read, user_id: UserId) -> Result<Vec<OrganizationData>, StoreError> {
    let mut found = Vec::new();
    for link in memberships::list_of_user(tx, user_id)? {
        let Some(organization) = organizations::find(tx, link.organization_id)? else { continue };
        found.push(OrganizationData {
            siret: organization.siret.to_string(),
            label: organization.label,
            is_external: link.is_external,
            verification: link.verification,
            linked_at: link.created_at.to_iso8601(),
            updated_at: link.updated_at.to_iso8601(),
        });
    }
    Ok(found)
}

fn requests_of(tx: &impl Read, user_id: UserId) -> Result<Vec<RequestData>, StoreError> {
    let mut found = Vec::new();
    for request in moderations::list_of_user(tx, user_id)? {
        let Some(organization) = organizations::find(tx, request.organization_id)? else { continue };
        let (status, decided_at, reason) = match request.state {
            ModerationState::Pending { .. } => ("pending", None, None),
            ModerationState::Accepted { at, .. } => ("accepted", Some(at), None),
            ModerationState::Rejected { at, reason, .. } => ("rejected", Some(at), reason),
        };
        found.push(RequestData {
            siret: organization.siret.to_string(),
            kind: request.kind,
            status,
            reason: reason.map(String::from),
            requested_at: request.created_at.to_iso8601(),
            decided_at: decided_at.map(Timestamp::to_iso8601),
            client_id: request.client_id.map(String::from),
        });
    }
    Ok(found)
}

fn services_of(tx: &impl Read, user_id: UserId) -> Result<Vec<ServiceData>, StoreError> {
    let mut services = Vec::new();
    for used in service_uses::list_of_user(tx, user_id)? {
        let client = clients::find(tx, &used.client_id)?;
        services.push(service(UsedService { used, client }));
    }
    services.sort_by(|one, other| other.last_used_at.cmp(&one.last_used_at));
    Ok(services)
}

fn service(UsedService { used, client }: UsedService) -> ServiceData {
    let (first, last, withdrawn) = match used.state {
        ServiceUseState::InUse { since, last } => (Some(since), Some(last), None),
        ServiceUseState::Revoked { at } => (None, None, Some(at)),
    };
    ServiceData {
        client_id: used.client_id.as_str().to_owned(),
        name: client.map(|client| client.name),
        first_used_at: first.map(Timestamp::to_iso8601),
        last_used_at: last.map(Timestamp::to_iso8601),
        withdrawn_at: withdrawn.map(Timestamp::to_iso8601),
    }
}

fn sessions_of(app: &App, active: &ActiveSession) -> Result<Vec<SessionData>, ActError> {
    let siret = |id: OrganizationId| app.store.read(|tx| organizations::find(tx, id));
    let mut sessions = Vec::new();
    for own in list_own_sessions(app, active)? {
        let organization = own.session.organization_id.map(siret).transpose()?.flatten();
        sessions.push(SessionData {
            session_id: own.name,
            started_at: own.session.started_at.to_iso8601(),
            last_used_at: own.session.last_used_at.to_iso8601(),
            browser: own.session.whereabouts.browser,
            source: own.session.whereabouts.source,
            methods: own.session.proofs.iter().map(|proof| proof.factor).collect(),
            organization: organization.map(|organization| organization.siret.to_string()),
        });
    }
    Ok(sessions)
}

fn trusted_browsers_of(tx: &impl Read, user: &User, now: Timestamp) -> Result<Vec<TrustedBrowserData>, StoreError> {
    let browser = |(_, trust): (HandleKey<KnownBrowser>, BrowserTrust)| TrustedBrowserData {
        trusted_since: trust.since.to_iso8601(),
        trusted_until: trust.until.to_iso8601(),
        browser: trust.whereabouts.browser,
        source: trust.whereabouts.source,
    };
    Ok(find_trusted(tx, user, now)?.into_iter().map(browser).collect())
}

fn events(entries: Vec<AuditEntry>, user_id: UserId, now: Timestamp) -> Vec<EventData> {
    let event = |entry: AuditEntry| {
        let source = entry.record.shown_source(now);
        let (by, source) = match &entry.record.actor {
            Actor::User(id) if *id == user_id => ("person", source),
            Actor::Visitor => ("visitor", source),
            Actor::Client(_) => ("service", None),
            Actor::User(_) | Actor::Officer { .. } | Actor::Operator | Actor::CommandLine(_) => ("operator", None),
            Actor::System => ("program", None),
        };
        let at = Timestamp(entry.record.at_millis / 1000).to_iso8601();
        EventData { at, by, source, event: entry.record.event }
    };
    entries.into_iter().map(event).collect()
}

/// Those that wait, and those that are done with; the latest first.
fn mails_to(tx: &impl Read, user: &User) -> Result<Vec<MailData>, StoreError> {
    // What was written to an address before it was theirs was somebody else's.
    let is_theirs = |queued: &outbox::QueuedMail| queued.person == Some(user.id);
    let waiting = outbox::list(tx, None, MAILS)?.into_iter().filter(is_theirs).map(|queued| MailData {
        kind: queued.mail.content.name().to_owned(),
        to: queued.mail.to.to_string(),
        written_at: queued.mail.created_at.to_iso8601(),
        outcome: "waiting",
        ended_at: None,
    });
    let done = sent_mails::list_of_user(tx, user.id)?.into_iter().map(|sent| MailData {
        kind: sent.kind,
        to: sent.to.to_string(),
        written_at: sent.written_at.to_iso8601(),
        outcome: sent.outcome.as_str(),
        ended_at: Some(sent.ended_at.to_iso8601()),
    });
    let mut mails: Vec<MailData> = waiting.rev().chain(done).collect();
    mails.sort_by(|one, other| other.written_at.cmp(&one.written_at));
    Ok(mails)
}
