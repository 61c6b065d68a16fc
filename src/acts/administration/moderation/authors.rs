//! The names of those who made links and decided, as moderators call them.

use std::collections::BTreeMap;

use crate::acts::ActError;
use crate::app::App;
use crate::domain::{Actor, Membership, OrganizationDomain, UserId};
use crate::store::{Read, StoreError, users};

/// The actors behind links and domains.
pub(super) fn authors_of<'a>(
    links: impl Iterator<Item = &'a Membership>,
    domains: &'a [OrganizationDomain],
) -> impl Iterator<Item = &'a Actor> {
    let of_link = |link: &'a Membership| link.made_by.iter().chain(link.verified.iter().map(|deed| &deed.by));
    links.flat_map(of_link).chain(domains.iter().filter_map(|known| known.decided_by.as_ref()))
}

/// The names of these actors, of those who are people.
pub(super) fn names_of<'a>(
    tx: &impl Read,
    actors: impl Iterator<Item = &'a Actor>,
) -> Result<BTreeMap<UserId, String>, StoreError> {
    let mut names = BTreeMap::new();
    for id in actors.filter_map(Actor::person) {
        if !names.contains_key(&id)
            && let Some(user) = users::find(tx, id)?
        {
            names.insert(id, user.information.full_name().unwrap_or_else(|| user.email.to_string()));
        }
    }
    Ok(names)
}

/// The names of the people who made and proved these links, and who decided on these domains.
///
/// # Errors
/// When the store fails.
pub fn list_authors<'a>(
    app: &App,
    links: impl Iterator<Item = &'a Membership>,
    domains: &'a [OrganizationDomain],
) -> Result<BTreeMap<UserId, String>, ActError> {
    let authors: Vec<&Actor> = authors_of(links, domains).collect();
    Ok(app.store.read(|tx| names_of(tx, authors.iter().copied()))?)
}
