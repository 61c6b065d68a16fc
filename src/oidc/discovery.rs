//! What the provider says of itself (OpenID Connect Discovery §4, RFC 8414 §3): one document at two addresses.

use std::sync::Arc;

use crate::app::App;
use crate::domain::claims::supported_claims;
use crate::protocol::{
    ClientAuthenticationMethod, MutualTlsEndpoints, ProviderEndpoints, ProviderFeatures, ProviderMetadata, Scope,
};
use crate::web::{Error, HeaderValue, Request, Response, cors, header, paths};

/// The document, written once: it does not change while the instance runs.
#[derive(Debug, Clone)]
pub(super) struct Metadata(Arc<str>);

impl Metadata {
    /// The document of an instance.
    #[expect(clippy::expect_used, reason = "a document of texts and lists serializes")]
    pub(super) fn of(app: &App) -> Self {
        let address = |path| app.config.public_url.join(path);
        let document = ProviderMetadata::new(ProviderFeatures {
            issuer: app.config.issuer().to_owned(),
            endpoints: ProviderEndpoints {
                authorization_endpoint: address(paths::AUTHORIZE),
                token_endpoint: address(paths::TOKEN),
                userinfo_endpoint: address(paths::USERINFO),
                jwks_uri: address(paths::JWKS),
                end_session_endpoint: address(paths::LOGOUT),
            },
            mutual_tls: app.config.mutual_url().map(|url| MutualTlsEndpoints {
                token_endpoint: url.join(paths::TOKEN),
                userinfo_endpoint: url.join(paths::USERINFO),
            }),
            scopes: Scope::ALL.to_vec(),
            claims: supported_claims().into_iter().map(str::to_owned).collect(),
            acr_values: app.config.acr_vocabulary.values().iter().map(|value| (*value).to_owned()).collect(),
            client_authentication_methods: ClientAuthenticationMethod::ALL.to_vec(),
        });
        Self(serde_json::to_string(&document).expect("texts and lists").into())
    }
}

/// Hands the document out.
pub(super) async fn respond(metadata: Metadata) -> Result<Response, Error> {
    Ok(public_document(metadata.0.to_string(), "public, max-age=3600"))
}

/// Lets scripts of every origin ask.
pub(super) async fn preflight(_: App, _: Request) -> Result<Response, Error> {
    let mut response = cors::preflight();
    cors::open_to_all(&mut response);
    Ok(response)
}

/// A JSON document that anybody may read and keep for a while.
pub(super) fn public_document(json: String, caching: &'static str) -> Response {
    let mut response = Response::new(json.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    cors::open_to_all(&mut response);
    response
}
