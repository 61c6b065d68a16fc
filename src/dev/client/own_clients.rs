//! As whom it speaks: one client for each rendering of claims.

use super::{CALLBACK, PAGE};
use crate::config::Config;
use crate::dev::seed_file::SeedClient;
use crate::dev::seeds::{SeedError, parse};
use crate::domain::ClientId;

/// Known to everybody, as everything in this mode.
pub(super) const SECRET: &str = "dev-client-secret";

/// One of the clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OwnClient {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    claims_profile: &'static str,
    /// What it asks for where nothing else is said.
    pub(super) scope: &'static str,
}

const PLAIN: OwnClient = OwnClient {
    id: "dev-client",
    name: "Client d’essai",
    claims_profile: "standard",
    scope: "openid email profile phone organization",
};

const OF_2024: OwnClient = OwnClient {
    id: "dev-client-moncomptepro",
    name: "Client d’essai, forme MonComptePro",
    claims_profile: "moncomptepro",
    scope: "openid email profile phone organization",
};

const OF_2022: OwnClient = OwnClient {
    id: "dev-client-2022",
    name: "Client d’essai, forme de décembre 2022",
    claims_profile: "readme-2022",
    scope: "openid email organizations",
};

impl OwnClient {
    /// Every one, the usual one first.
    pub(super) const ALL: [Self; 3] = [PLAIN, OF_2024, OF_2022];

    /// The client with this identifier; the usual one where none is named.
    pub(super) fn find(id: Option<&str>) -> Option<Self> {
        match id {
            Some(id) => Self::ALL.into_iter().find(|client| client.id == id),
            None => Some(PLAIN),
        }
    }
}

/// Whether a client is one of these.
pub(in crate::dev) fn is_own(id: &ClientId) -> bool {
    OwnClient::find(Some(id.as_str())).is_some()
}

/// The clients as declared: like those of the seeds, at addresses of this instance.
///
/// # Errors
/// Never for a well-formed issuer.
pub(in crate::dev) fn declarations(config: &Config) -> Result<Vec<SeedClient>, SeedError> {
    let (callback, page) = (config.public_url.join(CALLBACK), config.public_url.join(PAGE));
    let declaration = |client: OwnClient| {
        let OwnClient { id, name, claims_profile, .. } = client;
        format!(
            r#"[[clients]]
            client_id = "{id}"
            client_secret = "{SECRET}"
            name = "{name}"
            redirect_uris = ["{callback}"]
            post_logout_redirect_uris = ["{page}"]
            scope = "openid email profile phone organization organizations uid given_name usual_name siret is_public_service is_service_public"
            claims_profile = "{claims_profile}"
            federation = true
            "#
        )
    };
    let text: String = OwnClient::ALL.into_iter().map(declaration).collect();
    Ok(parse(&text, "the clients of this instance")?.clients)
}
