//! Grants and the access tokens that lead to them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::claims::{disclosed_scopes, wants_one_organization};
use crate::domain::{Assurance, BrowserSession, Client, ClientId, HandleKey, OrganizationId, User, UserId};
use crate::protocol::{ClaimsRequest, ScopeSet, Timestamp};

/// How long an access token works.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(3600);

/// What a person authorized, and under which circumstances. Rights and profile are read anew at each use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Authorization {
    /// For whom.
    pub client_id: ClientId,
    /// The client's epoch then.
    pub client_epoch: u32,
    /// By whom.
    pub user_id: UserId,
    /// The person's epoch then.
    pub user_epoch: u32,
    /// The epoch of the person's use of the service then.
    #[serde(default)]
    pub service_epoch: u32,
    /// How often the person's link with the organization had been taken away then.
    #[serde(default)]
    pub link_epoch: u32,
    /// In which session.
    pub session: HandleKey<BrowserSession>,
    /// The `sid` of that session for this client.
    pub sid: String,
    /// The scopes granted.
    pub scopes: ScopeSet,
    /// The claims asked one by one.
    pub claims: ClaimsRequest,
    /// The organization that the person acts for.
    pub organization_id: Option<OrganizationId>,
    /// How the person was authenticated.
    pub assurance: Assurance,
}

impl Authorization {
    /// The organization that it tells of, if it tells of one.
    fn told_organization(&self, client: &Client) -> Option<OrganizationId> {
        let disclosed = disclosed_scopes(client, &self.scopes, &self.claims);
        self.organization_id.filter(|_| wants_one_organization(&disclosed))
    }

    /// How often the link with that organization had been taken away then.
    fn link_epoch_told(&self, client: &Client) -> u32 {
        self.told_organization(client).map_or(0, |_| self.link_epoch)
    }

    /// What is left of it for the client as it is now: a scope that was taken from the client releases nothing more (SEC-130).
    #[must_use]
    pub fn narrowed_to(self, client: &Client) -> Self {
        let scopes = self.scopes.iter().filter(|scope| client.scopes.contains(*scope)).collect();
        Self { scopes, ..self }
    }

    /// Whether person and client both still stand behind it.
    pub fn is_honoured(&self, user: &User, client: &Client) -> bool {
        user.id == self.user_id
            && client.id == self.client_id
            && user.honours(self.user_epoch)
            && user.link_epoch(self.told_organization(client)) == self.link_epoch_told(client)
            && client.honours(self.client_epoch)
    }
}

/// Whether a grant is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantState {
    /// In force.
    Live,
    /// Everything issued under it is void.
    Revoked {
        /// Since when.
        at: Timestamp,
    },
}

/// What came of a redeemed code; every token issued under it points here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// What was authorized.
    pub authorization: Authorization,
    /// When the code was redeemed.
    pub issued_at: Timestamp,
    /// Whether it is in force.
    pub state: GrantState,
}

impl Grant {
    /// Voids everything issued under the grant.
    #[must_use]
    pub fn revoked(self, now: Timestamp) -> Self {
        let state = match self.state {
            GrantState::Live => GrantState::Revoked { at: now },
            GrantState::Revoked { at } => GrantState::Revoked { at },
        };
        Self { state, ..self }
    }

    /// Whether the grant is in force.
    pub fn is_live(&self) -> bool {
        match self.state {
            GrantState::Live => true,
            GrantState::Revoked { .. } => false,
        }
    }
}

/// An access token: opaque, good for what its grant says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// The grant it was issued under.
    pub grant: HandleKey<Grant>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}
