//! An OpenID Connect provider in one executable: signs professionals in, ties their verified e-mail
//! address to an organization identified by its SIRET, and tells relying parties who they are and for
//! whom they act.
//!
//! # How a request goes through
//!
//! **Authorization.** `serve` accepts a connection → `site` reads the request, refuses names and paths that are not
//! ours, and routes it → `oidc::authorize` reads who asks (`protocol::AuthorizationAttempt`: what is wrong up to here is
//! a page), trusts the redirect URI, reads the rest (what is wrong from here on is redirected) → `journey::first_step`
//! gathers the facts and asks `domain::steps` for the next step. None open: `acts::issue_code` reads them again in the
//! transaction that issues, and no record of a sign-in is made. Otherwise the request is stored as an interaction, and `journey` leads the browser
//! through the pages; each of them ends in `journey::next`, and the last address, `/interaction/{id}`, checks the facts
//! again and issues; `oidc::onward` leads out, by a page where a form of ours may have led there.
//!
//! **Token.** `oidc::token` reads the form, authenticates the client (`acts::authenticate_client`), and hands the code
//! to `acts::redeem_code`: in one write transaction the code is found by its digest, `AuthorizationCode::redeem` decides,
//! and grant and access token are written. Consumed before anything is signed: a failed signature costs a retry of the
//! sign-in, never a second token. Then `oidc::token::issue` builds the claims and signs.
//!
//! **A person's step**, such as the choice of an organization: `web::submission` checks that the form is ours, the page
//! reads it into types, one act decides and writes (`acts::select_organization`), and `journey::next` names the address
//! that follows.

pub mod accounts;
pub mod acts;
pub mod admin;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod dev;
pub mod directory;
pub mod domain;
pub mod fetch;
pub mod jobs;
pub mod journey;
pub mod logs;
pub mod mail;
pub mod oidc;
pub mod organizations;
pub mod protocol;
pub mod render;
pub mod serve;
pub mod site;
pub mod store;
pub mod web;
