//! Clients that an operator declares beside the seeded ones.

use moncomptepro::acts::{self, By, Entries};
use moncomptepro::crypto;
use moncomptepro::domain::{Actor, Client, ClientAuthentication, SecretDigest};
use moncomptepro::protocol::{ClientAuthenticationMethod, RedirectUri, RedirectUriPolicy, Scope};

use super::{Instance, RelyingParty};

/// Where declared clients are answered.
pub(crate) const CALLBACK: &str = "https://service.example/callback";
/// Where they want people after sign-out.
pub(crate) const SIGNED_OUT: &str = "https://service.example/signed-out";

const SECRET: &str = "secret-of-a-declared-client";

/// An address that may be registered by anybody.
pub(crate) fn uri(text: &str) -> RedirectUri {
    RedirectUri::parse(text, RedirectUriPolicy { native: true, plain_http: true }).unwrap()
}

impl Instance {
    /// Declares a confidential client with every scope, changed as told.
    pub(crate) async fn declare(&self, id: &str, change: impl FnOnce(&mut Client)) -> RelyingParty {
        let mut client = Client::new(id.parse().unwrap(), format!("Service {id}"), self.clock.now());
        client.authentication = ClientAuthentication::Secret {
            methods: vec![ClientAuthenticationMethod::Basic, ClientAuthenticationMethod::Post],
            digests: vec![SecretDigest(crypto::sha256(SECRET.as_bytes()))],
        };
        client.redirect_uris = vec![uri(CALLBACK)];
        client.post_logout_redirect_uris = vec![uri(SIGNED_OUT)];
        client.scopes = Scope::ALL.iter().copied().collect();
        client.require_verified_link = false;
        change(&mut client);
        let redirect_uri = client.redirect_uris[0].to_string();
        let entries = Entries { clients: vec![client], ..Entries::default() };
        acts::enter(&self.app, &By::local(Actor::System), entries).await.unwrap();
        RelyingParty::new(self, id, SECRET, &redirect_uri)
    }
}
