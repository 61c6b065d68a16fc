//! A relying party to try the journey with. It speaks to the instance as any other would: through the browser and
//! through the public endpoints, over HTTP.

mod callback;
mod exchange;
mod own_clients;
mod show;
mod sign_out;
mod start;
mod submit;
mod trials;

pub(super) use callback::receive;
pub(super) use own_clients::{declarations, is_own};
pub(super) use show::show;
pub(super) use submit::submit;
pub(super) use trials::Trials;

/// Its page; also the address after sign-out.
pub(super) const PAGE: &str = "/_dev/client";
/// Its redirect URI.
const CALLBACK: &str = "/_dev/client/callback";
/// The cookie that finds its memory of this browser.
const COOKIE: &str = "client";
