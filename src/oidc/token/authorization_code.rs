//! An authorization code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.6).

use super::issue;
use crate::acts::{self, By, TokenOutcome};
use crate::app::App;
use crate::crypto;
use crate::domain::{ACCESS_TOKEN_LIFETIME, Client, CodePresentation};
use crate::logs::Counted;
use crate::protocol::{CodeVerifier, ErrorCode, OAuthError, Secret, TokenResponse, TokenType};
use crate::web::Error;

/// What a client shows to get tokens.
pub(super) struct Exchange {
    pub(super) code: Secret,
    pub(super) redirect_uri: Option<String>,
    pub(super) code_verifier: Option<CodeVerifier>,
}

/// Redeems the code. Whatever is wrong with it is `invalid_grant`, without saying what.
pub(super) async fn redeem(app: &App, by: &By, client: Client, exchange: Exchange) -> Result<TokenResponse, Error> {
    let presented = CodePresentation {
        client_id: client.id.clone(),
        is_public: client.is_public(),
        redirect_uri: exchange.redirect_uri,
        verifier_digest: exchange.code_verifier.map(|verifier| crypto::s256_code_challenge(verifier.expose())),
    };
    match acts::redeem_code(app, by, exchange.code.expose(), presented, client).await? {
        TokenOutcome::Granted(grant) => {
            let id_token = issue::id_token(app, &grant)?;
            app.counts.count(Counted::TokensForCode);
            Ok(TokenResponse {
                id_token,
                access_token: Secret::new(grant.access_token),
                token_type: TokenType::Bearer,
                expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
                scope: grant.authorization.scopes,
            })
        }
        TokenOutcome::Refused => Err(Error::oauth(OAuthError::new(
            ErrorCode::InvalidGrant,
            "the code does not exist, is over, was used, or was not given for this request",
        ))),
    }
}
