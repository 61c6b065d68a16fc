//! The `claims` parameter (OIDC Core §5.5): single claims that a client asks for. It is data, not authority: what a
//! client is entitled to is decided elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::json_depth;

/// Claims asked for by name, for UserInfo and for the ID token.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// For UserInfo and only there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: BTreeMap<String, ClaimRequest>,
    /// For the ID token and only there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: BTreeMap<String, ClaimRequest>,
}

/// How one claim is asked for (OIDC Core §5.5.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClaimRequest {
    /// Whether the client needs it. Its absence is no error all the same, `acr` and `sub` apart.
    #[serde(default)]
    pub essential: bool,
    /// The values that the client would have, in order of preference; empty when any will do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

impl ClaimsRequest {
    /// The longest text that is read, in bytes.
    pub const MAX_BYTES: usize = 8 * 1024;
    /// The deepest nesting of objects and arrays that is read.
    pub const MAX_DEPTH: usize = 5;

    /// Reads the parameter. Members that we do not know are ignored.
    ///
    /// # Errors
    /// `invalid_request` when it is too long, too deep, or not of the shape of OIDC Core §5.5.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let invalid = |description| OAuthError::new(ErrorCode::InvalidRequest, description);
        if text.len() > Self::MAX_BYTES {
            return Err(invalid("claims is too long"));
        }
        if json_depth(text.as_bytes()) > Self::MAX_DEPTH {
            return Err(invalid("claims is nested too deeply"));
        }
        let document: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| invalid("claims is not a JSON object"))?;
        let member = |name| claims_of(document.get(name)).ok_or_else(|| invalid("claims has not the right shape"));
        Ok(Self { userinfo: member("userinfo")?, id_token: member("id_token")? })
    }

    /// How the ID token's `acr` is asked for.
    pub fn acr(&self) -> Option<&ClaimRequest> {
        self.id_token.get("acr")
    }

    /// Whether the request leaves room for this subject: a `sub` that is asked for with a value acts like
    /// `id_token_hint` (OIDC Core §5.5.1).
    pub fn accepts_subject(&self, subject: &str) -> bool {
        [&self.userinfo, &self.id_token]
            .into_iter()
            .filter_map(|claims| claims.get("sub"))
            .all(|claim| claim.values.is_empty() || claim.values.iter().any(|value| value.as_str() == Some(subject)))
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }
}

impl ClaimRequest {
    /// The values that are strings.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter_map(Value::as_str)
    }
}

fn claims_of(member: Option<&Value>) -> Option<BTreeMap<String, ClaimRequest>> {
    match member {
        None | Some(Value::Null) => Some(BTreeMap::new()),
        Some(Value::Object(claims)) => {
            claims.iter().map(|(name, request)| Some((name.clone(), claim_of(request)?))).collect()
        }
        Some(_) => None,
    }
}

fn claim_of(request: &Value) -> Option<ClaimRequest> {
    if request.is_null() {
        return Some(ClaimRequest::default());
    }
    let members = request.as_object()?;
    let essential = members.get("essential").map_or(Some(false), Value::as_bool)?;
    let mut values: Vec<Value> = members.get("value").filter(|value| !value.is_null()).cloned().into_iter().collect();
    if let Some(listed) = members.get("values") {
        values.extend(listed.as_array()?.iter().cloned());
    }
    Some(ClaimRequest { essential, values })
}
