//! The ID token: who signed in, when and how (OpenID Connect Core §2).

use std::time::Duration;

use serde_json::Value;

use crate::acts::TokenGrant;
use crate::app::App;
use crate::crypto;
use crate::domain::claims::id_token_claims;
use crate::protocol::{IdTokenClaims, Scope, Secret, token_hash};
use crate::web::Error;

/// How long a client may rely on an ID token.
const LIFETIME: Duration = Duration::from_secs(3600);

/// The signed ID token of a grant; none for a request without the scope `openid`.
pub(super) fn id_token(app: &App, grant: &TokenGrant) -> Result<Option<Secret>, Error> {
    let TokenGrant { access_token, authorization, nonce, subject, client } = grant;
    if !authorization.scopes.contains(Scope::Openid) {
        return Ok(None);
    }
    // Clients compare with clocks of their own: what was judged by the latest time seen is dated by the time shown.
    let algorithm = client.id_token_signed_response_alg;
    let now = app.keyring.date_of_token(algorithm, app.clock.wall());
    let told = subject.as_ref().map(|subject| id_token_claims(subject, client, &authorization.claims));
    let mut others = told.unwrap_or_default();
    if app.config.mark_tokens {
        others.insert(String::from("mock"), Value::Bool(true));
    }
    let claims = IdTokenClaims {
        iss: app.config.issuer().to_owned(),
        sub: authorization.user_id.to_string(),
        aud: client.id.to_string(),
        exp: now.plus(LIFETIME),
        iat: now,
        auth_time: authorization.assurance.auth_time,
        nonce: nonce.clone(),
        acr: authorization.assurance.acr.clone(),
        amr: authorization.assurance.amr.clone(),
        at_hash: Some(token_hash(&crypto::sha256(access_token.as_bytes()))),
        sid: authorization.sid.clone(),
        others,
    };
    let token = app.keyring.sign(algorithm, Some("JWT"), &claims).map_err(Error::internal)?;
    Ok(Some(Secret::new(token)))
}
