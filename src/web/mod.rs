//! What every endpoint shares: input, answers, errors, addresses, cookies, tokens of forms, headers.
//!
//! Refuses to know any single page or endpoint. Doors: [`Table`] for routes, [`Browser`] for pages, [`Error`],
//! [`finish`].

#![deny(clippy::wildcard_enum_match_arm)]

mod browser;
pub mod cookies;
pub mod cors;
pub mod csrf;
mod error;
mod finish;
mod gate;
pub mod headers;
mod input;
mod officer;
pub mod pages;
pub mod paths;
mod request;
mod table;

pub use browser::{Browser, see_other};
pub use error::{Error, OAuthFailure, Refusal, WayOn};
pub use finish::{api, failed, finish, json_document, json_response, oauth, page};
pub use input::{Submission, Visit};
pub use request::{Arrival, Body, MAX_BODY_BYTES, Request};
pub use table::{Declaration, Endpoint, Guard, Input, Skin, Table};
pub use warp::http::{HeaderValue, Method, StatusCode, header};

/// An answer.
pub type Response = warp::reply::Response;

/// All routes as warp has them.
pub type Routes = warp::filters::BoxedFilter<(Response,)>;
