//! A relying party: raw requests where the wire matters, and the library that checks what comes back.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openidconnect::core::{CoreClient, CoreIdToken, CoreIdTokenClaims, CoreJsonWebKeySet, CoreProviderMetadata};
use openidconnect::{ClientId, ClientSecret, IssuerUrl, Nonce};
use serde_json::Value;
use url::Url;

use super::{Instance, Page, Person};
use crate::support::instance::MORNING;

pub(crate) struct RelyingParty {
    http: reqwest::Client,
    address: String,
    issuer: String,
    clock: moncomptepro::clock::Clock,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) redirect_uri: String,
}

/// What the token endpoint gave.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) id_token: String,
    pub(crate) document: Value,
}

impl RelyingParty {
    pub(crate) fn new(instance: &Instance, client_id: &str, client_secret: &str, redirect_uri: &str) -> Self {
        assert!(instance.clock.now() >= MORNING);
        Self {
            http: reqwest::Client::new(),
            address: instance.address.clone(),
            issuer: instance.app.config.issuer().to_owned(),
            clock: instance.clock.clone(),
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
        }
    }

    /// The authorization request of a careful client, with these parameters over its own.
    pub(crate) fn authorization(&self, scope: &str, more: &[(&str, &str)]) -> String {
        let mut parameters = BTreeMap::from([
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", scope),
            ("state", "state-of-the-client"),
            ("nonce", "nonce-of-the-client"),
        ]);
        parameters.extend(more.iter().copied());
        let mut url = Url::parse(&self.address).unwrap().join("/oauth/authorize").unwrap();
        url.query_pairs_mut().extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
        url.into()
    }

    /// Sends a person to sign in; where they come back to.
    pub(crate) async fn sign_in(&self, person: &Person, scope: &str, address: &str) -> Page {
        let asks_address = person.visit(&self.authorization(scope, &[])).await;
        person.sign_in(asks_address, address, address).await
    }

    /// The code that a page brings back.
    pub(crate) fn code(&self, page: &Page) -> String {
        assert!(page.location().starts_with(&self.redirect_uri), "{} {}: {}", page.status, page.url, page.body);
        let parameters = page.redirect_parameters();
        assert_eq!(parameters.get("iss"), Some(&self.issuer), "ISS-1");
        parameters.get("code").unwrap_or_else(|| panic!("no code in {parameters:?}")).clone()
    }

    /// The token endpoint's answer, whatever it is.
    pub(crate) async fn token_request(&self, fields: &[(&str, &str)]) -> Page {
        let credentials = STANDARD.encode(format!("{}:{}", self.client_id, self.client_secret));
        let request = self.http.post(format!("{}/oauth/token", self.address));
        let response =
            request.header("authorization", format!("Basic {credentials}")).form(fields).send().await.unwrap();
        page_of(response).await
    }

    /// The same from a client that does not use the header.
    pub(crate) async fn token_request_without_header(&self, fields: &[(&str, &str)]) -> Page {
        let request = self.http.post(format!("{}/oauth/token", self.address));
        page_of(request.form(fields).send().await.unwrap()).await
    }

    pub(crate) async fn present(&self, code: &str) -> Page {
        let fields = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &self.redirect_uri)];
        self.token_request(&fields).await
    }

    pub(crate) async fn redeem(&self, code: &str) -> Tokens {
        let page = self.present(code).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let document = page.json();
        let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
        Tokens { access_token: text("access_token"), id_token: text("id_token"), document }
    }

    pub(crate) async fn userinfo(&self, access_token: &str) -> Page {
        let request = self.http.get(format!("{}/oauth/userinfo", self.address)).bearer_auth(access_token);
        page_of(request.send().await.unwrap()).await
    }

    /// The claims of an ID token, its signature, issuer, audience, nonce and expiry checked by a library of others.
    pub(crate) async fn verified(&self, id_token: &str) -> CoreIdTokenClaims {
        let discovery = format!("{}/.well-known/openid-configuration", self.address);
        let metadata: CoreProviderMetadata = self.http.get(discovery).send().await.unwrap().json().await.unwrap();
        assert_eq!(metadata.issuer(), &IssuerUrl::new(self.issuer.clone()).unwrap());
        let jwks = format!("{}/oauth/jwks", self.address);
        let keys: CoreJsonWebKeySet = self.http.get(jwks).send().await.unwrap().json().await.unwrap();
        let client = CoreClient::from_provider_metadata(
            metadata.set_jwks(keys),
            ClientId::new(self.client_id.clone()),
            Some(ClientSecret::new(self.client_secret.clone())),
        );
        let now = i64::try_from(self.clock.now().0).unwrap();
        let time = move || chrono::DateTime::from_timestamp(now, 0).unwrap();
        let verifier = client.id_token_verifier().set_time_fn(time);
        let token: CoreIdToken = id_token.parse().unwrap();
        token.claims(&verifier, &Nonce::new(String::from("nonce-of-the-client"))).unwrap().clone()
    }

    /// The members of an ID token, once it is verified.
    pub(crate) async fn id_token_members(&self, id_token: &str) -> Value {
        self.verified(id_token).await;
        let payload = id_token.split('.').nth(1).unwrap();
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }
}

async fn page_of(response: reqwest::Response) -> Page {
    let (status, url, headers) = (response.status(), response.url().clone(), response.headers().clone());
    Page { status, url, headers, body: response.text().await.unwrap() }
}
