//! A relying party: raw requests where the wire matters, and the library that checks what comes back.

use std::collections::BTreeMap;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openidconnect::core::{
    CoreClient, CoreIdToken, CoreIdTokenClaims, CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AccessToken, ClientId, ClientSecret, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    IssuerUrl, JsonWebKey as _, Nonce, SubjectIdentifier,
};
use serde_json::Value;
use url::Url;

use super::tls::Identity;
use super::{Instance, Page, Person};
use crate::support::instance::MORNING;

/// An answer on its way to the library.
pub(crate) type HttpAnswer = Pin<Box<dyn Future<Output = Result<HttpResponse, reqwest::Error>> + Send>>;

pub(crate) type Library =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

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
            http: instance.http().build().unwrap(),
            address: instance.address.clone(),
            issuer: instance.app.config.issuer().to_owned(),
            clock: instance.clock.clone(),
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
        }
    }

    /// The same client, that shows this certificate where it is asked for one.
    pub(crate) fn showing(&self, instance: &Instance, identity: &Identity) -> Self {
        let http = identity.http(instance.certificate.clone()).build().unwrap();
        self.with(http, &self.address)
    }

    /// The same client at the port where certificates are asked for.
    pub(crate) fn at_mutual_tls(&self, instance: &Instance) -> Self {
        self.with(self.http.clone(), instance.app.config.mutual_url().unwrap().as_str())
    }

    fn with(&self, http: reqwest::Client, address: &str) -> Self {
        Self {
            http,
            address: address.to_owned(),
            issuer: self.issuer.clone(),
            clock: self.clock.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            redirect_uri: self.redirect_uri.clone(),
        }
    }

    /// A client of the instance that runs elsewhere, at this address and with this certificate.
    pub(crate) fn elsewhere(place: (&str, Vec<u8>), credentials: (&str, &str), redirect_uri: &str) -> Self {
        let ((address, certificate), (client_id, client_secret)) = (place, credentials);
        Self {
            http: super::tls::http(Some(certificate)).build().unwrap(),
            address: address.to_owned(),
            issuer: address.to_owned(),
            clock: moncomptepro::clock::Clock::system(),
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

    /// A token request with these headers and this body, and nothing of the client's own.
    pub(crate) async fn bare_token_request(&self, headers: &[(&str, &str)], body: &str) -> Page {
        self.bare_request("POST", "/oauth/token", headers, body).await
    }

    /// Any request that needs no browser.
    pub(crate) async fn bare_request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let url = format!("{}{path}", self.address);
        let mut request = self.http.request(method.parse().unwrap(), url).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        page_of(request.send().await.unwrap()).await
    }

    pub(crate) async fn present(&self, code: &str) -> Page {
        self.present_with(code, &[]).await
    }

    /// Presents a code with these fields over those of a careful client; empty ones are left out.
    pub(crate) async fn present_with(&self, code: &str, more: &[(&str, &str)]) -> Page {
        let mut fields = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
        ]);
        fields.extend(more.iter().copied());
        let fields: Vec<_> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        self.token_request(&fields).await
    }

    /// The error that a page brings back to the client, and nothing else with it.
    pub(crate) fn error(&self, page: &Page) -> String {
        assert_eq!(page.status, 303, "{}: {}", page.url, page.body);
        assert!(page.location().starts_with(&self.redirect_uri), "{}", page.location());
        let parameters = page.redirect_parameters();
        let known = ["error", "error_description", "state", "iss"];
        assert!(parameters.keys().all(|name| known.contains(&name.as_str())), "ARSP-7, ARSP-8: {parameters:?}");
        assert_eq!(parameters.get("iss"), Some(&self.issuer), "ARSP-2");
        parameters.get("error").unwrap_or_else(|| panic!("no error in {parameters:?}")).clone()
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

    /// UserInfo as a library of others reads it: the subject is compared, a signature checked.
    pub(crate) async fn checked_userinfo(
        &self,
        access_token: &str,
        subject: &str,
        is_signed: bool,
    ) -> CoreUserInfoClaims {
        let client = self.library().await;
        let token = AccessToken::new(access_token.to_owned());
        let request = client.user_info(token, Some(SubjectIdentifier::new(subject.to_owned()))).unwrap();
        request.require_signed_response(is_signed).request_async(&self.http_of_the_library()).await.unwrap()
    }

    /// How the library sends its requests.
    pub(crate) fn http_of_the_library(&self) -> impl Fn(HttpRequest) -> HttpAnswer + use<> {
        let http = self.http.clone();
        move |request: HttpRequest| -> HttpAnswer {
            let http = http.clone();
            Box::pin(async move {
                let response = http.execute(request.try_into()?).await?;
                let mut answer = HttpResponse::new(Vec::new());
                *answer.status_mut() = response.status();
                *answer.headers_mut() = response.headers().clone();
                *answer.body_mut() = response.bytes().await?.to_vec();
                Ok(answer)
            })
        }
    }

    /// The claims of an ID token, its signature, issuer, audience, nonce and expiry checked by a library of others.
    pub(crate) async fn verified(&self, id_token: &str) -> CoreIdTokenClaims {
        self.verified_with(id_token, &Nonce::new(String::from("nonce-of-the-client"))).await
    }

    pub(crate) async fn verified_with(&self, id_token: &str, nonce: &Nonce) -> CoreIdTokenClaims {
        let client = self.library().await;
        let now = i64::try_from(self.clock.now().0).unwrap();
        let time = move || chrono::DateTime::from_timestamp(now, 0).unwrap();
        let algorithms = [CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, CoreJwsSigningAlgorithm::EcdsaP256Sha256];
        let verifier = client.id_token_verifier().set_time_fn(time).set_allowed_algs(algorithms);
        let token: CoreIdToken = id_token.parse().unwrap();
        token.claims(&verifier, nonce).unwrap().clone()
    }

    /// The library, after discovery.
    pub(crate) async fn library(&self) -> Library {
        let discovery = format!("{}/.well-known/openid-configuration", self.address);
        let metadata: CoreProviderMetadata = self.http.get(discovery).send().await.unwrap().json().await.unwrap();
        assert_eq!(metadata.issuer(), &IssuerUrl::new(self.issuer.clone()).unwrap());
        let jwks = format!("{}/oauth/jwks", self.address);
        let keys: CoreJsonWebKeySet = self.http.get(jwks).send().await.unwrap().json().await.unwrap();
        let (id, secret) = (ClientId::new(self.client_id.clone()), ClientSecret::new(self.client_secret.clone()));
        CoreClient::from_provider_metadata(metadata.set_jwks(keys), id, Some(secret))
    }

    /// Checks the signature of any token of the provider with its published key.
    pub(crate) async fn check_signature(&self, token: &str) {
        let jwks = self.http.get(format!("{}/oauth/jwks", self.address)).send().await.unwrap();
        let keys: CoreJsonWebKeySet = jwks.json().await.unwrap();
        let header = jose_header(token);
        let named = |key: &&CoreJsonWebKey| key.key_id().map(|id| id.as_str()) == header["kid"].as_str();
        let key = keys.keys().iter().find(named).unwrap();
        let algorithm: CoreJwsSigningAlgorithm = serde_json::from_value(header["alg"].clone()).unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        key.verify_signature(&algorithm, message.as_bytes(), &signature).unwrap();
    }

    /// The members of an ID token, once it is verified.
    pub(crate) async fn id_token_members(&self, id_token: &str) -> Value {
        self.verified(id_token).await;
        jose_payload(id_token)
    }
}

/// The header of a token, unchecked.
pub(crate) fn jose_header(token: &str) -> Value {
    part_of(token, 0)
}

/// The claims of a token, unchecked.
pub(crate) fn jose_payload(token: &str) -> Value {
    part_of(token, 1)
}

fn part_of(token: &str, position: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(position).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

async fn page_of(response: reqwest::Response) -> Page {
    let (status, url, headers) = (response.status(), response.url().clone(), response.headers().clone());
    Page { status, url, headers, body: response.text().await.unwrap() }
}
