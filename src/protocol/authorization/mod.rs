//! The authorization request, in the two steps that keep errors from being redirected to an address that nobody
//! trusts, and its answer.
//!
//! [`AuthorizationAttempt::parse`] reads who asks and for which address; what is wrong there is shown on our own page.
//! The caller finds the client and calls [`AuthorizationAttempt::trust`], which checks the address. Only the
//! [`TrustedAttempt`] that comes out can be read into an [`AuthorizationRequest`] or refused by redirect.

mod attempt;
mod claims_request;
mod prompt;
mod request;
mod response;
mod response_mode;
#[cfg(test)]
mod tests;

pub use attempt::{AuthorizationAttempt, TrustedAttempt};
pub use claims_request::{ClaimRequest, ClaimsRequest};
pub use prompt::{Prompt, PromptSet};
pub use request::{AcrDemand, AuthorizationRequest, ClientRules};
pub use response::{AuthorizationRefusal, AuthorizationResponse, ReturnAddress};
pub use response_mode::{ResponseMode, ResponseType};
