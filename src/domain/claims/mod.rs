//! What a client is told about a person: scopes and single claims to values, in three exact renderings
//! (OpenID Connect Core §5.1, §5.4, §5.5).

mod rendering;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{ClaimsProfile, Client, Membership, Organization, OrganizationId, User};
use crate::protocol::{ClaimsRequest, Scope, ScopeSet};
use rendering::Rendering;

/// Claims that are what the person says, and are vouched for by nobody.
const STATED: [&str; 6] = ["name", "family_name", "given_name", "usual_name", "job", "phone_number"];

/// A person as claims see them: read at the time of the request.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The person.
    pub user: User,
    /// Every organization of the person with its link, in the order in which the links began.
    pub organizations: Vec<(Membership, Organization)>,
    /// The organization that the person acts for.
    pub organization_id: Option<OrganizationId>,
}

impl Subject {
    /// The organizations that a client may hear of: a link that nothing proves only where the client accepts it.
    pub fn released_to(&self, client: &Client) -> impl Iterator<Item = &(Membership, Organization)> {
        let withhold = client.require_verified_link;
        self.organizations.iter().filter(move |(membership, _)| !withhold || membership.verification.is_proven())
    }
}

/// The names of the claims that a scope releases, in the order of the documents.
fn claims_of(scope: Scope, profile: ClaimsProfile) -> &'static [&'static str] {
    match (scope, profile) {
        (Scope::Openid, _) => &[],
        (Scope::Email, _) => &["email", "email_verified"],
        (Scope::Profile, ClaimsProfile::Standard) => &["name", "family_name", "given_name", "updated_at", "job"],
        (Scope::Profile, ClaimsProfile::Moncomptepro) => &["family_name", "given_name", "updated_at", "job"],
        (Scope::Profile, ClaimsProfile::Readme2022) => {
            &["family_name", "given_name", "updated_at", "phone_number", "job"]
        }
        (Scope::Phone, _) => &["phone_number", "phone_number_verified"],
        (Scope::Organization, ClaimsProfile::Standard) => {
            &["label", "siret", "is_commune", "is_external", "is_public_service", "organization_verified"]
        }
        (Scope::Organization, ClaimsProfile::Moncomptepro | ClaimsProfile::Readme2022) => {
            &["label", "siret", "is_commune", "is_external", "is_public_service", "is_service_public"]
        }
        (Scope::Organizations, _) => &["organizations"],
        (Scope::Uid, _) => &["uid"],
        (Scope::GivenName, _) => &["given_name"],
        (Scope::UsualName, _) => &["usual_name"],
        (Scope::Siret, _) => &["siret"],
        (Scope::IsPublicService, _) => &["is_public_service"],
        (Scope::IsServicePublic, _) => &["is_service_public"],
    }
}

/// Whether these scopes make the person choose one organization.
pub fn wants_one_organization(scopes: &ScopeSet) -> bool {
    [Scope::Organization, Scope::Siret, Scope::IsPublicService, Scope::IsServicePublic]
        .into_iter()
        .any(|scope| scopes.contains(scope))
}

/// What a request discloses, in the words of scopes: the scopes granted, and for each claim asked one by one the
/// narrowest scope of the client that releases it.
pub fn disclosed_scopes(client: &Client, scopes: &ScopeSet, requested: &ClaimsRequest) -> ScopeSet {
    let releases = |scope: &Scope, name: &str| claims_of(*scope, client.claims_profile).contains(&name);
    let mut disclosed: Vec<Scope> = scopes.iter().collect();
    for name in requested.userinfo.keys().chain(requested.id_token.keys()) {
        if disclosed.iter().any(|scope| releases(scope, name)) {
            continue;
        }
        let candidates = client.scopes.iter().filter(|scope| releases(scope, name));
        disclosed.extend(candidates.min_by_key(|scope| claims_of(*scope, client.claims_profile).len()));
    }
    disclosed.into_iter().collect()
}

/// Every claim name that any client can get, for the discovery document.
pub fn supported_claims() -> Vec<&'static str> {
    let mut names = vec!["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"];
    for scope in Scope::ALL {
        for profile in [ClaimsProfile::Standard, ClaimsProfile::Moncomptepro] {
            for name in claims_of(*scope, profile) {
                if !names.contains(name) {
                    names.push(name);
                }
            }
        }
    }
    names
}

/// The claims of a UserInfo answer: those of the granted scopes, those asked one by one within what the client may
/// ask, and `sub`, always.
pub fn userinfo_claims(
    subject: &Subject,
    client: &Client,
    scopes: &ScopeSet,
    requested: &ClaimsRequest,
) -> Map<String, Value> {
    let mut names: Vec<&str> = Vec::new();
    for scope in scopes.iter() {
        names.extend(claims_of(scope, client.claims_profile));
    }
    names.extend(entitled(client, requested.userinfo.keys().map(String::as_str)));
    let rendering = Rendering { subject, client };
    let mut claims = Map::new();
    if client.claims_profile != ClaimsProfile::Readme2022 {
        claims.insert(String::from("sub"), rendering.sub());
    }
    rendering.insert(&mut claims, &names);
    for (name, value) in subject.user.additional_claims.iter().filter(|(name, _)| may_be_added(name)) {
        claims.insert(name.clone(), value.clone());
    }
    claims.insert(String::from("sub"), rendering.sub());
    claims
}

/// Whether a claim that was added to a person is told under this name: one of their own statements, or a name that stands
/// for nothing here. What the provider vouches for, and what says who and how somebody signed in, nothing takes the place
/// of (SEC-130).
fn may_be_added(name: &str) -> bool {
    STATED.contains(&name) || !supported_claims().contains(&name)
}

/// The claims about the person in an ID token: only those asked for there one by one (OpenID Connect Core §5.4, §5.5).
pub fn id_token_claims(subject: &Subject, client: &Client, requested: &ClaimsRequest) -> Map<String, Value> {
    let names = entitled(client, requested.id_token.keys().map(String::as_str));
    let mut claims = Map::new();
    Rendering { subject, client }.insert(&mut claims, &names);
    claims
}

/// Of the names asked one by one, those that a scope of the client would release.
fn entitled<'a>(client: &Client, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let allowed: BTreeSet<&str> =
        client.scopes.iter().flat_map(|scope| claims_of(scope, client.claims_profile)).copied().collect();
    names.filter(|name| allowed.contains(name)).collect()
}
