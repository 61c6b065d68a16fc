//! Stories of clients and of the people whom they send.

mod authorize;
mod claims;
mod consent;
mod cors;
mod discovery;
mod failure;
mod flow;
mod form_post;
mod id_token;
mod interaction;
mod keys;
mod logout;
mod onward;
mod prompt;
mod recording;
mod redirect_uris;
mod revocation;
mod token;
mod userinfo;

use crate::support::{Instance, Person};

/// Person 1: one organization.
pub(crate) const JEAN: &str = "user@yopmail.com";
/// Person 154: two organizations.
const MARTIN: &str = "user@red-needles-sarl.com";

/// A browser in which somebody is signed in.
pub(crate) async fn signed_in(instance: &Instance, address: &str) -> Person {
    let person = instance.person();
    let page = person.visit("/").await;
    person.sign_in(page, address, address).await;
    person
}

/// Names and values.
type Pairs<'a> = &'a [(&'a str, &'a str)];
