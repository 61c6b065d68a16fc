//! Authorization codes: single use, bound to everything (RFC 6749 §4.1.2, §4.1.3; RFC 7636 §4.6).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Authorization, Grant};
use crate::domain::{ClientId, HandleKey};
use crate::protocol::{CodeChallenge, Timestamp};

/// How long a code works.
pub const CODE_LIFETIME: Duration = Duration::from_secs(60);

/// Where a code stands in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeState {
    /// Not presented yet.
    Unused,
    /// Redeemed: shown again, it revokes that grant.
    Redeemed {
        /// The grant that it gave.
        grant: HandleKey<Grant>,
    },
    /// Presented by its client in a way that failed.
    Burnt,
}

/// An authorization code's record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthorizationCode {
    /// What it gives.
    pub authorization: Authorization,
    /// The redirect URI of the request, to the byte.
    pub redirect_uri: String,
    /// The `nonce` of the request.
    pub nonce: Option<String>,
    /// The S256 code challenge of the request.
    pub code_challenge: Option<CodeChallenge>,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// Where it stands.
    pub state: CodeState,
}

/// What a client shows together with a code.
#[derive(Debug, Clone)]
pub struct CodePresentation {
    /// The authenticated client.
    pub client_id: ClientId,
    /// Whether it is a public client, whose codes need a challenge.
    pub is_public: bool,
    /// The `redirect_uri` of the token request.
    pub redirect_uri: Option<String>,
    /// SHA-256 of the `code_verifier` of the token request, base64url.
    pub verifier_digest: Option<String>,
}

/// Why a code is refused; each condition by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeRefusal {
    /// Its time is over.
    Expired,
    /// It was presented before in a way that failed.
    Burnt,
    /// The redirect URI is absent or another one.
    RedirectUri,
    /// The verifier is absent, wrong, or there was no challenge where one is needed.
    CodeVerifier,
}

/// What presenting a code comes to. Each outcome is to be written as it says.
#[derive(Debug, Clone, PartialEq)]
pub enum Redemption {
    /// It gives what was authorized; write the code back as redeemed with its grant.
    Redeemed(AuthorizationCode),
    /// It was redeemed before: revoke that grant.
    Replayed(HandleKey<Grant>),
    /// It belongs to another client, for whom it stays usable.
    Foreign,
    /// It is refused, and the code is to be written back, burnt.
    Refused(AuthorizationCode, CodeRefusal),
}

impl AuthorizationCode {
    /// Presents the code; `grant` is the name that its grant will have.
    pub fn redeem(self, presented: &CodePresentation, grant: HandleKey<Grant>, now: Timestamp) -> Redemption {
        if self.authorization.client_id != presented.client_id {
            return Redemption::Foreign;
        }
        match self.state {
            CodeState::Redeemed { grant } => return Redemption::Replayed(grant),
            CodeState::Burnt => return Redemption::Refused(self, CodeRefusal::Burnt),
            CodeState::Unused => {}
        }
        match self.check(presented, now) {
            Ok(()) => Redemption::Redeemed(Self { state: CodeState::Redeemed { grant }, ..self }),
            Err(refusal) => Redemption::Refused(Self { state: CodeState::Burnt, ..self }, refusal),
        }
    }

    fn check(&self, presented: &CodePresentation, now: Timestamp) -> Result<(), CodeRefusal> {
        if self.expires_at.has_come(now) {
            return Err(CodeRefusal::Expired);
        }
        if presented.redirect_uri.as_deref() != Some(self.redirect_uri.as_str()) {
            return Err(CodeRefusal::RedirectUri);
        }
        match (&self.code_challenge, &presented.verifier_digest) {
            (None, None) if !presented.is_public => Ok(()),
            (Some(challenge), Some(digest)) if challenge.matches(digest) => Ok(()),
            (Some(_), Some(_)) | (Some(_), None) | (None, Some(_)) | (None, None) => Err(CodeRefusal::CodeVerifier),
        }
    }
}
