//! `invitations`: addresses that were invited. Links are never shown.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::page::{ENTRIES, Listing, Page};
use super::refusal::Refusal;
use super::{Reply, Request, created, done, organizations};
use crate::acts::administration::{self as acts, InvitationRefusal, ListedInvitation, NewInvitation};
use crate::domain::{Email, HandleKey, Invitation, InvitationState, OrganizationId, Siret, UserId};
use crate::protocol::{Locale, Timestamp};

/// An invitation as it is shown.
#[derive(Debug, Serialize)]
struct View {
    invitation_id: String,
    email: Email,
    state: &'static str,
    user_id: Option<UserId>,
    organization_id: Option<OrganizationId>,
    siret: Option<Siret>,
    is_external: Option<bool>,
    invited_by: String,
    invited_at: String,
    expires_at: String,
    /// Whether it was there before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    kept: bool,
    #[serde(skip)]
    key: String,
}

/// Whom to invite.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    #[serde(deserialize_with = "Email::deserialize_typed")]
    email: Email,
    organization: Option<String>,
    #[serde(default)]
    is_external: bool,
    #[serde(default)]
    keep_open: bool,
    /// The language of the mail; French without it.
    language: Option<Locale>,
}

pub(super) async fn route(request: &Request<'_>, rest: &[&str]) -> Reply {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => list(request).await,
        ("POST", []) => invite(request).await,
        ("DELETE", [email]) => revoke(request, email).await,
        _ => Err(Refusal::NoSuchAddress),
    }
}

async fn list(request: &Request<'_>) -> Reply {
    let Listing { cursor } = request.call.parameters()?;
    let after: Option<HandleKey<Invitation>> = match cursor.text("invitations")? {
        Some(text) => Some(serde_json::from_value(Value::from(text)).map_err(|_| Refusal::Cursor)?),
        None => None,
    };
    let now = request.app.clock.now();
    let listed = acts::list_invitations(request.app, request.by, after, ENTRIES).await?;
    let views = listed.into_iter().map(|listed| view(listed, now)).collect();
    Ok(done(&Page::new("invitations", views, |view: &View| view.key.clone())))
}

async fn invite(request: &Request<'_>) -> Reply {
    let Order { email, organization, is_external, keep_open, language } = request.call.document()?;
    let key = organization.as_deref().map(organizations::parse).transpose()?;
    let name = key.as_ref().map(ToString::to_string).unwrap_or_default();
    let organization = key.map(|key| (key, is_external));
    if organization.is_none() && is_external {
        let reason = String::from("goes with an organization only");
        return Err(Refusal::Invalid(vec![("is_external", reason)]));
    }
    let locale = language.unwrap_or(Locale::Fr);
    let new = NewInvitation { email: email.clone(), organization, locale, keep_open };
    match acts::invite(request.app, request.by, new).await? {
        Ok(invited) => Ok(created(&view(invited, request.app.clock.now()))),
        Err(refusal) => Err(refused(&email, name, refusal)),
    }
}

async fn revoke(request: &Request<'_>, email: &str) -> Reply {
    request.call.nothing_else()?;
    let expected = "an e-mail address is expected";
    let id = || email.chars().take(64).collect();
    let email: Email = email.parse().map_err(|_| Refusal::Identifier { noun: "invitation", id: id(), expected })?;
    match acts::revoke_invitation(request.app, request.by, email.clone()).await? {
        Ok(revoked) => Ok(done(&view(revoked, request.app.clock.now()))),
        Err(refusal) => Err(refused(&email, String::new(), refusal)),
    }
}

fn refused(email: &Email, organization: String, refusal: InvitationRefusal) -> Refusal {
    match refusal {
        InvitationRefusal::HasAccount => {
            let remedy = "`org link` links them to an organization";
            Refusal::Exists { noun: "user", id: email.to_string(), remedy }
        }
        InvitationRefusal::UnknownOrganization => Refusal::Unknown { noun: "org", id: organization },
        InvitationRefusal::Closed => Refusal::Closed,
        InvitationRefusal::Unconfirmed => Refusal::Unconfirmed,
        InvitationRefusal::NoMail => Refusal::NoMail,
        InvitationRefusal::TooManyMails => Refusal::TooManyMails,
        InvitationRefusal::Unknown => Refusal::NoInvitation(email.to_string()),
    }
}

fn view(listed: ListedInvitation, now: Timestamp) -> View {
    let ListedInvitation { key, name, invitation, organization, is_kept } = listed;
    let (state, user_id) = match invitation.state {
        InvitationState::Open if !invitation.is_open(now) => ("expired", None),
        InvitationState::Open => ("open", None),
        InvitationState::Accepted { user_id, .. } => ("accepted", Some(user_id)),
        InvitationState::Revoked { .. } => ("revoked", None),
    };
    let key = serde_json::to_value(key).ok().and_then(|value| value.as_str().map(str::to_owned));
    View {
        invitation_id: name,
        email: invitation.email,
        state,
        user_id,
        organization_id: invitation.organization.map(|invited| invited.organization_id),
        siret: organization.map(|found| found.siret),
        is_external: invitation.organization.map(|invited| invited.is_external),
        invited_by: invitation.invited_by.to_string(),
        invited_at: invitation.invited_at.to_iso8601(),
        expires_at: invitation.expires_at.to_iso8601(),
        kept: is_kept,
        key: key.unwrap_or_default(),
    }
}
