//! The form in which people, organizations, links and clients are written, in the embedded seeds and in fixtures.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::seed_establishment::{RegisterDiffusion, RegisterState, SeedContacts, SeedEstablishment};
use crate::config::{Config, UnknownClients};
use crate::crypto;
use crate::directory::Seeded;
use crate::domain::{
    Activity, Actor, ClaimsProfile, Client, ClientAuthentication, ClientId, CommuneCode, Deed, Email, EmailDomain,
    EmailDomainStatus, HeadcountBand, LegalCategory, Membership, Organization, OrganizationDomain, OrganizationId,
    PersonalInformation, Role, RoleName, SecretDigest, Siret, User, UserId, Verification,
};
use crate::protocol::{
    ClientAuthenticationMethod, RedirectUri, RedirectUriPolicy, ScopeSet, SignatureAlgorithm, Timestamp,
};

/// A file of seeds or fixtures.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SeedFile {
    /// Whether the embedded seeds are left out.
    pub(super) replace: bool,
    pub(super) organizations: Vec<SeedOrganization>,
    pub(super) users: Vec<SeedUser>,
    pub(super) memberships: Vec<SeedMembership>,
    pub(super) clients: Vec<SeedClient>,
    /// Establishments that the directory knows besides the organizations.
    pub(super) establishments: Vec<SeedEstablishment>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedOrganization {
    pub(super) id: OrganizationId,
    pub(super) siret: Siret,
    pub(super) label: String,
    legal_category: Option<LegalCategory>,
    naf: Option<Activity>,
    headcount: Option<HeadcountBand>,
    entity_headcount: Option<HeadcountBand>,
    #[serde(default = "yes")]
    head_office: bool,
    #[serde(default)]
    state: RegisterState,
    #[serde(default)]
    entity_state: RegisterState,
    #[serde(default)]
    diffusion: RegisterDiffusion,
    postal_code: Option<String>,
    commune: Option<String>,
    commune_code: Option<CommuneCode>,
    contacts: Option<SeedContacts>,
    /// The domain with which one joins it.
    authorized_domain: Option<EmailDomain>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedUser {
    pub(super) id: UserId,
    #[serde(deserialize_with = "Email::deserialize_typed")]
    pub(super) email: Email,
    given_name: Option<String>,
    family_name: Option<String>,
    phone_number: Option<String>,
    job: Option<String>,
    #[serde(default = "yes")]
    email_verified: bool,
    pub(super) password: Option<String>,
    pub(super) password_hash: Option<String>,
    /// What they may do in the console of administration.
    role: Option<RoleName>,
    /// For which organizations, of a moderator for some.
    role_organizations: Option<BTreeSet<OrganizationId>>,
    /// Claims over what the account would yield.
    #[serde(default)]
    claims: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedMembership {
    pub(super) user_id: UserId,
    pub(super) organization_id: OrganizationId,
    #[serde(default)]
    is_external: bool,
    #[serde(default = "by_domain")]
    verification: Verification,
}

/// The words are those of OpenID Connect Dynamic Client Registration §2, where it has one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedClient {
    pub(super) client_id: ClientId,
    /// Absent for a public client.
    pub(super) client_secret: Option<String>,
    name: Option<String>,
    #[serde(default)]
    pub(super) redirect_uris: Vec<RedirectUri>,
    #[serde(default)]
    pub(super) post_logout_redirect_uris: Vec<RedirectUri>,
    pub(super) backchannel_logout_uri: Option<RedirectUri>,
    scope: ScopeSet,
    #[serde(default)]
    claims_profile: ClaimsProfile,
    #[serde(default = "basic_and_post")]
    token_endpoint_auth_methods: Vec<ClientAuthenticationMethod>,
    #[serde(default)]
    pub(super) native: bool,
    id_token_signed_response_alg: Option<SignatureAlgorithm>,
    userinfo_signed_response_alg: Option<SignatureAlgorithm>,
    #[serde(default)]
    require_pkce: bool,
    #[serde(default)]
    federation: bool,
    default_max_age: Option<u64>,
    #[serde(default)]
    default_acr_values: Vec<String>,
    client_uri: Option<String>,
    client_description: Option<String>,
    policy_uri: Option<String>,
    tos_uri: Option<String>,
}

fn yes() -> bool {
    true
}

fn by_domain() -> Verification {
    Verification::Domain
}

fn basic_and_post() -> Vec<ClientAuthenticationMethod> {
    vec![ClientAuthenticationMethod::Basic, ClientAuthenticationMethod::Post]
}

impl SeedOrganization {
    pub(super) fn to_organization(&self, now: Timestamp) -> Organization {
        self.to_seeded().establishment.to_organization(self.id, now)
    }

    /// What the register says of it.
    pub(super) fn to_seeded(&self) -> Seeded {
        let establishment = SeedEstablishment {
            siret: self.siret.clone(),
            label: self.label.clone(),
            legal_category: self.legal_category.clone(),
            naf: self.naf.clone(),
            headcount: self.headcount,
            entity_headcount: self.entity_headcount,
            head_office: self.head_office,
            state: self.state,
            entity_state: self.entity_state,
            diffusion: self.diffusion,
            postal_code: self.postal_code.clone(),
            commune: self.commune.clone(),
            commune_code: self.commune_code.clone(),
            country: None,
            contacts: self.contacts.clone(),
        };
        establishment.to_seeded()
    }
}

impl SeedOrganization {
    /// What its domain is for it.
    pub(super) fn to_email_domain(&self, now: Timestamp) -> Option<OrganizationDomain> {
        Some(OrganizationDomain {
            organization_id: self.id,
            domain: self.authorized_domain.clone()?,
            status: EmailDomainStatus::Verified,
            created_at: now,
            updated_at: now,
            decided_by: Some(Actor::System),
        })
    }
}

impl SeedUser {
    pub(super) fn to_user(&self, now: Timestamp) -> User {
        User {
            email_verified_at: self.email_verified.then_some(now),
            information: PersonalInformation {
                given_name: self.given_name.clone(),
                family_name: self.family_name.clone(),
                phone_number: self.phone_number.clone(),
                job: self.job.clone(),
            },
            role: self.role.map(|name| match name {
                RoleName::Administrator => Role::Administrator,
                RoleName::Moderator => Role::Moderator { organizations: self.role_organizations.clone(), until: None },
                RoleName::Reader => Role::Reader,
            }),
            additional_claims: self.claims.clone(),
            ..User::new(self.id, self.email.clone(), now)
        }
    }
}

impl SeedMembership {
    pub(super) fn to_membership(self, now: Timestamp) -> Membership {
        let Self { user_id, organization_id, is_external, verification } = self;
        let made = Deed::of_the_program(now);
        Membership::begin((user_id, organization_id), verification, is_external, made).greeted()
    }
}

impl SeedClient {
    /// What redirect URIs of this client may be.
    pub(super) fn redirect_policy(&self, config: &Config) -> RedirectUriPolicy {
        RedirectUriPolicy { native: self.native, plain_http: config.local_redirects }
    }

    pub(super) fn to_client(&self, config: &Config, now: Timestamp) -> Client {
        let mut methods = self.token_endpoint_auth_methods.clone();
        // one registered method, where deviations are not tolerated.
        if config.unknown_clients == UnknownClients::Refuse {
            methods.truncate(1);
        }
        let authentication = match &self.client_secret {
            Some(secret) => {
                ClientAuthentication::Secret { methods, digests: vec![SecretDigest(crypto::secret_digest(secret))] }
            }
            None => ClientAuthentication::Public,
        };
        let name = self.name.clone().unwrap_or_else(|| self.client_id.to_string());
        Client {
            require_pkce: self.require_pkce || self.client_secret.is_none(),
            authentication,
            redirect_uris: self.redirect_uris.clone(),
            post_logout_redirect_uris: self.post_logout_redirect_uris.clone(),
            backchannel_logout_uri: self.backchannel_logout_uri.clone(),
            is_native: self.native,
            scopes: self.scope.clone(),
            id_token_signed_response_alg: self.id_token_signed_response_alg.unwrap_or(SignatureAlgorithm::Rs256),
            userinfo_signed_response_alg: self.userinfo_signed_response_alg,
            claims_profile: self.claims_profile,
            default_max_age: self.default_max_age,
            default_acr_values: self.default_acr_values.clone(),
            require_verified_link: !config.joining.policy.allow_unverified,
            is_federation: self.federation,
            client_uri: self.client_uri.clone(),
            description: self.client_description.clone(),
            policy_uri: self.policy_uri.clone(),
            tos_uri: self.tos_uri.clone(),
            ..Client::new(self.client_id.clone(), name, now)
        }
    }
}
