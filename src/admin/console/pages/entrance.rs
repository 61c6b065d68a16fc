//! The entrance, and the first page after it.

use serde::Serialize;

use crate::render::Page;

/// The entrance to the console, `/admin/sign-in`: its form has no fields to fill in.
#[derive(Debug, Clone, Serialize)]
pub struct SignIn {
    /// The name of the person, where it is known.
    pub name: Option<String>,
    /// Their address.
    pub email: String,
    /// Their role, as the catalogue names it.
    pub role: &'static str,
    /// Its end, where it has one.
    pub until: Option<u64>,
    /// The page of the console that it leads to, other than the first one.
    pub to: Option<String>,
}

impl Page for SignIn {
    const TEMPLATE: &'static str = "admin/sign-in.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            name: Some(String::from("Jean Martin")),
            email: String::from("jean.martin@mairie.example"),
            role: "administrator",
            until: None,
            to: None,
        };
        vec![
            plain.clone(),
            Self {
                role: "moderator",
                until: Some(1_795_424_400),
                to: Some(String::from("moderations/7")),
                ..plain.clone()
            },
            Self { name: None, email: format!("{}@mairie.example", "a".repeat(64)), role: "reader", ..plain },
        ]
    }
}

/// The first page of the console, `/admin`.
#[derive(Debug, Clone, Serialize)]
pub struct Home {
    /// The name of the person, where it is known.
    pub name: Option<String>,
    /// Their address.
    pub email: String,
    /// Their role, as the catalogue names it.
    pub role: &'static str,
    /// Whether it is for some organizations only.
    pub is_delegated: bool,
    /// Its end, where it has one.
    pub role_until: Option<u64>,
    /// When they have to prove anew who they are.
    pub open_until: u64,
    /// Requests that wait for a moderator, as far as they may see them.
    pub pending: u64,
    /// Whether there may be more than those.
    pub may_be_more: bool,
    /// Since when the oldest of them waits.
    pub oldest_at: Option<u64>,
    /// Whether they may decide.
    pub may_moderate: bool,
    /// Organizations that are known here, as far as they may see them.
    pub organizations: u64,
    /// How many people have a role, for whoever may know.
    pub people_with_roles: Option<u64>,
}

impl Page for Home {
    const TEMPLATE: &'static str = "admin/home.html";

    fn samples() -> Vec<Self> {
        let plain = Self {
            name: Some(String::from("Jean Martin")),
            email: String::from("jean.martin@mairie.example"),
            role: "administrator",
            is_delegated: false,
            role_until: None,
            open_until: 1_795_453_200,
            pending: 3,
            may_be_more: false,
            oldest_at: Some(1_795_424_400),
            may_moderate: true,
            organizations: 1,
            people_with_roles: Some(2),
        };
        let delegated = Self {
            name: None,
            role: "moderator",
            is_delegated: true,
            role_until: Some(1_795_424_400),
            pending: 500,
            may_be_more: true,
            organizations: 2,
            people_with_roles: None,
            ..plain.clone()
        };
        let reader = Self {
            role: "reader",
            pending: 0,
            oldest_at: None,
            may_moderate: false,
            organizations: 0,
            people_with_roles: Some(1),
            ..plain.clone()
        };
        vec![plain.clone(), Self { pending: 1, ..plain }, delegated, reader]
    }
}
