//! An ID token of ours that comes back as a hint (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2).

use serde_json::Value;

use crate::acts;
use crate::app::App;
use crate::crypto::TokenType;
use crate::domain::{Client, UserId};
use crate::web::Error;

/// What a verified hint says.
#[derive(Debug, Clone)]
pub(super) struct Hint {
    /// For whom it was signed.
    pub(super) client: Client,
    /// About whom.
    pub(super) user_id: UserId,
    /// The session at that client.
    pub(super) sid: String,
}

/// Verifies a hint: signed by a key of ours, issued by us, for a client of ours. That it has expired does not matter.
/// `None` when anything is wrong with it.
///
/// # Errors
/// When the store fails.
pub(super) fn verify(app: &App, token: &str) -> Result<Option<Hint>, Error> {
    let Ok(claims) = app.keyring.verify(token, TokenType::IdToken) else { return Ok(None) };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // UserInfo answers are signed with the same keys; what they lack is a session.
    let (Some(issuer), Some(client_id), Some(sub), Some(sid)) = (text("iss"), text("aud"), text("sub"), text("sid"))
    else {
        return Ok(None);
    };
    let Ok(user_id) = sub.parse::<UserId>() else { return Ok(None) };
    if issuer != app.config.issuer() {
        return Ok(None);
    }
    let client = acts::enabled_client(app, client_id)?;
    Ok(client.map(|client| Hint { client, user_id, sid: sid.to_owned() }))
}
