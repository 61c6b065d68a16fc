//! A person and their organizations: joining one, proving it, waiting for it, choosing among several, leaving.

mod choice;
mod contact;
mod joining;
mod leaving;
mod look_up;
mod overview;
mod reconsidering;
mod requests;

pub use choice::{OrganizationChoice, select_organization};
pub(super) use contact::is_awaited;
pub use contact::{
    ContactAttempt, ContactChoice, ContactOrder, ContactOutcome, ContactSent, ContactStanding, contact_standing,
    mail_contact_code, redeem_contact_code,
};
pub use joining::{JoiningAttempt, JoiningOutcome, join_organization};
pub use leaving::{finish_greeting, leave_organization};
pub use look_up::{Preview, PublicLook, look_up_publicly, preview_organization, search_organizations};
pub use overview::{
    OwnMembership, OwnRequest, find_only_organization, find_own_organization, list_own_organizations,
    suggest_organizations,
};
pub(super) use reconsidering::Reconsidering;
pub use requests::{OwnPlace, RequestCancelled, cancel_request, correct_request, find_own_request};
